"""A ranked grid in the order and with the notes that a page wants: `GridValues` for the language grid."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.report.tables import RankedGrid
from dashboard.figures.grids.cells import GridKind, GridValues, Interval, Own, Value

Array = npt.NDArray[np.float64]


def summary_grid(
    grid: RankedGrid,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    kind: GridKind,
    diagonal: bool = True,
    own: Own = "value",
    chance: float = 0.0,
    notes: Mapping[tuple[str, str], str] | None = None,
) -> GridValues:
    """Lay out a grid.

    Parameters
    ----------
    rows, columns : codes in the order shown; one that the grid lacks becomes an empty row or column.
    diagonal : whether Overall and All count a row's own training language.
    own : what the diagonal cells are: 1 by definition, left out, or a value like any other.
    chance : the low end of a performance's scale.
    """
    summary = grid.summary
    i = [_place(summary.axes.rows, label) for label in rows]
    j = [_place(summary.axes.columns, code) for code in columns]
    overall, across = grid.overall(diagonal=diagonal), grid.column_means(diagonal=diagonal)
    return GridValues(
        rows=tuple(rows),
        columns=tuple(columns),
        values=[[_value(summary.values, (a, b)) for b in j] for a in i],
        kind=kind,
        intervals=[[_interval(summary.interval, (a, b)) for b in j] for a in i],
        n=[[_count(summary.n, (a, b)) for b in j] for a in i],
        overall=[_value(overall.values, (a,)) for a in i],
        overall_intervals=[_interval(overall.interval, (a,)) for a in i],
        column_means=[_value(across.values, (b,)) for b in j],
        column_intervals=[_interval(across.interval, (b,)) for b in j],
        notes=notes,
        chance=chance,
        own=own,
    )


def _place(labels: Sequence[str], label: str) -> int | None:
    return labels.index(label) if label in labels else None


def _value(values: Array, at: tuple[int | None, ...]) -> Value:
    value = np.nan if None in at else float(values[at])
    return None if np.isnan(value) else value


def _interval(intervals: Array, at: tuple[int | None, ...]) -> Interval:
    low, high = (np.nan, np.nan) if None in at else map(float, intervals[at])
    return None if np.isnan(low) else (low, high)


def _count(n: npt.NDArray[np.int64], at: tuple[int | None, ...]) -> int | None:
    return None if None in at or n[at] == 0 else int(n[at])
