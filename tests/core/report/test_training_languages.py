"""The page's grids: what is in a cell, over which examples, and what a difference means."""

import numpy as np
import pytest
from scipy import stats

from core.errors import DataError
from core.report.paper import paper_table
from core.report.tables import (
    build_scatters,
    consistency_grid,
    difference_grid,
    paper_grid,
    paper_scatters,
    performance_grid,
    ranked,
)
from core.statistics import Coefficient, Undefined
from tests.world.records import made_up, square_axes

AXES = square_axes("en de es fr zh")
OWN = AXES.diagonal


@pytest.fixture
def stored():
    return {
        "consistency": made_up(AXES, n=40, seed=1),
        "shuffled": made_up(AXES, n=40, seed=2),
        "performance": made_up(AXES, n=60, seed=3, proportion=True),
    }


@pytest.fixture
def values(stored):
    """Answers for PAWS-X alone."""
    return lambda wanted: stored.get(wanted.quantity) if wanted.data_set == "paws-x" else None


def test_consistency_is_1_on_the_diagonal_and_minus_a_reference_has_none(values, stored):
    plain = consistency_grid(values, "paws-x")
    assert (plain.values[OWN] == 1).all()
    above = consistency_grid(values, "paws-x", minus="shuffled")
    assert np.isnan(above.values[OWN]).all()
    expected = stored["consistency"].values - stored["shuffled"].values
    np.testing.assert_array_equal(above.values[~OWN], expected[~OWN])
    assert consistency_grid(values, "xnli") is None
    assert consistency_grid(values, "paws-x", minus="mismatched") is None


def test_performance_is_over_the_examples_of_the_consistency(values, stored):
    found = performance_grid(values, "paws-x")
    np.testing.assert_array_equal(found.examples, stored["consistency"].examples)
    np.testing.assert_array_equal(found.values, stored["performance"].values[:, :, :40])
    assert found.proportion
    assert performance_grid(values, "xnli") is None


def test_a_difference_is_paired_and_over_shared_cells(values):
    ours, theirs = consistency_grid(values, "paws-x"), made_up(square_axes("zh en ja"), n=30, seed=9)
    found = difference_grid(ours, theirs, own_cells=False)
    assert found.axes.rows == ("en", "zh")
    assert len(found.examples) == 30
    np.testing.assert_array_equal(found.values[0, 1], ours.values[0, 4, :30] - theirs.values[1, 0])
    assert np.isnan(found.values[0, 0]).all()
    assert not np.isnan(difference_grid(ours, theirs, own_cells=True).values[0, 0]).any()
    with pytest.raises(DataError, match="share no"):
        difference_grid(ours, made_up(square_axes("th vi")), own_cells=False)


def test_ranks_and_means_are_those_of_one_bootstrap(values):
    grid = consistency_grid(values, "paws-x")
    found = ranked(grid, n_resamples=200, seed=4)
    mean = grid.values.mean(axis=2)
    np.testing.assert_allclose(found.summary.overall.values, mean.mean(axis=1))
    assert found.first.shares.sum() == pytest.approx(1)
    order = np.array(AXES.rows)[np.argsort(-mean.mean(axis=1))]
    assert found.ranking(diagonal=True) == tuple(order)
    assert found.mean(diagonal=False).value == pytest.approx(mean[~OWN].mean())
    assert found.overall(diagonal=False) is found.summary.overall_off_diagonal


def test_the_papers_grid_is_as_printed_and_claims_no_more():
    found = paper_grid(paper_table("5"))
    np.testing.assert_array_equal(found.summary.values, paper_table("5").values)
    assert found.ranking(diagonal=True)[:2] == ("es", "fr")
    assert found.firsts(diagonal=True) is None
    assert np.isnan(found.summary.interval).all() and not found.summary.n.any()
    # Table 4 prints an Overall for zh that is not the mean of its row.
    assert paper_grid(paper_table("4")).summary.overall.values[-1] == 0.860


def test_points_are_the_cells_of_a_row_and_coefficients_those_of_scipy(values, stored):
    found = build_scatters(values, "paws-x", n_resamples=100)
    assert [scatter.trained_on for scatter in found] == list(AXES.rows)
    spanish = found[2]
    x = stored["consistency"].with_own_consistency().values[2].mean(axis=1)
    y = stored["performance"].values[2, :, :40].mean(axis=1)
    np.testing.assert_allclose(spanish.consistency, x)
    np.testing.assert_allclose(spanish.performance, y)
    assert spanish.entry("spearman", diagonal=True).correlation.value == pytest.approx(stats.spearmanr(x, y).statistic)
    others = ~OWN[2]
    line = spanish.line(diagonal=False)
    assert line.slope == pytest.approx(stats.linregress(x[others], y[others]).slope)
    assert line.n == 4 and spanish.line(diagonal=True).n == 5
    assert spanish.bar().entry(diagonal=False) == spanish.entry(diagonal=False)
    assert build_scatters(values, "xnli") == ()


def test_three_languages_have_points_but_no_line(stored):
    few = {name: grid.select(AXES.rows[:3], AXES.columns[:3]) for name, grid in stored.items()}
    scatter = build_scatters(lambda wanted: few.get(wanted.quantity), "paws-x", n_resamples=20)[0]
    assert isinstance(scatter.line(diagonal=True), Undefined)
    assert scatter.entry(diagonal=True).correlation.reason == "Too few languages for a correlation (3)."
    assert len(scatter.consistency) == 3


def test_the_papers_points_are_its_tables():
    spanish = paper_scatters()[2]
    assert (spanish.trained_on, spanish.model) == ("es", "XLM-R-Base")
    np.testing.assert_array_equal(spanish.consistency, paper_table("5").values[2])
    np.testing.assert_array_equal(spanish.performance, paper_table("4").values[2])
    assert isinstance(spanish.entry().correlation, Coefficient)
    assert np.isnan(spanish.consistency_interval).all()
