"""One of the tables 1 to 5: our means, intervals and numbers of examples, references, and the paper's values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.report.paper import PaperTable, paper_table
from core.report.tables.sources import Quantity, RowValues, Wanted, nothing_computed
from core.statistics import ExampleGrid, GridSummary, Means, summarise

Array = npt.NDArray[np.float64]
REFERENCES: Mapping[Quantity, str] = {"uniform": "equal importance", "mismatched": "mismatched translation"}
ROUNDING = 0.0005 + 1e-12
"""What printing three decimals may change."""


@dataclass(frozen=True)
class Block:
    """One kind of value over a table's rows and columns; NaN (n: 0) where there is none.

    Attributes
    ----------
    values, interval, n : (row, column), (row, column, 2) 95%, (row, column) number of examples.
    overall, overall_off_diagonal : (row,) row means with and without the row's own training language.
    """

    values: Array
    interval: Array
    n: npt.NDArray[np.int64]
    overall: Means
    overall_off_diagonal: Means

    @property
    def empty(self) -> bool:
        return bool(np.isnan(self.values).all())


@dataclass(frozen=True)
class Table:
    """A table of the paper, computed again.

    Attributes
    ----------
    table, title, data_set, measure : as in `PaperTable`.
    rows, columns : the paper's in its order, then those that only we have.
    ours : our means.
    overall_columns : the languages our Overall is the mean of; fewer than `columns` where not all were run.
    references : `uniform` and `mismatched` C where they were computed.
    paper, paper_overall : (row, column), (row,) as printed, NaN where the paper has none.
    n_resamples, seed : of the intervals; 0 and 0 where nothing of ours is there.
    """

    table: str
    title: str
    data_set: str
    measure: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    ours: Block
    overall_columns: tuple[str, ...]
    references: Mapping[Quantity, Block]
    paper: Array
    paper_overall: Array
    n_resamples: int
    seed: int

    @property
    def misprints(self) -> tuple[str, ...]:
        """Rows whose Overall in the paper is not the mean of the row, beyond rounding."""
        wrong = np.abs(np.nanmean(self.paper[: self._n_paper], axis=1) - self.paper_overall[: self._n_paper]) > ROUNDING
        return tuple(label for label, is_wrong in zip(self.rows, wrong, strict=False) if is_wrong)

    @property
    def _n_paper(self) -> int:
        return int((~np.isnan(self.paper_overall)).sum())


def build_table(
    table: str, row_values: RowValues = nothing_computed, *, n_resamples: int = 1000, seed: int = 0
) -> Table:
    """Return a table of the paper with what `row_values` has for it.

    Raises
    ------
    OptionError : the paper has no such table.
    """
    paper = paper_table(table)
    measured: Quantity = "consistency" if paper.measure == "consistency" else "performance"
    ours = _summaries(paper, measured, row_values, n_resamples, seed)
    rows = _union(paper.labels, [label for labels, _ in ours for label in labels])
    columns = _union(paper.columns, [code for _, summary in ours for code in summary.axes.columns])
    references = {
        quantity: block_of(_summaries(paper, quantity, row_values, n_resamples, seed), rows, columns)
        for quantity in (REFERENCES if measured == "consistency" else ())
    }
    values, overall = np.full((len(rows), len(columns)), np.nan), np.full(len(rows), np.nan)
    values[: len(paper.rows), : len(paper.columns)] = paper.values
    overall[: len(paper.rows)] = paper.overall
    used = {code for _, summary in ours for code in summary.axes.columns}
    return Table(
        table=table,
        title=paper.title,
        data_set=paper.data_set,
        measure=paper.measure,
        rows=rows,
        columns=columns,
        ours=block_of(ours, rows, columns),
        overall_columns=tuple(code for code in columns if code in used),
        references={quantity: block for quantity, block in references.items() if not block.empty},
        paper=values,
        paper_overall=overall,
        n_resamples=n_resamples if ours else 0,
        seed=seed if ours else 0,
    )


Labelled = Sequence[tuple[tuple[str, ...], GridSummary]]


def _summaries(
    paper: PaperTable, quantity: Quantity, row_values: RowValues, n_resamples: int, seed: int
) -> list[tuple[tuple[str, ...], GridSummary]]:
    """Our grids for a table, one a part of the answer, each with its row labels in the table."""
    summaries = []
    for part in dict.fromkeys(row.part for row in paper.rows):
        wanted = Wanted(paper.data_set, quantity, "languages" if paper.by_language else "models", part)
        grid = row_values(wanted)
        if grid is not None:
            summary = summarise(_completed(grid, quantity), n_resamples=n_resamples, seed=seed)
            summaries.append((tuple(f"{row}, {part}" if part else row for row in grid.axes.rows), summary))
    return summaries


def _completed(grid: ExampleGrid, quantity: Quantity) -> ExampleGrid:
    """The diagonal is 1 by definition, with equal importance too, and need not have been computed."""
    return grid.with_own_consistency() if quantity in {"consistency", "uniform"} else grid


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def block_of(summaries: Labelled, rows: tuple[str, ...], columns: tuple[str, ...]) -> Block:
    """Put summaries into the table's rows and columns; labels the table lacks are left out."""
    shape = (len(rows), len(columns))
    block = Block(
        values=np.full(shape, np.nan),
        interval=np.full((*shape, 2), np.nan),
        n=np.zeros(shape, dtype=np.int64),
        overall=Means(np.full(shape[0], np.nan), np.full((shape[0], 2), np.nan)),
        overall_off_diagonal=Means(np.full(shape[0], np.nan), np.full((shape[0], 2), np.nan)),
    )
    for labels, summary in summaries:
        of = [k for k, label in enumerate(labels) if label in rows]
        at = [rows.index(labels[k]) for k in of]
        across = [k for k, code in enumerate(summary.axes.columns) if code in columns]
        here, there = np.ix_(at, [columns.index(summary.axes.columns[k]) for k in across]), np.ix_(of, across)
        block.values[here], block.interval[here] = summary.values[there], summary.interval[there]
        block.n[here] = summary.n[there]
        for into, means in (
            (block.overall, summary.overall),
            (block.overall_off_diagonal, summary.overall_off_diagonal),
        ):
            into.values[at], into.interval[at] = means.values[of], means.interval[of]
    return block
