"""What the page computes of one model on one data set, cached for all sessions under the store's version."""

from dataclasses import dataclass

import streamlit as st

from core.report.pair_cells import PairCells, cells_of, checkpoints_most_alike_with
from core.report.pair_quantities import pair_quantities, paper_leader
from core.report.paper import paper_table
from core.report.readings import PAPER_READING, Readings, rank_cells, resample_cells
from dashboard.figures.words.verdict import MostAlike
from dashboard.shared.grid_sources import PAPER_DATA_SET, StoredSource

SAME_PAIRS = "same-pairs"


@dataclass(frozen=True)
class Computed:
    """The cells of a grid and every reading of them; None instead of readings where one language has been trained."""

    cells: PairCells
    readings: Readings | None
    paper_leader: str | None

    @property
    def most_alike(self) -> MostAlike | None:
        """How the pairs with the leader of the paper's reading compare with those of other languages."""
        if self.readings is None or PAPER_READING in self.readings.absent:
            return None
        leader = self.readings.by_name(PAPER_READING).ranking.leader
        return MostAlike(checkpoints_most_alike_with(self.cells, leader), len(self.cells.languages))


def computed_of(source: StoredSource) -> Computed:
    """Return cells and readings of a model's runs. Raises DataError where they share no pair or no example."""
    runs = tuple(run for seeds in source.grid.seeds.values() for _, run in seeds)
    return _computed((source.results.location, source.results.version, runs, source.part or ""), _source=source)


@st.cache_resource(show_spinner=False, max_entries=16)
def _computed(key: tuple[str, str, tuple[str, ...], str], _source: StoredSource) -> Computed:
    """Sessions share the result, so nobody changes it."""
    del key
    resampled = resample_cells(pair_quantities(_source.results.reader, _source.grid, _source.part))
    cells = cells_of(resampled)
    leader = paper_leader(_source.grid.data_set)
    several = len(cells.languages) > 1
    return Computed(cells, rank_cells(resampled, paper_leader=leader) if several else None, leader)


def paper_values(data_set: str) -> dict[str, float]:
    """Training language -> Overall in the paper's Table 5; empty for other data sets."""
    if data_set != PAPER_DATA_SET:
        return {}
    table = paper_table("5")
    return dict(zip(table.labels, map(float, table.overall), strict=True))
