"""A language pair in a few numbers: mean C, how it compares with its references, and the accuracy of both sides."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.results import Array
from core.statistics import Estimate, clusters_of_examples, estimate_mean
from core.statistics.intervals import percentile_interval
from core.statistics.linearised import MOST_BOOTSTRAPPED, linearised
from core.statistics.pair_values import PairValues, draw

REFERENCES = ("shuffled_mean", "uniform", "carried", "mismatched")
# The columns of `Reader.values` that the figures are made of.
SUMMARISED = (
    "row",
    "cluster",
    "consistency",
    *REFERENCES,
    "source_correct",
    "target_correct",
    "same_prediction",
)
_COMPARED = ["consistency", "shuffled_mean", "uniform", "carried"]


@dataclass(frozen=True)
class ReferenceSummary:
    """A reference of C: its mean over the `n` examples that have both, and the share of them whose C is higher."""

    mean: float
    lower: float
    n: int


@dataclass(frozen=True)
class PairSummary:
    """The headline of a language pair.

    Attributes
    ----------
    consistency : mean C with its 95% interval, over the examples that have one.
    problems : examples without a C.
    references : of `REFERENCES`, those that were computed.
    minus_equal : mean C minus mean C with equal importance, over the examples with every reference; None without any.
    share_of_attainable : (C - shuffled) / (carried over - shuffled), a ratio of the means of the same examples; None
        where it is not shown that carried-over importance is above chance.
    source_correct, target_correct, same_prediction : shares with their intervals; n is 0 where the task has none.
        For `qa` a side is correct when its answer matches exactly.
    """

    consistency: Estimate
    problems: int
    references: Mapping[str, ReferenceSummary]
    minus_equal: Estimate | None
    share_of_attainable: Estimate | None
    source_correct: Estimate
    target_correct: Estimate
    same_prediction: Estimate


def summarise_pairs(pairs: pd.DataFrame) -> PairSummary:
    """Return the headline of the pairs of one run, language pair and end, as `Reader.values` gives them.

    Rows of one cluster are drawn together.
    """
    c = pairs["consistency"]
    whole = pairs["cluster"].notna().all()
    clusters = (
        pairs["cluster"].to_numpy(np.int64)
        if whole
        else clusters_of_examples(pairs["row"], pairs["cluster"], pairs["row"].to_numpy(np.int64))
    )
    known = {name: pairs[name] for name in REFERENCES if (c.notna() & pairs[name].notna()).any()}
    minus_equal, share = _compare(pairs.assign(cluster=clusters).dropna(subset=_COMPARED))

    def rate(flags: pd.Series) -> Estimate:
        return estimate_mean(flags.astype(np.float64), clusters=clusters, proportion=True)

    return PairSummary(
        consistency=estimate_mean(c, clusters=clusters),
        problems=int(c.isna().sum()),
        references={name: _summarise_reference(c, values) for name, values in known.items()},
        minus_equal=minus_equal,
        share_of_attainable=share,
        source_correct=rate(pairs["source_correct"]),
        target_correct=rate(pairs["target_correct"]),
        same_prediction=rate(pairs["same_prediction"]),
    )


def share_below(values: pd.Series, consistency: float) -> float:
    """Return the share of the pairs that have a C and whose C is lower."""
    known = values.dropna()
    return float((known < consistency).mean()) if len(known) else float("nan")


def _compare(pairs: pd.DataFrame) -> tuple[Estimate | None, Estimate | None]:
    """C minus equal importance, and the share of the attainable; rows of one cluster are drawn together."""
    n = len(pairs)
    if not n:
        return None, None
    clusters = pairs["cluster"].to_numpy(np.int64)
    if n > MOST_BOOTSTRAPPED:
        return _compare_many(pairs, clusters)
    draws, means = None, {}
    for name in _COMPARED:
        cell = pairs[name].to_numpy(np.float64).reshape(1, 1, -1)
        values = PairValues(("",), (("source", "target"),), pairs["row"].to_numpy(np.int64), clusters, cell)
        draws = draws or draw(values)
        observed, replicates = draws.cell_means(values)
        # The observed mean comes first, so that one expression gives a value and its replicates.
        means[name] = np.append(observed.ravel(), replicates.ravel())
    above = means["consistency"] - means["shuffled_mean"]
    attainable = means["carried"] - means["shuffled_mean"]
    minus_equal = _estimate(means["consistency"] - means["uniform"], n)
    return minus_equal, _estimate(above / attainable, n) if _estimate(attainable, n).low > 0 else None


def _compare_many(pairs: pd.DataFrame, clusters: npt.NDArray[np.int64]) -> tuple[Estimate | None, Estimate | None]:
    """The same from the variance between clusters; of the ratio r = a / b by its influence (a_i - r b_i) / (n b)."""
    n = len(pairs)
    change = (pairs["consistency"] - pairs["uniform"]).to_numpy(np.float64)
    above = (pairs["consistency"] - pairs["shuffled_mean"]).to_numpy(np.float64)
    attainable = (pairs["carried"] - pairs["shuffled_mean"]).to_numpy(np.float64)
    minus_equal = linearised(float(change.mean()), (change - change.mean()) / n, clusters)
    mean = float(attainable.mean())
    if not linearised(mean, (attainable - mean) / n, clusters).low > 0:
        return minus_equal, None
    share = float(above.mean()) / mean
    return minus_equal, linearised(share, (above - share * attainable) / (n * mean), clusters)


def _estimate(values: Array, n: int) -> Estimate:
    """The first value, and the central 95% of the others; no interval from a single example."""
    low, high = percentile_interval(values[1:]) if n > 1 else (np.nan, np.nan)
    return Estimate(float(values[0]), float(low), float(high), n)


def _summarise_reference(consistency: pd.Series, reference: pd.Series) -> ReferenceSummary:
    both = consistency.notna() & reference.notna()
    higher = consistency[both] > reference[both]
    return ReferenceSummary(float(reference[both].mean()), float(higher.mean()), int(both.sum()))
