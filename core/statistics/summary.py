"""A grid in numbers: cell means, row means ("Overall") and column means, each with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.results import Array
from core.statistics.grid import Axes, ExampleGrid
from core.statistics.intervals import N_RESAMPLES, Estimate, Means, percentile_interval
from core.statistics.resampling import Resamples, resample


@dataclass(frozen=True)
class GridSummary:
    """Means of a grid with 95% intervals from one bootstrap; NaN where values are missing.

    Attributes
    ----------
    values, interval, n : (row, column), (row, column, 2), (row, column).
    overall : (row,) row means with the diagonal, the paper's "Overall".
    overall_off_diagonal : (row,) row means without it.
    column_means, column_means_off_diagonal : (column,) the same down the columns.
    n_resamples, seed : of the bootstrap.
    """

    axes: Axes
    values: Array
    interval: Array
    n: npt.NDArray[np.int64]
    overall: Means
    overall_off_diagonal: Means
    column_means: Means
    column_means_off_diagonal: Means
    n_resamples: int
    seed: int


def summarise(grid: ExampleGrid | Resamples, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> GridSummary:
    """Return the means of a grid with their intervals; a grid that is already resampled keeps its resamples.

    A row mean weights languages equally, whatever their numbers of examples, and is NaN where a language is missing:
    means over different languages are not comparable.
    """
    resamples = grid if isinstance(grid, Resamples) else resample(grid, n_resamples=n_resamples, seed=seed)
    return GridSummary(
        axes=resamples.axes,
        values=resamples.mean,
        interval=resamples.interval,
        n=resamples.n,
        overall=_means(resamples, axis=-1, diagonal=True),
        overall_off_diagonal=_means(resamples, axis=-1, diagonal=False),
        column_means=_means(resamples, axis=-2, diagonal=True),
        column_means_off_diagonal=_means(resamples, axis=-2, diagonal=False),
        n_resamples=len(resamples.replicates),
        seed=resamples.seed,
    )


def grand_mean(resamples: Resamples, *, diagonal: bool = True) -> Estimate:
    """Return the unweighted mean of a grid's row means with its interval; `n` counts examples.

    NaN where an included cell is missing.
    """
    value = marginal_means(resamples.mean, resamples.axes, diagonal=diagonal).mean()
    replicates = marginal_means(resamples.replicates, resamples.axes, diagonal=diagonal).mean(axis=-1)
    low, high = percentile_interval(replicates) if len(resamples.examples) >= 2 else (np.nan, np.nan)
    return Estimate(float(value), float(low), float(high), len(resamples.examples))


def marginal_means(cells: Array, axes: Axes, *, axis: int = -1, diagonal: bool = True) -> Array:
    """Return the means of (..., row, column) along `axis`, -1 for row means and -2 for column means.

    Without the diagonal, the cell of a row's training language is excluded. NaN where an included cell is NaN, or no
    cell is included.
    """
    included = np.ones(axes.shape, dtype=bool) if diagonal else ~axes.diagonal
    n_cells = included.sum(axis=axis)
    sums = np.where(included, cells, 0.0).sum(axis=axis)
    means: Array = np.where(n_cells > 0, sums / np.maximum(n_cells, 1), np.nan)
    return means


def _means(resamples: Resamples, *, axis: int, diagonal: bool) -> Means:
    axes = resamples.axes
    values = marginal_means(resamples.mean, axes, axis=axis, diagonal=diagonal)
    interval = percentile_interval(marginal_means(resamples.replicates, axes, axis=axis, diagonal=diagonal))
    # 0, or NaN where an included cell has fewer than two examples: adding it blanks the interval.
    blank = marginal_means(np.where(resamples.n >= 2, 0.0, np.nan), axes, axis=axis, diagonal=diagonal)
    return Means(values, interval + blank[:, None])
