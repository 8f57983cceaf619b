"""C and its references from the runs of one grid, as checkpoint x language pair x example."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.errors import DataError
from core.report.grids import StoredGrid
from core.report.paper import TABLES, paper_table
from core.report.readings import Readings, compute_readings
from core.report.row_values import languages_in_order
from core.statistics import clusters_of_examples
from core.statistics.intervals import N_RESAMPLES
from core.statistics.pair_values import PairValues
from core.store import ExampleFilter, Reader, Scope
from core.store.reader import PairName

COLUMNS: Mapping[str, str] = {
    "consistency": "consistency",
    "shuffled": "shuffled_mean",
    "uniform": "uniform",
    "carried": "carried",
}
"""Quantity of a reading -> column of the store's `pairs`."""


PAIR_NAMES: tuple[PairName, ...] = ("source_language", "target_language")


def pair_quantities(reader: Reader, grid: StoredGrid, part: str | None = None) -> dict[str, PairValues]:
    """Return every quantity of `COLUMNS` for the runs of a grid, with the same axes.

    A pair counts once, whichever of its texts was the source: C does not change when the sides are exchanged, and the
    run decides which class is explained. Where a run holds both directions, the one from the language that comes
    first in the data set's order counts.

    Parameters
    ----------
    part : the answer's end for `qa`.

    Raises
    ------
    DataError : the runs hold no pair of different languages.
    """
    runs = {run: language for language, seeds in grid.seeds.items() for _, run in seeds}
    frame = reader.pair_columns(
        (*COLUMNS.values(), "cluster"),
        Scope(runs=tuple(runs)),
        ExampleFilter(end=part or ""),
        by=("run", *PAIR_NAMES),
    )
    frame = frame[frame["source_language"].astype(str) != frame["target_language"].astype(str)]
    order = languages_in_order(_languages_of_most(frame, len(runs)), grid.data_set)
    frame = frame[frame["source_language"].isin(order) & frame["target_language"].isin(order)]
    if frame.empty:
        raise DataError("The runs compare no two different languages: compute pairs of languages first.")
    frame = _unordered(frame, {code: at for at, code in enumerate(order)})
    pairs = sorted({*zip(frame["low"], frame["high"], strict=True)})
    examples = np.unique(frame["row"].to_numpy(np.int64))
    shape = (len(runs), len(pairs), len(examples))
    place = np.ravel_multi_index(
        (
            frame["run"].astype(str).map({run: at for at, run in enumerate(runs)}).to_numpy(np.int64),
            pd.MultiIndex.from_tuples(pairs).get_indexer(pd.MultiIndex.from_frame(frame[["low", "high"]])),
            np.searchsorted(examples, frame["row"].to_numpy(np.int64)),
        ),
        shape,
    )
    clusters = clusters_of_examples(frame["row"], frame["cluster"], examples)
    quantities = {}
    for quantity, column in COLUMNS.items():
        values = np.full(shape, np.nan)
        values.flat[place] = frame[column].to_numpy(np.float64)
        named = tuple((order[low], order[high]) for low, high in pairs)
        quantities[quantity] = PairValues(tuple(runs.values()), named, examples, clusters, values)
    return quantities


def stored_readings(
    reader: Reader, grid: StoredGrid, part: str | None = None, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Readings:
    """Return every reading of a grid's runs.

    Raises
    ------
    DataError : a single training language, or nothing that all of them share.
    """
    quantities = pair_quantities(reader, grid, part)
    leader = paper_leader(grid.data_set)
    return compute_readings(quantities, paper_leader=leader, n_resamples=n_resamples, seed=seed)


def _languages_of_most(frame: pd.DataFrame, n_runs: int) -> list[str]:
    """Return the languages that more than half of the runs hold: one run on more languages has no larger share."""
    sides = [frame[["run", name]].astype(str).set_axis(["run", "language"], axis=1) for name in PAIR_NAMES]
    runs_with = pd.concat(sides).drop_duplicates()["language"].value_counts()
    return [str(code) for code in runs_with.index[2 * runs_with.to_numpy() > n_runs]]


def _unordered(frame: pd.DataFrame, place: Mapping[str, int]) -> pd.DataFrame:
    """Add the columns `low` and `high`, the places of both languages, and keep one direction of each pair."""
    source, target = (frame[name].astype(str).map(place).to_numpy(np.int64) for name in PAIR_NAMES)
    ordered = frame.assign(low=np.minimum(source, target), high=np.maximum(source, target), flipped=source > target)
    return ordered.sort_values("flipped", kind="stable").drop_duplicates(["run", "low", "high", "row"])


def paper_leader(data_set: str) -> str | None:
    """Return the training language with the largest "Overall" in the paper; None for data sets without such a table."""
    for table in map(paper_table, TABLES):
        if table.by_language and table.data_set == data_set and table.measure == "consistency":
            return table.rows[int(np.argmax(table.overall))].trained_on
    return None
