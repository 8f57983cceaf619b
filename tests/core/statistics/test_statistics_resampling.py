from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import DataError, OptionError
from core.statistics import Axes, ExampleGrid, estimate_mean, resample, resampling, summarise
from core.statistics.intervals import percentile_interval, wilson_interval
from tests.world.records import made_up, square_axes


def with_gaps(grid, share=0.3, seed=5):
    values = grid.values.copy()
    values[np.random.default_rng(seed).random(values.shape) < share] = np.nan
    return ExampleGrid(grid.axes, grid.examples, values, grid.proportion)


@pytest.mark.parametrize("gaps", [False, True])
def test_replicates_are_means_of_examples_drawn_together(gaps):
    grid = made_up(square_axes("en de es"), n=40)
    grid = with_gaps(grid) if gaps else grid
    found = resample(grid, n_resamples=25, seed=3)
    rng = np.random.default_rng(3)
    for replicate in found.replicates:
        drawn = rng.integers(40, size=40)
        np.testing.assert_allclose(replicate, np.nanmean(grid.values[:, :, drawn], axis=2), rtol=1e-12)
    np.testing.assert_allclose(found.mean, np.nanmean(grid.values, axis=2), rtol=1e-12)
    np.testing.assert_array_equal(found.n, (~np.isnan(grid.values)).sum(axis=2))


@pytest.mark.parametrize("kept", [0, 2000])
def test_blocks_do_not_change_the_numbers(monkeypatch, kept):
    grid = with_gaps(made_up(square_axes("en de es"), n=40))
    monkeypatch.setattr(resampling, "COUNTS_KEPT", kept)
    whole = resample(grid, n_resamples=50)
    monkeypatch.setattr(resampling, "COUNTS_AT_ONCE", 130)
    monkeypatch.setattr(resampling, "COUNTS_KEPT", 2000 - kept)
    np.testing.assert_allclose(resample(grid, n_resamples=50).replicates, whole.replicates, rtol=1e-13)


def test_equal_seeds_give_equal_intervals():
    grid = made_up(square_axes("en de"))
    assert np.array_equal(resample(grid, seed=4).interval, resample(grid, seed=4).interval)
    assert not np.array_equal(resample(grid, seed=4).interval, resample(grid, seed=5).interval)


def test_the_interval_of_a_mean_is_scipys():
    values = np.random.default_rng(2).beta(2, 5, 120)
    ours = estimate_mean(values, n_resamples=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(values.mean())
    assert ours.n == 120
    assert ours.low == pytest.approx(theirs.low, abs=0.02 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.02 * width)


def test_a_difference_of_cells_has_the_uncertainty_of_parallel_examples():
    grid = made_up(square_axes("en de"), n=100)
    replicates = resample(grid, n_resamples=4000).replicates
    ours = (replicates[:, 0, 0] - replicates[:, 1, 1]).std(ddof=1)
    paired = (grid.values[0, 0] - grid.values[1, 1]).std() / np.sqrt(100)
    unpaired = np.hypot(grid.values[0, 0].std(), grid.values[1, 1].std()) / np.sqrt(100)
    assert ours == pytest.approx(paired, rel=0.05)
    assert ours < 0.85 * unpaired


def test_the_interval_covers_the_truth_in_95_of_100_data_sets():
    """Beta(5, 6), about the shape of C; 100 examples a data set, one data set a cell."""
    n_sets = 1000
    axes = Axes(("row",), tuple(map(str, range(n_sets))), ("none",))
    grid = ExampleGrid(axes, np.arange(100), np.random.default_rng(0).beta(5, 6, (1, n_sets, 100)))
    low, high = resample(grid).interval[0].T
    covered = ((low <= 5 / 11) & (high >= 5 / 11)).mean()
    assert 0.925 < covered < 0.97


def test_wilson_is_scipys():
    hits, n = np.array([0, 3, 50, 97, 100]), np.full(5, 100)
    expected = [stats.binomtest(int(k), 100).proportion_ci(method="wilson") for k in hits]
    np.testing.assert_allclose(wilson_interval(hits / n, n), expected, atol=1e-12)


def test_a_proportion_of_1_is_not_certain():
    all_right = estimate_mean(np.ones(50), proportion=True)
    assert (all_right.value, all_right.high) == (1.0, 1.0)
    assert all_right.low == pytest.approx(50 / (50 + stats.norm.ppf(0.975) ** 2))
    by_definition = estimate_mean(np.ones(50))
    assert (by_definition.low, by_definition.high) == (1.0, 1.0)


@pytest.mark.parametrize(("values", "mean"), [([], np.nan), ([np.nan], np.nan), ([0.4], 0.4)])
def test_fewer_than_two_examples_have_no_interval(values, mean):
    found = estimate_mean(values)
    assert found.value == pytest.approx(mean, nan_ok=True)
    assert np.isnan([found.low, found.high]).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=30),
    st.floats(0.1, 10),
    st.floats(-5, 5),
)
def test_intervals_move_with_the_values(values, scale, shift):
    plain = estimate_mean(values, n_resamples=200)
    moved = estimate_mean(np.array(values) * scale + shift, n_resamples=200)
    assert min(values) - 1e-12 <= plain.low <= plain.high <= max(values) + 1e-12
    np.testing.assert_allclose(
        [moved.value, moved.low, moved.high],
        np.array([plain.value, plain.low, plain.high]) * scale + shift,
        atol=1e-9,
    )


