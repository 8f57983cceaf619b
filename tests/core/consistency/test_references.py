import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from core.consistency.references import default_permutations, references
from core.consistency.transport import solve
from core.errors import Cancelled, OptionError
from core.results import SAME_CONSISTENCY
from core.spaces.similarity import cosine_similarity


def pair(n=10, m=12, seed=0):
    rng = np.random.default_rng(seed)
    similarity = rng.uniform(-1, 1, (n, m))
    return solve(rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), similarity)


def test_equal_seeds_give_equal_references():
    assert references(pair(), n_permutations=50, seed=4) == references(pair(), n_permutations=50, seed=4)
    assert references(pair(), n_permutations=50, seed=4) != references(pair(), n_permutations=50, seed=5)


def test_the_statistics_are_those_of_the_permuted_problems():
    plan = pair()
    found = references(plan, n_permutations=30, seed=7)
    rng = np.random.default_rng(7)
    shuffled = np.array(
        [
            solve(rng.permutation(plan.source_mass), rng.permutation(plan.target_mass), plan.similarity).consistency
            for _ in range(30)
        ]
    )
    assert found.n_shuffles == 30
    assert found.shuffled_mean == pytest.approx(shuffled.mean(), abs=1e-10)
    assert found.shuffled_sd == pytest.approx(shuffled.std(ddof=1), abs=1e-10)
    assert found.shuffled_percentile == pytest.approx(100 * (shuffled < plan.consistency).mean())
    uniform = solve(np.full(10, 0.1), np.full(12, 1 / 12), plan.similarity)
    assert found.uniform == pytest.approx(uniform.consistency, abs=1e-10)


def test_uniform_masses_tie_with_every_shuffle():
    similarity = np.random.default_rng(0).uniform(-1, 1, (9, 7))
    plan = solve(np.full(9, 1 / 9), np.full(7, 1 / 7), similarity)
    found = references(plan, n_permutations=40)
    assert found.shuffled_percentile == 50.0
    assert found.shuffled_sd == pytest.approx(0.0, abs=1e-12)
    assert found.uniform == pytest.approx(plan.consistency, abs=1e-10)
    assert found.shuffled_mean == pytest.approx(plan.consistency, abs=1e-10)


def test_identical_texts_stand_above_their_shuffles():
    rng = np.random.default_rng(0)
    vectors, mass = rng.normal(size=(12, 6)), rng.dirichlet(np.ones(12))
    found = references(solve(mass, mass, cosine_similarity(vectors, vectors)), n_permutations=100)
    assert found.shuffled_percentile == 100.0
    assert found.uniform == pytest.approx(1.0)
    assert found.shuffled_mean < 1.0


def test_one_token_a_side_leaves_nothing_to_shuffle():
    found = references(solve([1.0], [1.0], [[0.3]]), n_permutations=5)
    assert (found.shuffled_percentile, found.shuffled_sd) == (50.0, 0.0)
    assert found.uniform == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("n", "m", "count"),
    [(1, 1, 1000), (20, 24, 1000), (80, 100, 1000), (128, 128, 488), (256, 256, 122), (512, 512, 100)],
)
def test_the_number_of_permutations_follows_from_the_size(n, m, count):
    assert default_permutations(n, m) == default_permutations(m, n) == count


def test_the_default_number_is_used():
    assert references(pair(4, 4)).n_shuffles == 1000


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_too_few_permutations_are_refused(count):
    with pytest.raises(OptionError, match="at least 2"):
        references(pair(), n_permutations=count)


def test_cancel_stops_before_the_next_permutation():
    asked = []

    def should_cancel():
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        references(pair(), n_permutations=50, should_cancel=should_cancel)
    assert len(asked) == 3


def weighted(draw, n):
    """Masses of n tokens, some of them zero."""
    mass = np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n).filter(any)), dtype=float)
    return mass / mass.sum()


