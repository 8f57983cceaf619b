"""A transport problem with its solution, and the references that its C is compared with."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import TransportError
from core.results.arrays import Array, unit_interval

Place = Literal["below", "within", "above"]
# Two values of C that differ by less are equal: `solve` may lose 1e-11 to break ties between plans.
SAME_CONSISTENCY = 1e-10
# A share of the attainable is given where what is attainable is at least this many standard deviations above chance.
LEAST_RANGE_SD = 2.0


class Flow(NamedTuple):
    """Mass ``flow`` moving from source token ``i`` to target token ``j``, adding ``contribution`` to C."""

    i: int
    j: int
    flow: float
    similarity: float
    contribution: float


@dataclass(frozen=True, eq=False)
class TransportPlan:
    """A transport problem together with its solution.

    Attributes
    ----------
    source_mass : (n,) float64
        Importance of the source tokens, sums to 1.
    target_mass : (m,) float64
        Importance of the target tokens, sums to 1.
    similarity : (n, m) float64
        Cosine similarity of source token i and target token j, in [-1, 1].
    plan : (n, m) float64
        Flow f_ij >= 0, zero wherever the similarity is not positive. Row sums are at most ``source_mass``,
        column sums at most ``target_mass``. C is unique, the plan is one of possibly many that reach it.
    signs : (n,) and (m,) float64, optional
        Signs of the scores under the mass rule ``signed``: nothing flows between tokens of different sign, as if their
        similarity were 0.
    """

    source_mass: Array
    target_mass: Array
    similarity: Array
    plan: Array
    signs: tuple[Array, Array] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.source_mass), len(self.target_mass))
        for name, matrix in (("similarity", self.similarity), ("plan", self.plan)):
            if matrix.shape != shape:
                raise TransportError(f"The {name} has shape {matrix.shape}, the masses need {shape}.")

    @property
    def consistency(self) -> float:
        """C = sum_ij f_ij max(sim_ij, 0), in [0, 1]."""
        return unit_interval(float(np.sum(self.plan * np.maximum(self.similarity, 0.0))))

    @property
    def unmatched(self) -> float:
        """Share of the mass, in [0, 1], without a similar token on the other side: 1 - sum_ij f_ij."""
        return unit_interval(1.0 - float(self.plan.sum()))

    def flows(self) -> list[Flow]:
        """Every positive flow, largest contribution to C first; equal contributions in reading order."""
        rows, columns = np.nonzero(self.plan > 0)
        flow = self.plan[rows, columns]
        similarity = self.similarity[rows, columns]
        contribution = flow * similarity
        # Rounded, so that the last bit of a sum does not decide the order of equal contributions.
        order = np.lexsort((columns, rows, -np.round(contribution, 12)))
        columns_of_table = (rows, columns, flow, similarity, contribution)
        return [Flow(*row) for row in zip(*(c[order].tolist() for c in columns_of_table), strict=True)]


@dataclass(frozen=True)
class References:
    """References for an observed C; all but `shuffled_percentile` and `n_shuffles` in units of C.

    Attributes
    ----------
    uniform : float
        C when every token is equally important.
    shuffled_mean, shuffled_sd : float
        Mean and sample standard deviation of C over random permutations of each side's masses.
    shuffled_low, shuffled_high : float
        The 2.5th and the 97.5th percentile of the same permutations: the range of chance.
    shuffled_percentile : float
        Percent, 0 to 100, of the permutations whose C is below the observed one; ties count half.
    n_shuffles : int
        Number of permutations behind the five.
    carried : float
        C when each side's importance is carried over to the other side by the optimal plan of equal importance; the
        mean of both directions. C can exceed it.
    """

    uniform: float
    shuffled_mean: float
    shuffled_sd: float
    shuffled_low: float
    shuffled_high: float
    shuffled_percentile: float
    n_shuffles: int
    carried: float

    def place_of(self, consistency: float) -> Place:
        """Where C lies among the permutations: below, within, or above their range."""
        if consistency > self.shuffled_high + SAME_CONSISTENCY:
            return "above"
        return "below" if consistency < self.shuffled_low - SAME_CONSISTENCY else "within"

    def share_of_attainable(self, consistency: float) -> float | None:
        """(C - shuffled mean) / (carried over - shuffled mean): 0 is chance, 1 as if importance had been carried over.

        None where the denominator is below two standard deviations of the permutations: the ratio would be noise.
        """
        share = share_of_attainable(consistency, self.shuffled_mean, self.shuffled_sd, self.carried)
        return None if np.isnan(share) else float(share)


def share_of_attainable(
    consistency: npt.ArrayLike, shuffled_mean: npt.ArrayLike, shuffled_sd: npt.ArrayLike, carried: npt.ArrayLike
) -> Array:
    """Return `References.share_of_attainable` of many pairs, element by element; NaN where it is None."""
    c, mean, sd, top = (
        np.asarray(values, dtype=np.float64) for values in (consistency, shuffled_mean, shuffled_sd, carried)
    )
    attainable = top - mean
    wide = (attainable >= LEAST_RANGE_SD * sd) & (attainable > SAME_CONSISTENCY)
    return np.where(wide, (c - mean) / np.where(wide, attainable, 1.0), np.nan)
