"""Which row has the largest mean, and how certain that is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.statistics.resampling import Resamples
from core.statistics.summary import marginal_means

CLEAR_SHARE = 0.8
"""A row is said to stand out if it comes first in at least this share of the resamples."""


@dataclass(frozen=True)
class FirstShares:
    """The share of the resamples in which each row has the largest mean.

    Attributes
    ----------
    rows : labels, in the grid's order.
    shares : (row,) they sum to 1 (all NaN where no row can be ranked); a tie is split equally; NaN for a row with a
        missing language, which is not ranked.
    overall : (row,) the observed means.
    n_resamples : resamples in which every ranked row has a mean.
    diagonal : whether the cell of a row's training language is included.
    """

    rows: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    overall: npt.NDArray[np.float64]
    n_resamples: int
    diagonal: bool

    @property
    def ranking(self) -> tuple[str, ...]:
        """The ranked rows by descending share; equal shares by the observed means."""
        ranked = [k for k in range(len(self.rows)) if not np.isnan(self.shares[k])]
        ranked.sort(key=lambda k: (-self.shares[k], -self.overall[k]))
        return tuple(self.rows[k] for k in ranked)

    @property
    def clear(self) -> bool:
        """True where one row stands out."""
        return bool(np.any(self.shares >= CLEAR_SHARE))


def first_shares(resamples: Resamples, *, diagonal: bool = True) -> FirstShares:
    """Rank the rows of a grid by their row mean in every resample.

    The shares mean something only over many examples: with a single one all resamples are equal.
    """
    overall = marginal_means(resamples.mean, resamples.axes, diagonal=diagonal)
    ranked = ~np.isnan(overall)
    shares = np.full(len(overall), np.nan)
    means = marginal_means(resamples.replicates, resamples.axes, diagonal=diagonal)[:, ranked]
    means = means[~np.isnan(means).any(axis=1)]
    if means.size:
        first = means == means.max(axis=1, keepdims=True)
        shares[ranked] = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return FirstShares(resamples.axes.rows, shares, overall, len(means) if means.size else 0, diagonal)
