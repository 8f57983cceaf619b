"""A grid in numbers: cell means, row means ("Overall") and column means, each with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.statistics.grid import Axes, ExampleGrid
from core.statistics.intervals import N_RESAMPLES, Estimate, Means, percentile_interval
from core.statistics.resampling import Resamples, resample

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GridSummary:
    """Means of a grid with 95% intervals from one bootstrap; NaN where something was not computed.

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
    """Return the means of a grid with their intervals; a grid that is resampled already keeps its resamples.

    A row mean weighs languages equally, whatever the number of examples behind each, and is NaN where a language
    is missing: means over different languages do not compare.
    """
    found = grid if isinstance(grid, Resamples) else resample(grid, n_resamples=n_resamples, seed=seed)
    return GridSummary(
        axes=found.axes,
        values=found.mean,
        interval=found.interval,
        n=found.n,
        overall=_means(found, axis=-1, diagonal=True),
        overall_off_diagonal=_means(found, axis=-1, diagonal=False),
        column_means=_means(found, axis=-2, diagonal=True),
        column_means_off_diagonal=_means(found, axis=-2, diagonal=False),
        n_resamples=len(found.replicates),
        seed=found.seed,
    )


def grand_mean(resamples: Resamples, *, diagonal: bool = True) -> Estimate:
    """Return the mean of a grid's row means with its interval: every row weighs the same; `n` counts examples.

    NaN where a cell that counts is missing.
    """
    value = marginal_means(resamples.mean, resamples.axes, diagonal=diagonal).mean()
    drawn = marginal_means(resamples.replicates, resamples.axes, diagonal=diagonal).mean(axis=-1)
    low, high = percentile_interval(drawn) if len(resamples.examples) >= 2 else (np.nan, np.nan)
    return Estimate(float(value), float(low), float(high), len(resamples.examples))


def marginal_means(cells: Array, axes: Axes, *, axis: int = -1, diagonal: bool = True) -> Array:
    """Return the means of (..., row, column) along `axis`, -1 for row means and -2 for column means.

    Without the diagonal a row leaves out its own training language. NaN where a cell that counts is NaN, or no
    cell counts.
    """
    counted = np.ones(axes.shape, dtype=bool) if diagonal else ~axes.diagonal
    number = counted.sum(axis=axis)
    sums = np.where(counted, cells, 0.0).sum(axis=axis)
    means: Array = np.where(number > 0, sums / np.maximum(number, 1), np.nan)
    return means


def _means(found: Resamples, *, axis: int, diagonal: bool) -> Means:
    values = marginal_means(found.mean, found.axes, axis=axis, diagonal=diagonal)
    interval = percentile_interval(marginal_means(found.replicates, found.axes, axis=axis, diagonal=diagonal))
    enough = marginal_means(np.where(found.n >= 2, 0.0, np.nan), found.axes, axis=axis, diagonal=diagonal)
    return Means(values, interval + enough[:, None])
