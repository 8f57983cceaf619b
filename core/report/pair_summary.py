"""A language pair in a few numbers: mean C, its references, and the accuracy of both sides."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.statistics import Estimate, estimate_mean
from core.statistics.intervals import wilson_interval

REFERENCES = ("shuffled_mean", "uniform", "mismatched")


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
    source_correct, target_correct, same_prediction : shares with their intervals; n is 0 where the task has none.
        For `qa` a side is correct when its answer matches exactly.
    """

    consistency: Estimate
    problems: int
    references: Mapping[str, ReferenceSummary]
    source_correct: Estimate
    target_correct: Estimate
    same_prediction: Estimate


def summarise_pairs(pairs: pd.DataFrame) -> PairSummary:
    """Return the headline of the pairs of one run, language pair and end, as `Reader.values` gives them."""
    c = pairs["consistency"]
    known = {name: pairs[name] for name in REFERENCES if (c.notna() & pairs[name].notna()).any()}
    return PairSummary(
        consistency=estimate_mean(c),
        problems=int(c.isna().sum()),
        references={name: _summarise_reference(c, values) for name, values in known.items()},
        source_correct=_share(pairs["source_correct"]),
        target_correct=_share(pairs["target_correct"]),
        same_prediction=_share(pairs["same_prediction"]),
    )


def share_below(values: pd.Series, consistency: float) -> float:
    """Return the share of the pairs that have a C and whose C is lower."""
    known = values.dropna()
    return float((known < consistency).mean()) if len(known) else float("nan")


def _summarise_reference(consistency: pd.Series, reference: pd.Series) -> ReferenceSummary:
    both = consistency.notna() & reference.notna()
    higher = consistency[both] > reference[both]
    return ReferenceSummary(float(reference[both].mean()), float(higher.mean()), int(both.sum()))


def _share(flags: pd.Series) -> Estimate:
    """A share with Wilson's interval, which needs no resamples."""
    known = flags.dropna().astype(float)
    n, nan = len(known), float("nan")
    if not n:
        return Estimate(nan, nan, nan, 0)
    share = float(known.mean())
    low, high = wilson_interval(np.array(share), np.array(n)) if n > 1 else (nan, nan)
    return Estimate(share, float(low), float(high), n)
