"""The consistency C of two importance profiles as an exact optimal-transport problem (Eq. 2 of the paper)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The solver inside ot.emd, with its exit code. ot.emd spends 80% of a 20 x 24 problem in Python around this
# call (0.16 ms against 0.03 ms) and reports failure as a warning, which threads cannot catch safely.
from ot.lp.emd_wrap import emd_c

from core.errors import TransportError

MASS_TOLERANCE = 1e-9
SINGLE_MASS_TOLERANCE = 1e-6
SIMILARITY_TOLERANCE = 1e-6
SOLUTION_TOLERANCE = 1e-9
TIE_BREAK = 1e-11
MAX_PIVOTS = 10_000_000
_OPTIMAL = 1


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
    """

    source_mass: NDArray[np.float64]
    target_mass: NDArray[np.float64]
    similarity: NDArray[np.float64]
    plan: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = (len(self.source_mass), len(self.target_mass))
        for name, matrix in (("similarity", self.similarity), ("plan", self.plan)):
            if matrix.shape != shape:
                raise TransportError(f"The {name} has shape {matrix.shape}, the masses need {shape}.")

    @property
    def consistency(self) -> float:
        """C = sum_ij f_ij max(sim_ij, 0), in [0, 1]."""
        return _unit_interval(float(np.sum(self.plan * np.maximum(self.similarity, 0.0))))

    @property
    def unmatched(self) -> float:
        """Share of the mass, in [0, 1], that meets nothing similar: 1 - sum_ij f_ij."""
        return _unit_interval(1.0 - float(self.plan.sum()))

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


def solve(source_mass: ArrayLike, target_mass: ArrayLike, similarity: ArrayLike) -> TransportPlan:
    r"""Find the flow between two importance profiles that carries the most similarity.

    .. math::
        C = \max_f \sum_{ij} f_{ij}\, \mathrm{sim}_{ij}
        \quad\text{s.t.}\quad \sum_j f_{ij} \le \bar w_{s,i},\; \sum_i f_{ij} \le \bar w_{t,j},\; f \ge 0

    The inequalities let mass stay at home where every similarity is negative; balanced transport does not.
    Balanced transport on the cost ``1 - max(sim, 0)``, with the flow dropped where ``sim <= 0``, has exactly
    the same optimum.

    Parameters
    ----------
    source_mass : (n,) array-like
        Non-negative, sums to 1 (to 1e-9, or 1e-6 if given as float32).
    target_mass : (m,) array-like
        Likewise.
    similarity : (n, m) array-like
        Cosines, in [-1, 1] up to rounding.

    Returns
    -------
    TransportPlan
        The problem in float64 and its plan, certified optimal within 1e-9 by its dual. Among equally
        good plans it takes the one that keeps tokens nearest to their relative position; exchanging the sides
        transposes it.

    Raises
    ------
    TransportError
        A mass or similarity is invalid, the shapes do not fit, or the solver fails.

    References
    ----------
    Eq. 2 of the CCTA paper; the solver is POT's network simplex.

    Examples
    --------
    >>> solve([0.5, 0.5], [0.5, 0.5], [[1.0, 0.0], [0.0, -0.4]]).consistency
    0.5
    """
    a = _checked_mass("source", source_mass)
    b = _checked_mass("target", target_mass)
    sim = _checked_similarity(similarity, (a.size, b.size))
    cost = _tie_free_cost(np.maximum(sim, 0.0))
    if _comes_second(a, b, cost):
        plan = _certified_plan(b, a, np.ascontiguousarray(cost.T)).T
    else:
        plan = _certified_plan(a, b, cost)
    return TransportPlan(a, b, sim, np.where(sim > 0, plan, 0.0))


def optimal_consistency(
    source_mass: NDArray[np.float64], target_mass: NDArray[np.float64], cost: NDArray[np.float64]
) -> float:
    """C alone, for the many re-weighted versions of one problem that `solve` has already checked.

    Parameters
    ----------
    source_mass, target_mass : (n,), (m,) float64
        Non-negative, each sums to 1. Not checked here.
    cost : (n, m) float64, C-ordered
        ``1 - max(similarity, 0)``.

    Returns
    -------
    float
        C in [0, 1].

    Raises
    ------
    TransportError
        The solver does not reach the optimum.
    """
    _, total, _, _ = _network_simplex(source_mass, target_mass, cost)
    return _unit_interval(1.0 - total)


def cosine_similarity(source_vectors: ArrayLike, target_vectors: ArrayLike) -> NDArray[np.float64]:
    """Cosine of every source vector with every target vector.

    Parameters
    ----------
    source_vectors : (n, d) array-like
    target_vectors : (m, d) array-like

    Returns
    -------
    (n, m) float64
        In [-1, 1]; 0 wherever one of the two vectors is zero.

    Raises
    ------
    TransportError
        The vectors differ in dimension, or one is not finite.
    """
    source = _unit_rows("source", source_vectors)
    target = _unit_rows("target", target_vectors)
    if source.shape[1] != target.shape[1]:
        raise TransportError(f"The vectors have {source.shape[1]} and {target.shape[1]} dimensions; use one space.")
    return np.clip(source @ target.T, -1.0, 1.0)


