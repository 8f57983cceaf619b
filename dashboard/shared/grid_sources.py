"""Where the grids and points of a page come from: one model's runs in the store, or the paper's tables.

What is asked of a store is cached for all sessions by the runs it concerns and the store's version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from core.data.catalogue import DATASETS
from core.report.grids import CellReferences, LeftOut, StoredGrid, cell_references, left_out, stored_grids
from core.report.paper import paper_table
from core.report.row_values import COMPARISONS
from core.report.tables import (
    RankedGrid,
    Scatter,
    build_scatters,
    consistency_grid,
    difference_grid,
    paper_grid,
    paper_scatters,
    performance_grid,
    ranked,
)
from core.report.tables.sources import Quantity, Wanted
from core.settings import TASKS
from core.statistics import ExampleGrid
from dashboard.figures.names import dataset_title
from dashboard.shared.store import Results

PAPER = "paper"
PAPER_DATA_SET = "paws-x"
PAPER_MODEL = "XLM-R-Base"
MINUS: Mapping[str, Quantity | None] = {
    "c": None,
    "shuffled": "shuffled",
    "equal": "uniform",
    "mismatched": "mismatched",
}
Asked = Literal["consistency", "performance"]


@dataclass(frozen=True)
class DataChoice:
    """A data set as it can be chosen: split, settings, and for question answering the answer's end.

    `code` stands in the address, `title` on the page. The paper's tables are one of them, without split and group.
    A file of the user's own goes by its name.
    """

    code: str
    title: str
    data_set: str
    task: str
    split: str = ""
    group: str = ""
    part: str | None = None

    @property
    def chance(self) -> float:
        """Accuracy by guessing; 0 for F1 and exact match."""
        classes = TASKS[self.task].classes
        return 1 / len(classes) if classes else 0.0

    def performance_name(self, quantity: Quantity = "performance") -> str:
        if TASKS[self.task].classes:
            return "Accuracy"
        if self.task != "qa":
            return "Performance"
        return "Exact match" if quantity == "exact_match" else "F1"


def data_choices(grids: tuple[StoredGrid, ...]) -> tuple[DataChoice, ...]:
    """Everything that can be chosen, the paper's tables last."""
    stored = {(grid.data_set, grid.split, grid.group): grid.task for grid in grids}
    found = []
    for (data_set, split, group), task in stored.items():
        alone = sum(key[:2] == (data_set, split) for key in stored) == 1
        for part in ("start", "end") if task == "qa" else (None,):
            code = "-".join(filter(None, (data_set, split, "" if alone else group[:6], part)))
            title = f"{dataset_title(data_set, split)}, {split}" + (f", answer {part}" if part else "")
            title += "" if alone else f" · settings {group[:6]}"
            found.append(DataChoice(code, title, data_set, task, split, group, part))
    return (*found, DataChoice(PAPER, "PAWS-X, the paper’s tables", PAPER_DATA_SET, DATASETS[PAPER_DATA_SET].task))


@st.cache_data(show_spinner=False, max_entries=8)
def _grids(location: str, version: str, _results: Results) -> tuple[StoredGrid, ...]:
    del location, version
    return stored_grids(_results.reader)


def grids_of(results: Results | None) -> tuple[StoredGrid, ...]:
    """Every grid that the store can fill; none without a store."""
    return _grids(results.location, results.version, results) if results is not None else ()


@dataclass(frozen=True)
class StoredSource:
    """One model on one data set, from the store.

    `everything` keeps the languages and examples of single checkpoints, which are not ranked then.
    """

    results: Results
    grid: StoredGrid
    part: str | None
    everything: bool = False

    @property
    def model(self) -> str:
        return self.grid.model

    @property
    def trained_on(self) -> tuple[str, ...]:
        return self.grid.trained_on

    def consistency(self, value: str = "c") -> RankedGrid | None:
        """C, or C minus a reference (`MINUS`); None where that was not computed."""
        return _ranked(self._key, "consistency", value, self)

    def performance(self, quantity: Quantity = "performance") -> RankedGrid | None:
        return _ranked(self._key, "performance", quantity, self)

    def minus(self, other: "StoredSource", asked: Asked, detail: str) -> RankedGrid | None:
        """This model's values minus another's, example by example. Raises DataError where they share nothing."""
        return _difference((*self._key, *other._key), asked, detail, self, other)

    def left_out(self) -> LeftOut:
        """What some checkpoints have but most do not."""
        shared = replace(self, everything=False).consistency()
        return LeftOut() if shared is None else left_out(self.results.coverage(), self.grid, shared.summary)

    def references(self) -> Mapping[tuple[str, str], CellReferences]:
        """What each cell's C is read against."""
        return _references(self._key, self)

    def scatters(self, quantity: Quantity = "performance") -> tuple[Scatter, ...]:
        return _scatters(self._key, quantity, self)

    def examples_link(self, trained_on: str, evaluated_on: str) -> dict[str, str] | None:
        """The parameters with which the page "Results" shows the examples of a cell; None where it was not run.

        A checkpoint with several runs on these data goes by its run there.
        """
        if not self.stored_rows(trained_on, evaluated_on):
            return None
        checkpoint, run = self.grid.checkpoints[trained_on]
        compared = set(self._compared().run)
        identities = [manifest.identity for name, manifest in self.results.runs.items() if name in compared]
        own = (checkpoint, self.grid.data_set, self.grid.split)
        twins = sum((one.checkpoint, one.dataset, one.split) == own for one in identities)
        choices = {
            "data": f"{self.grid.data_set}-{self.grid.split}",
            "ckpt": checkpoint if twins == 1 else run,
            "src": trained_on,
            "tgt": evaluated_on,
        }
        return choices | ({"end": self.part} if self.part else {})

    def stored_rows(self, trained_on: str, evaluated_on: str) -> int:
        """How many rows of a cell the store holds; 0 where it was not run."""
        _, run = self.grid.checkpoints.get(trained_on, ("", ""))
        pairs = self._compared()
        own = pairs[pairs.run.eq(run) & pairs.source_language.eq(trained_on) & pairs.target_language.eq(evaluated_on)]
        return int(own.rows.sum())

    def _compared(self) -> pd.DataFrame:
        """What the store holds of pairs, as `Reader.coverage` counts it."""
        coverage = self.results.coverage()
        return coverage[coverage.kind == "pairs"]

    def examples(self, asked: Asked, detail: str) -> ExampleGrid | None:
        values = partial(_values, self._key, _source=self)
        if asked == "consistency":
            minus = MINUS[detail]
            return consistency_grid(values, self.grid.data_set, self.part, minus=minus, shared=not self.everything)
        quantity: Quantity = detail  # type: ignore[assignment]
        return performance_grid(values, self.grid.data_set, self.part, quantity=quantity, shared=not self.everything)

    @property
    def _key(self) -> tuple[str | tuple[str, ...], ...]:
        reach = "everything" if self.everything else "shared"
        return self.results.location, self.results.version, self.grid.runs, self.part or "", reach


