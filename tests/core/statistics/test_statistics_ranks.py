import numpy as np
import pytest
from scipy import stats

from core.statistics import Axes, ExampleGrid, first_shares, resample
from tests.world.records import made_up, square_axes


def rows_with_means(means, n=100, spread=0.3, seed=0):
    """One column; rows independent of each other, observed means exactly as given."""
    axes = Axes(tuple(f"m{k}" for k in range(len(means))), ("xx",), ("en",) * len(means))
    noise = np.random.default_rng(seed).normal(0, spread, (len(means), 1, n))
    noise -= noise.mean(axis=2, keepdims=True)
    return ExampleGrid(axes, np.arange(n), noise + np.reshape(means, (-1, 1, 1)))


def test_shares_count_who_is_first():
    found = resample(made_up(square_axes("en de es")), n_resamples=300)
    for diagonal in (True, False):
        cells = np.where(found.axes.diagonal & (not diagonal), np.nan, found.replicates)
        winners = np.nanmean(cells, axis=2).argmax(axis=1)
        shares = first_shares(found, diagonal=diagonal)
        np.testing.assert_allclose(shares.shares, np.bincount(winners, minlength=3) / 300)
        assert shares.n_resamples == 300


def test_two_rows_are_first_as_often_as_the_normal_approximation_says():
    grid = rows_with_means([0.50, 0.53])
    difference = grid.values[1, 0] - grid.values[0, 0]
    expected = stats.norm.cdf(difference.mean() / (difference.std() / np.sqrt(100)))
    found = first_shares(resample(grid, n_resamples=5000))
    assert found.shares[1] == pytest.approx(expected, abs=0.02)
    assert found.ranking == ("m1", "m0")


def test_a_tie_is_shared():
    one = rows_with_means([0.5])
    axes = Axes(("a", "b", "c"), ("xx",), ("en",) * 3)
    values = np.concatenate([one.values, one.values, one.values - 1])
    found = first_shares(resample(ExampleGrid(axes, one.examples, values)))
    np.testing.assert_allclose(found.shares, [0.5, 0.5, 0.0])
    assert not found.clear
    assert found.ranking == ("a", "b", "c")


def test_a_row_that_stands_out_is_said_to():
    found = first_shares(resample(rows_with_means([0.2, 0.9, 0.3])))
    assert found.clear
    np.testing.assert_array_equal(found.shares, [0, 1, 0])


def test_a_row_with_a_missing_language_is_not_ranked():
    grid = made_up(square_axes("en de es"))
    grid.values[0, 1] = np.nan
    found = first_shares(resample(grid))
    assert np.isnan(found.shares).tolist() == [True, False, False]
    assert np.nansum(found.shares) == pytest.approx(1.0)
    assert set(found.ranking) == {"de", "es"}


def test_nothing_to_rank():
    grid = made_up(square_axes("en de"))
    found = first_shares(resample(ExampleGrid(grid.axes, grid.examples, np.full_like(grid.values, np.nan))))
    assert np.isnan(found.shares).all()
    assert (found.ranking, found.n_resamples, found.clear) == ((), 0, False)
