"""One example in every language: the words of its source, and what the words they meet carry in each translation."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.report.words.cells import WordCell
from core.report.words.occurrences import Occurrences, occurrences
from core.report.words.stored import stored_blocks
from core.report.words.vocabulary import slices
from core.store import Reader


@dataclass(frozen=True)
class Received:
    """A word of the source in one translation: the mass of its partners, and the similarity that its own mass meets."""

    partners: float
    met: float


@dataclass(frozen=True)
class WordAcross:
    """A word of the source: its text ("" where it is not at hand), field, mass, and language -> what it meets there."""

    text: str
    field: int
    mass: float
    received: dict[str, Received]


def words_across(
    reader: Reader, cells: Sequence[WordCell], row: int, text: Sequence[str] | None
) -> tuple[WordAcross, ...]:
    """Return the words of one row in the order of its text.

    Parameters
    ----------
    cells : of one run and language, each with another language; those that lack the row are left out.
    text : the fields of the row, where they are at hand.

    Raises
    ------
    StoreError : the flows do not belong to the scores, or the text is not the one that was scored.
    """
    found: dict[str, Occurrences] = {}
    for cell in cells:
        for block in stored_blocks(reader, cell, [row]):
            found[cell.other] = occurrences(block.table, block.ours, block.theirs, reverse=block.reverse)
    if not found:
        return ()
    first = next(iter(found.values()))
    spans = list(zip(first.field.tolist(), first.start.tolist(), first.end.tolist(), strict=True))
    names = [""] * len(spans) if text is None else slices(text, spans, cells[0].language, row)
    words = []
    for at, number in enumerate(first.word.tolist()):
        received = {}
        for code, one in found.items():
            places = (one.word == number).nonzero()[0]
            if len(places):
                mass, adds = float(one.mass[places[0]]), float(one.adds[places[0]])
                received[code] = Received(float(one.partners[places[0]]), adds / mass if mass > 0 else 0.0)
        words.append(WordAcross(names[at], spans[at][0], float(first.mass[at]), received))
    return tuple(words)
