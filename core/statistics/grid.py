"""Values of single examples in a grid: training language (or checkpoint) by evaluation language."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import DataError
from core.results import Array


@dataclass(frozen=True)
class Axes:
    """Labels of a grid's rows and columns.

    Attributes
    ----------
    rows : label of each row: a checkpoint, or its training language.
    columns : code of the evaluation language.
    trained_on : (row,) training language of each row; its cell in that column is the row's diagonal cell.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    trained_on: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.trained_on) != len(self.rows):
            raise DataError(f"{len(self.rows)} rows but {len(self.trained_on)} training languages: give one each.")
        for name, labels in (("rows", self.rows), ("columns", self.columns)):
            if len(set(labels)) != len(labels):
                raise DataError(f"The {name} {', '.join(labels)} are not unique: rename or drop the repeated ones.")

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    @property
    def diagonal(self) -> npt.NDArray[np.bool_]:
        """(row, column) True where a row is evaluated on its training language."""
        return np.array(self.trained_on, dtype=object)[:, None] == np.array(self.columns, dtype=object)[None, :]


@dataclass(frozen=True)
class ExampleGrid:
    """One value for each example in each cell.

    Examples are parallel: an index names the same text in every language, so an example is the unit of resampling,
    or, where rows share a premise, a context or a sentence, their cluster.

    Attributes
    ----------
    axes : labels of rows and columns.
    examples : (example,) row indices of the data set, increasing.
    values : (row, column, example); NaN where there is none.
    proportion : True where every value is 0 or 1 (accuracy, exact match).
    clusters : (example,) label of the group an example is drawn with; None: every example is drawn alone.
    """

    axes: Axes
    examples: npt.NDArray[np.int64]
    values: Array
    proportion: bool = False
    clusters: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        shape = (*self.axes.shape, len(self.examples))
        if self.values.shape != shape:
            raise DataError(f"Values of shape {self.values.shape} do not fit rows, columns, examples {shape}.")
        if self.values.dtype != np.float64:
            raise DataError(f"Values must be float64, not {self.values.dtype}.")
        if np.any(np.diff(self.examples) <= 0):
            raise DataError("The examples of a grid must be increasing row indices, each once.")
        if self.clusters is not None and len(self.clusters) != len(self.examples):
            raise DataError(f"{len(self.clusters)} clusters for {len(self.examples)} examples: give one for each.")

    def restricted_to(self, examples: npt.NDArray[np.int64]) -> "ExampleGrid":
        """Keep only the examples that are in `examples`."""
        kept = np.isin(self.examples, examples)
        if kept.all():
            return self
        clusters = None if self.clusters is None else self.clusters[kept]
        return replace(self, examples=self.examples[kept], values=self.values[:, :, kept], clusters=clusters)

    def select(self, rows: Sequence[str], columns: Sequence[str]) -> "ExampleGrid":
        """Keep these rows and columns, in the given order.

        Raises
        ------
        DataError : the grid has no such row or column.
        """
        axes = self.axes
        unknown = [label for label in rows if label not in axes.rows] + [
            code for code in columns if code not in axes.columns
        ]
        if unknown:
            raise DataError(f"The grid has no {', '.join(unknown)}: choose among its rows and columns.")
        i, j = [axes.rows.index(label) for label in rows], [axes.columns.index(code) for code in columns]
        chosen = Axes(tuple(rows), tuple(columns), tuple(axes.trained_on[k] for k in i))
        return replace(self, axes=chosen, values=self.values[np.ix_(i, j)])

    def shared_by_most(self) -> "ExampleGrid":
        """Keep the columns that more than half of the rows have values in, and of these the examples likewise.

        Rows are comparable where they were evaluated on the same languages and examples. A row with more of them than
        the others does not make those incomplete, and a row that has only begun removes nothing from the others. Where
        no column is shared by most rows the grid is returned unchanged.
        """
        known = ~np.isnan(self.values)
        columns = 2 * known.any(axis=2).sum(axis=0) > len(self.axes.rows)
        if not columns.any():
            return self
        kept = self.select(
            self.axes.rows, [code for code, keep in zip(self.axes.columns, columns, strict=True) if keep]
        )
        examples = 2 * known[:, columns].any(axis=1).sum(axis=0) > len(self.axes.rows)
        return kept.restricted_to(self.examples[examples]) if examples.any() else kept

    def without_diagonal(self) -> "ExampleGrid":
        """Set the diagonal cells to NaN."""
        return replace(self, values=np.where(self.axes.diagonal[:, :, None], np.nan, self.values))

    def with_own_consistency(self) -> "ExampleGrid":
        """Set the diagonal cells to 1: a text is perfectly consistent with itself by definition."""
        return replace(self, values=np.where(self.axes.diagonal[:, :, None], 1.0, self.values))

    def minus(self, other: "ExampleGrid") -> "ExampleGrid":
        """Return the difference, example by example, over the examples in both grids.

        The interval of its mean is that of a paired comparison, as two models on the same texts require.

        Raises
        ------
        DataError : rows or columns differ, or no example is in both.
        """
        if self.axes != other.axes:
            raise DataError("Two grids can only be compared if they have the same rows and columns.")
        ours, theirs = parallel(self, other)
        return ExampleGrid(self.axes, ours.examples, ours.values - theirs.values, clusters=ours.clusters)


