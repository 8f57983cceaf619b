"""Words as entries of a table: one spelling for all their occurrences, and the classes that a spelling falls into."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count

import regex

from core.errors import CctaError, StoreError
from core.text.cleaning import clean_text
from core.text.languages import get_language

FREQUENCIES = ("100 most frequent", "101st to 1,000th", "1,001st to 10,000th", "rarer", "not listed", "no word")
CHARACTERS = ("letters", "with digits", "punctuation and symbols")
LENGTHS = ("1 character", "2–3 characters", "4–6 characters", "7–9 characters", "10 and more")
_LENGTH_LIMITS = (1, 3, 6, 9)
_RANK_LIMITS = (100, 1_000, 10_000)
_SCRIPTS = (
    *("Latin", "Greek", "Cyrillic", "Arabic", "Devanagari", "Thai", "Han", "Hangul", "Hiragana", "Katakana"),
    *("Hebrew", "Bengali", "Tamil"),
)
_SCRIPT = regex.compile("|".join(rf"(?P<{name}>\p{{{name}}})" for name in _SCRIPTS))
_LETTER, _DIGIT = regex.compile(r"\p{L}"), regex.compile(r"\p{N}")
_MARKS = regex.compile(r"[\p{M}\u0640]+")


@dataclass(frozen=True)
class WordClasses:
    """The classes of one spelling, each a position in the names above; `script` is a name."""

    frequency: int
    characters: int
    script: str


@dataclass
class Vocabulary:
    """The words of one language: spelling -> number, with the form in which it occurs most often.

    Attributes
    ----------
    counter : of the numbers; languages may share one, so that no two words have the same.
    numbers : folded spelling -> number. forms : number -> how often it occurs in each form.
    """

    language: str
    counter: Iterator[int] = field(default_factory=count)
    numbers: dict[str, int] = field(default_factory=dict)
    forms: dict[int, Counter[str]] = field(default_factory=dict)

    def number(self, written: str) -> int:
        """Return the number of a word as it is written in a text, a new one for a new spelling."""
        spelling = folded(written, self.language)
        number = self.numbers.get(spelling)
        if number is None:
            number = self.numbers[spelling] = next(self.counter)
            self.forms[number] = Counter()
        self.forms[number][written] += 1
        return number

    def find(self, written: str) -> int | None:
        """Return the number of a word in whatever case, or None."""
        return self.numbers.get(folded(written, self.language))

    def name(self, number: int) -> str:
        """The most frequent form; of equally frequent ones that in lower case, the last in the order of code points."""
        return max(self.forms[number].items(), key=lambda entry: (entry[1], entry[0]))[0]


def folded(written: str, language: str) -> str:
    """Return the spelling that stands for a word: composed, without space around it, in lower case.

    Examples
    --------
    >>> folded("The", "en"), folded("İstanbul", "tr"), folded("IŞIK", "tr")
    ('the', 'istanbul', 'ışık')
    """
    text = unicodedata.normalize("NFC", written.strip())
    if language in ("tr", "az"):
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower()


def slices(text: Sequence[str], spans: Sequence[tuple[int, int, int]], language: str, row: int) -> list[str]:
    """Return the words at (field, start, end) of the fields of a row, as spans of stored scores give them.

    Raises
    ------
    StoreError : the text cannot be read, or is shorter than the one that was scored.
    """
    which = f"{get_language(language).name} text of row {row}"
    try:
        cleaned = [clean_text(part).text for part in text]
    except CctaError as error:
        raise StoreError(f"The {which} cannot be read: {error}") from error
    if any(end > len(cleaned[at]) for at, _, end in spans):
        raise StoreError(f"The {which} on this computer is shorter than the one that was scored.")
    return [cleaned[at][start:end].strip() for at, start, end in spans]


def classes_of(spelling: str, language: str) -> WordClasses:
    """Return the classes of a folded spelling.

    Frequency is the rank in `wordfreq` (Speer 2022), whose lists are without tone marks in Arabic and Urdu.

    Examples
    --------
    >>> classes_of("the", "en")
    WordClasses(frequency=0, characters=0, script='Latin')
    >>> classes_of("2004", "en")
    WordClasses(frequency=5, characters=1, script='none')
    """
    letters, digits = _LETTER.search(spelling) is not None, _DIGIT.search(spelling) is not None
    found = _SCRIPT.search(spelling) if letters else None
    script = next((name for name in _SCRIPTS if found and found[name]), "other" if letters else "none")
    characters = 1 if digits else 0 if letters else 2
    return WordClasses(_frequency(spelling, language) if letters and not digits else 5, characters, script)


def length_class(characters: int) -> int:
    """Position in `LENGTHS` of a word with so many characters."""
    return sum(characters > limit for limit in _LENGTH_LIMITS)


def has_frequencies(language: str) -> bool:
    """Whether `wordfreq` lists words of a language."""
    from wordfreq import available_languages

    return language in available_languages()


def _frequency(spelling: str, language: str) -> int:
    ranks = _ranks(language)
    looked_up = _MARKS.sub("", spelling) if language in ("ar", "ur", "fa") else spelling
    rank = ranks.get(looked_up)
    return len(_RANK_LIMITS) + 1 if rank is None else sum(rank > limit for limit in _RANK_LIMITS)


@lru_cache(maxsize=4)
def _ranks(language: str) -> dict[str, int]:
    """Word -> its rank by frequency, from 1; empty for a language without a list.

    `get_frequency_dict` takes a near language for one that it does not know, which would call Swahili rare English.
    """
    from wordfreq import get_frequency_dict

    if not has_frequencies(language):
        return {}
    return {word: rank for rank, word in enumerate(get_frequency_dict(language), start=1)}
