"""What a token looks like on the page: nothing invisible passes through, letters keep their joined shape.

All functions return plain text; whoever builds HTML or SVG escapes it.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from core.results import Side, TokenizedText, Unit
from core.text.display import code_point, display_text, is_unseen
from core.text.languages import get_language
from dashboard.figures.numbers import counted

SPACE = "␣"
ELLIPSIS = "…"
JOINER = "\u200d"
DOTTED_CIRCLE = "◌"
LONG = 200
HEAD, TAIL = 120, 20

# Arabic letters that never join the letter after them.
_RIGHT_JOINING = frozenset("اأإآٱدذرزژڈڑډړووؤۇۆۈۋةءےۓۀە")
_MARKERS = "▁Ġ"


@dataclass(frozen=True)
class Segment:
    """A run of text to draw as it is, or one character to draw as a box holding its code."""

    text: str
    boxed: bool


def segments(text: str) -> list[Segment]:
    """Split a text into drawable runs and boxed characters such as `U+202E`."""
    runs: list[Segment] = []
    for character in text:
        boxed = is_unseen(character)
        drawn = code_point(character) if boxed else character
        if runs and not boxed and not runs[-1].boxed:
            runs[-1] = Segment(runs[-1].text + drawn, False)
        else:
            runs.append(Segment(drawn, boxed))
    return runs


def graphemes(text: str) -> list[str]:
    """User-perceived characters (Unicode extended grapheme clusters)."""
    return regex.findall(r"\X", text)


def shorten(text: str, limit: int) -> str:
    """Cut at `limit` graphemes, the last one an ellipsis."""
    if len(text) <= limit:
        return text
    parts = graphemes(text[: 20 * limit])
    return text if len(parts) <= limit else "".join(parts[: limit - 1]) + ELLIPSIS


def long_text(text: str) -> tuple[str, str]:
    """First 120 and last 20 characters of a text over 200 and a note of its length; else the text and ""."""
    if len(text) <= LONG:
        return text, ""
    head, tail = graphemes(text[: HEAD * 4])[:HEAD], graphemes(text[-TAIL * 4 :])[-TAIL:]
    return "".join(head) + ELLIPSIS + "".join(tail), counted(len(text), "character")


def title_text(text: str) -> str:
    """A token inside a tooltip or label: drawable, and shortened when long."""
    return display_text(long_text(text)[0])


def special_text(text: str) -> str:
    """The name of a special token without the tokeniser's own space markers."""
    return display_text(text.strip(_MARKERS).removeprefix("##").strip()) or SPACE


def unit_labels(side: Side) -> list[str]:
    """(unit,) display text of every unit standing alone (flow, matrix, tables).

    A bare space piece is `␣`; pieces of Arabic words carry U+200D at inner cuts where the letters join.
    Without texts (scores shown without their data set) units are numbered from 1.
    """
    if not side.has_text:
        return side.names
    joins = get_language(side.language).joins
    return [_label(side.text, unit, joins) for unit in side.units]


def with_base(text: str) -> str:
    """A text that begins with a combining mark on a dotted circle, as dictionaries print it; others as given."""
    return DOTTED_CIRCLE + text if text and unicodedata.category(text[0]).startswith("M") else text


def is_right_to_left(text: str) -> bool:
    """True when the first letter with a direction runs right to left, whatever the sentence's language."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


def is_arabic_letter(character: str) -> bool:
    """True for letters of the Arabic script."""
    return unicodedata.bidirectional(character) == "AL" and unicodedata.category(character).startswith("L")


def _label(text: TokenizedText, unit: Unit, joins: bool) -> str:
    drawn = with_base(title_text(unit.text.strip())) or SPACE
    if not joins or unit.word < 0 or drawn == SPACE:
        return drawn
    around = text.words[unit.word]
    before = around.text[: max(unit.start - around.start, 0)]
    after = around.text[max(unit.end - around.start, 0) :]
    head = JOINER if _joined(before, unit.text) else ""
    tail = JOINER if _joined(unit.text, after) else ""
    return head + drawn + tail


def _joined(left: str, right: str) -> bool:
    """True where the last letter of `left` connects to the first letter of `right`."""
    last = next(_letters(reversed(left)), "")
    first = next(_letters(iter(right)), "")
    if not last or not first or not (is_arabic_letter(last) and is_arabic_letter(first)):
        return False
    return last not in _RIGHT_JOINING and first != "ء"


def _letters(characters: Iterator[str]) -> Iterator[str]:
    """Skip vowel signs, which are transparent to joining."""
    return (character for character in characters if unicodedata.category(character) != "Mn")