def parallel(a: ExampleGrid, b: ExampleGrid) -> tuple[ExampleGrid, ExampleGrid]:
    """Return both grids on the examples they share, so that equal seeds resample them together.

    Raises
    ------
    DataError : no example is in both.
    """
    shared = np.intersect1d(a.examples, b.examples, assume_unique=True)
    if not len(shared):
        raise DataError("The two grids share no example: run both on the same rows.")
    return a.restricted_to(shared), b.restricted_to(shared)


def shared_cells(a: ExampleGrid, b: ExampleGrid) -> tuple[ExampleGrid, ExampleGrid]:
    """Return both grids over the rows and columns they share, in the order of the first, so that `minus` can follow.

    Raises
    ------
    DataError : no row, or no column, is in both.
    """
    rows = [label for label in a.axes.rows if label in b.axes.rows]
    columns = [code for code in a.axes.columns if code in b.axes.columns]
    if not rows or not columns:
        raise DataError("The two grids share no training language or no language evaluated on: nothing to compare.")
    return a.select(rows, columns), b.select(rows, columns)


def grids_from_frame(
    frame: pd.DataFrame,
    axes: Axes,
    *,
    row: str,
    column: str,
    values: Sequence[str],
    example: str = "example",
    cluster: str | None = None,
    proportion: bool = False,
) -> tuple[ExampleGrid, ...]:
    """Build one grid for each column named in `values`, from a frame with one line per example and cell.

    Lines of rows or columns that are not in `axes` are left out; cells without a line become NaN.

    Parameters
    ----------
    row, column, example : names of the frame's columns with row label, column label and row index of the example.
    cluster : the column with the label of the example's cluster, NaN where it is not known (`clusters_of_examples`).

    Raises
    ------
    DataError : a column is missing, or a cell has two values for one example.
    """
    _require(frame, (row, column, *values, example, *([cluster] if cluster else [])))
    i = pd.Index(axes.rows).get_indexer(frame[row])
    j = pd.Index(axes.columns).get_indexer(frame[column])
    on_axes = (i >= 0) & (j >= 0)
    k, examples = pd.factorize(frame[example].to_numpy(np.int64)[on_axes], sort=True)
    shape = (*axes.shape, len(examples))
    cell = np.ravel_multi_index((i[on_axes], j[on_axes], k), shape)
    filled = np.zeros(shape, bool)
    filled.flat[cell] = True
    if filled.sum() != len(cell):
        raise DataError("A cell has two values for one example: choose one run, or drop the repeated lines.")
    clusters = clusters_of_examples(frame[example], frame[cluster], examples) if cluster else None
    grids = []
    for name in values:
        grid = np.full(shape, np.nan)
        grid.flat[cell] = frame[name].to_numpy(np.float64)[on_axes]
        grids.append(ExampleGrid(axes, examples, grid, proportion, clusters))
    return tuple(grids)


def clusters_of_examples(
    rows: pd.Series, clusters: pd.Series, examples: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the cluster of each of `examples`, from parallel series of rows and clusters; the row where none is known.

    A cluster's label is its lowest row, so an example that is alone has its own row as label.
    """
    known = pd.Series(clusters.to_numpy(), index=rows.to_numpy()).dropna()
    labels = pd.Series(examples, index=examples)
    labels.update(known[~known.index.duplicated()])
    return labels.to_numpy(np.int64)


def _require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DataError(f"The values lack the column {', '.join(missing)}; there is {', '.join(map(str, frame))}.")
