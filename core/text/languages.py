"""The languages the product knows, and an offline guess of which of them a text is in."""

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

    `group` is the family by which figures colour and shape its marks. `joins` says that letters of one word
    touch or combine, so a border between two pieces must not be coloured inside a word.
    """

    code: str
    name: str
    native_name: str
    direction: Direction
    script: str
    group: str
    joins: bool


_ALL = (
    Language("en", "English", "English", "ltr", "Latin", "Germanic", False),
    Language("ar", "Arabic", "العربية", "rtl", "Arabic", "other families", True),
    Language("bg", "Bulgarian", "български", "ltr", "Cyrillic", "Slavic", False),
    Language("de", "German", "Deutsch", "ltr", "Latin", "Germanic", False),
    Language("el", "Greek", "ελληνικά", "ltr", "Greek", "other Indo-European", False),
    Language("es", "Spanish", "español", "ltr", "Latin", "Romance", False),
    Language("fr", "French", "français", "ltr", "Latin", "Romance", False),
    Language("hi", "Hindi", "हिन्दी", "ltr", "Devanagari", "other Indo-European", True),
    Language("ko", "Korean", "한국어", "ltr", "Hangul", "East Asian", False),
    Language("ru", "Russian", "русский", "ltr", "Cyrillic", "Slavic", False),
    Language("th", "Thai", "ไทย", "ltr", "Thai", "other families", True),
    Language("tr", "Turkish", "Türkçe", "ltr", "Latin", "other families", False),
    Language("vi", "Vietnamese", "Tiếng Việt", "ltr", "Latin", "other families", False),
    Language("zh", "Chinese", "中文", "ltr", "Han", "East Asian", False),
    Language("ja", "Japanese", "日本語", "ltr", "Kana", "East Asian", False),
    Language("ro", "Romanian", "română", "ltr", "Latin", "Romance", False),
    Language("sw", "Swahili", "Kiswahili", "ltr", "Latin", "other families", False),
    Language("ur", "Urdu", "اردو", "rtl", "Arabic", "other Indo-European", True),
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
# One of their characters says about as much as three letters, so a Latin name beside them weighs less.
_DENSE_SCRIPTS = ("Han", "Kana", "Hangul")
_LETTERS_PER_CHARACTER = 3
_FOREIGN_SHARE = 1 / 3
_KANA_SHARE = 0.1


def get_language(code: str) -> Language:
    """Return the language of an ISO 639-1 `code`, in either case.

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
    """Return the code of the known language that `text` is most likely in, or None.

    The script decides where one language uses it, and none is returned where no letter is of a known script.
    Among languages that share a script, py3langid's naive Bayes over byte n-grams decides (Lui and Baldwin
    2012). Its model is in the package; nothing is downloaded.

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
    """Return the script of a text; names and terms in Latin letters inside another script do not count."""
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
    # Reading its model takes a second: only when a script leaves a choice.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier
