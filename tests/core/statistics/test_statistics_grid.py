import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.statistics import (
    Axes,
    ExampleGrid,
    grand_mean,
    grids_from_frame,
    parallel,
    resample,
    shared_cells,
    summarise,
)
from tests.world.records import made_up, square_axes


def test_the_diagonal_is_where_a_row_meets_its_training_language():
    axes = Axes(("mBERT", "XLM-R"), ("ar", "en"), ("en", "en"))
    assert axes.diagonal.tolist() == [[False, True], [False, True]]
    assert np.array_equal(square_axes("en de es").diagonal, np.eye(3, dtype=bool))


def test_own_consistency_is_1_and_the_rest_is_kept():
    grid = made_up(square_axes("en de es"))
    filled = grid.with_own_consistency()
    assert (filled.values[np.eye(3, dtype=bool)] == 1.0).all()
    np.testing.assert_array_equal(filled.values[~np.eye(3, dtype=bool)], grid.values[~np.eye(3, dtype=bool)])


def test_a_frame_gives_the_grid_it_was_made_of():
    grid = made_up(square_axes("en de es"), n=7)
    i, j, k = (axis.ravel() for axis in np.indices(grid.values.shape))
    codes = np.array(grid.axes.columns)
    frame = pd.DataFrame(
        {"train": codes[i], "target": codes[j], "example": grid.examples[k], "c": grid.values[i, j, k]}
    ).sample(frac=1, random_state=3)
    (found,) = grids_from_frame(frame, grid.axes, row="train", column="target", values=["c"])
    np.testing.assert_array_equal(found.values, grid.values)
    np.testing.assert_array_equal(found.examples, grid.examples)


def test_a_frame_with_gaps_and_strangers():
    frame = pd.DataFrame(
        {"train": ["en", "en", "xx"], "target": ["de", "en", "de"], "example": [5, 3, 9], "c": [1, 2, 3]}
    )
    (found,) = grids_from_frame(frame, Axes(("en",), ("en", "de"), ("en",)), row="train", column="target", values=["c"])
    assert found.examples.tolist() == [3, 5]
    np.testing.assert_array_equal(found.values, [[[2.0, np.nan], [np.nan, 1.0]]])


def test_a_frame_that_says_two_things_is_refused():
    axes = Axes(("en",), ("de",), ("en",))
    frame = pd.DataFrame({"train": ["en", "en"], "target": ["de", "de"], "example": [1, 1], "c": [0.1, 0.2]})
    with pytest.raises(DataError, match="two values for one example"):
        grids_from_frame(frame, axes, row="train", column="target", values=["c"])
    with pytest.raises(DataError, match="lack the column f1; there is train, target, example, c"):
        grids_from_frame(frame, axes, row="train", column="target", values=["f1"])


def test_grids_meet_on_the_examples_they_share():
    a = made_up(square_axes("en de"), n=9)
    b = ExampleGrid(a.axes, a.examples + 4, a.values[:, :, ::-1].copy())
    ours, theirs = parallel(a, b)
    assert ours.examples.tolist() == theirs.examples.tolist() == [14, 15, 16, 17, 18]
    np.testing.assert_array_equal(theirs.values, b.values[:, :, :5])
    np.testing.assert_array_equal(a.minus(b).values, a.values[:, :, 4:] - b.values[:, :, :5])
    with pytest.raises(DataError, match="share no example"):
        parallel(a, ExampleGrid(a.axes, a.examples + 100, a.values))


