"""Which training language has the largest value, and whether that may be called a lead.

One rule for words and pictures. A language *leads* if it is first in at least 95% of the resamples and the 95%
interval of its paired difference from the runner-up leaves out 0; it is *ahead* (not settled) from 80%; below that
there is no clear leader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.statistics.intervals import Estimate, percentile_interval

Array = npt.NDArray[np.float64]
Standing = Literal["leads", "ahead", "none"]
LEADS_SHARE, AHEAD_SHARE = 0.95, 0.80
STANDING_WORDS: Mapping[Standing, str] = MappingProxyType(
    {"leads": "leads", "ahead": "is ahead, not settled", "none": "no clear leader"}
)
"""What pages, tables and commands say of each standing; nothing else words it."""


@dataclass(frozen=True)
class Ranking:
    """The values of one reading by training language, with ranks from the same resamples.

    Attributes
    ----------
    languages : training languages.
    values : (language,) observed.
    interval : (language, 2) 95% interval.
    first : (language,) share of the resamples in which the language has the largest value; ties in equal parts.
    difference : the leader's observed value minus the runner-up's with the paired 95% interval.
    """

    languages: tuple[str, ...]
    values: Array
    interval: Array
    first: Array
    difference: Estimate

    @property
    def order(self) -> tuple[str, ...]:
        """Languages, largest observed value first."""
        return tuple(self.languages[k] for k in np.argsort(-self.values, kind="stable"))

    @property
    def leader(self) -> str:
        """The language with the largest observed value; whether it leads is `standing`."""
        return self.order[0]

    @property
    def runner_up(self) -> str:
        return self.order[1]

    @property
    def first_share(self) -> float:
        """Share of the resamples in which `leader` is first."""
        return float(self.first[self.languages.index(self.leader)])

    @property
    def standing(self) -> Standing:
        """What the rule of this module allows to say of the leader."""
        if self.first_share >= LEADS_SHARE and self.difference.low > 0:
            return "leads"
        return "ahead" if self.first_share >= AHEAD_SHARE else "none"


def rank(languages: tuple[str, ...], values: Array, replicates: Array, n_examples: int) -> Ranking:
    """Rank training languages by their observed values.

    Parameters
    ----------
    values : (language,) at least two. replicates : (resample, language).
    """
    best = replicates == replicates.max(axis=1, keepdims=True)
    first = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    leader, runner_up = np.argsort(-values, kind="stable")[:2]
    low, high = percentile_interval(replicates[:, leader] - replicates[:, runner_up])
    difference = Estimate(float(values[leader] - values[runner_up]), float(low), float(high), n_examples)
    return Ranking(languages, values, percentile_interval(replicates), first, difference)
