import numpy as np
import pytest
from scipy.optimize import linprog

from core.consistency.references import references
from core.consistency.what_if import changed, with_equal_importance, with_importance
from core.errors import OptionError
from tests.world.analyses import plain_pair, storm


def highs(source, target, similarity):
    """C of two masses by another solver."""
    n, m = similarity.shape
    rows = [np.eye(n)[i][:, None] * np.ones(m) for i in range(n)]
    columns = [np.ones(n)[:, None] * np.eye(m)[j] for j in range(m)]
    limits = np.array([each.ravel() for each in rows + columns])
    found = linprog(-np.maximum(similarity, 0).ravel(), A_ub=limits, b_ub=np.concatenate([source, target]))
    return -found.fun


@pytest.mark.parametrize("of_source", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_share_moves_and_all_other_proportions_stay(of_source, share):
    analysis = plain_pair(7, 6)
    before = analysis.source.mass if of_source else analysis.target.mass
    plan = with_importance(analysis, [1, 2], share, of_source=of_source)
    after, untouched = (plan.source_mass, plan.target_mass) if of_source else (plan.target_mass, plan.source_mass)
    np.testing.assert_allclose(untouched, analysis.target.mass if of_source else analysis.source.mass, atol=1e-12)
    assert after[[1, 2]].sum() == pytest.approx(share)
    others = [index for index in range(before.size) if index not in (1, 2)]
    if share < 1:
        now, then = (mass[others] / mass[others].sum() for mass in (after, before))
        np.testing.assert_allclose(now, then, atol=1e-12)
    if share > 0:
        assert after[1] / after[2] == pytest.approx(before[1] / before[2])
    expected = highs(plan.source_mass, plan.target_mass, analysis.transport.similarity)
    assert plan.consistency == pytest.approx(expected, abs=1e-9)


def test_its_own_share_changes_nothing():
    analysis = storm()
    mass = float(analysis.source.mass[3])
    assert with_importance(analysis, [3], mass, of_source=True).consistency == pytest.approx(analysis.consistency)


def test_what_cannot_be_is_refused():
    with pytest.raises(OptionError, match="out of range"):
        with_importance(storm(), [0], 1.2, of_source=True)
    with pytest.raises(OptionError, match="no other word"):
        with_importance(plain_pair(1, 3), [0], 0.5, of_source=True)


def test_changed_importance_has_references_of_its_own():
    analysis = plain_pair(7, 6)
    after = changed(analysis, with_importance(analysis, [2], 0.0, of_source=True))
    expected = references(after.transport, n_permutations=analysis.settings.permutations, seed=analysis.settings.seed)
    assert after.references == expected
    assert after.source.mass[2] == 0 and after.consistency == after.transport.consistency
    np.testing.assert_array_equal(after.source.scores, analysis.source.scores)


def test_equal_importance_everywhere_is_the_reference():
    analysis = plain_pair(7, 6)
    assert with_equal_importance(analysis).consistency == pytest.approx(
        references(analysis.transport, n_permutations=2).uniform
    )
