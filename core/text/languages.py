"""The supported languages, and an offline guess of which of them a text is written in."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from core.errors import LanguageError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True)
class Language:
    """One language under its ISO 639-1 code.

    `group` is the family that determines the colour and shape of its marks in figures. `joins`: the letters of a word
    touch or combine, so the pieces of one word must not be coloured separately.
    """

    code: str
    name: str
    direction: Direction
    script: str
    group: str
    joins: bool


_ALL = (
    Language("en", "English", "ltr", "Latin", "Germanic", False),
    Language("ar", "Arabic", "rtl", "Arabic", "other families", True),
    Language("bg", "Bulgarian", "ltr", "Cyrillic", "Slavic", False),
    Language("de", "German", "ltr", "Latin", "Germanic", False),
    Language("el", "Greek", "ltr", "Greek", "other Indo-European", False),
    Language("es", "Spanish", "ltr", "Latin", "Romance", False),
    Language("fr", "French", "ltr", "Latin", "Romance", False),
    Language("hi", "Hindi", "ltr", "Devanagari", "other Indo-European", True),
    Language("ko", "Korean", "ltr", "Hangul", "East Asian", False),
    Language("ru", "Russian", "ltr", "Cyrillic", "Slavic", False),
    Language("th", "Thai", "ltr", "Thai", "other families", True),
    Language("tr", "Turkish", "ltr", "Latin", "other families", False),
    Language("vi", "Vietnamese", "ltr", "Latin", "other families", False),
    Language("zh", "Chinese", "ltr", "Han", "East Asian", False),
    Language("ja", "Japanese", "ltr", "Kana", "East Asian", False),
    Language("ro", "Romanian", "ltr", "Latin", "Romance", False),
    Language("sw", "Swahili", "ltr", "Latin", "other families", False),
    Language("ur", "Urdu", "rtl", "Arabic", "other Indo-European", True),
)
LANGUAGES = {language.code: language for language in _ALL}
PAPER_LANGUAGES = tuple(language.code for language in _ALL[:14])
"""The 14 languages of the paper: its 13 of XNLI, and Korean of PAWS-X."""

# ISO 639-2 and 639-3 codes; "arb" and "swh" are those of FLORES for standard Arabic and Swahili.
_THREE_LETTERS = {
    **{"ara": "ar", "arb": "ar", "bul": "bg", "chi": "zh", "cmn": "zh", "deu": "de", "ell": "el", "eng": "en"},
    **{"fra": "fr", "fre": "fr", "ger": "de", "gre": "el", "hin": "hi", "jpn": "ja", "kor": "ko", "ron": "ro"},
    **{"rum": "ro", "rus": "ru", "spa": "es", "swa": "sw", "swh": "sw", "tha": "th", "tur": "tr", "urd": "ur"},
    **{"vie": "vi", "zho": "zh"},
}
_SCRIPT_OF_CODE = {
    **{"latn": "Latin", "arab": "Arabic", "cyrl": "Cyrillic", "grek": "Greek", "deva": "Devanagari", "thai": "Thai"},
    **{"hang": "Hangul", "kore": "Hangul", "hans": "Han", "hant": "Han", "hani": "Han", "jpan": "Kana"},
}
_REGION = re.compile("[A-Za-z]{2}|[0-9]{3}|[0-9][A-Za-z0-9]{3}")

_SCRIPT_OF_NAME = {
    "LATIN": "Latin",
    "ARABIC": "Arabic",
    "CYRILLIC": "Cyrillic",
    "GREEK": "Greek",
    "DEVANAGARI": "Devanagari",
    "HANGUL": "Hangul",
    "THAI": "Thai",
    "CJK": "Han",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
}
# One of their characters carries about as much text as three letters, so a Latin name among them counts for less.
_DENSE_SCRIPTS = ("Han", "Kana", "Hangul")
_LETTERS_PER_CHARACTER = 3
_FOREIGN_SHARE = 1 / 3
_KANA_SHARE = 0.1
# Between names in a row (up to 0.16) and short plain sentences (from 0.7), see `is_sure_of_language`.
_SURE_NATS_PER_CHARACTER = 0.3


def language_of(tag: str) -> str | None:
    """Return the code of the supported language that a tag names, or None.

    A tag is an ISO 639 code of two or three letters in upper or lower case, with a script or a region where it has
    one. In a script other than the language's usual one (`hin_Latn`) it is not that language for a model. `en-de`
    names two languages, not one.

    Examples
    --------
    >>> [language_of(tag) for tag in ("EN", "en-US", "zh_TW", "zho_Hans", "arb_Arab", "hin_Latn", "en-de", "pt")]
    ['en', 'en', 'zh', 'zh', 'ar', None, None, None]
    """
    first, *rest = tag.strip().replace("_", "-").split("-")
    code = _THREE_LETTERS.get(first.lower(), first.lower())
    language = LANGUAGES.get(code)
    if language is None:
        return None
    for part in rest:
        if part.lower() in _SCRIPT_OF_CODE:
            if _SCRIPT_OF_CODE[part.lower()] != language.script:
                return None
        elif not _REGION.fullmatch(part) or (part in LANGUAGES and part != code):
            return None
    return code


def get_language(code: str) -> Language:
    """Return the language that a code names; see `language_of`.

    Raises
    ------
    LanguageError : the code is not one of `LANGUAGES`.

    Examples
    --------
    >>> get_language("DE").name
    'German'
    """
    language = LANGUAGES.get(language_of(code) or "")
    if language is None:
        raise LanguageError(f"Unknown language {code!r}: use one of {' '.join(LANGUAGES)}.")
    return language


def guess_language(text: str) -> str | None:
    """Return the code of the supported language that `text` is most likely written in, or None.

    A script that only one language uses decides; without a letter of a known script the guess is None. Among
    languages that share a script, py3langid's naive Bayes over byte n-grams decides (Lui and Baldwin 2012). Its model
    is part of the package; nothing is downloaded.

    Examples
    --------
    >>> guess_language("Η γάτα κοιμάται στον καναπέ."), guess_language("12 + 30 = 42")
    ('el', None)
    """
    script = _main_script(text)
    candidates = {language.code for language in _ALL if language.script == script}
    if len(candidates) <= 1:
        return next(iter(candidates), None)
    return next(code for code, _ in _identifier().rank(text) if code in candidates)


def is_sure_of_language(text: str) -> bool:
    """Return whether the guess for `text` is well ahead of the next language of its script.

    Names and single words are in no language in particular: "Indira Gandhi met Charles Aznavour in Montreux" is French
    to the classifier by 0.15 nats per character, a sentence of function words English by one or two.
    """
    script = _main_script(text)
    candidates = {language.code for language in _ALL if language.script == script}
    if len(candidates) <= 1:
        return bool(candidates)
    first, second, *_ = (score for code, score in _identifier().rank(text) if code in candidates)
    return bool(first - second >= _SURE_NATS_PER_CHARACTER * len(text.strip()))


def _main_script(text: str) -> str | None:
    """Return the main script of a text; Latin names and terms within another script do not outweigh it."""
    counts = Counter(filter(None, map(_script, text)))
    if not counts:
        return None
    east_asian = counts["Han"] + counts["Kana"]
    japanese = counts["Kana"] > _KANA_SHARE * east_asian
    counts["Han"], counts["Kana"] = (0, east_asian) if japanese else (east_asian, 0)
    for script in _DENSE_SCRIPTS:
        counts[script] *= _LETTERS_PER_CHARACTER
    others = {script: n for script, n in counts.items() if script != "Latin"}
    foreign = max(others, key=others.__getitem__, default="Latin")
    return foreign if counts[foreign] >= _FOREIGN_SHARE * counts.total() else "Latin"


@lru_cache(maxsize=4096)
def _script(char: str) -> str | None:
    if not char.isalpha():
        return None
    name_words = unicodedata.name(char, "").replace("-", " ").split(" ")
    return next((_SCRIPT_OF_NAME[word] for word in name_words[:2] if word in _SCRIPT_OF_NAME), None)


@cache
def _identifier() -> "LanguageIdentifier":
    # Loading its model takes a second, so it is loaded only when languages share the text's script.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier
