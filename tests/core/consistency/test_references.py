import numpy as np
import pytest

from core.consistency.references import default_permutations, references
from core.consistency.transport import solve
from core.errors import Cancelled, OptionError
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
