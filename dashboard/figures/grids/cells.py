"""The cells of a language grid: place, colour, text and tooltip of every value."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dashboard.figures.colours import (
    ATTRIBUTION,
    CONSISTENCY,
    PERFORMANCE,
    Theme,
    consistency_position,
    difference_position,
    neutral,
    performance_position,
    text_on,
)
from dashboard.figures.numbers import NOT_RUN, count, decimal, interval, signed, signed_interval

GridKind = Literal["consistency", "performance", "difference"]
Own = Literal["one", "left out", "value"]
Value = float | None
Interval = tuple[float, float] | None
OVERALL, ALL = "Overall", "All"
GIVEN: Mapping[Own, str] = {"one": "1 by definition", "left out": "left out, a language with itself", "value": ""}
GIVEN_TEXT = {GIVEN["one"]: "1", GIVEN["left out"]: "–"}
CROWDED = 10
GAP = 0.18


@dataclass(frozen=True, eq=False)
class GridValues:
    """Values of a grid; None or NaN where nothing was run.

    Attributes
    ----------
    rows, columns : language codes, in the order shown.
    values : (rows, columns). intervals : (low, high) per cell. n : examples per cell. Empty: not known.
    overall, overall_intervals : (rows,) row means; empty: no Overall. column_means, column_intervals : (columns,)
        likewise.
    notes : more lines of a tooltip by (row, column), such as the references.
    kind : decides scale and domain; `chance` is the low end of a performance.
    own : what a cell of a language with itself is: C, 1 by definition; left out; or a value. Only a value is coloured.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Sequence[Sequence[Value]]
    kind: GridKind = "consistency"
    intervals: Sequence[Sequence[Interval]] = ()
    n: Sequence[Sequence[int | None]] = ()
    overall: Sequence[Value] = ()
    overall_intervals: Sequence[Interval] = ()
    column_means: Sequence[Value] = ()
    column_intervals: Sequence[Interval] = ()
    notes: Mapping[tuple[str, str], str] | None = None
    chance: float = 0.0
    own: Own = "value"

    @property
    def crowded(self) -> bool:
        return max(len(self.rows), len(self.columns)) >= CROWDED

    @property
    def limit(self) -> float:
        """Half of a difference's domain: the largest absolute value."""
        known = [abs(value) for line in self.values for value in line if value is not None]
        return max((value for value in known if not math.isnan(value)), default=0.0)


@dataclass(frozen=True)
class _Spot:
    row: str
    column: str
    top: float
    left: float
    value: Value
    details: tuple[str, ...]
    given: str = ""


def grid_cells(grid: GridValues, theme: Theme) -> pd.DataFrame:
    """One line per cell: row, column, value, corners x0 x1 y0 y1, fill, text, ink, weight, tooltip, given."""
    known = [value for value in grid.overall if value is not None and not math.isnan(value)]
    best = max(known, default=None)
    return pd.DataFrame([_record(spot, grid, theme, best) for spot in _spots(grid)])


def _spots(grid: GridValues) -> Iterator[_Spot]:
    for i, row in enumerate(grid.rows):
        for j, column in enumerate(grid.columns):
            given = GIVEN[grid.own] if row == column else ""
            value = grid.values[i][j]
            yield _Spot(row, column, i, j, value, _details(grid, i, j), given)
        if grid.overall:
            near = grid.overall_intervals[i] if grid.overall_intervals else None
            value = grid.overall[i]
            yield _Spot(row, OVERALL, i, len(grid.columns) + GAP, value, (_number(grid, value, near),))
    for j, column in enumerate(grid.columns if grid.column_means else ()):
        value, near = grid.column_means[j], grid.column_intervals[j] if grid.column_intervals else None
        yield _Spot(ALL, column, len(grid.rows) + GAP, j, value, (_number(grid, value, near),))


def _details(grid: GridValues, i: int, j: int) -> tuple[str, ...]:
    near = grid.intervals[i][j] if grid.intervals else None
    lines = [_number(grid, grid.values[i][j], near)]
    n = grid.n[i][j] if grid.n else None
    if n is not None:
        lines.append(f"n = {count(n)}")
    note = (grid.notes or {}).get((grid.rows[i], grid.columns[j]))
    return (*lines, note) if note else tuple(lines)


def _number(grid: GridValues, value: Value, near: Interval) -> str:
    if value is None or math.isnan(value):
        return "not run"
    if grid.kind == "difference":
        return signed_interval(value, *near) if near else signed(value)
    return interval(value, *near) if near else decimal(value)


def _record(spot: _Spot, grid: GridValues, theme: Theme, best: float | None) -> dict[str, object]:
    missing = spot.value is None or math.isnan(spot.value)
    value = 0.0 if spot.value is None or missing else spot.value
    plain = missing or bool(spot.given)
    fill = neutral("surface", theme) if plain else _fill(grid, value, theme)
    text = NOT_RUN if missing else _text(grid, value)
    details = (spot.given,) if spot.given else spot.details
    return {
        "row": spot.row,
        "column": spot.column,
        "value": None if missing else value,
        "x0": spot.left,
        "x1": spot.left + 1,
        "y0": spot.top,
        "y1": spot.top + 1,
        "fill": fill,
        "text": GIVEN_TEXT.get(spot.given, text),
        "ink": neutral("muted", theme) if plain else text_on(fill),
        "weight": "bold" if spot.column == OVERALL and value == best and not missing else "normal",
        "tooltip": f"{spot.row} → {spot.column}: {', '.join(details)}",
        "given": bool(spot.given),
    }


def _text(grid: GridValues, value: float) -> str:
    places = 2 if grid.crowded else 3
    return signed(value, places) if grid.kind == "difference" else decimal(value, places)


def _fill(grid: GridValues, value: float, theme: Theme) -> str:
    if grid.kind == "difference":
        return ATTRIBUTION.at(difference_position(value, grid.limit), theme)
    if grid.kind == "performance":
        return PERFORMANCE.at(performance_position(value, grid.chance), theme)
    return CONSISTENCY.at(consistency_position(value), theme)
