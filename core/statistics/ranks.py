"""Which row comes first, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.statistics.resampling import Resamples
from core.statistics.summary import marginal_means

CLEAR_SHARE = 0.8
"""From this share of the resamples on a row is said to stand out."""


@dataclass(frozen=True)
class FirstShares:
    """In which share of the resamples each row has the largest mean.

    Attributes
    ----------
    rows : labels, in the grid's order.
    shares : (row,) sum 1 (all NaN where no row can be ranked); a tie counts in equal parts; NaN for a row with a
        missing language, which is not ranked.
    overall : (row,) the observed means that were ranked.
    n_resamples : resamples that could rank.
    diagonal : whether a row's own training language counted.
    """

    rows: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    overall: npt.NDArray[np.float64]
    n_resamples: int
    diagonal: bool

    @property
    def ranking(self) -> tuple[str, ...]:
        """The ranked rows, first in most resamples first; equal shares in the order of the observed means."""
        ranked = [k for k in range(len(self.rows)) if not np.isnan(self.shares[k])]
        ranked.sort(key=lambda k: (-self.shares[k], -self.overall[k]))
        return tuple(self.rows[k] for k in ranked)

    @property
    def clear(self) -> bool:
        """True where one row stands out."""
        return bool(np.any(self.shares >= CLEAR_SHARE))


def first_shares(resamples: Resamples, *, diagonal: bool = True) -> FirstShares:
    """Rank the rows of a grid by their row mean in every resample.

    With one example only there is nothing to resample, and nothing to be sure of: `resamples` should rest on
    many examples.
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