def test_replicates_without_an_example_are_left_out():
    replicates = np.array([[1.0, np.nan, np.nan], [np.nan, np.nan, 3.0], [2.0, np.nan, 4.0]])
    found = percentile_interval(replicates)
    np.testing.assert_allclose(found[0], [1.025, 1.975])
    np.testing.assert_allclose(found[2], [3.025, 3.975])
    assert np.isnan(found[1]).all()


def test_what_cannot_be_resampled_is_refused():
    with pytest.raises(OptionError, match="0 resamples"):
        resample(made_up(square_axes("en de")), n_resamples=0)
    with pytest.raises(DataError, match="one axis"):
        estimate_mean(np.zeros((2, 2)))


# summaries


def test_overall_and_column_means_with_and_without_the_diagonal():
    grid = made_up(square_axes("en de es")).with_own_consistency()
    found = summarise(grid)
    cells, off = grid.values.mean(axis=2), ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(found.overall.values, cells.mean(axis=1))
    np.testing.assert_allclose(found.column_means.values, cells.mean(axis=0))
    np.testing.assert_allclose(found.overall_off_diagonal.values, [cells[k][off[k]].mean() for k in range(3)])
    np.testing.assert_allclose(
        found.column_means_off_diagonal.values, [cells[:, k][off[:, k]].mean() for k in range(3)]
    )
    assert (np.diagonal(found.interval) == 1.0).all()


def test_the_interval_of_overall_is_that_of_the_examples_means():
    """A row mean over full cells is a mean of the examples' own means."""
    grid = made_up(square_axes("en de es"), n=70)
    found = summarise(grid, seed=2)
    alone = estimate_mean(grid.values[1].mean(axis=0), seed=2)
    np.testing.assert_allclose(found.overall.interval[1], [alone.low, alone.high], rtol=1e-12)


def test_a_row_with_a_missing_language_has_no_overall():
    grid = made_up(square_axes("en de es"))
    grid.values[1, 2] = np.nan
    found = summarise(grid)
    assert found.n[1, 2] == 0
    assert np.isnan(found.values[1, 2])
    assert np.isnan(found.interval[1, 2]).all()
    assert np.isnan(found.overall.values).tolist() == [False, True, False]
    assert np.isnan(found.overall.interval).any(axis=1).tolist() == [False, True, False]
    assert np.isnan(found.column_means.values).tolist() == [False, False, True]


def test_a_row_evaluated_on_its_own_language_alone_has_nothing_off_the_diagonal():
    found = summarise(made_up(Axes(("m",), ("en",), ("en",))))
    assert np.isnan(found.overall_off_diagonal.values).all()
    assert not np.isnan(found.overall.values).any()


@pytest.mark.filterwarnings("error")
def test_values_that_may_only_be_read_are_resampled():
    grid = made_up(square_axes("en de"))
    expected = resample(grid, n_resamples=20).replicates
    grid.values.setflags(write=False)
    np.testing.assert_array_equal(resample(grid, n_resamples=20).replicates, expected)


def test_clusters_are_drawn_together():
    """Copies of an example say nothing new: their interval is that of the example alone, not one of twice as many."""
    rng = np.random.default_rng(7)
    values = rng.beta(5, 6, 60)
    doubled, members = np.repeat(values, 2), np.repeat(np.arange(60), 2)
    assert (found := estimate_mean(doubled, clusters=members, n_resamples=400)).n == 120
    once = estimate_mean(values, n_resamples=400)
    assert (found.value, found.low, found.high) == pytest.approx((once.value, once.low, once.high), rel=1e-12)
    alone = estimate_mean(doubled, n_resamples=400)
    assert alone.high - alone.low < 0.85 * (once.high - once.low)


def test_a_proportion_of_clusters_is_as_certain_as_its_independent_examples():
    """The interval of 40 groups of 5 holds the true share in about 95% of samples; Wilson's of 200 rows does not."""
    rng = np.random.default_rng(8)
    covered = {True: 0, False: 0}
    for _ in range(400):
        rate = np.repeat(rng.beta(1.0, 1.0, 40), 5)  # intraclass correlation 1/3, design effect 2.3
        right = (rng.random(200) < rate).astype(float)
        for clustered in covered:
            labels = np.repeat(np.arange(40), 5) if clustered else None
            found = estimate_mean(right, clusters=labels, proportion=True)
            covered[clustered] += found.low <= 0.5 <= found.high
    assert covered[True] >= 0.92 * 400
    assert covered[False] <= 0.86 * 400


def test_clusters_of_one_change_nothing():
    grid = made_up(square_axes("en de es"), n=50)
    labelled = replace(grid, clusters=grid.examples)
    np.testing.assert_array_equal(resample(labelled).replicates, resample(grid).replicates)
    proportion = replace(grid, values=np.round(grid.values), proportion=True)
    np.testing.assert_array_equal(
        resample(replace(proportion, clusters=grid.examples)).interval, resample(proportion).interval
    )


def test_grids_of_other_clusters_are_not_compared():
    grid = made_up(square_axes("en de"), n=20)
    clustered = replace(grid, clusters=np.repeat(grid.examples[::2], 2))
    with pytest.raises(DataError, match="not resampled together"):
        resample(grid, n_resamples=5).require_drawn_with(resample(clustered, n_resamples=5))
    with pytest.raises(DataError, match="19 clusters for 20 examples"):
        replace(grid, clusters=np.arange(19))
