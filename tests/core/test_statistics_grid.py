import numpy as np
import pandas as pd
import pytest
from grids import made_up, square_axes

from core.errors import DataError
from core.statistics import Axes, ExampleGrid, grid_from_frame, parallel, resample


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
    found = grid_from_frame(frame, grid.axes, row="train", column="target", value="c")
    np.testing.assert_array_equal(found.values, grid.values)
    np.testing.assert_array_equal(found.examples, grid.examples)


def test_a_frame_with_gaps_and_strangers():
    frame = pd.DataFrame(
        {"train": ["en", "en", "xx"], "target": ["de", "en", "de"], "example": [5, 3, 9], "c": [1, 2, 3]}
    )
    found = grid_from_frame(frame, Axes(("en",), ("en", "de"), ("en",)), row="train", column="target", value="c")
    assert found.examples.tolist() == [3, 5]
    np.testing.assert_array_equal(found.values, [[[2.0, np.nan], [np.nan, 1.0]]])


def test_a_frame_that_says_two_things_is_refused():
    axes = Axes(("en",), ("de",), ("en",))
    frame = pd.DataFrame({"train": ["en", "en"], "target": ["de", "de"], "example": [1, 1], "c": [0.1, 0.2]})
    with pytest.raises(DataError, match="two values for one example"):
        grid_from_frame(frame, axes, row="train", column="target", value="c")
    with pytest.raises(DataError, match="lack the column f1; there is train, target, example, c"):
        grid_from_frame(frame, axes, row="train", column="target", value="f1")


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
