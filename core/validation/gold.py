"""Gold word alignments: those of XL-WA, and anyone's in the usual text formats.

A file of alignments has one line for each sentence pair, `0-0 1-2 2p3`: source word, then target word; `-` is a sure
link, `p` a possible one. The sentences are in two further files, one a line, their words separated by spaces. Pharaoh
counts the words from 0, talp from 1 (Och and Ney 2003 on sure and possible links).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.consistency.pair import TextInput
from core.data.formats.encoding import decode
from core.data.formats.lines import lines_of
from core.errors import DataError, OptionError, TextError
from core.text.cleaning import clean_text

PIVOT = "en"
AUTO, BASES = "auto", ("auto", "0", "1")
_LINK = re.compile(r"(\d+)([-p])(\d+)")

Links = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class GoldPair:
    """A sentence and its translation as words, and the manual links between them (positions from 0).

    Attributes
    ----------
    links : sure links. possible : links that are neither required nor wrong, without the sure ones.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    links: Links
    possible: Links = frozenset()


@dataclass(frozen=True)
class _Line:
    """The links of one line as written, with its number in the file."""

    number: int
    sure: Links
    possible: Links

    @property
    def links(self) -> Links:
        return self.sure | self.possible


def read_xl_wa(folder: Path, language: str) -> list[GoldPair]:
    """Return the aligned sentences of `en-<language>/validation.parquet` in file order; all links are sure.

    Raises
    ------
    DataError : the file is missing, lacks a column, or links a word that does not exist.
    """
    path = folder / f"{PIVOT}-{language}" / "validation.parquet"
    try:
        rows = pq.read_table(path, columns=["source", "target", "alignment"]).to_pylist()
        texts = [(tuple(row["source"].split()), tuple(row["target"].split())) for row in rows]
        lines = [_read_line(path, number, row["alignment"]) for number, row in enumerate(rows)]
    except (OSError, AttributeError, TypeError, pa.ArrowException) as error:
        raise DataError(
            f"The word alignments {path} cannot be read: it must be a parquet file with the columns source, target and "
            "alignment (0-0 1-2 ...). Restore it."
        ) from error
    return list(_pairs(path, lines, texts, 0))


def read_gold(gold: Path, source: Path, target: Path, *, base: str = AUTO) -> list[GoldPair]:
    """Return the sentence pairs of three files of equally many lines, with their gold links.

    Parameters
    ----------
    base : what the first word is called, "0" (Pharaoh) or "1" (talp). "auto" reads it from the file: a link of word 0
        is counted from 0, one of the word whose number is the sentence's length is counted from 1.

    Raises
    ------
    OptionError : `base` is not one of `BASES`.
    DataError : a file cannot be read, their lines do not match, a link cannot be read or has no word, or the links
        contradict each other or `base`, or do not tell where they are counted from.
    """
    if base not in BASES:
        raise OptionError(f"Unknown gold base {base!r}. Choose one of {', '.join(BASES)}.")
    links, sources, targets = (_lines(path) for path in (gold, source, target))
    for path, lines in ((source, sources), (target, targets)):
        if len(lines) != len(links):
            raise DataError(
                f"{gold} has {len(links):,} lines, {path} has {len(lines):,}. Give files with one line for each "
                "sentence pair."
            )
    texts = [(tuple(left.split()), tuple(right.split())) for left, right in zip(sources, targets, strict=True)]
    for number, words in enumerate(texts, start=1):
        for path, side in zip((source, target), words, strict=True):
            if not side:
                raise DataError(f"{path}, line {number} is empty. Remove the line from all three files.")
    read = [_read_line(gold, number, line) for number, line in enumerate(links, start=1)]
    return list(_pairs(gold, read, texts, _base(gold, read, texts, base)))


