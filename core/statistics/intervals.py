"""95% intervals: percentiles of a bootstrap, and Wilson's for a proportion."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from core.results import Array

LEVEL = 0.95
Z = float(ndtri((1 + LEVEL) / 2))
N_RESAMPLES = 1000
# Labels up to so many times their number are counted as they are.
_SPARSE = 8


@dataclass(frozen=True)
class Estimate:
    """The mean of `n` examples and its 95% interval, in the unit of the values; NaN where undefined."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Means:
    """Means along one side of a grid: `values` (k,) and 95% `interval` (k, 2); NaN where a cell is missing."""

    values: Array
    interval: Array


def percentile_interval(replicates: Array) -> Array:
    """Return the central 95% of the replicates.

    Parameters
    ----------
    replicates : (resample, ...)
        NaN where a resample drew no example of the cell; those are left out.

    Returns
    -------
    (..., 2) low and high; NaN where no replicate is a number.
    """
    flat = replicates.reshape(len(replicates), -1)
    interval = np.full((flat.shape[1], 2), np.nan)
    known = ~np.isnan(flat).all(axis=0)
    if known.any():
        tails = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
        interval[known] = np.nanquantile(flat[:, known], tails, axis=0).T
    return interval.reshape(*replicates.shape[1:], 2)


def numbered(clusters: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return labels that `np.bincount` can count; data set rows are such labels as they are, and need no sorting."""
    labels = np.asarray(clusters)
    if labels.dtype.kind in "iu" and len(labels) and labels.min() >= 0 and labels.max() < _SPARSE * len(labels):
        return labels
    members: npt.NDArray[np.int64] = np.unique(labels, return_inverse=True)[1]
    return members


def design_effect(values: Array, clusters: npt.NDArray[np.int64]) -> float:
    """Return by how much clusters enlarge the variance of the mean, at least 1 (Kish 1965).

    The variance with clusters (of the sums of deviations, linearised) over the one without. It is not let below 1:
    with few clusters an estimate below 1 is mostly noise.

    Parameters
    ----------
    values : (example,) NaN where there is none.
    clusters : (example,) label of each example's cluster.
    """
    known = ~np.isnan(values)
    deviations = values[known] - values[known].mean() if known.any() else values[known]
    members = numbered(clusters[known])
    n, n_clusters = len(deviations), int(np.count_nonzero(np.bincount(members)))
    alone = (deviations**2).sum()
    if n_clusters < 2 or alone == 0:
        return n / n_clusters if n_clusters else 1.0
    together = (np.bincount(members, deviations) ** 2).sum()
    return max(1.0, float(together / alone * (n_clusters / (n_clusters - 1)) * ((n - 1) / n)))


def wilson_interval(share: Array, n: Array | npt.NDArray[np.int64]) -> Array:
    """Return Wilson's score interval (1927) of a proportion; unlike a bootstrap's it has positive width at 0 and 1.

    Parameters
    ----------
    share, n : (...)
        Observed share, and number of examples; where examples are clustered, divided by their `design_effect`.

    Returns
    -------
    (..., 2) low and high; NaN where n is 0.
    """
    size = np.where(n > 0, n, np.nan)
    centre = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2)) / (1 + Z**2 / size)
    return np.clip(np.stack([centre - half, centre + half], axis=-1), 0.0, 1.0)
