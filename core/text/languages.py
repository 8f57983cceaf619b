"""The supported languages, and an offline guess of which of them a text is written in."""

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


def get_language(code: str) -> Language:
    """Return the language of an ISO 639-1 `code`, upper or lower case.

    Raises
    ------
    LanguageError : the code is not one of `LANGUAGES`.

    Examples
    --------
    >>> get_language("DE").name
    'German'
    """
    language = LANGUAGES.get(code.strip().lower())
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