def usable_pairs(gold: Sequence[GoldPair], limit: int | None, seed: int) -> list[GoldPair]:
    """Return at most `limit` pairs, drawn with `seed`, that cleaning does not change, so that words keep their places.

    Raises DataError where none is left.
    """
    order = np.random.default_rng(seed).permutation(len(gold))
    usable = [gold[position] for position in order if _unchanged(gold[position])][:limit]
    if not usable:
        raise DataError("No sentence pair of the gold alignments can be read. Check --source and --target.")
    return usable


def texts_of(
    gold: Sequence[GoldPair], source_language: str, target_language: str
) -> tuple[list[TextInput], list[TextInput]]:
    """Return the sentences of both sides, their words joined by single spaces."""
    return (
        [TextInput(source_language, (" ".join(pair.source),)) for pair in gold],
        [TextInput(target_language, (" ".join(pair.target),)) for pair in gold],
    )


def _unchanged(pair: GoldPair) -> bool:
    try:
        return all(clean_text(" ".join(words)).text == " ".join(words) for words in (pair.source, pair.target))
    except TextError:
        return False


def _pairs(
    path: Path, lines: Sequence[_Line], texts: Sequence[tuple[tuple[str, ...], tuple[str, ...]]], base: int
) -> Iterator[GoldPair]:
    for line, (source, target) in zip(lines, texts, strict=True):
        sure, possible = (frozenset((i - base, j - base) for i, j in links) for links in (line.sure, line.possible))
        for i, j in sorted(sure | possible):
            if not (0 <= i < len(source) and 0 <= j < len(target)):
                raise DataError(
                    f"{path}, line {line.number} links a word that does not exist: {i + base}-{j + base}, counted from "
                    f"{base}, but there are {len(source)} and {len(target)} words. Correct the line."
                )
        yield GoldPair(source, target, sure, possible - sure)


def _base(
    path: Path, lines: Sequence[_Line], texts: Sequence[tuple[tuple[str, ...], tuple[str, ...]]], base: str
) -> int:
    """Where the links are counted from: what they show, which must be what `base` says."""
    from_zero = next((line.number for line in lines if any(0 in link for link in line.links)), None)
    from_one = next(
        (
            line.number
            for line, (source, target) in zip(lines, texts, strict=True)
            if any(i == len(source) or j == len(target) for i, j in line.links)
        ),
        None,
    )
    if from_zero is not None and from_one is not None:
        raise DataError(
            f"{path}, line {from_zero} links word 0, and line {from_one} a word after the last one if counted from 0. "
            "Correct the lines: words are counted from 0 (Pharaoh) or from 1 (talp) in the whole file."
        )
    if base == "0" and from_one is not None:
        raise DataError(
            f"{path}, line {from_one} links a word after the last one if words are counted from 0. Use --gold-base 1."
        )
    if base == "1" and from_zero is not None:
        raise DataError(f"{path}, line {from_zero} links word 0, so words are counted from 0. Use --gold-base 0.")
    if base != AUTO:
        return int(base)
    if from_zero is None and from_one is None:
        raise DataError(
            f"{path} does not tell whether words are counted from 0 or from 1: it links neither word 0 nor a word "
            "whose number is the sentence's length. Give --gold-base 0 or 1."
        )
    return int(from_one is not None)


def _read_line(path: Path, number: int, text: str) -> _Line:
    kinds: dict[str, set[tuple[int, int]]] = {"-": set(), "p": set()}
    for written in text.split():
        link = _LINK.fullmatch(written)
        if link is None:
            raise DataError(
                f"{path}, line {number}: {written[:40]!r} is no link. Write 3-4 for a sure link and 3p4 for a possible "
                "one, separated by spaces."
            )
        kinds[link[2]].add((int(link[1]), int(link[3])))
    return _Line(number, frozenset(kinds["-"]), frozenset(kinds["p"]))


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Check --gold, --source and --target.") from error
    lines = lines_of(decode(path, raw))
    if not lines:
        raise DataError(f"{path} is empty. Give a file with one line for each sentence pair.")
    return lines
