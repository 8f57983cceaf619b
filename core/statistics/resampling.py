"""One bootstrap for a whole grid: examples are drawn together for all cells.

Translations of one text share what makes it easy or hard, so the cells of a grid rise and fall together. Drawing
the same examples for all of them keeps that, and gives differences between cells and ranks their true uncertainty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from core.errors import DataError, OptionError
from core.statistics.grid import Axes, ExampleGrid
from core.statistics.intervals import N_RESAMPLES, Estimate, percentile_interval, wilson_interval

Array = npt.NDArray[np.float64]
Counts = TypeVar("Counts", npt.NDArray[np.float64], npt.NDArray[np.unsignedinteger])
COUNTS_AT_ONCE = 4_000_000
"""Numbers in one block of resampling counts: 32 MB, whatever the number of resamples."""
COUNTS_KEPT = 16_000_000
"""Counts of up to so many numbers, 32 MB, are kept for the next grid over equally many examples."""


@dataclass(frozen=True)
class Resamples:
    """The means of a grid's cells, observed and in every resample.

    Attributes
    ----------
    axes : names of rows and columns.
    mean, n : (row, column) observed mean, and number of examples behind it.
    replicates : (resample, row, column) the mean in each resample; NaN where it drew no example of the cell.
    examples : (example,) what was drawn from.
    proportion : True where every value is 0 or 1.
    seed : of the draws; equal seeds and equal examples draw the same.
    """

    axes: Axes
    mean: Array
    n: npt.NDArray[np.int64]
    replicates: Array
    examples: npt.NDArray[np.int64]
    proportion: bool
    seed: int

    @property
    def interval(self) -> Array:
        """(row, column, 2) 95% interval of each cell; NaN where there are fewer than two examples."""
        found = wilson_interval(self.mean, self.n) if self.proportion else percentile_interval(self.replicates)
        return np.where(self.n[:, :, None] >= 2, found, np.nan)

    def drawn_with(self, other: "Resamples") -> None:
        """Raise DataError unless both drew the same examples in every resample."""
        same = self.seed == other.seed and len(self.replicates) == len(other.replicates)
        if not same or not np.array_equal(self.examples, other.examples):
            raise DataError("The two grids were not resampled together: use `parallel`, and one seed for both.")


def resample(grid: ExampleGrid, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Resamples:
    """Resample the examples of a grid with replacement, the same ones for all cells.

    A mean in a resample is a product of two matrices, how often each example was drawn and the values, so
    100,000 examples of 13 cells take seconds; memory is bounded by `COUNTS_AT_ONCE`.

    Parameters
    ----------
    grid : (row, column, example)
    n_resamples : at least 1.
    seed : equal seeds give equal resamples for grids of equally many examples.

    Raises
    ------
    OptionError : `n_resamples` is below 1.
    """
    if n_resamples < 1:
        raise OptionError(f"{n_resamples} resamples give no interval; ask for 1,000.")
    n_examples = len(grid.examples)
    cells = grid.values.reshape(np.prod(grid.axes.shape), n_examples)
    missing = np.isnan(cells)
    # Cells with gaps need their own number of drawn examples in every resample; the others share it.
    gaps = np.flatnonzero(missing.any(axis=1))
    filled = np.where(missing, 0.0, cells) if len(gaps) else cells
    present = (~missing[gaps]).astype(np.float64)
    n = n_examples - missing.sum(axis=1)
    sums = np.empty((n_resamples, len(cells)))
    drawn = np.full((n_resamples, len(cells)), float(n_examples))
    for block, counts in _draw(n_examples, n_resamples, seed):
        sums[block] = _product(counts, filled)
        if len(gaps):
            drawn[block, gaps] = _product(counts, present)
    shape = grid.axes.shape
    return Resamples(
        axes=grid.axes,
        mean=_divide(filled.sum(axis=1), n).reshape(shape),
        n=n.reshape(shape),
        replicates=_divide(sums, drawn).reshape(-1, *shape),
        examples=grid.examples,
        proportion=grid.proportion,
        seed=seed,
    )


def estimate_mean(
    values: npt.ArrayLike, *, proportion: bool = False, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Estimate:
    """Return the mean of single values with its interval; NaN values are left out.

    Parameters
    ----------
    values : (example,)
    proportion : True where every value is 0 or 1: Wilson's interval.
    n_resamples, seed : of the bootstrap; equal seeds give equal intervals.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise DataError(f"The mean is taken over one axis of examples, not over shape {array.shape}.")
    known = array[~np.isnan(array)]
    grid = ExampleGrid(Axes(("",), ("",), ("",)), np.arange(len(known)), known.reshape(1, 1, -1), proportion)
    found = resample(grid, n_resamples=n_resamples, seed=seed)
    low, high = found.interval[0, 0]
    return Estimate(float(found.mean[0, 0]), float(low), float(high), len(known))


def _draw(n_examples: int, n_resamples: int, seed: int) -> Iterator[tuple[slice, Array]]:
    """Yield how often each resample with replacement holds each example, (resample, example), a block at a time."""
    if not n_examples:
        return
    size = max(1, COUNTS_AT_ONCE // n_examples)
    blocks = [slice(start, min(start + size, n_resamples)) for start in range(0, n_resamples, size)]
    if n_examples * n_resamples <= COUNTS_KEPT:
        kept = _kept_counts(n_examples, n_resamples, seed)
        yield from ((block, kept[block].astype(np.float64)) for block in blocks)
        return
    rng = np.random.default_rng(seed)
    for block in blocks:
        counts = np.empty((block.stop - block.start, n_examples))
        yield block, _fill(counts, rng)


@lru_cache(maxsize=2)
def _kept_counts(n_examples: int, n_resamples: int, seed: int) -> npt.NDArray[np.unsignedinteger]:
    """All of them: the grids of a page are over equally many examples, and drawing takes as long as all the rest."""
    # No count is above the number of examples.
    counts = np.empty((n_resamples, n_examples), np.min_scalar_type(n_examples))
    return _fill(counts, np.random.default_rng(seed))


def _fill(counts: Counts, rng: np.random.Generator) -> Counts:
    """Draw every row of `counts`, in place."""
    n_examples = counts.shape[1]
    for resample in counts:
        resample[:] = np.bincount(rng.integers(n_examples, size=n_examples), minlength=n_examples)
    return counts


def _product(counts: Array, cells: Array) -> Array:
    """Return counts (resample, example) times cells (cell, example), as (resample, cell).

    By PyTorch: NumPy's product of such long thin matrices takes up to fifty times as long, depending on the number
    of cells and on what else the computer does.
    """
    writable = cells if cells.flags.writeable else cells.copy()
    product: Array = (torch.from_numpy(counts) @ torch.from_numpy(writable).T).numpy()
    return product


def _divide(sums: Array, counts: npt.NDArray[np.generic]) -> Array:
    """Return sums / counts, NaN where the count is 0."""
    quotient = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=quotient, where=counts > 0)  # type: ignore[operator]
    return quotient
