"""A checkpoint's tokenizer, read as its own file says, and checked against the model that it serves."""

import inspect
import re
from pathlib import Path
from typing import Any

from core.errors import ModelError, WeightsError
from core.models.catalogue import read_json

# A short sentence of everyday words in each script.
PROBES = {
    "Latin": "the sun is on the road and the rain is near the house",
    "Arabic": "الماء في البيت والشمس على الطريق",
    "Cyrillic": "вода стоит на столе и солнце на дороге",
    "Greek": "το νερό είναι στο σπίτι και ο ήλιος στο δρόμο",
    "Devanagari": "पानी घर में है और सूरज ऊपर है",
    "Hangul": "물은 집에 있고 해는 길 위에 있다",
    "Thai": "น้ำอยู่ในบ้านและแดดอยู่บนถนน",
    "Han": "水在家里，太阳在路上",
    "Kana": "みずはいえにあり、ひはみちのうえにある",
}
MOSTLY = 0.5
_ALPHABET = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
# Of 26 letters. A vocabulary of fewer is too small to tell whether it was meant to have capitals.
_NEARLY_ALL = 24
_ROLES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
_BRACKETED = re.compile(r"[<\[{(|_].*[>\]})|_]", re.DOTALL)
_OTHER_PURPOSES = (
    *("</s>", "<s>", "<unk>", "<mask>", "<eos>", "<bos>", "<|endoftext|>", "<eod>"),
    *("[SEP]", "[CLS]", "[UNK]", "[MASK]", "[EOS]", "[BOS]"),
)


def read_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a folder.

    A `tokenizer.json` is read as it is. AutoTokenizer would take its vocabulary into the class that it guesses from the
    model's type, with that class's own splitting and casing.

    Raises
    ------
    WeightsError : there is no vocabulary, or the files contradict each other; else what Transformers raises.
    """
    import transformers

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    named = _named_class(folder)
    # XLM has only its own slow class: a tokenizer.json beside its files does not split and fold text as that does.
    has_file = (folder / "tokenizer.json").is_file()
    if not has_file or (named is not None and not issubclass(named, transformers.PreTrainedTokenizerFast)):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **options)
        _require_vocabulary(tokenizer, folder)
        _require_stated_casing(tokenizer, folder)
        return tokenizer
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder, **options)
    _require_vocabulary(tokenizer, folder)
    _require_one_kind(tokenizer, named, folder)
    _add_usual_specials(tokenizer, named)
    return tokenizer


def require_fit(tokenizer: Any, rows: int, name: str) -> None:
    """Raise WeightsError unless a model with `rows` embedding rows can read what the tokenizer gives."""
    largest = _largest_id(tokenizer)
    if largest >= rows:
        raise WeightsError(
            f"The tokenizer of {name} has ids up to {largest}, the embedding has {rows} rows. Use the tokenizer that "
            "the model was trained with, or resize the embedding and save the model again."
        )
    if tokenizer.pad_token_id is None:
        raise WeightsError(f"The tokenizer of {name} names no pad_token. Add it to its tokenizer_config.json.")
    _require_pad(tokenizer, name)
    _require_unknown(tokenizer, name)


def unread_scripts(tokenizer: Any) -> tuple[str, ...]:
    """Return the scripts (keys of `PROBES`) of which a sentence is mostly unknown to the tokenizer."""
    return tuple(script for script, text in PROBES.items() if unknown_share(tokenizer, text) > MOSTLY)


def require_reading(tokenizer: Any, trained_script: str | None, name: str) -> tuple[str, ...]:
    """Return the scripts that the tokenizer does not know.

    Raises
    ------
    WeightsError : it knows none, not that of the language the model was trained in, or no capital letter.
    """
    unread = unread_scripts(tokenizer)
    if len(unread) == len(PROBES) or trained_script in unread:
        script = "any" if len(unread) == len(PROBES) else f"the {trained_script}"
        raise WeightsError(
            f"Sentences in {script} script are mostly unknown to the tokenizer of {name}. Use the tokenizer that the "
            "model was trained with."
        )
    lower, upper = (_n_unknown(tokenizer, text) for text in (_ALPHABET, _ALPHABET.upper()))
    if lower <= 26 - _NEARLY_ALL and upper >= _NEARLY_ALL:
        raise WeightsError(
            f"The vocabulary of {name} has no capital letters, but its tokenizer keeps them, so that they are unknown. "
            'State "do_lower_case": true in tokenizer_config.json (and the lower-casing normalizer in tokenizer.json).'
        )
    return unread


def unknown_share(tokenizer: Any, text: str) -> float:
    """Return the share of the visible characters of `text` that the tokenizer maps to its unknown token, in [0, 1]."""
    if not tokenizer.is_fast:
        ids = _slow_ids(tokenizer, text)
        return ids.count(tokenizer.unk_token_id) / max(len(ids), 1)
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    lost = {
        place
        for id_, (start, end) in zip(encoding["input_ids"], encoding["offset_mapping"], strict=True)
        if id_ == tokenizer.unk_token_id
        for place in range(start, end)
        if not text[place].isspace()
    }
    return len(lost) / sum(not char.isspace() for char in text)


def _n_unknown(tokenizer: Any, letters: str) -> int:
    return round(unknown_share(tokenizer, letters) * len(letters.split()))


def _slow_ids(tokenizer: Any, text: str) -> list[int]:
    """The ids of XLM's tokenizer without the word splitter of a language, which may take seconds to load."""
    folded = text.lower() if getattr(tokenizer, "do_lowercase_and_remove_accent", False) else text
    ids: list[int] = tokenizer.convert_tokens_to_ids(tokenizer._tokenize(folded, bypass_tokenizer=True))
    return ids


