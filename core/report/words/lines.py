"""A word in its sentences: concordance lines with the partners of the word, and its partners over all sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.report.words.cells import WordCell
from core.report.words.index import Allowed, Fields, WordIndex
from core.report.words.occurrences import Units, flows_between
from core.report.words.stored import Block, stored_blocks
from core.report.words.vocabulary import Vocabulary, slices
from core.store import Reader

# Words that receive less of a word's mass are not framed as its partners in a line.
LEAST_SHARE = 0.10
# A word whose flows meet less similarity than this has no partner in them.
LEAST_SIMILARITY = 0.10


@dataclass(frozen=True)
class LineWord:
    """A word of a line: its text ("" where it is not at hand), the index of its field, and its mass.

    Attributes
    ----------
    share : of the mass of the word that the line is about, what flows between the two. similarity : that this meets.
    """

    text: str
    field: int
    mass: float
    share: float = 0.0
    similarity: float = 0.0

    @property
    def is_partner(self) -> bool:
        return self.share >= LEAST_SHARE and self.similarity >= LEAST_SIMILARITY


@dataclass(frozen=True)
class Line:
    """One sentence that holds a word: `words[at]`, and the words of its translation.

    Attributes
    ----------
    mass, lost, met : of the word in this sentence.
    """

    row: int
    words: tuple[LineWord, ...]
    at: int
    others: tuple[LineWord, ...]
    mass: float
    lost: float
    met: float


@dataclass(frozen=True)
class Partner:
    """A word of the translations: the share of the word's mass that flows to it, and the similarity that this meets."""

    name: str
    share: float
    similarity: float


@dataclass(frozen=True)
class Partners:
    """The words of the translations that a word meets with a similarity of `LEAST_SIMILARITY`, largest share first.

    `alone` is the share of its mass that meets no such partner, and `alone_met` the similarity that this share meets.
    """

    partners: tuple[Partner, ...]
    alone: float
    alone_met: float


def lines_of(
    index: WordIndex,
    reader: Reader,
    cell: WordCell,
    only: tuple[str, Any],
    *,
    allowed: Allowed | None = None,
    field: int | None = None,
    limit: int = 8,
    offset: int = 0,
) -> list[Line]:
    """Return the lines of a word or a class, most lost first; `only` and `allowed` as `WordIndex.losses` takes them."""
    found = index.occurrences(cell, only, allowed=allowed, field=field, limit=limit, offset=offset)
    lines: dict[tuple[int, int], Line] = {}
    for block in stored_blocks(reader, cell, _rows(found)):
        flows = _word_flows(block).set_index(["row", "word"]).sort_index()
        ours = _words(block.ours, block, cell.language, index.texts_or_none(cell.run, cell.language))
        theirs = _words(block.theirs, block, cell.other, index.texts_or_none(cell.run, cell.other))
        for entry in found.itertuples():
            if int(entry.row) in ours:
                lines[int(entry.row), int(entry.word)] = _line(entry, ours, theirs, flows)
    return [lines[int(row), int(word)] for row, word in zip(found["row"], found["word"], strict=True)]


def partners_of(
    index: WordIndex,
    reader: Reader,
    cell: WordCell,
    only: tuple[str, Any],
    *,
    allowed: Allowed | None = None,
    field: int | None = None,
) -> Partners | None:
    """Return the partners of a word over all its sentences; None where the translations are not at hand."""
    texts = index.texts_or_none(cell.run, cell.other)
    if texts is None:
        return None
    held = index.occurrences(cell, only, allowed=allowed, field=field, limit=None)
    total = float(held["mass"].sum())
    if total <= 0:
        return Partners((), 0.0, 0.0)
    vocabulary = Vocabulary(cell.other)
    parts = []
    for block in stored_blocks(reader, cell, _rows(held)):
        flows = _word_flows(block).merge(held[["row", "word"]], on=["row", "word"])
        named = _words(block.theirs, block, cell.other, texts)
        keys = zip(flows["row"].tolist(), flows["other"].tolist(), strict=True)
        parts.append(flows.assign(number=[vocabulary.number(named[row][word].text) for row, word in keys]))
    flows = pd.concat(parts)
    meets = flows["gain"] >= LEAST_SIMILARITY * flows["flow"]
    sums = flows[meets].groupby("number")[["flow", "gain"]].sum()
    partners = [
        Partner(vocabulary.name(number), flow / total, gain / flow)
        for number, flow, gain in zip(sums.index, sums["flow"], sums["gain"], strict=True)
    ]
    alone = max(total - float(sums["flow"].sum()), 0.0)
    met = float(flows.loc[~meets, "gain"].sum()) / alone if alone > 0 else 0.0
    return Partners(tuple(sorted(partners, key=lambda one: (-one.share, one.name))), alone / total, met)


def _rows(found: pd.DataFrame) -> list[int]:
    return sorted({int(row) for row in found["row"]})


def _word_flows(block: Block) -> pd.DataFrame:
    """The flows between words: row, word (of our side), other (of theirs), flow, and gain, what it adds to C."""
    flows = flows_between(block.table, block.ours, block.theirs, reverse=block.reverse)
    frame = pd.DataFrame(
        {
            "row": block.table["row"].to_numpy()[flows.pair],
            "word": block.ours.word[flows.ours],
            "other": block.theirs.word[flows.theirs],
            "flow": flows.mass,
            "gain": flows.mass * flows.similarity,
        }
    )
    return frame.groupby(["row", "word", "other"], as_index=False).sum()


def _words(units: Units, block: Block, language: str, texts: Fields | None) -> dict[int, dict[int, LineWord]]:
    """Row -> index of the word -> the word, for the texts of one side."""
    rows = block.table["row"].to_pylist()
    words: dict[int, dict[int, LineWord]] = {}
    for at, row in enumerate(rows):
        begin, stop = units.first[at], units.first[at + 1]
        mass = np.bincount(units.word[begin:stop], units.mass[begin:stop])
        spans = _spans(units, begin, stop)
        names = slices(texts[row], list(spans.values()), language, row) if texts is not None else [""] * len(spans)
        words[row] = {
            word: LineWord(name, span[0], float(mass[word]))
            for (word, span), name in zip(spans.items(), names, strict=True)
        }
    return words


def _spans(units: Units, begin: int, stop: int) -> dict[int, tuple[int, int, int]]:
    """Word -> field, start and end, of the units of one text."""
    spans: dict[int, tuple[int, int, int]] = {}
    columns = (units.word, units.field, units.start, units.end)
    for word, field, start, end in zip(*(column[begin:stop].tolist() for column in columns), strict=True):
        _, low, high = spans.get(word, (field, start, end))
        spans[word] = (field, min(low, start), max(high, end))
    return spans


def _line(
    entry: Any,
    ours: Mapping[int, Mapping[int, LineWord]],
    theirs: Mapping[int, Mapping[int, LineWord]],
    flows: pd.DataFrame,
) -> Line:
    row, word = int(entry.row), int(entry.word)
    met = flows.loc[[(row, word)]] if (row, word) in flows.index else flows.iloc[:0]
    flowing = dict(zip(met["other"].tolist(), zip(met["flow"], met["gain"], strict=True), strict=True))
    others = [
        replace(other, share=flowing[at][0] / entry.mass, similarity=flowing[at][1] / flowing[at][0])
        if at in flowing
        else other
        for at, other in sorted(theirs[row].items())
    ]
    own = sorted(ours[row].items())
    at = [number for number, _ in own].index(word)
    return Line(row, tuple(one for _, one in own), at, tuple(others), entry.mass, entry.lost, entry.met)