@dataclass(frozen=True)
class PaperSource:
    """The paper's tables 4 and 5: PAWS-X, XLM-R base, six training languages; no references, no examples."""

    model: str = PAPER_MODEL

    @property
    def trained_on(self) -> tuple[str, ...]:
        return paper_table("5").labels

    def consistency(self, value: str = "c") -> RankedGrid | None:
        return paper_consistency() if value == "c" else None

    def performance(self, quantity: Quantity = "performance") -> RankedGrid | None:
        return paper_accuracy() if quantity == "performance" else None

    def left_out(self) -> LeftOut:
        return LeftOut()

    def references(self) -> Mapping[tuple[str, str], CellReferences]:
        return {}

    def examples_link(self, trained_on: str, evaluated_on: str) -> dict[str, str] | None:
        del trained_on, evaluated_on
        return None

    def stored_rows(self, trained_on: str, evaluated_on: str) -> int:
        del trained_on, evaluated_on
        return 0

    def scatters(self, quantity: Quantity = "performance") -> tuple[Scatter, ...]:
        return paper_scatters() if quantity == "performance" else ()


Source = StoredSource | PaperSource


def paper_consistency() -> RankedGrid:
    """Table 5."""
    return paper_grid(paper_table("5"))


def paper_accuracy() -> RankedGrid:
    """Table 4."""
    return paper_grid(paper_table("4"))


def sources_of(choice: DataChoice, grids: tuple[StoredGrid, ...], results: Results | None) -> dict[str, Source]:
    """The models that can be chosen on a data set, by name."""
    if choice.code == PAPER or results is None:
        return {PAPER_MODEL: PaperSource()}
    wanted = (choice.data_set, choice.split, choice.group)
    return {
        grid.model: StoredSource(results, grid, choice.part)
        for grid in grids
        if (grid.data_set, grid.split, grid.group) == wanted
    }


_READING = "Reading the results"
_Key = tuple[str | tuple[str, ...], ...]


def _values(key: _Key, wanted: Wanted, _source: StoredSource) -> ExampleGrid | None:
    """Single examples, which several grids of a page are made of; what is returned is shared and never changed."""
    if wanted.quantity in COMPARISONS:
        return _comparisons(key, replace(wanted, quantity="consistency"), _source).get(wanted.quantity)
    return _performances(key, wanted, _source)


@st.cache_resource(show_spinner=False, max_entries=8)
def _comparisons(key: _Key, wanted: Wanted, _source: StoredSource) -> dict[Quantity, ExampleGrid]:
    """C and its references, read at once: whoever looks at C asks for what is left above a reference next."""
    return _source.grid.row_values(_source.results.reader).comparisons(wanted)


@st.cache_resource(show_spinner=False, max_entries=8)
def _performances(key: _Key, wanted: Wanted, _source: StoredSource) -> ExampleGrid | None:
    return _source.grid.row_values(_source.results.reader)(wanted)


@st.cache_data(show_spinner=_READING, max_entries=64)
def _ranked(key: _Key, asked: Asked, detail: str, _source: StoredSource) -> RankedGrid | None:
    grid = _source.examples(asked, detail)
    return None if grid is None or np.isnan(grid.values).all() else ranked(grid)


@st.cache_data(show_spinner=_READING, max_entries=64)
def _difference(key: _Key, asked: Asked, detail: str, _source: StoredSource, _other: StoredSource) -> RankedGrid | None:
    ours, theirs = _source.examples(asked, detail), _other.examples(asked, detail)
    if ours is None or theirs is None:
        return None
    return ranked(difference_grid(ours, theirs, own_cells=asked == "performance"))


@st.cache_data(show_spinner=_READING, max_entries=64)
def _references(key: _Key, _source: StoredSource) -> dict[tuple[str, str], CellReferences]:
    grid = None if _source.everything or not _source.left_out().examples else _source.examples("consistency", "c")
    rows = None if grid is None else [int(row) for row in grid.examples]
    return cell_references(_source.results.reader, _source.grid, _source.part, rows)


@st.cache_data(show_spinner=_READING, max_entries=64)
def _scatters(key: _Key, quantity: Quantity, _source: StoredSource) -> tuple[Scatter, ...]:
    values = partial(_values, key, _source=_source)
    return build_scatters(values, _source.grid.data_set, _source.part, quantity=quantity)