def test_a_paired_difference_is_far_more_certain_than_two_means():
    a = made_up(square_axes("en de"), n=80)
    small = np.random.default_rng(1).normal(0.01, 0.005, a.values.shape)
    found = resample(ExampleGrid(a.axes, a.examples, a.values + small).minus(a))
    np.testing.assert_allclose(found.mean, small.mean(axis=2))
    width = np.diff(found.interval, axis=-1)
    assert (width < 0.1 * np.diff(resample(a).interval, axis=-1)).all()
    assert (found.interval[..., 0] > 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.zeros((2, 2, 4))}, "do not fit"),
        ({"values": np.zeros((2, 2, 3), dtype=np.float32)}, "float64"),
        ({"examples": np.array([3, 1, 2])}, "increasing"),
        ({"examples": np.array([1, 1, 2])}, "increasing"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(change, message):
    whole = {"axes": square_axes("en de"), "examples": np.arange(3), "values": np.zeros((2, 2, 3))}
    with pytest.raises(DataError, match=message):
        ExampleGrid(**(whole | change))


def test_labels_are_unique_and_each_row_has_a_training_language():
    with pytest.raises(DataError, match="not unique"):
        Axes(("a", "a"), ("en",), ("en", "en"))
    with pytest.raises(DataError, match="2 rows but 1 training languages"):
        Axes(("a", "b"), ("en",), ("en",))
    with pytest.raises(DataError, match="same rows and columns"):
        made_up(square_axes("en de")).minus(made_up(square_axes("de en")))


def test_a_selection_holds_the_cells_in_the_order_given():
    grid = made_up(square_axes("en de es"))
    found = grid.select(["es", "en"], ["de"])
    assert (found.axes.rows, found.axes.columns, found.axes.trained_on) == (("es", "en"), ("de",), ("es", "en"))
    np.testing.assert_array_equal(found.values, grid.values[[2, 0]][:, [1]])
    with pytest.raises(DataError, match="no xx"):
        grid.select(["xx"], ["de"])


def test_grids_are_cut_to_the_cells_they_share():
    a, b = made_up(square_axes("en de es"), seed=1), made_up(square_axes("es zh en"), seed=2)
    ours, theirs = shared_cells(a, b)
    assert ours.axes == theirs.axes
    assert ours.axes.rows == ("en", "es")
    np.testing.assert_array_equal(theirs.values[0, 1], b.values[2, 0])
    with pytest.raises(DataError, match="share no training language"):
        shared_cells(a, made_up(square_axes("th vi")))


def lacking(grid, row, *, columns=(), examples=slice(0, 0)):
    """The grid without a row's values in some columns, and of some examples."""
    values = grid.values.copy()
    i = grid.axes.rows.index(row)
    values[i, [grid.axes.columns.index(code) for code in columns]] = np.nan
    values[i, :, examples] = np.nan
    return ExampleGrid(grid.axes, grid.examples, values)


def test_rows_are_compared_on_the_columns_and_examples_that_most_have():
    whole = made_up(Axes(("en", "es", "fr"), ("en", "es", "fr", "th"), ("en", "es", "fr")), n=20)
    grid = whole
    for row in ("es", "fr"):
        grid = lacking(grid, row, columns=("th",), examples=slice(12, 20))
    found = grid.shared_by_most()
    assert found.axes.columns == ("en", "es", "fr")
    np.testing.assert_array_equal(found.examples, whole.examples[:12])
    np.testing.assert_array_equal(found.values, whole.values[:, :3, :12])


def test_a_row_that_has_only_begun_takes_nothing_from_the_others():
    grid = made_up(square_axes("en es fr"), n=20)
    begun = lacking(grid, "fr", columns=("es", "fr"), examples=slice(2, 20))
    assert begun.shared_by_most().axes == grid.axes
    assert len(begun.shared_by_most().examples) == 20
    alone = grid.select(["en"], grid.axes.columns)
    np.testing.assert_array_equal(alone.shared_by_most().values, alone.values)


def test_rows_that_share_no_column_stay_as_they_are():
    grid = made_up(square_axes("en es"), n=5)
    apart = lacking(lacking(grid, "en", columns=("es",)), "es", columns=("en",))
    np.testing.assert_array_equal(apart.shared_by_most().values, apart.values)


def test_without_the_diagonal_its_cells_are_missing_and_means_leave_them_out():
    grid = made_up(square_axes("en de es")).without_diagonal()
    found = summarise(grid, n_resamples=50)
    assert np.isnan(np.diag(found.values)).all()
    assert np.isnan(found.overall.values).all()
    np.testing.assert_allclose(found.overall_off_diagonal.values, np.nanmean(found.values, axis=1))


def test_the_grand_mean_is_that_of_the_row_means_and_its_interval_covers_the_truth():
    axes = square_axes("en de es")
    grid = made_up(axes, n=80)
    found = grand_mean(resample(grid, n_resamples=400, seed=3))
    per_example = grid.values.mean(axis=(0, 1))
    assert found.value == pytest.approx(per_example.mean())
    assert found.n == 80
    # Equal weights: the grand mean is the mean of the examples' own means, whose standard error is known.
    error = per_example.std() / np.sqrt(80)
    assert (found.high - found.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.15)
    off = grand_mean(resample(grid.without_diagonal(), n_resamples=50), diagonal=False)
    assert off.value == pytest.approx(grid.values[~axes.diagonal].mean())
    assert np.isnan(grand_mean(resample(grid.without_diagonal(), n_resamples=50)).value)