def _largest_id(tokenizer: Any) -> int:
    added = max(tokenizer.added_tokens_decoder, default=-1)
    if tokenizer.is_fast and type(tokenizer.backend_tokenizer.model).__name__ == "Unigram":
        # A list, so that its ids have no gap; reading all of 250,000 takes a tenth of a second.
        return max(added, int(tokenizer.vocab_size) - 1)
    return max(added, *tokenizer.get_vocab().values())


def _require_vocabulary(tokenizer: Any, folder: Path) -> None:
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)) + 1:
        raise WeightsError(
            f"{folder} contains no vocabulary. Copy the tokenizer's files (tokenizer.json, or vocab.txt and the like) "
            "of the model into it."
        )


def _require_stated_casing(tokenizer: Any, folder: Path) -> None:
    """Refuse a vocabulary with capitals of which no file says whether it is lower-cased: the class would do so."""
    stated = _tokenizer_config(folder)
    # XLM's class has a name of its own for it.
    key = next((key for key in ("do_lowercase_and_remove_accent", "do_lower_case") if hasattr(tokenizer, key)), None)
    if (
        key is None
        or not getattr(tokenizer, key)
        or any(stated.get(name) is not None for name in (key, "do_lower_case"))
    ):
        return
    capitals = _ALPHABET.upper().split()
    if sum(tokenizer.get_vocab().get(letter) is not None for letter in capitals) >= _NEARLY_ALL:
        raise WeightsError(
            f"The vocabulary in {folder} has capital letters, and no file says whether text is lower-cased. State "
            f'"{key}": false in tokenizer_config.json.'
        )


def _require_one_kind(tokenizer: Any, named: Any, folder: Path) -> None:
    """Refuse a class in tokenizer_config.json that is not of the kind of tokenizer.json, or another casing there."""
    stated = _tokenizer_config(folder)
    kind = type(tokenizer.backend_tokenizer.model).__name__
    expected = getattr(getattr(named, "model", None), "__name__", None)
    if stated.get("tokenizer_class") and expected is not None and expected != kind:
        raise WeightsError(
            f"{folder / 'tokenizer.json'} holds a {kind} vocabulary, tokenizer_config.json names "
            f"{stated['tokenizer_class']}, which reads {expected}. Restore the file that is not the model's."
        )
    normalizer, lower = tokenizer.backend_tokenizer.normalizer, stated.get("do_lower_case")
    if type(normalizer).__name__ == "BertNormalizer" and isinstance(lower, bool) and normalizer.lowercase != lower:
        raise WeightsError(
            f"{folder / 'tokenizer.json'} {'lower-cases' if normalizer.lowercase else 'keeps capitals'}, "
            f"tokenizer_config.json says do_lower_case {str(lower).lower()}. Correct the wrong one."
        )


def _named_class(folder: Path) -> Any:
    """The class that tokenizer_config.json names, else that of the model's type; None where there is none."""
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

    name = _tokenizer_config(folder).get("tokenizer_class")
    if name is None and (folder / "config.json").is_file():
        name = TOKENIZER_MAPPING_NAMES.get(str(read_json(folder / "config.json").get("model_type")))
    return tokenizer_class_from_name(name) if isinstance(name, str) else None


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return read_json(path) if path.is_file() else {}


def _add_usual_specials(tokenizer: Any, named: Any) -> None:
    """Give the roles that no file states to the tokens that the class uses for them, where the vocabulary has these."""
    usual = inspect.signature(named.__init__).parameters if named is not None else {}
    for role in (f"{role}_token" for role in _ROLES):
        token = usual[role].default if role in usual else None
        if getattr(tokenizer, role) is not None or token is None:
            continue
        if tokenizer.backend_tokenizer.token_to_id(str(token)) is not None:
            tokenizer.add_special_tokens({role: str(token)})


def _require_pad(tokenizer: Any, name: str) -> None:
    """Refuse a pad that means something else: the baseline of every attribution is made of it."""
    pad = str(tokenizer.pad_token)
    others = [role for role in _ROLES if role != "pad" and getattr(tokenizer, f"{role}_token") == pad]
    if others or pad in _OTHER_PURPOSES:
        what = f"also its {others[0]}_token" if others else "a special of another purpose"
    elif not _BRACKETED.fullmatch(pad):
        what = "an ordinary token"
    else:
        return
    raise WeightsError(
        f"The pad_token of {name} is {pad!r}, {what}; the baseline needs a pad of its own. Name the one that the model "
        "was trained with in tokenizer_config.json."
    )


def _require_unknown(tokenizer: Any, name: str) -> None:
    """Refuse a vocabulary without a token for what it lacks: the library fails at the first such character."""
    if not tokenizer.is_fast:
        return
    model = tokenizer.backend_tokenizer.model
    kind, named = type(model).__name__, getattr(model, "unk_token", None) or tokenizer.unk_token
    if kind in ("WordPiece", "WordLevel", "Unigram") and (named is None or model.token_to_id(str(named)) is None):
        raise ModelError(f"The vocabulary of {name} has no unknown token. Restore its tokenizer.json.")