def _unit_interval(value: float) -> float:
    """Remove the rounding error that leaves [0, 1] by a last bit."""
    return min(max(value, 0.0), 1.0)


def _unit_rows(side: str, vectors: ArrayLike) -> NDArray[np.float64]:
    """Scale each row to length 1; a zero row stays zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        raise TransportError(f"The {side} vectors have shape {rows.shape}; give one row per token.")
    if not np.isfinite(rows).all():
        raise TransportError(f"The {side} vectors contain NaN or infinity. Compute them in fp32 precision.")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def _checked_mass(side: str, mass: ArrayLike) -> NDArray[np.float64]:
    """Return the mass as float64 with sum 1, or raise `TransportError`."""
    given = np.asarray(mass)
    values = given.astype(np.float64)
    if values.ndim != 1 or values.size == 0:
        raise TransportError(f"The {side} mass has shape {values.shape}; give one number per token, at least one.")
    if not np.isfinite(values).all():
        raise TransportError(f"The {side} mass contains NaN or infinity. Compute attributions in fp32 precision.")
    if values.min() < 0:
        raise TransportError(f"The {side} mass contains {values.min():.3g}; normalise the scores first.")
    total = values.sum()
    tolerance = SINGLE_MASS_TOLERANCE if given.dtype == np.float32 else MASS_TOLERANCE
    if abs(total - 1.0) > tolerance:
        raise TransportError(f"The {side} mass sums to {total:.12g}, not 1; normalise the scores first.")
    return np.asarray(values / total, dtype=np.float64)


def _checked_similarity(similarity: ArrayLike, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the similarities as C-ordered float64 in [-1, 1], or raise `TransportError`."""
    values = np.array(similarity, dtype=np.float64, order="C")
    if values.shape != shape:
        raise TransportError(f"The similarity has shape {values.shape}, the masses need {shape}.")
    if not np.isfinite(values).all():
        raise TransportError("The similarity contains NaN or infinity. Compute the token vectors in fp32 precision.")
    extreme = values.flat[np.argmax(np.abs(values))]
    if abs(extreme) > 1.0 + SIMILARITY_TOLERANCE:
        raise TransportError(f"The similarity contains {extreme:.6g}, outside [-1, 1]; give cosines.")
    return np.clip(values, -1.0, 1.0)


def _tie_free_cost(reward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost ``1 - reward``, telling equal rewards apart by how far a token moves in relative position.

    The discount is at most `TIE_BREAK` of the reward, so C of the plan is within 1e-11 of the optimum. Being
    squared, the distance is strictly convex, so that repeated words pair off in order.
    """
    n, m = reward.shape
    source_position = (np.arange(n) + 0.5) / n
    target_position = (np.arange(m) + 0.5) / m
    moved = (source_position[:, None] - target_position[None, :]) ** 2
    return np.asarray(1.0 - reward * (1.0 - TIE_BREAK * moved), dtype=np.float64)


def _comes_second(a: NDArray[np.float64], b: NDArray[np.float64], cost: NDArray[np.float64]) -> bool:
    """Pick one of the two orientations of the problem, the same one whichever side is called source."""
    if a.size != b.size:
        return a.size > b.size
    return (a.tobytes(), cost.tobytes()) > (b.tobytes(), cost.T.tobytes())


def _network_simplex(
    a: NDArray[np.float64], b: NDArray[np.float64], cost: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], NDArray[np.float64]]:
    """Balanced transport: the plan, its cost, and the dual variables of both sides."""
    plan, total, u, v, code = emd_c(a, b, cost, MAX_PIVOTS, 1, None, None)
    if code != _OPTIMAL:
        raise TransportError(
            f"The transport solver stopped with code {code} on {a.size} x {b.size} tokens; shorten the texts."
        )
    return plan, total, u, v


def _certified_plan(a: NDArray[np.float64], b: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve, then check the marginals and that a feasible dual reaches the same cost."""
    plan, total, u, v = _network_simplex(a, b, cost)
    marginal = max(np.abs(plan.sum(axis=1) - a).max(), np.abs(plan.sum(axis=0) - b).max(), -plan.min())
    if marginal > SOLUTION_TOLERANCE:
        raise TransportError(f"The plan misses its marginals by {marginal:.1e}; please report the two texts.")
    # The solver leaves the dual of a token without mass undefined; such a token constrains nothing.
    free_u, free_v = np.where(a > 0, u, -np.inf), np.where(b > 0, v, -np.inf)
    slack = (free_u[:, None] + free_v[None, :] - cost).max()
    gap = abs(total - (a @ u + b @ v))
    if max(slack, gap) > SOLUTION_TOLERANCE:
        raise TransportError(f"The plan may miss the optimum by {max(slack, gap):.1e}; please report the two texts.")
    return plan
