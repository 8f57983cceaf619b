import threading

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from benchmarks.transport import HIGHS_OPTIONS, eq2_constraints
from core.consistency import transport
from core.consistency.transport import optimal_consistency, solve
from core.errors import TransportError
from core.results import TransportPlan
from core.spaces.similarity import cosine_similarity

HALF = [0.5, 0.5]


@st.composite
def problems(draw, lowest=-1.0):
    """Masses with zeros among them; similarities on a coarse grid (many ties), or not, some rows repeated."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    similarity = rng.uniform(lowest, min(1.0, lowest + 2.0), (n, m))
    if draw(st.booleans()):
        similarity = np.round(similarity, 1)
    if draw(st.booleans()):
        similarity = similarity[rng.integers(0, n, n)]
    return _masses(draw, rng, n), _masses(draw, rng, m), similarity


def _masses(draw, rng, n):
    kept = rng.random(n) < draw(st.sampled_from([0.5, 1.0]))
    kept[rng.integers(n)] = True
    mass = kept * (np.ones(n) if draw(st.booleans()) else rng.dirichlet(np.full(n, 0.7)) + 1e-6)
    return mass / mass.sum()


def highs(a, b, similarity):
    """C from Eq. 2 as it stands: inequality constraints, negative similarities and all."""
    solution = linprog(
        -similarity.ravel(),
        A_ub=eq2_constraints(len(a), len(b)),
        b_ub=np.concatenate([a, b]),
        method="highs",
        options=HIGHS_OPTIONS,
    )
    return -solution.fun


@given(problems())
@settings(deadline=None, max_examples=200)
def test_solution_is_feasible_and_equals_highs(problem):
    a, b, similarity = problem
    solution = solve(a, b, similarity)
    assert 0.0 <= solution.consistency <= 1.0
    assert solution.consistency == pytest.approx(highs(a, b, similarity), abs=1e-9)
    assert (solution.plan >= 0).all()
    assert (solution.plan.sum(axis=1) <= a + 1e-9).all()
    assert (solution.plan.sum(axis=0) <= b + 1e-9).all()
    assert (solution.plan[similarity <= 0] == 0).all()
    assert solution.unmatched == pytest.approx(1.0 - solution.plan.sum(), abs=1e-12)
    assert optimal_consistency(a, b, 1.0 - np.maximum(similarity, 0.0)) == pytest.approx(
        solution.consistency, abs=1e-10
    )


@given(problems(lowest=0.1))
@settings(deadline=None)
def test_marginals_are_met_where_everything_is_similar(problem):
    a, b, similarity = problem
    plan = solve(a, b, similarity).plan
    np.testing.assert_allclose(plan.sum(axis=1), a, atol=1e-9)
    np.testing.assert_allclose(plan.sum(axis=0), b, atol=1e-9)


@given(problems())
@settings(deadline=None, max_examples=200)
def test_exchanging_the_sides_transposes_the_plan(problem):
    a, b, similarity = problem
    there, back = solve(a, b, similarity), solve(b, a, similarity.T)
    assert there.consistency == pytest.approx(back.consistency, abs=1e-12)
    np.testing.assert_allclose(there.plan, back.plan.T, atol=1e-12)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_identical_texts_have_consistency_one(n, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 5))[rng.integers(0, n, n)]
    mass = rng.dirichlet(np.ones(n))
    solution = solve(mass, mass, cosine_similarity(vectors, vectors))
    assert solution.consistency == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(solution.plan, np.diag(mass), atol=1e-12)


def test_nothing_similar_leaves_all_mass_unmatched():
    solution = solve(HALF, [0.2, 0.3, 0.5], -np.ones((2, 3)))
    assert solution.consistency == 0.0
    assert solution.unmatched == 1.0
    assert solution.flows() == []


def test_unclipped_balanced_transport_is_wrong_with_negative_similarities():
    mass, similarity = np.array(HALF), np.array([[-1.0, 0.2], [0.2, 1.0]])
    unclipped = ot.emd(mass, mass, 1.0 - similarity)
    assert (unclipped * np.maximum(similarity, 0.0)).sum() == pytest.approx(0.2)
    solution = solve(mass, mass, similarity)
    assert solution.consistency == pytest.approx(0.5)
    assert highs(mass, mass, similarity) == pytest.approx(0.5)
    assert solution.unmatched == pytest.approx(0.5)


def test_agrees_with_the_public_solver():
    rng = np.random.default_rng(3)
    a, b = rng.dirichlet(np.ones(30)), rng.dirichlet(np.ones(40))
    cost = 1.0 - np.maximum(rng.uniform(-1, 1, (30, 40)), 0.0)
    assert optimal_consistency(a, b, cost) == pytest.approx(1.0 - ot.emd2(a, b, cost), abs=1e-12)


@pytest.mark.parametrize("n", [2, 7, 50])
def test_equally_good_plans_keep_the_order_of_the_tokens(n):
    mass = np.full(n, 1.0 / n)
    np.testing.assert_allclose(solve(mass, mass, np.ones((n, n))).plan, np.eye(n) / n, atol=1e-12)


def test_rounding_noise_does_not_choose_the_plan():
    rng = np.random.default_rng(0)
    mass = rng.dirichlet(np.ones(12))
    words = rng.uniform(-0.2, 0.9, (4, 4))
    similarity = words[np.ix_(np.arange(12) % 4, np.arange(12) % 4)]
    noisy = similarity + rng.uniform(-4e-16, 4e-16, similarity.shape)
    np.testing.assert_allclose(solve(mass, mass, similarity).plan, solve(mass, mass, noisy).plan, atol=1e-12)


def test_threads_do_not_change_the_result():
    rng = np.random.default_rng(1)
    tasks = [(rng.dirichlet(np.ones(25)), rng.dirichlet(np.ones(25)), rng.uniform(-1, 1, (25, 25))) for _ in range(40)]
    alone = [solve(*task).plan for task in tasks]
    together = [None] * len(tasks)

    def work(first):
        for k in range(first, len(tasks), 4):
            together[k] = solve(*tasks[k]).plan

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_flows_are_sorted_by_contribution_and_add_up():
    solution = solve([0.7, 0.3], [0.6, 0.4], [[0.5, 0.2], [-0.1, 0.9]])
    flows = solution.flows()
    assert [(flow.i, flow.j) for flow in flows] == [(0, 0), (1, 1), (0, 1)]
    assert [flow.flow for flow in flows] == pytest.approx([0.6, 0.3, 0.1])
    assert [flow.contribution for flow in flows] == pytest.approx([0.3, 0.27, 0.02])
    assert sum(flow.contribution for flow in flows) == pytest.approx(solution.consistency)


def test_equal_contributions_come_in_reading_order():
    flows = solve(HALF, HALF, [[0.8, -0.5], [-0.5, 0.8]]).flows()
    assert [(flow.i, flow.j) for flow in flows] == [(0, 0), (1, 1)]


def test_single_precision_is_accepted_and_cast():
    rng = np.random.default_rng(2)
    mass = rng.random(200).astype(np.float32)
    mass /= mass.sum()
    vectors = rng.normal(size=(200, 4)).astype(np.float32)
    solution = solve(mass, mass, (cosine_similarity(vectors, vectors)).astype(np.float32))
    fields = (solution.source_mass, solution.target_mass, solution.similarity, solution.plan)
    assert {field.dtype for field in fields} == {np.dtype(np.float64)}
    assert solution.source_mass.sum() == pytest.approx(1.0, abs=1e-12)


def test_inputs_are_left_alone():
    mass, similarity = np.array(HALF), np.array([[1.0 + 1e-9, 0.0], [0.0, -1.0]])
    before = similarity.copy()
    assert solve(mass, mass, similarity).similarity[0, 0] == 1.0
    np.testing.assert_array_equal(similarity, before)
    np.testing.assert_array_equal(mass, HALF)


@pytest.mark.parametrize(
    ("source", "target", "similarity", "message"),
    [
        ([], HALF, np.zeros((0, 2)), "source mass has shape"),
        (HALF, [], np.zeros((2, 0)), "target mass has shape"),
        ([HALF], HALF, np.eye(2), "source mass has shape"),
        ([1.5, -0.5], HALF, np.eye(2), "source mass contains -0.5"),
        ([np.nan, 1.0], HALF, np.eye(2), "source mass contains NaN"),
        (HALF, [np.inf, 0.0], np.eye(2), "target mass contains NaN or infinity"),
        ([0.5, 0.5 + 1e-8], HALF, np.eye(2), "source mass sums to 1.00000001, not 1"),
        (HALF, [0.0, 0.0], np.eye(2), "target mass sums to 0, not 1"),
        (HALF, HALF, np.eye(3), r"similarity has shape \(3, 3\), the masses need \(2, 2\)"),
        (HALF, HALF, [[np.nan, 0.0], [0.0, 1.0]], "similarity contains NaN"),
        (HALF, HALF, [[1.01, 0.0], [0.0, 1.0]], "similarity contains 1.01"),
        (HALF, HALF, [[0.0, 0.0], [0.0, -1.01]], "similarity contains -1.01"),
    ],
)
def test_bad_input_is_named_in_one_line(source, target, similarity, message):
    with pytest.raises(TransportError, match=message) as caught:
        solve(source, target, similarity)
    assert "\n" not in str(caught.value)


def test_a_plan_parallel_to_nothing_is_refused():
    with pytest.raises(TransportError, match="plan has shape"):
        TransportPlan(np.array(HALF), np.array(HALF), np.eye(2), np.eye(3))


def test_no_convergence_is_an_error_not_a_warning(monkeypatch, recwarn):
    monkeypatch.setattr(transport, "MAX_PIVOTS", 1)
    rng = np.random.default_rng(0)
    with pytest.raises(TransportError, match="stopped with code 3 on 20 x 20 tokens"):
        solve(rng.dirichlet(np.ones(20)), rng.dirichlet(np.ones(20)), rng.uniform(-1, 1, (20, 20)))
    assert not recwarn


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda plan, total, u, v: (plan * 0.9, total, u, v), "misses its marginals"),
        (lambda plan, total, u, v: (plan, total + 1e-6, u, v), "may miss the optimum"),
        (lambda plan, total, u, v: (plan, total, np.add(u, [1 / 0.7, -1 / 0.3]), v), "may miss the optimum"),
    ],
)
def test_a_wrong_solution_is_caught(monkeypatch, spoil, message):
    solver = transport._network_simplex
    monkeypatch.setattr(transport, "_network_simplex", lambda *problem: spoil(*solver(*problem)))
    with pytest.raises(TransportError, match=message):
        solve([0.7, 0.3], [0.6, 0.2, 0.2], [[0.5, 0.2, 0.1], [-0.1, 0.9, 0.3]])


def test_cosines_stay_in_range_and_a_zero_vector_resembles_nothing():
    source = np.array([[3.0, 4.0], [0.0, 0.0], [1e-30, 0.0]], dtype=np.float32)
    similarity = cosine_similarity(source, [[3.0, 4.0], [-3.0, -4.0], [0.0, 2.0]])
    assert similarity.dtype == np.float64
    np.testing.assert_allclose(similarity, [[1.0, -1.0, 0.8], [0.0, 0.0, 0.0], [0.6, -0.6, 0.0]])
    assert np.abs(similarity).max() <= 1.0


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 4)), "have 3 and 4 dimensions"),
        (np.ones(3), np.ones((1, 3)), r"source vectors have shape \(3,\)"),
        (np.ones((1, 3)), np.full((1, 3), np.nan), "target vectors contain NaN"),
    ],
)
def test_vectors_that_cannot_be_compared_are_named(source, target, message):
    with pytest.raises(TransportError, match=message):
        cosine_similarity(source, target)
