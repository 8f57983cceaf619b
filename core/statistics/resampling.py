"""One bootstrap for a whole grid: the same examples are drawn for all cells.

Translations of one text share its difficulty, so the cells of a grid are correlated. Drawing the same examples for all
of them preserves this correlation, on which the uncertainty of differences and rankings depends. Rows that share a
premise, a context or a sentence are drawn together for the same reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from core.errors import DataError, OptionError
from core.results import Array
from core.statistics.grid import Axes, ExampleGrid
from core.statistics.intervals import N_RESAMPLES, Estimate, design_effect, percentile_interval, wilson_interval
from core.statistics.linearised import MOST_BOOTSTRAPPED, linearised

Counts = TypeVar("Counts", npt.NDArray[np.float64], npt.NDArray[np.unsignedinteger])
COUNTS_AT_ONCE = 4_000_000
"""Size of a block of resampling counts (32 MB): memory does not grow with the number of resamples."""
COUNTS_KEPT = MOST_BOOTSTRAPPED * N_RESAMPLES
"""Up to this many counts (32 MB) are cached for the next grid with as many examples."""


@dataclass(frozen=True)
class Resamples:
    """The means of a grid's cells, observed and in every resample.

    Attributes
    ----------
    axes : names of rows and columns.
    mean, n : (row, column) observed mean, and the number of its examples.
    independent : (row, column) the number of independent examples that a proportion is as certain as: n over the
        design effect of its clusters. n itself for other values.
    replicates : (resample, row, column) the mean in each resample; NaN where it drew no example of the cell.
    examples, clusters : (example,) row indices of the examples that were resampled, and with whom each was drawn.
    proportion : True where every value is 0 or 1.
    seed : of the draws; equal seeds and equal clusters give equal draws.
    """

    axes: Axes
    mean: Array
    n: npt.NDArray[np.int64]
    independent: Array
    replicates: Array
    examples: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.int64]
    proportion: bool
    seed: int

    @property
    def interval(self) -> Array:
        """(row, column, 2) 95% interval of each cell; NaN where there are fewer than two examples."""
        wilson = self.proportion
        interval = wilson_interval(self.mean, self.independent) if wilson else percentile_interval(self.replicates)
        return np.where(self.n[:, :, None] >= 2, interval, np.nan)

    def require_drawn_with(self, other: "Resamples") -> None:
        """Raise DataError unless both drew the same examples in every resample."""
        same = self.seed == other.seed and len(self.replicates) == len(other.replicates)
        parallel = np.array_equal(self.examples, other.examples) and np.array_equal(self.clusters, other.clusters)
        if not same or not parallel:
            raise DataError("The two grids were not resampled together: use `parallel`, and one seed for both.")


def resample(grid: ExampleGrid, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Resamples:
    """Resample the examples of a grid with replacement, clusters as a whole, the same ones for all cells.

    The means of all resamples are a product of two matrices, the counts of drawn examples and the values, so 100,000
    examples of 13 cells take seconds; `COUNTS_AT_ONCE` bounds the memory.

    Parameters
    ----------
    grid : (row, column, example)
    n_resamples : at least 1.
    seed : equal seeds give equal resamples for grids with equal clusters.

    Raises
    ------
    OptionError : `n_resamples` is below 1.
    """
    if n_resamples < 1:
        raise OptionError(f"{n_resamples} resamples give no interval; ask for 1,000.")
    n_examples = len(grid.examples)
    cells = grid.values.reshape(np.prod(grid.axes.shape), n_examples)
    missing = np.isnan(cells)
    gaps = np.flatnonzero(missing.any(axis=1))
    filled = np.where(missing, 0.0, cells) if len(gaps) else cells
    present = (~missing[gaps]).astype(np.float64)
    n = n_examples - missing.sum(axis=1)
    clusters = grid.examples if grid.clusters is None else grid.clusters
    members = np.unique(clusters, return_inverse=True)[1]
    sums = np.zeros((n_resamples, len(cells)))
    drawn = np.zeros((n_resamples, len(cells)))
    for block, counts in _draw(members, n_resamples, seed):
        sums[block] = _product(counts, filled)
        # Without missing values and clusters the number of drawn examples is constant.
        drawn[block] = counts.sum(axis=1, keepdims=True)
        if len(gaps):
            drawn[block, gaps] = _product(counts, present)
    shape = grid.axes.shape
    return Resamples(
        axes=grid.axes,
        mean=_divide(filled.sum(axis=1), n).reshape(shape),
        n=n.reshape(shape),
        independent=_independent(cells, n, clusters if grid.proportion else None).reshape(shape),
        replicates=_divide(sums, drawn).reshape(-1, *shape),
        examples=grid.examples,
        clusters=clusters,
        proportion=grid.proportion,
        seed=seed,
    )


def estimate_mean(
    values: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    proportion: bool = False,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return the mean of the values of single examples with its interval; NaN values are left out.

    With more than `MOST_BOOTSTRAPPED` examples the interval is the linearised one, which then equals the bootstrap's
    but for the noise of its resamples.

    Parameters
    ----------
    values : (example,)
    clusters : (example,) label of the group an example is drawn with; None: every example is drawn alone.
    proportion : True where every value is 0 or 1; the interval is then Wilson's.
    n_resamples, seed : of the bootstrap; equal seeds give equal intervals.

    Raises
    ------
    DataError : `values` has more than one axis, or there is not one cluster for each. OptionError : `n_resamples` is
        below 1.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise DataError(f"The mean is taken over one axis of examples, not over shape {array.shape}.")
    labels = np.arange(len(array)) if clusters is None else np.asarray(clusters, dtype=np.int64)
    known = np.flatnonzero(~np.isnan(array))
    if len(known) > MOST_BOOTSTRAPPED:
        mean, n = float(array[known].mean()), len(known)
        if not proportion:
            return linearised(mean, (array[known] - mean) / n, labels[known])
        independent = np.array(n / design_effect(array[known], labels[known]))
        low, high = wilson_interval(np.array(mean), independent)
        return Estimate(mean, float(low), float(high), n)
    cell = array.reshape(1, 1, -1)
    grid = ExampleGrid(Axes(("",), ("",), ("",)), np.arange(len(array)), cell, proportion, labels)
    grid = grid.restricted_to(known)
    # Wilson's interval needs no resamples.
    resamples = resample(grid, n_resamples=1 if proportion else n_resamples, seed=seed)
    low, high = resamples.interval[0, 0]
    return Estimate(float(resamples.mean[0, 0]), float(low), float(high), int(resamples.n[0, 0]))


def _independent(cells: Array, n: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64] | None) -> Array:
    """(cell,) n over the design effect of the clusters; n where there are none."""
    if clusters is None or len(np.unique(clusters)) == len(clusters):
        return n.astype(np.float64)
    return n / np.array([design_effect(cell, clusters) for cell in cells])


def _draw(members: npt.NDArray[np.intp], n_resamples: int, seed: int) -> Iterator[tuple[slice, Array]]:
    """Yield how often each resample contains each example, (resample, example), in blocks of resamples.

    `members` (example,) is the number of each example's cluster, from 0.
    """
    if not len(members):
        return
    n_clusters = int(members.max()) + 1
    size = max(1, COUNTS_AT_ONCE // len(members))
    blocks = [slice(start, min(start + size, n_resamples)) for start in range(0, n_resamples, size)]
    if n_clusters * n_resamples <= COUNTS_KEPT:
        cached = _cached_counts(n_clusters, n_resamples, seed)
        yield from ((block, cached[block].astype(np.float64)[:, members]) for block in blocks)
        return
    rng = np.random.default_rng(seed)
    for block in blocks:
        counts = np.empty((block.stop - block.start, n_clusters))
        yield block, _fill(counts, rng)[:, members]


@lru_cache(maxsize=2)
def _cached_counts(n_clusters: int, n_resamples: int, seed: int) -> npt.NDArray[np.unsignedinteger]:
    """All counts at once. The grids of a page have equally many clusters, and drawing takes half of the time."""
    # The smallest type that holds n_clusters, the largest possible count.
    counts = np.empty((n_resamples, n_clusters), np.min_scalar_type(n_clusters))
    return _fill(counts, np.random.default_rng(seed))


def _fill(counts: Counts, rng: np.random.Generator) -> Counts:
    """Draw every row of `counts`, in place."""
    n_clusters = counts.shape[1]
    for resample in counts:
        resample[:] = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
    return counts


def _product(counts: Array, cells: Array) -> Array:
    """Return counts (resample, example) times cells (cell, example), as (resample, cell).

    With PyTorch: NumPy's product of such long thin matrices takes up to fifty times as long, depending on the number of
    cells and the load of the computer.
    """
    writable = cells if cells.flags.writeable else cells.copy()
    product: Array = (torch.from_numpy(counts) @ torch.from_numpy(writable).T).numpy()
    return product


def _divide(sums: Array, counts: npt.NDArray[np.generic]) -> Array:
    """Return sums / counts, NaN where the count is 0."""
    quotient = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=quotient, where=counts > 0)  # type: ignore[operator]
    return quotient
