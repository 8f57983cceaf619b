"""References for C: the same similarities with uniform, with shuffled, and with carried-over importance."""

import numpy as np

from core.callbacks import ShouldCancel
from core.consistency.transport import balanced_plan, optimal_consistency, with_equal_signs
from core.errors import Cancelled, OptionError
from core.results import SAME_CONSISTENCY, Array, References, TransportPlan

MOST_PERMUTATIONS = 1000
FEWEST_PERMUTATIONS = 100
# A linear program takes about 0.1 microseconds per similarity up to 256 x 256 tokens, 0.2 at 512 x 512
# (POT 0.9.7, one core). So this many similarities in all take about a second, and the full 1,000 permutations
# are drawn where one takes under a millisecond.
SIMILARITIES_IN_ALL = 8_000_000
# Between these percentiles of the permutations a C is not distinguishable from chance.
RANGE_OF_CHANCE = (2.5, 97.5)


def default_permutations(n: int, m: int) -> int:
    """Number of permutations for n source and m target tokens, from size alone so that runs can be repeated.

    1,000 up to 8,000 similarities (89 x 89 tokens), then in inverse proportion, at least 100 (from 80,000).
    """
    return int(np.clip(SIMILARITIES_IN_ALL // (n * m), FEWEST_PERMUTATIONS, MOST_PERMUTATIONS))


def references(
    plan: TransportPlan,
    *,
    n_permutations: int | None = None,
    seed: int = 0,
    should_cancel: ShouldCancel | None = None,
) -> References:
    """Solve the same pair with uniform, with shuffled, and with carried-over importance.

    A high C can come from the similarities alone. Permuting the masses of each side keeps the similarities and both
    sets of masses, and breaks only which token has which mass. Carried-over masses give C as if each word's translation
    had the word's mass. Where signs decide what can meet, a mass takes its sign along; equal importance has one sign.

    Parameters
    ----------
    plan : TransportPlan
        The solved pair, n source and m target tokens.
    n_permutations : int, optional
        At least 2. Default: `default_permutations`.
    seed : int
        Equal seeds give equal results.
    should_cancel : callable, optional
        Called before every permutation.

    Returns
    -------
    References

    Raises
    ------
    OptionError
        ``n_permutations`` is below 2.
    Cancelled
        ``should_cancel`` returned true.
    TransportError
        The solver failed.
    """
    n, m = plan.similarity.shape
    count = default_permutations(n, m) if n_permutations is None else n_permutations
    if count < 2:
        raise OptionError(f"{count} permutations give no spread; ask for at least 2.")
    cost = _cost(plan.similarity)
    rng = np.random.default_rng(seed)
    shuffled = np.empty(count)
    for k in range(count):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled while shuffling the masses.")
        shuffled[k] = _shuffled_consistency(plan, cost, rng)
    low, high = np.percentile(shuffled, RANGE_OF_CHANCE)
    return References(
        uniform=optimal_consistency(np.full(n, 1.0 / n), np.full(m, 1.0 / m), cost),
        shuffled_mean=float(shuffled.mean()),
        shuffled_sd=float(shuffled.std(ddof=1)),
        shuffled_low=float(low),
        shuffled_high=float(high),
        shuffled_percentile=_percentile(plan.consistency, shuffled),
        n_shuffles=count,
        carried=carried_consistency(plan, cost),
    )


def _cost(similarity: Array) -> Array:
    return np.ascontiguousarray(1.0 - np.maximum(similarity, 0.0))


def _shuffled_consistency(plan: TransportPlan, cost: Array, rng: np.random.Generator) -> float:
    """C with the masses of each side permuted; a mass takes the sign of its score along."""
    if plan.signs is None:
        return optimal_consistency(rng.permutation(plan.source_mass), rng.permutation(plan.target_mass), cost)
    rows, columns = (rng.permutation(len(mass)) for mass in (plan.source_mass, plan.target_mass))
    similarity = with_equal_signs(plan.similarity, plan.signs[0][rows], plan.signs[1][columns])
    return optimal_consistency(plan.source_mass[rows], plan.target_mass[columns], _cost(similarity))


def carried_consistency(plan: TransportPlan, cost: Array) -> float:
    """Return C when importance is carried over to the other side, the mean of both directions.

    The optimal plan of equal importance on every token says which tokens correspond. Each source token spreads its
    mass over the target in proportion to its row of that plan, and C of the source with these masses is computed;
    likewise from the target to the source, along the columns. Exchanging the sides changes nothing.

    Parameters
    ----------
    plan : the solved pair, n source and m target tokens. cost : (n, m), ``1 - max(similarity, 0)``.
    """
    n, m = cost.shape
    equal = balanced_plan(np.full(n, 1.0 / n), np.full(m, 1.0 / m), plan.similarity)
    if plan.signs is not None:
        forward = _carried_by_sign(plan.source_mass, plan.signs[0], equal, cost)
        backward = _carried_by_sign(plan.target_mass, plan.signs[1], equal.T, np.ascontiguousarray(cost.T))
        return (forward + backward) / 2
    forward = optimal_consistency(plan.source_mass, _carried(plan.source_mass, equal), cost)
    backward = optimal_consistency(_carried(plan.target_mass, equal.T), plan.target_mass, cost)
    return (forward + backward) / 2


def _carried_by_sign(mass: Array, signs: Array, equal: Array, cost: Array) -> float:
    """C of one side with its own importance carried over, (n,) masses along the rows of an (n, m) plan.

    A mass keeps its sign on the way, and only masses of one sign can meet: each sign is transported for itself.
    """
    total = 0.0
    for sign in np.unique(signs[mass > 0]):
        part = np.where(signs == sign, mass, 0.0)
        share = float(part.sum())
        total += share * optimal_consistency(part / share, _carried(part / share, equal), cost)
    return total


def _carried(mass: Array, plan: Array) -> Array:
    """(m,) masses that (n,) masses become along the rows of an (n, m) plan; they sum to 1."""
    carried = (mass / plan.sum(axis=1)) @ plan
    return np.ascontiguousarray(carried / carried.sum())


def _percentile(observed: float, shuffled: np.ndarray) -> float:
    """Percent of values below the observed one, ties counted half."""
    below = np.count_nonzero(shuffled < observed - SAME_CONSISTENCY)
    tied = np.count_nonzero(np.abs(shuffled - observed) <= SAME_CONSISTENCY)
    return float(100.0 * (below + 0.5 * tied) / shuffled.size)
