"""The sources of a page's grids and points: one model's runs in the store, or the paper's tables.

Answers from a store are cached for all sessions, under the runs they concern and the store's version.
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
    minus_paper,
    performance_grid,
    ranked,
)
from core.report.tables.sources import Quantity, Wanted
from core.settings import TASKS
from core.statistics import ExampleGrid
from dashboard.figures.names import dataset_title
from dashboard.shared.address import Address
from dashboard.shared.paper_source import PAPER_MODEL, PaperSource
from dashboard.shared.store import Results

PAPER = "paper"
PAPER_DATA_SET = "paws-x"
# Code in the address -> the reference that is subtracted from C.
MINUS: Mapping[str, Quantity | None] = {
    "c": None,
    "shuffled": "shuffled",
    "equal": "uniform",
    "mismatched": "mismatched",
}
MINUS_PAPER = "paper5"
"""As a reference: the paper's Table 5, on its own data set."""
Asked = Literal["consistency", "performance"]


@dataclass(frozen=True)
class DataChoice:
    """A data set that can be chosen: its split, its settings, and for question answering the end of the answer.

    The paper's tables are one of them, without split and group; a user's own file is named by its file name.

    Attributes
    ----------
    code : in the address. title : on the page. group : of runs with equal settings. part : "start", "end" or None.
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
    """Every data set that can be chosen, the paper's tables last."""
    stored = {(grid.data_set, grid.split, grid.group): grid.task for grid in grids}
    choices = []
    for (data_set, split, group), task in stored.items():
        alone = sum(key[:2] == (data_set, split) for key in stored) == 1
        for part in ("start", "end") if task == "qa" else (None,):
            code = "-".join(filter(None, (data_set, split, "" if alone else group[:6], part)))
            title = f"{dataset_title(data_set, split)}, {split}" + (f", answer {part}" if part else "")
            title += "" if alone else f" · settings {group[:6]}"
            choices.append(DataChoice(code, title, data_set, task, split, group, part))
    return (*choices, DataChoice(PAPER, "PAWS-X, the paper’s tables", PAPER_DATA_SET, DATASETS[PAPER_DATA_SET].task))


@st.cache_data(show_spinner=False, max_entries=8)
def _grids(location: str, version: str, _results: Results) -> tuple[StoredGrid, ...]:
    del location, version
    return stored_grids(_results.reader)


def grids_of(results: Results | None) -> tuple[StoredGrid, ...]:
    """The grids of models by training languages in the store; none without a store."""
    return _grids(results.location, results.version, results) if results is not None else ()


