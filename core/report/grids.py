"""Which grids of training languages a store can fill: a data set, settings, and the checkpoints of one model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.catalogue import position_of
from core.report.row_values import StoredRowValues, languages_in_order, seed_of, stem_of
from core.statistics import GridSummary
from core.store import ExampleFilter, Reader, Scope
from core.store.manifest import Manifest

_Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class StoredGrid:
    """The runs that make one grid: the same data, split and settings, checkpoints of one model.

    Attributes
    ----------
    group : `RunIdentity.group` of all of them. task : of the data set.
    model : what the checkpoints' names share, such as `e5-small-nli`.
    seeds : training language -> the (checkpoint, run) of each of its training seeds, lowest first, in the paper's order
        of languages. `checkpoints` are the lowest ones, of which the tables' grids are made.
    updated : when one of the runs was last written, ISO 8601.
    """

    data_set: str
    split: str
    task: str
    group: str
    model: str
    seeds: Mapping[str, tuple[tuple[str, str], ...]]
    updated: str

    @property
    def checkpoints(self) -> dict[str, tuple[str, str]]:
        return {language: seeds[0] for language, seeds in self.seeds.items()}

    @property
    def trained_on(self) -> tuple[str, ...]:
        return tuple(self.checkpoints)

    @property
    def runs(self) -> tuple[str, ...]:
        return tuple(run for _, run in self.checkpoints.values())

    def row_values(self, reader: Reader) -> StoredRowValues:
        """Return the values of these runs only."""
        return StoredRowValues(reader, self.runs, self.model)


def stored_grids(reader: Reader) -> tuple[StoredGrid, ...]:
    """Return every grid of a store: data sets in the catalogue's order, the model with most languages first.

    Where a checkpoint has several runs that differ only in its revision, the newest counts.
    """
    compared = reader.holding("pairs")
    by_grid: dict[_Key, dict[tuple[str, int], tuple[str, str]]] = {}
    manifests = reader.runs
    for run, manifest in sorted(manifests.items(), key=lambda entry: (entry[1].updated, entry[0])):
        identity = manifest.identity
        if run in compared and identity.train_language:
            key = (identity.dataset, identity.split, identity.task, identity.group, stem_of(identity))
            by_grid.setdefault(key, {})[identity.train_language, seed_of(identity)] = (identity.checkpoint, run)
    grids = [_grid(key, checkpoints, manifests) for key, checkpoints in by_grid.items()]

    def rank(grid: StoredGrid) -> tuple[int, str, int, str]:
        return position_of(grid.data_set), grid.split, -len(grid.checkpoints), grid.model

    return tuple(sorted(sorted(grids, key=lambda grid: grid.updated, reverse=True), key=rank))


def _grid(
    key: _Key, checkpoints: Mapping[tuple[str, int], tuple[str, str]], manifests: Mapping[str, Manifest]
) -> StoredGrid:
    data_set, split, task, group, model = key
    ordered = languages_in_order([language for language, _ in checkpoints], data_set)
    return StoredGrid(
        data_set=data_set,
        split=split,
        task=task,
        group=group,
        model=model,
        seeds={
            language: tuple(checkpoints[key] for key in sorted(checkpoints) if key[0] == language)
            for language in ordered
        },
        updated=max(manifests[run].updated for _, run in checkpoints.values()),
    )


@dataclass(frozen=True)
class LeftOut:
    """Languages, and a number of examples, that some checkpoints of a grid have and most lack."""

    languages: tuple[str, ...] = ()
    examples: int = 0

    def __bool__(self) -> bool:
        return bool(self.languages or self.examples)


def left_out(coverage: pd.DataFrame, grid: StoredGrid, compared: GridSummary) -> LeftOut:
    """Return what a store (`Reader.coverage`) holds of a grid beyond the languages and examples `compared` in it."""
    trained_on = {run: language for language, (_, run) in grid.checkpoints.items()}
    pairs = coverage[(coverage["kind"] == "pairs") & (coverage["source_language"] == coverage["run"].map(trained_on))]
    languages = set(pairs["target_language"]) - set(compared.axes.columns)
    surplus = int(pairs["rows"].max() - compared.n.max()) if len(pairs) else 0
    return LeftOut(languages_in_order(languages, grid.data_set), max(surplus, 0))


@dataclass(frozen=True)
class CellReferences:
    """The references of a cell's mean C: means over its `n` pairs, None where not computed.

    `problems` counts pairs without a C.
    """

    n: int
    problems: int
    uniform: float | None
    shuffled: float | None
    carried: float | None
    mismatched: float | None


def cell_references(
    reader: Reader, grid: StoredGrid, part: str | None, rows: Sequence[int] | None = None
) -> dict[tuple[str, str], CellReferences]:
    """(training language, language evaluated on) -> references.

    `part` is the answer's end for `qa`, `rows` the examples of the data set that count; None: all.
    """
    frame = reader.grid(Scope(runs=grid.runs), ExampleFilter(end=part or "", rows=rows))
    trained_on = {run: language for language, (_, run) in grid.checkpoints.items()}
    own = frame[frame.source_language == frame.run.map(trained_on)]
    return {
        (line.source_language, line.target_language): CellReferences(
            n=int(line.n),
            problems=int(line.problems),
            uniform=_known(line.uniform),
            shuffled=_known(line.shuffled_mean),
            carried=_known(line.carried),
            mismatched=_known(line.mismatched),
        )
        for line in own.itertuples()
    }


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