@st.composite
def problems(draw, least=-1.0):
    """A solved pair of up to 6 x 6 tokens whose similarities are all different."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return solve(weighted(draw, n), weighted(draw, m), rng.uniform(least, 1.0, (n, m)))


def carried(plan):
    return references(plan, n_permutations=2).carried


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_importance_carried_over_to_the_same_words_reaches_one_in_any_order(n, seed):
    rng = np.random.default_rng(seed)
    vectors, mass = rng.normal(size=(n, 8)), rng.dirichlet(np.ones(n))
    for order in (np.arange(n), rng.permutation(n)):
        plan = solve(mass, mass[order], cosine_similarity(vectors, vectors[order]))
        assert plan.consistency == pytest.approx(1.0)
        assert carried(plan) == pytest.approx(1.0)


@given(problems())
def test_exchanging_the_sides_leaves_what_is_carried_over(plan):
    exchanged = solve(plan.target_mass, plan.source_mass, plan.similarity.T)
    assert carried(exchanged) == pytest.approx(carried(plan), abs=1e-12)


def linear_program(source_mass, target_mass, reward):
    """Optimal plan and value by HiGHS, which shares no code with the solver."""
    n, m = reward.shape
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    solved = linprog(
        -reward.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.r_[source_mass, target_mass], method="highs"
    )
    return solved.x.reshape(n, m), -solved.fun


@given(problems(least=0.05))
@settings(max_examples=40, deadline=None)
def test_what_is_carried_over_agrees_with_a_linear_program(plan):
    # Positive similarities: the optimal plan of equal importance is then the only one.
    n, m = plan.similarity.shape
    equal, uniform = linear_program(np.full(n, 1 / n), np.full(m, 1 / m), plan.similarity)
    to_target, to_source = n * plan.source_mass @ equal, m * equal @ plan.target_mass
    _, forward = linear_program(plan.source_mass, to_target, plan.similarity)
    _, backward = linear_program(to_source, plan.target_mass, plan.similarity)
    found = references(plan, n_permutations=2)
    assert found.carried == pytest.approx((forward + backward) / 2, abs=1e-8)
    assert found.uniform == pytest.approx(uniform, abs=1e-8)


def test_carried_over_importance_can_be_below_equal_importance():
    # All importance is on the two words that match least.
    plan = solve([1.0, 0.0], [1.0, 0.0], [[0.2, 0.0], [0.0, 1.0]])
    found = references(plan, n_permutations=20)
    assert (found.carried, found.uniform) == (pytest.approx(0.2), pytest.approx(0.6))


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(2, 8))
@settings(max_examples=20, deadline=None)
def test_the_place_among_the_shuffles_is_that_of_the_percentile(seed, n, m):
    count = 200
    rng = np.random.default_rng(seed)
    plan = solve(rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), rng.uniform(-1, 1, (n, m)))
    found = references(plan, n_permutations=count, seed=seed)
    rng = np.random.default_rng(seed)
    shuffled = np.array(
        [
            solve(rng.permutation(plan.source_mass), rng.permutation(plan.target_mass), plan.similarity).consistency
            for _ in range(count)
        ]
    )
    for c in (plan.consistency, *np.linspace(shuffled.min() - 0.01, shuffled.max() + 0.01, 60)):
        below = 100 * np.mean(shuffled < c - SAME_CONSISTENCY)
        not_above = 100 * np.mean(shuffled < c + SAME_CONSISTENCY)
        place = found.place_of(c)
        if below > 97.5:
            assert place == "above"
        elif not_above < 2.5:
            assert place == "below"
        elif not_above > 2.5 and below < 97.5:
            assert place == "within"


@given(problems(), st.floats(0, 1))
def test_the_share_of_the_attainable_runs_from_chance_to_what_is_carried_over(plan, consistency):
    found = references(plan, n_permutations=30)
    attainable = found.carried - found.shuffled_mean
    share = found.share_of_attainable(consistency)
    if attainable < 2 * found.shuffled_sd or attainable < SAME_CONSISTENCY:
        assert share is None
        return
    assert share == pytest.approx((consistency - found.shuffled_mean) / attainable)
    assert found.share_of_attainable(found.shuffled_mean) == 0.0
    assert found.share_of_attainable(found.carried) == 1.0