@dataclass(frozen=True)
class StoredSource:
    """One model on one data set, from the store.

    `everything` keeps languages and examples that only some checkpoints have; checkpoints without them are not ranked.
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
        """C, or C minus a reference (`MINUS`); None if not computed."""
        return _ranked(self._key, "consistency", value, self)

    def performance(self, quantity: Quantity = "performance") -> RankedGrid | None:
        return _ranked(self._key, "performance", quantity, self)

    def minus(self, other: "StoredSource", asked: Asked, detail: str) -> RankedGrid | None:
        """This model's values minus another's, example by example. Raises DataError if they share no cell."""
        return _difference((*self._key, *other._key), asked, detail, self, other)

    def left_out(self) -> LeftOut:
        """The languages and examples that most checkpoints lack."""
        shared = replace(self, everything=False).consistency()
        return LeftOut() if shared is None else left_out(self.results.coverage(), self.grid, shared.summary)

    def references(self) -> Mapping[tuple[str, str], CellReferences]:
        """The references of each cell's C."""
        return _references(self._key, self)

    def scatters(self, quantity: Quantity = "performance") -> tuple[Scatter, ...]:
        return _scatters(self._key, quantity, self)

    def examples_link(self, trained_on: str, evaluated_on: str) -> dict[str, str] | None:
        """The parameters with which the page "Results" shows the examples of a cell; None if it was not run.

        A checkpoint with several runs on this data set is named by its run there.
        """
        return self.pair_link(trained_on, (trained_on, evaluated_on))

    def pair_link(self, trained_on: str, pair: tuple[str, str]) -> dict[str, str] | None:
        """The same for any pair of languages under one checkpoint, in the direction that is stored."""
        stored = next((side for side in (pair, pair[::-1]) if self._rows_of(trained_on, side)), None)
        if stored is None:
            return None
        checkpoint, run = self.grid.checkpoints[trained_on]
        compared = set(self._compared().run)
        identities = [manifest.identity for name, manifest in self.results.runs.items() if name in compared]
        key = (checkpoint, self.grid.data_set, self.grid.split)
        n_runs = sum((identity.checkpoint, identity.dataset, identity.split) == key for identity in identities)
        parameters = {
            "data": f"{self.grid.data_set}-{self.grid.split}",
            "ckpt": checkpoint if n_runs == 1 else run,
            "src": stored[0],
            "tgt": stored[1],
        }
        return parameters | ({"end": self.part} if self.part else {})

    def stored_rows(self, trained_on: str, evaluated_on: str) -> int:
        """The number of stored rows of a cell; 0 if it was not run."""
        return self._rows_of(trained_on, (trained_on, evaluated_on))

    def _rows_of(self, trained_on: str, pair: tuple[str, str]) -> int:
        _, run = self.grid.checkpoints.get(trained_on, ("", ""))
        pairs = self._compared()
        cell = pairs[pairs.run.eq(run) & pairs.source_language.eq(pair[0]) & pairs.target_language.eq(pair[1])]
        return int(cell.rows.sum())

    def _compared(self) -> pd.DataFrame:
        """The rows of `Reader.coverage` about pairs."""
        coverage = self.results.coverage()
        return coverage[coverage.kind == "pairs"]

    def examples(self, asked: Asked, detail: str) -> ExampleGrid | None:
        values = partial(_values, self._key, _source=self)
        if detail == MINUS_PAPER:
            grid = consistency_grid(values, self.grid.data_set, self.part, shared=not self.everything)
            return None if grid is None else minus_paper(grid, paper_table("5"))
        if asked == "consistency":
            minus = MINUS[detail]
            return consistency_grid(values, self.grid.data_set, self.part, minus=minus, shared=not self.everything)
        quantity: Quantity = detail  # type: ignore[assignment]
        return performance_grid(values, self.grid.data_set, self.part, quantity=quantity, shared=not self.everything)

    @property
    def _key(self) -> tuple[str | tuple[str, ...], ...]:
        extent = "everything" if self.everything else "shared"
        return self.results.location, self.results.version, self.grid.runs, self.part or "", extent


Source = StoredSource | PaperSource


def sources_of(choice: DataChoice, grids: tuple[StoredGrid, ...], results: Results | None) -> dict[str, Source]:
    """The models that can be chosen on a data set, by name."""
    if choice.code == PAPER or results is None:
        return {PAPER_MODEL: PaperSource()}
    key = (choice.data_set, choice.split, choice.group)
    return {
        grid.model: StoredSource(results, grid, choice.part)
        for grid in grids
        if (grid.data_set, grid.split, grid.group) == key
    }


def choose_data(address: Address, results: Results | None) -> tuple[DataChoice, dict[str, Source]]:
    """The box that chooses a data set, and the models of the one that is chosen."""
    grids = grids_of(results)
    choices = {choice.code: choice for choice in data_choices(grids)}
    st.markdown("**View**")
    titles = {code: choice.title for code, choice in choices.items()}
    data = choices[address.select("data", "Data set", titles, always=True)]
    return data, sources_of(data, grids, results)


_READING = "Reading the results"
_Key = tuple[str | tuple[str, ...], ...]


def _values(key: _Key, wanted: Wanted, _source: StoredSource) -> ExampleGrid | None:
    """The values of single examples, from which grids are made. Sessions share the result, so nobody changes it."""
    if wanted.quantity in COMPARISONS:
        return _comparisons(key, replace(wanted, quantity="consistency"), _source).get(wanted.quantity)
    return _performances(key, wanted, _source)


@st.cache_resource(show_spinner=False, max_entries=8)
def _comparisons(key: _Key, wanted: Wanted, _source: StoredSource) -> dict[Quantity, ExampleGrid]:
    """C and its references, read in one pass, since C minus a reference is usually asked for next."""
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
