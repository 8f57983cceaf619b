"""From stored scores and flows to the words of sentences: what each carries, adds to C, and loses.

A word of mass m whose flows f_j meet the similarities s_j adds sum_j f_j s_j to C, and loses the rest of its mass:
m - sum_j f_j s_j = m (1 - met), met being the mean similarity that its mass meets, with 0 where nothing similar is
left. Over the words of one sentence, what is added sums to C (Eq. 2), and what is lost to 1 - C.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.consistency.mass import mass_from_scores
from core.errors import StoreError
from core.report.stored_example import SAME_CONSISTENCY
from core.results import Array

Ints = npt.NDArray[np.int64]
FIFTHS = 5


@dataclass(frozen=True)
class Units:
    """The units of mass of many texts, one text after the other.

    Attributes
    ----------
    first : (text + 1,) where the units of each text begin.
    text, word, field, start, end : (unit,) text, word of the text, field, and characters of the field.
    mass : (unit,) sums to 1 over a text.
    """

    first: Ints
    text: Ints
    word: Ints
    field: Ints
    start: Ints
    end: Ints
    mass: Array


@dataclass(frozen=True)
class Flows:
    """The flows between the units of many pairs; parallel, one entry a flow.

    Attributes
    ----------
    pair : position of the pair. ours, theirs : positions in `Units`. mass : f_ij. similarity : 0 or more.
    """

    pair: Ints
    ours: Ints
    theirs: Ints
    mass: Array
    similarity: Array


@dataclass(frozen=True)
class Occurrences:
    """The words of many texts; all arrays are parallel, one entry a word of a text.

    Attributes
    ----------
    row, cluster : of the data set. word : index in its text. field : index of its field. start, end : its characters.
    fifth : 0 to 4, where it stands in its field.
    mass : its importance. adds : to C. partners : the mass of the words of the other side that it meets, each divided
        among the words that meet it in proportion to what they add to C.
    """

    row: Ints
    cluster: Ints
    word: Ints
    field: Ints
    start: Ints
    end: Ints
    fifth: Ints
    mass: Array
    adds: Array
    partners: Array


def units_of_texts(table: pa.Table, side: str, *, level: str, rule: str) -> Units:
    """Return the units of the texts in `{side}_scores`, `_special`, `_words`, `_fields`, `_starts`, `_ends`.

    `level` and `rule` are the run's settings `level` and `mass`.
    """
    columns = {name: flat(table[f"{side}_{name}"]) for name in ("special", "words", "fields", "starts", "ends")}
    scores, text = flat(table[f"{side}_scores"]).astype(np.float64), owner(table[f"{side}_scores"])
    carries = ~columns["special"].astype(bool)
    text, scores = text[carries], scores[carries]
    word, field, start, end = (
        columns[name][carries].astype(np.int64) for name in ("words", "fields", "starts", "ends")
    )
    if level == "word":
        order, begins = groups_of(text, word)
        text, word, field = (values[order][begins] for values in (text, word, field))
        scores = np.add.reduceat(scores[order], begins) if len(begins) else scores
        start = np.minimum.reduceat(start[order], begins) if len(begins) else start
        end = np.maximum.reduceat(end[order], begins) if len(begins) else end
    first = np.searchsorted(text, np.arange(table.num_rows + 1))
    parts = [mass_from_scores(scores[begin:stop], rule) for begin, stop in pairwise(first)]
    return Units(first, text, word, field, start, end, np.concatenate([*parts, np.empty(0)]))


def occurrences(table: pa.Table, ours: Units, theirs: Units, *, reverse: bool) -> Occurrences:
    """Return the words of one side of the pairs in `table`: columns row, cluster, consistency, and the flows'.

    Parameters
    ----------
    ours, theirs : of the side whose words are returned, and of the other. reverse : `ours` is the target side.

    Raises
    ------
    StoreError : the flows do not belong to the scores.
    """
    flows = flows_between(table, ours, theirs, reverse=reverse)
    gains = flows.mass * flows.similarity
    _require_same(table, flows.pair, gains)
    adds: Array = np.bincount(flows.ours, gains, len(ours.mass)).astype(np.float64)
    received = np.bincount(flows.theirs, gains, len(theirs.mass))
    share = np.divide(gains, received[flows.theirs], out=np.zeros_like(gains), where=gains > 0)
    partners: Array = np.bincount(flows.ours, theirs.mass[flows.theirs] * share, len(ours.mass)).astype(np.float64)
    return _words(table, ours, adds, partners)


def flows_between(table: pa.Table, ours: Units, theirs: Units, *, reverse: bool) -> Flows:
    """Return the flows of the pairs in `table`, as `occurrences` takes it. Raises StoreError as it does."""
    pair = owner(table["masses"])
    names = ("target_units", "source_units") if reverse else ("source_units", "target_units")
    sides = [
        (units, units.first[pair] + flat(table[name]).astype(np.int64))
        for name, units in zip(names, (ours, theirs), strict=True)
    ]
    if any((at >= units.first[pair + 1]).any() for units, at in sides):
        raise StoreError("Stored flows are of other tokens than the scores: compute them again with `run`.")
    masses = flat(table["masses"]).astype(np.float64)
    return Flows(pair, sides[0][1], sides[1][1], masses, np.maximum(flat(table["similarities"]), 0.0))


def _words(table: pa.Table, units: Units, adds: Array, partners: Array) -> Occurrences:
    """Sum units over the words that they are parts of."""
    order, begins = groups_of(units.text, units.word)
    if not len(begins):
        none = np.empty(0, np.int64)
        return Occurrences(none, none, none, none, none, none, none, *[np.empty(0)] * 3)
    text, word, field = (values[order][begins] for values in (units.text, units.word, units.field))
    mass, added, met = (np.add.reduceat(values[order], begins) for values in (units.mass, adds, partners))
    return Occurrences(
        row=table["row"].to_numpy()[text].astype(np.int64),
        cluster=table["cluster"].to_numpy()[text].astype(np.int64),
        word=word,
        field=field,
        start=np.minimum.reduceat(units.start[order], begins),
        end=np.maximum.reduceat(units.end[order], begins),
        fifth=_fifths(text, field),
        mass=mass,
        # Stored flows are rounded, so that a word may seem to add a little more than it carries.
        adds=np.minimum(added, mass),
        partners=met,
    )


def _fifths(text: Ints, field: Ints) -> Ints:
    """Where each word stands among those of its field, 0 to 4; words come in the order of their text."""
    starts = np.concatenate([[True], (text[1:] != text[:-1]) | (field[1:] != field[:-1])])
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    size = np.diff([*first, len(text)])
    fifths: Ints = (np.arange(len(text)) - first[group]) * FIFTHS // size[group]
    return fifths


def _require_same(table: pa.Table, pair: Ints, gains: Array) -> None:
    computed = np.bincount(pair, gains, table.num_rows)
    apart = np.abs(computed - table["consistency"].to_numpy())
    if len(apart) and apart.max() > SAME_CONSISTENCY:
        worst = int(apart.argmax())
        raise StoreError(
            f"The flows of row {table['row'][worst]} add up to {computed[worst]:.3f}, and its C is "
            f"{table['consistency'][worst].as_py():.3f}: check the store with `python -m core store check`."
        )


def groups_of(text: Ints, word: Ints) -> tuple[Ints, Ints]:
    """Return the order by text and word, and where each of them begins in it."""
    order = np.lexsort((word, text))
    text, word = text[order], word[order]
    changes = np.concatenate([np.ones(min(len(text), 1), bool), (text[1:] != text[:-1]) | (word[1:] != word[:-1])])
    return order, np.flatnonzero(changes)


def flat(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    """Return the values of all lists of a column, one list after the other."""
    values: npt.NDArray[np.generic] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values


def owner(column: pa.ChunkedArray) -> Ints:
    """Return the position of the list that each flattened value is in."""
    sizes = column.combine_chunks().value_lengths().to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(sizes)), sizes)
