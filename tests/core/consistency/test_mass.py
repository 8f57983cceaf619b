import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.consistency.mass import MASS_RULES, mass_from_scores
from core.errors import DegenerateMassError, OptionError, TransportError

SCORES = arrays(np.float64, st.integers(1, 30), elements=st.floats(allow_nan=False, allow_infinity=False))


@given(SCORES, st.sampled_from(MASS_RULES))
def test_mass_is_a_probability_whatever_the_magnitude(scores, rule):
    try:
        mass = mass_from_scores(scores, rule)
    except DegenerateMassError:
        assert not (scores > 0).any() if rule == "positive" else not scores.any()
        return
    assert mass.dtype == np.float64
    assert mass.shape == scores.shape
    assert (mass >= 0).all()
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)
    assert (mass[scores == 0] == 0).all()


def test_the_rules_differ_on_negative_scores():
    np.testing.assert_allclose(mass_from_scores([2.0, -1.0, 1.0], "abs"), [0.5, 0.25, 0.25])
    np.testing.assert_allclose(mass_from_scores([3.0, -1.0, 1.0], "positive"), [0.75, 0.0, 0.25])


def test_single_precision_scores_give_a_mass_that_sums_to_one_in_double():
    scores = np.random.default_rng(0).normal(size=300).astype(np.float32)
    assert abs(mass_from_scores(scores).sum() - 1.0) < 1e-12


@pytest.mark.parametrize("rule", MASS_RULES)
def test_all_zero_is_an_error_and_never_a_uniform_mass(rule):
    expected = "Every token of the Spanish text has score 0, so there is no importance to compare."
    with pytest.raises(DegenerateMassError, match=expected):
        mass_from_scores(np.zeros(4), rule, name="the Spanish text")


def test_no_positive_score_names_the_other_rule():
    with pytest.raises(DegenerateMassError, match="Use the mass rule abs"):
        mass_from_scores([-1.0, 0.0], "positive")


def test_no_token_is_an_error():
    with pytest.raises(DegenerateMassError, match="no token"):
        mass_from_scores([])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_named(bad):
    with pytest.raises(TransportError, match="The score of token 1 of the text is"):
        mass_from_scores([0.5, bad])


def test_scores_in_a_table_are_refused():
    with pytest.raises(TransportError, match=r"shape \(2, 2\)"):
        mass_from_scores(np.ones((2, 2)))


def test_an_unknown_rule_names_those_offered():
    with pytest.raises(OptionError, match="abs, positive"):
        mass_from_scores([1.0], "softmax")
