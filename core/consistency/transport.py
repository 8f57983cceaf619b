"""The consistency C of two importance profiles as an exact optimal-transport problem (Eq. 2 of the paper)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The solver inside ot.emd, with its exit code. ot.emd spends 80% of a 20 x 24 problem in Python around this
# call (0.16 ms against 0.03 ms) and reports failure as a warning, which threads cannot catch safely.
from ot.lp.emd_wrap import emd_c

from core.errors import TransportError
from core.results import TransportPlan, unit_interval

MASS_TOLERANCE = 1e-9
SINGLE_MASS_TOLERANCE = 1e-6
SIMILARITY_TOLERANCE = 1e-6
SOLUTION_TOLERANCE = 1e-9
TIE_BREAK = 1e-11
MAX_PIVOTS = 10_000_000
_OPTIMAL = 1


def solve(
    source_mass: ArrayLike,
    target_mass: ArrayLike,
    similarity: ArrayLike,
    *,
    signs: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> TransportPlan:
    r"""Find the flow between two importance profiles that carries the most similarity.

    .. math::
        C = \max_f \sum_{ij} f_{ij}\, \mathrm{sim}_{ij}
        \quad\text{s.t.}\quad \sum_j f_{ij} \le \bar w_{s,i},\; \sum_i f_{ij} \le \bar w_{t,j},\; f \ge 0

    The inequalities leave mass unmatched where every similarity is negative; balanced transport moves all of it.
    Balanced transport on the cost ``1 - max(sim, 0)``, with the flow dropped where ``sim <= 0``, has the same
    optimum.

    Parameters
    ----------
    source_mass : (n,) array-like
        Non-negative, sums to 1 (to 1e-9, or 1e-6 if given as float32).
    target_mass : (m,) array-like
        Likewise.
    similarity : (n, m) array-like
        Cosines, in [-1, 1] up to rounding.
    signs : (n,) and (m,) float64, optional
        Of the scores: the similarity of two tokens whose signs differ counts as 0.

    Returns
    -------
    TransportPlan
        The problem in float64 and its plan, whose optimality is checked to 1e-9 against the dual. Of equally
        good plans it is the one that keeps tokens nearest to their relative position. Exchanging the sides
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
    usable = sim if signs is None else with_equal_signs(sim, *signs)
    return TransportPlan(a, b, sim, np.where(usable > 0, balanced_plan(a, b, usable), 0.0), signs)


def with_equal_signs(
    similarity: NDArray[np.float64], source_signs: NDArray[np.float64], target_signs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the similarities, (n, m), as 0 where the signs of the two tokens, (n,) and (m,), differ."""
    return np.where(source_signs[:, None] == target_signs[None, :], similarity, 0.0)


def balanced_plan(
    source_mass: NDArray[np.float64], target_mass: NDArray[np.float64], similarity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the optimal plan that moves all mass, also where the similarity is not positive.

    Parameters
    ----------
    source_mass, target_mass : (n,), (m,) float64
        Non-negative, each sums to 1. Not checked here.
    similarity : (n, m) float64
        In [-1, 1]. Not checked here.

    Returns
    -------
    (n, m) float64
        Row sums are ``source_mass``, column sums ``target_mass``; ties are broken as in `solve`.

    Raises
    ------
    TransportError
        The solver fails, or the plan is not optimal to 1e-9.
    """
    cost = _tie_free_cost(np.maximum(similarity, 0.0))
    if _comes_second(source_mass, target_mass, cost):
        return _checked_plan(target_mass, source_mass, np.ascontiguousarray(cost.T)).T
    return _checked_plan(source_mass, target_mass, cost)


def optimal_consistency(
    source_mass: NDArray[np.float64], target_mass: NDArray[np.float64], cost: NDArray[np.float64]
) -> float:
    """Return C alone, for the many re-weighted versions of a problem that `solve` has checked.

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
    return unit_interval(1.0 - total)


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
    """Cost ``1 - reward``, in which equal rewards differ by how far a token moves in relative position.

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


def _checked_plan(a: NDArray[np.float64], b: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
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
