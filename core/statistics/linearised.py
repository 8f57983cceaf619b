"""Standard errors of means, differences and ratios from the variance between clusters, without resamples.

A statistic moves by the sum of the influences of its examples. Clusters are independent, so that its variance is the
sum over the k clusters of the squared sums of their influences, times k / (k - 1) (Cameron and Miller 2015, A
Practitioner's Guide to Cluster-Robust Inference).
"""

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from core.results import Array
from core.statistics.intervals import LEVEL, N_RESAMPLES, Estimate, numbered

MOST_BOOTSTRAPPED = 16_000_000 // N_RESAMPLES
"""With more examples than this a bootstrap of one value takes seconds, and its interval is the linearised one."""


def half_width(influence: Array, clusters: npt.ArrayLike) -> float:
    """Return half of the 95% interval, Student's t with one degree of freedom less than clusters; NaN with one cluster.

    Parameters
    ----------
    influence : (example,) by how much each moves the statistic from its expectation; they sum to 0.
    clusters : (example,) label of each example's cluster.
    """
    members = numbered(clusters)
    sums, k = np.bincount(members, influence), np.count_nonzero(np.bincount(members))
    if k < 2:
        return float("nan")
    return float(stdtrit(k - 1, (1 + LEVEL) / 2) * np.sqrt(k / (k - 1) * (sums**2).sum()))


def linearised(value: float, influence: Array, clusters: npt.ArrayLike) -> Estimate:
    """Return a statistic of n examples with its interval (`half_width`)."""
    half = half_width(influence, clusters)
    return Estimate(value, value - half, value + half, len(influence))
