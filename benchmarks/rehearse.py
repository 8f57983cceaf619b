"""Rehearse the paper's five models in full size, with random weights, from a hub on the loopback address.

`make rehearse` downloads, converts and loads each in a process of its own, explains a pair of sentences, compares the
scores with Captum's, and prints a table and one line of JSON; `python -m benchmarks.rehearse all xlm-r-large` does it
for one. Vocabularies are small where the real one is in no
package: numbers of rows, layers and widths decide time and memory, not which words the rows stand for.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.local_hub import LocalHub
from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.consistency.pair import TextInput, analyze_pair
from core.models import embedded
from core.models.catalogue import find_model
from core.models.loader import load_model
from core.settings import Settings

STEPS = 20
# The space that needs no forward passes: a table of isolated vectors is computed once a language, not once a pair.
SETTINGS = Settings(task="meaning", space="static")
ENGLISH = (
    "The ferry was cancelled because of the storm, so the passengers spent the night in a hotel near the harbour and "
    "crossed to the island the next morning, when the sea was calm again."
)
SPANISH = (
    "El ferri se canceló por la tormenta, así que los pasajeros pasaron la noche en un hotel cerca del puerto y "
    "cruzaron a la isla a la mañana siguiente, cuando el mar volvía a estar en calma."
)
# XLM's vocabulary here is one of characters, so that these have as many pieces.
SHORT = ("The ferry left in the morning, before the storm.", "El ferri salió por la mañana, antes de la tormenta.")
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
XLM_SPECIALS = ("<s>", "</s>", "<pad>", "<unk>", *(f"<special{index}>" for index in range(10)))
XLM_LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")


@dataclass(frozen=True)
class Rehearsed:
    """A model to rehearse: its catalogue name, the shape of its configuration, and the format of its weights."""

    name: str
    family: str
    shape: Mapping[str, Any] = field(default_factory=dict)
    pickled: bool = False


def _bert_like(rows: int, width: int, layers: int, heads: int, positions: int) -> dict[str, Any]:
    return {
        "vocab_size": rows,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
        "max_position_embeddings": positions,
    }


def _xlm(rows: int, width: int, layers: int, heads: int) -> dict[str, Any]:
    return {"vocab_size": rows, "emb_dim": width, "n_layers": layers, "n_heads": heads, "pad_index": 2}


# As the configurations of the published models have them.
MODELS = (
    Rehearsed("mbert", "bert", _bert_like(119_547, 768, 12, 12, 512)),
    Rehearsed(
        "xlm-base",
        "xlm",
        _xlm(95_000, 1024, 12, 8) | {"n_langs": 15, "lang2id": {code: at for at, code in enumerate(XLM_LANGUAGES)}},
        pickled=True,
    ),
    Rehearsed("xlm-large", "xlm", _xlm(200_000, 1280, 16, 16) | {"n_langs": 100, "use_lang_emb": False}, pickled=True),
    Rehearsed("xlm-r-base", "xlm-roberta", _bert_like(250_002, 768, 12, 12, 514) | {"type_vocab_size": 1}),
    Rehearsed("xlm-r-large", "xlm-roberta", _bert_like(250_002, 1024, 24, 16, 514) | {"type_vocab_size": 1}),
)


def write_checkpoint(folder: Path, model: Rehearsed) -> None:
    """Write a checkpoint of a model's shape with random weights, as its repository holds it."""
    import transformers

    transformers.logging.disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    write = {"bert": _write_bert_tokenizer, "xlm": _write_xlm_tokenizer, "xlm-roberta": _write_xlm_roberta_tokenizer}
    write[model.family](folder)
    pad = {"bert": 0, "xlm": 2, "xlm-roberta": 1}[model.family]
    config_class: Any = transformers.CONFIG_MAPPING[model.family]
    config = config_class(**model.shape, pad_token_id=pad)
    torch.manual_seed(0)
    module = transformers.AutoModel.from_config(config)
    if model.pickled:
        config.architectures = [type(module).__name__]
        config.save_pretrained(folder)
        # XLM's are of a PyTorch before 1.6.
        torch.save(module.state_dict(), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    else:
        module.save_pretrained(folder)


def measure(name: str, *, first: bool) -> dict[str, float]:
    """Load a model and, unless it is the `first` time, explain a pair and compare it with Captum.

    Returns
    -------
    dict : seconds of the load; seconds of a pair with `--steps auto`, tokens of its longer text, peak memory in GB up
    to there, and the largest difference from Captum as a share of the largest score, at `STEPS` nodes each.
    """
    begun = time.perf_counter()
    model = load_model(name, device="cpu")
    loaded = time.perf_counter() - begun
    if first:
        return {"first_load_s": loaded}
    texts = SHORT if model.spec.family == "xlm" else (ENGLISH, SPANISH)
    sides = [TextInput(code, (text,)) for code, text in zip(("en", "es"), texts, strict=True)]
    begun = time.perf_counter()
    (analysis,) = analyze_pair(model, sides[0], sides[1], SETTINGS).analyses
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    attributions = [side.attribution for side in (analysis.source, analysis.target)]
    worst = 0.0
    for side in attributions:
        (ours,) = integrated_gradients(model, [side.text], [side.target], steps=STEPS)
        reference = captum_reference(model, side.text, side.target, n_steps=STEPS)
        worst = max(worst, float(np.abs(ours.scores - reference).max() / np.abs(reference).max()))
    return {
        "load_s": loaded,
        "pair_s": seconds,
        "tokens": max(len(side.text.tokens) for side in attributions),
        "peak_memory_gb": peak,
        "difference_from_captum": worst,
    }


def rehearse(model: Rehearsed) -> dict[str, float]:
    """Serve a model, load it for the first time and again, each in a process of its own; see `measure`."""
    with tempfile.TemporaryDirectory(prefix="ccta-rehearse-") as place:
        folder = Path(place) / "served"
        _run("write", model.name, str(folder))
        hub = LocalHub()
        hub.add(find_model(model.name).location, folder)
        with hub.served() as endpoint:
            environment = {
                "CCTA_CACHE": f"{place}/cache",
                "HF_ENDPOINT": endpoint,
                "HF_HOME": f"{place}/hub",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_OFFLINE": "0",
            }
            first = _run("load", model.name, environment=environment)
            return first | _run("pair", model.name, environment=environment)


def main(only: str | None = None) -> None:
    """Rehearse all models, one after the other, or one of them."""
    table = Table("model", "first load, s", "load, s", "pair, s", "tokens", "peak memory, GB", "from Captum")
    results = {}
    for model in [model for model in MODELS if only in (None, model.name)]:
        found = results[model.name] = rehearse(model)
        shown = [found[name] for name in ("first_load_s", "load_s", "pair_s")]
        row = [*(f"{value:.1f}" for value in shown), f"{found['tokens']:.0f}", f"{found['peak_memory_gb']:.2f}"]
        table.add_row(model.name, *row, f"{found['difference_from_captum']:.0e}")
        Console(stderr=True).print(f"{model.name}: done", highlight=False)
    Console(width=120).print(table)
    print(json.dumps(results))


def _run(*words: str, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.rehearse", *words]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | (environment or {})
    )
    return json.loads(output.stdout.splitlines()[-1])


def _write_bert_tokenizer(folder: Path) -> None:
    """WordPiece of the words and the characters of the sentences."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = pre_tokenizers.BertPreTokenizer()
    pieces = [word for text in (ENGLISH, SPANISH) for word, _ in words.pre_tokenize_str(text)]
    characters = _characters()
    vocabulary = dict.fromkeys([*SPECIALS, *pieces, *characters, *(f"##{character}" for character in characters)])
    tokenizer = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = words
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIALS, strict=True))
    _save(tokenizer, folder, names)


def _write_xlm_roberta_tokenizer(folder: Path) -> None:
    """XLM-R's own: the embedded model has it."""
    from core.models.catalogue import embedded_folder
    from core.models.tokenizer import read_tokenizer

    read_tokenizer(embedded.ensure_converted(embedded_folder())).save_pretrained(folder)


def _write_xlm_tokenizer(folder: Path) -> None:
    import transformers

    characters = _characters()
    pieces = dict.fromkeys([*XLM_SPECIALS, *characters, *(f"{character}</w>" for character in characters)])
    (folder / "vocab.json").write_text(json.dumps({piece: at for at, piece in enumerate(pieces)}), encoding="utf-8")
    (folder / "merges.txt").write_text("t h 1\n", encoding="utf-8")
    transformers.XLMTokenizer(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        model_max_length=512,
        do_lowercase_and_remove_accent=False,
    ).save_pretrained(folder)


def _save(tokenizer: Any, folder: Path, names: Mapping[str, str]) -> None:
    import transformers

    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=512, **dict(names)
    ).save_pretrained(folder)


def _characters() -> Sequence[str]:
    texts = "".join((ENGLISH, SPANISH, *SHORT)) + "abcdefghijklmnopqrstuvwxyz"
    return sorted({character for character in texts + texts.upper() + texts.lower() if not character.isspace()})


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "write", "load", "pair"), default="all")
    parser.add_argument("name", nargs="?", choices=[model.name for model in MODELS])
    parser.add_argument("folder", nargs="?", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    given = _parse()
    if given.what == "all":
        main(given.name)
    elif given.what == "write":
        write_checkpoint(given.folder, next(model for model in MODELS if model.name == given.name))
        print("{}")
    else:
        print(json.dumps(measure(given.name, first=given.what == "load")))
