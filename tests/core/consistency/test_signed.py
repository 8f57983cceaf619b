"""The mass rule `signed`, against HiGHS and by definition; and the aggregates on the way to C."""

import numpy as np
import pytest
from scipy.optimize import linprog

from core.consistency.export import report_to_json
from core.consistency.pair import TextInput, analyze_pair
from core.consistency.references import carried_consistency, references
from core.consistency.transport import solve
from core.settings import AGGREGATES, BASELINES, OUTPUTS, Settings
from tests.world.tiny import HYPOTHESIS, PREMISE

SPANISH = ("El ferri fue cancelado por la tormenta.", "El barco zarpó a tiempo.")


def problem(seed, n=7, m=9):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n), rng.normal(size=m)
    masses = [np.abs(one) / np.abs(one).sum() for one in scores]
    return *masses, rng.uniform(-0.3, 1, (n, m)), tuple(np.sign(one) for one in scores)


def by_highs(a, b, reward):
    """Eq. 2 with its inequalities, by another solver."""
    n, m = reward.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    found = linprog(-reward.ravel(), A_ub=np.vstack([rows, columns]), b_ub=np.concatenate([a, b]), bounds=(0, None))
    return -found.fun


@pytest.mark.parametrize("seed", range(8))
def test_nothing_flows_between_tokens_of_different_sign(seed):
    a, b, similarity, signs = problem(seed)
    plan = solve(a, b, similarity, signs=signs)
    apart = signs[0][:, None] != signs[1][None, :]
    assert (plan.plan[apart] == 0).all()
    assert plan.consistency == pytest.approx(by_highs(a, b, np.where(apart, 0.0, similarity)), abs=1e-9)
    assert plan.consistency <= solve(a, b, similarity).consistency + 1e-12
    np.testing.assert_array_equal(plan.similarity, similarity)


def test_one_sign_everywhere_is_the_rule_abs():
    a, b, similarity, _ = problem(1)
    ones = np.ones(len(a)), np.ones(len(b))
    signed, plain = solve(a, b, similarity, signs=ones), solve(a, b, similarity)
    np.testing.assert_array_equal(signed.plan, plain.plan)
    left, right = references(signed, n_permutations=20), references(plain, n_permutations=20)
    assert left.uniform == right.uniform
    assert left.carried == pytest.approx(right.carried, abs=1e-12)


def test_shuffles_move_a_mass_with_its_sign():
    """By definition: signed scores are permuted, and C is solved again from them."""
    a, b, similarity, signs = problem(3)
    found = references(solve(a, b, similarity, signs=signs), n_permutations=30, seed=5)
    rng = np.random.default_rng(5)
    values = []
    for _ in range(30):
        left, right = rng.permutation(a * signs[0]), rng.permutation(b * signs[1])
        shuffled = solve(np.abs(left), np.abs(right), similarity, signs=(np.sign(left), np.sign(right)))
        values.append(shuffled.consistency)
    assert found.shuffled_mean == pytest.approx(np.mean(values), abs=1e-9)
    assert found.uniform == pytest.approx(solve(np.full(7, 1 / 7), np.full(9, 1 / 9), similarity).consistency, abs=1e-9)


def test_carried_over_masses_keep_their_sign():
    """Both parts of a word's importance as tokens of their own, solved together as one signed problem."""
    a, b, similarity, signs = problem(4)
    plan = solve(a, b, similarity, signs=signs)
    equal = solve(np.full(7, 1 / 7), np.full(9, 1 / 9), np.maximum(similarity, 0) + 1e-9).plan * 7

    def carried(mass, sign, spread, reward):
        parts = [(np.where(sign == s, mass, 0) @ spread) for s in (1, -1)]
        doubled = np.concatenate(parts)
        both = np.concatenate([np.ones(len(parts[0])), -np.ones(len(parts[1]))])
        return solve(mass, doubled / doubled.sum(), np.hstack([reward, reward]), signs=(sign, both)).consistency

    forward = carried(a, signs[0], equal, similarity)
    backward = carried(b, signs[1], equal.T * 9 / 7, similarity.T)
    cost = np.ascontiguousarray(1 - np.maximum(similarity, 0))
    assert carried_consistency(plan, cost) == pytest.approx((forward + backward) / 2, abs=1e-6)


@pytest.mark.parametrize("level", ["token", "word"])
def test_signed_masses_in_an_analysis(tiny_model, level):
    texts = TextInput("en", (PREMISE, HYPOTHESIS)), TextInput("es", SPANISH)
    found = {
        mass: analyze_pair(
            tiny_model("bert", "nli"), *texts, Settings(task="nli", mass=mass, level=level, permutations=5)
        ).analyses[0]
        for mass in ("abs", "signed")
    }
    signed, plain = found["signed"], found["abs"]
    np.testing.assert_array_equal(signed.source.mass, plain.source.mass)
    rows, columns = np.nonzero(signed.transport.plan)
    assert (np.sign(signed.source.scores[rows]) == np.sign(signed.target.scores[columns])).all()
    assert signed.consistency < plain.consistency
    # The plan of `abs` does cross the signs here: the test could fail.
    rows, columns = np.nonzero(plain.transport.plan)
    assert (np.sign(plain.source.scores[rows]) != np.sign(plain.target.scores[columns])).any()


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_masses_follow_the_aggregate(tiny_model, aggregate):
    settings = Settings(task="nli", aggregate=aggregate, level="word", permutations=5)
    texts = TextInput("en", (PREMISE, HYPOTHESIS)), TextInput("es", SPANISH)
    side = analyze_pair(tiny_model("bert", "nli"), *texts, settings).analyses[0].source
    attribution = side.attribution
    values = {"sum": attribution.sums, "l2": attribution.norms.l2, "l1": attribution.norms.l1}[aggregate]
    expected = np.array([values[list(unit.tokens)].sum() for unit in side.units])
    np.testing.assert_allclose(side.mass, np.abs(expected) / np.abs(expected).sum(), atol=1e-12)
    assert attribution.delta < 0.05 * np.abs(attribution.sums).max()


def test_json_names_every_choice(tiny_model):
    texts = TextInput("en", (PREMISE, HYPOTHESIS)), TextInput("es", SPANISH)
    chosen = {"baseline": BASELINES[2], "output": OUTPUTS[1], "aggregate": "l2", "mass": "signed"}
    report = analyze_pair(tiny_model("bert", "nli"), *texts, Settings(task="nli", permutations=5, **chosen))
    plain = report_to_json(report)
    assert {name: plain["settings"][name] for name in chosen} == chosen
    side = plain["target"]
    assert (side["output"], side["aggregate"]) == ("contrast", "l2")
    assert side["against"] in {"entailment", "neutral", "contradiction"} - {side["target"]}
    assert plain["source"]["against"] == side["against"]
    assert side["baseline_is_higher"] == (side["f_baseline"] > side["f_input"])


def test_a_baseline_that_scores_higher_is_a_notice(tiny_model):
    texts = TextInput("en", (PREMISE, HYPOTHESIS)), TextInput("es", SPANISH)
    seen = set()
    for label in ("entailment", "neutral", "contradiction"):
        report = analyze_pair(tiny_model("bert", "nli"), *texts, Settings(task="nli", explain=label, permutations=5))
        analysis = report.analyses[0]
        for name, side in (("English", analysis.source), ("Spanish", analysis.target)):
            higher = side.attribution.f_baseline > side.attribution.f_input
            lines = [line for line in report.notices if line.startswith(f"{name}: the baseline already scores higher")]
            assert len(lines) == higher
            seen.add(higher)
    assert seen == {True, False}
