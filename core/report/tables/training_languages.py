"""Training language by target language: the grids of one model, and which training language comes first."""

from dataclasses import dataclass, replace

import numpy as np

from core.report.paper import PaperTable
from core.report.tables.sources import Quantity, RowValues, Wanted
from core.statistics import (
    Axes,
    Estimate,
    ExampleGrid,
    FirstShares,
    GridSummary,
    Means,
    first_shares,
    grand_mean,
    resample,
    shared_cells,
    summarise,
)


@dataclass(frozen=True)
class RankedGrid:
    """A grid in numbers, each with and without the diagonal.

    Attributes
    ----------
    summary : means of cells, rows ("Overall") and columns, with intervals.
    first : in which share of the resamples each row comes first; None where there are no single examples.
    grand : mean of the row means.
    """

    summary: GridSummary
    first: FirstShares | None
    first_off_diagonal: FirstShares | None
    grand: Estimate
    grand_off_diagonal: Estimate

    def overall(self, *, diagonal: bool) -> Means:
        return self.summary.overall if diagonal else self.summary.overall_off_diagonal

    def column_means(self, *, diagonal: bool) -> Means:
        return self.summary.column_means if diagonal else self.summary.column_means_off_diagonal

    def firsts(self, *, diagonal: bool) -> FirstShares | None:
        return self.first if diagonal else self.first_off_diagonal

    def mean(self, *, diagonal: bool) -> Estimate:
        return self.grand if diagonal else self.grand_off_diagonal

    def ranking(self, *, diagonal: bool) -> tuple[str, ...]:
        """The rows that can be ranked, largest Overall first."""
        values = self.overall(diagonal=diagonal).values
        known = [k for k in range(len(values)) if not np.isnan(values[k])]
        return tuple(self.summary.axes.rows[k] for k in sorted(known, key=lambda k: -values[k]))


def consistency_grid(
    row_values: RowValues,
    data_set: str,
    part: str | None = None,
    *,
    minus: Quantity | None = None,
    shared: bool = True,
) -> ExampleGrid | None:
    """Return C of one model's checkpoints, 1 on the diagonal; or C minus a reference, with no diagonal.

    A text compared with itself has C = 1 whatever the importance, so there is nothing to set off against a reference.
    None where nothing is stored. `shared` leaves out the languages and examples that most checkpoints do not have.
    """
    consistency = _compared(row_values, data_set, part, shared=shared)
    if consistency is None or minus is None:
        return consistency.with_own_consistency() if consistency else None
    reference = row_values(Wanted(data_set, minus, "languages", part))
    return consistency.minus(shared_cells(consistency, reference)[1]).without_diagonal() if reference else None


def _compared(row_values: RowValues, data_set: str, part: str | None, *, shared: bool) -> ExampleGrid | None:
    consistency = row_values(Wanted(data_set, "consistency", "languages", part))
    return consistency.shared_by_most() if consistency and shared else consistency


def performance_grid(
    row_values: RowValues,
    data_set: str,
    part: str | None = None,
    *,
    quantity: Quantity = "performance",
    shared: bool = True,
) -> ExampleGrid | None:
    """Return performance in the same cells and on the same examples as the consistency; None where nothing is stored.

    Where only some languages were predicted, the cells of the others are missing.
    """
    consistency = _compared(row_values, data_set, part, shared=shared)
    performance = row_values(Wanted(data_set, quantity, "languages", part))
    if consistency is None or performance is None:
        return None
    _, performance = shared_cells(consistency, performance)
    return performance.restricted_to(consistency.examples)


def difference_grid(ours: ExampleGrid, theirs: ExampleGrid, *, own_cells: bool) -> ExampleGrid:
    """Return one model's values minus another's, example by example, where both have the cell.

    `own_cells` keeps the diagonal; for C it is 1 minus 1 and says nothing.

    Raises
    ------
    DataError : the two share no cell or no example.
    """
    ours, theirs = shared_cells(ours, theirs)
    difference = ours.minus(theirs)
    return difference if own_cells else difference.without_diagonal()


def ranked(grid: ExampleGrid, *, n_resamples: int = 1000, seed: int = 0) -> RankedGrid:
    """Return the grid's means with intervals and ranks, all from one bootstrap over its examples."""
    drawn = resample(grid, n_resamples=n_resamples, seed=seed)
    return RankedGrid(
        summarise(drawn),
        first_shares(drawn),
        first_shares(drawn, diagonal=False),
        grand_mean(drawn),
        grand_mean(drawn, diagonal=False),
    )


def paper_grid(table: PaperTable) -> RankedGrid:
    """Return a table of the paper as a grid: as printed, so without intervals, numbers of examples and ranks.

    Overall is the paper's own column; the mean without the diagonal and the column means are computed from the cells.
    """
    codes = tuple(row.trained_on for row in table.rows)
    axes = Axes(codes, table.columns, codes)
    grid = ExampleGrid(axes, np.arange(1), np.array(table.values)[:, :, None])
    drawn = resample(grid, n_resamples=1)
    cells = summarise(drawn)
    nothing = np.full((len(codes), 2), np.nan)
    summary = GridSummary(
        axes=axes,
        values=cells.values,
        interval=cells.interval,
        n=np.zeros(axes.shape, dtype=np.int64),
        overall=Means(np.array(table.overall), nothing),
        overall_off_diagonal=cells.overall_off_diagonal,
        column_means=cells.column_means,
        column_means_off_diagonal=cells.column_means_off_diagonal,
        n_resamples=0,
        seed=0,
    )
    return RankedGrid(summary, None, None, grand_mean(drawn), grand_mean(drawn, diagonal=False))


def minus_paper(grid: ExampleGrid, table: PaperTable) -> ExampleGrid:
    """Return our values minus the paper's mean of the same cell, without the diagonal, where both have the cell.

    The paper prints no intervals, so those of the difference are the intervals of our means.
    """
    rows = tuple(row for row in grid.axes.rows if row in table.labels)
    columns = tuple(code for code in grid.axes.columns if code in table.columns)
    ours = grid.select(rows, columns)
    places = np.ix_([table.labels.index(row) for row in rows], [table.columns.index(code) for code in columns])
    return replace(ours, values=ours.values - table.values[places][:, :, None]).without_diagonal()
