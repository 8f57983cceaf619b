"""The tables behind the page "Words", computed once for each choice; the index of words is one for all sessions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.report.pair_summary import SUMMARISED, PairSummary, summarise_pairs
from core.report.words import WORDS, WordCell, WordIndex
from core.report.words.index import Allowed
from core.report.words.lines import Line, Partners, lines_of, partners_of
from core.store import Scope
from dashboard.shared.examples.facets import Facets
from dashboard.shared.store import Results
from dashboard.words.choices import LINES, WordsChoice

Chosen = Mapping[str, Sequence[str]]
Rows = npt.NDArray[np.int64]
BINS = 40
MOST_ANSWERS = 128
_SIDES = {"source_correct": "target_correct", "target_correct": "source_correct"}


class Answers:
    """What the page asks, over the examples that the facets leave.

    Parameters
    ----------
    facets : of each cell; `chosen` are the groups, and `field` the index of the only field, if one is chosen.
    """

    def __init__(
        self,
        results: Results,
        choice: WordsChoice,
        facets: Mapping[WordCell, Facets],
        chosen: Chosen,
        field: int | None,
    ) -> None:
        self._results = results
        self.choice = choice
        self.field = field
        self.index = word_index(results.location, results.version, _results=results)
        self._filter = tuple((name, tuple(groups)) for name, groups in chosen.items() if groups)
        self._facets = facets
        self._rows: dict[WordCell, Rows] = {}

    @property
    def filtered(self) -> bool:
        """Whether facets leave out examples."""
        return bool(self._filter)

    def rows(self, cell: WordCell) -> Rows:
        """The examples of a cell that the facets leave."""
        if cell not in self._rows:
            self._rows[cell] = self._facets[cell].rows(dict(self._filter))
        return self._rows[cell]

    def table(
        self,
        cells: Sequence[WordCell],
        by: str = WORDS,
        *,
        only: tuple[str, Any] | None = None,
        split: bool = False,
        everywhere: bool = False,
    ) -> pd.DataFrame:
        """As `WordIndex.losses`; `everywhere` leaves the facets out, for runs that they were not computed for."""
        filtered = () if everywhere else self._filter
        key = (tuple(cells), by, only, split, self.field, filtered)
        allowed = {cell: self.rows(cell) for cell in cells} if filtered else None
        return _table(self._results.location, self._results.version, key, _index=self.index, _allowed=allowed)

    def lines(self, cell: WordCell, only: tuple[str, Any]) -> list[Line]:
        """The lines of a word or class, a page from the chosen line on."""
        return lines_of(
            self.index,
            self._results.reader,
            cell,
            only,
            allowed=self._allowed(cell),
            field=self.field,
            limit=LINES,
            offset=self.choice.line,
        )

    def partners(self, cell: WordCell, only: tuple[str, Any]) -> Partners | None:
        key = (cell, only, self.field, self._filter)
        return _partners(
            self._results.location,
            self._results.version,
            key,
            _index=self.index,
            _results=self._results,
            _allowed=self._allowed(cell),
        )

    def summary(self) -> PairSummary:
        """The figures of the examples that are counted."""
        return _summary(
            self._results.location, self._results.version, self.choice.cells, self._filter, _frames=self._counted()
        )

    def histograms(self) -> tuple[list[int], list[int], int]:
        """Numbers of examples by C, of those counted and of all; and how many all are."""
        everything = [self._pairs(cell)["consistency"].to_numpy() for cell in self.choice.cells]
        counted = [frame["consistency"].to_numpy() for frame in self._counted()] if self._filter else everything
        n_all = sum(int(np.count_nonzero(~np.isnan(values))) for values in everything)
        return _histogram(counted), _histogram(everything), n_all

    def _counted(self) -> list[pd.DataFrame]:
        """The pairs of each cell that the facets leave."""
        frames = [self._pairs(cell) for cell in self.choice.cells]
        if not self._filter:
            return frames
        return [
            frame[np.isin(frame["row"].to_numpy(), self.rows(cell))]
            for cell, frame in zip(self.choice.cells, frames, strict=True)
        ]

    def _pairs(self, cell: WordCell) -> pd.DataFrame:
        return _pairs(self._results.location, self._results.version, cell, _results=self._results, _choice=self.choice)

    def _allowed(self, cell: WordCell) -> Allowed | None:
        return {cell: self.rows(cell)} if self._filter else None


@st.cache_resource(show_spinner=False, max_entries=2)
def word_index(location: str, version: str, *, _results: Results) -> WordIndex:
    """The words of one version of a store, read as they are asked for."""
    return WordIndex(_results.reader)


@st.cache_data(show_spinner="Reading the words", max_entries=MOST_ANSWERS)
def _table(
    location: str, version: str, key: tuple[Any, ...], *, _index: WordIndex, _allowed: Allowed | None
) -> pd.DataFrame:
    cells, by, only, split, field, _ = key
    return _index.losses(cells, by, only=only, split=split, field=field, allowed=_allowed)


@st.cache_data(show_spinner=False, max_entries=MOST_ANSWERS)
def _partners(
    location: str,
    version: str,
    key: tuple[Any, ...],
    *,
    _index: WordIndex,
    _results: Results,
    _allowed: Allowed | None,
) -> Partners | None:
    cell, only, field, _ = key
    return partners_of(_index, _results.reader, cell, only, allowed=_allowed, field=field)


@st.cache_resource(show_spinner="Reading the examples", max_entries=64)
def _pairs(location: str, version: str, cell: WordCell, *, _results: Results, _choice: WordsChoice) -> pd.DataFrame:
    """The pairs of a cell with the columns of its figures; right and wrong are those of the words' own side."""
    pairs = _results.reader.values(Scope(runs=(cell.run,)), _choice.where(cell))[list(SUMMARISED)]
    return pairs.rename(columns=_SIDES) if cell.reversed else pairs


@st.cache_data(show_spinner=False, max_entries=MOST_ANSWERS)
def _summary(
    location: str,
    version: str,
    cells: tuple[WordCell, ...],
    filtered: tuple[Any, ...],
    *,
    _frames: Sequence[pd.DataFrame],
) -> PairSummary:
    return summarise_pairs(pd.concat(_frames, ignore_index=True))


def _histogram(values: Sequence[npt.NDArray[np.float64]]) -> list[int]:
    counts = sum(np.histogram(one, bins=BINS, range=(0.0, 1.0))[0] for one in values)
    return np.asarray(counts).tolist()
