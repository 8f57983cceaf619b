"""Two maps of the cells: what the pair brings, a triangle, and what the training language adds; Altair."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import altair as alt
import pandas as pd

from dashboard.figures.charts import PADDING, framed
from dashboard.figures.colours import (
    ATTRIBUTION,
    CONSISTENCY,
    Theme,
    consistency_position,
    difference_position,
    neutral,
    text_on,
)
from dashboard.figures.grids.marks import (
    CELL,
    CELL_TEXT,
    CORNERS,
    CROWDED_CELL,
    PLACE,
    Places,
    Word,
    cell_texts,
    outline,
    squares,
    words_layer,
)
from dashboard.figures.numbers import NOT_RUN

GAP = 0.2
CROWDED = 10  # rows or columns from which on cells are lower and their numbers smaller
_LINE = 0.38
MapKind = Literal["consistency", "difference"]


@dataclass(frozen=True)
class MapCell:
    """One cell: where it is, what it shows, what pointing at it says; None where it was not run."""

    row: str
    column: str
    value: float | None
    text: str
    said: str
    underlined: bool = False


@dataclass(frozen=True, eq=False)
class CellMap:
    """Cells in rows and columns; a triangle simply lacks some.

    Attributes
    ----------
    columns : name -> the lines of its label. last : the column set apart, a mean over the others; "" without one.
    limit : half of a difference's domain; larger values take the end colours.
    """

    rows: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    cells: Sequence[MapCell]
    kind: MapKind
    limit: float = 0.0
    last: str = ""
    labels_below: bool = False

    @property
    def crowded(self) -> bool:
        return max(len(self.rows), len(self.columns)) >= CROWDED

    @property
    def wide(self) -> float:
        """Width of the cells, in cells."""
        return len(self.columns) + (GAP if self.last else 0)

    @property
    def top(self) -> float:
        """Room above the cells, in cells."""
        return 0.15 if self.labels_below else 0.35 + _LINE * max(map(len, self.columns.values()), default=1)

    @property
    def below(self) -> float:
        return 0.75 if self.labels_below else 0.1

    @property
    def height(self) -> int:
        """Height of the picture in px."""
        cell = CROWDED_CELL if len(self.rows) >= CROWDED else CELL - 4
        return round(cell * (len(self.rows) + self.top + self.below))


def cell_map(
    shown: CellMap, *, theme: Theme = "light", selected: tuple[str, str] | None = None, row_labels: bool = True
) -> alt.LayerChart:
    """Draw the map; a click selects a cell (parameter `cell`, fields `row` and `column`).

    Parameters
    ----------
    selected : (row, column) of the cell with a frame.
    row_labels : False if `map_labels_html` is shown next to it, so that they stay in sight while the map scrolls.

    Returns
    -------
    altair.LayerChart
        As wide as its container.
    """
    cells = map_cells(shown, theme)
    left = 0.12 * max((len(row) for row in shown.rows), default=2) + 0.5 if row_labels else 0.05
    at = Places(left, shown.top, shown.wide, len(shown.rows) + shown.below)
    layers = [
        squares(cells, theme, at),
        *_underlines(cells, at),
        *outline(cells, theme, selected, at),
        cell_texts(cells, 11 if shown.crowded else alt.expr(CELL_TEXT), at),
    ]
    ink = neutral("text", theme)
    words = [Word(row, -0.12, place + 0.5, ink, "right") for place, row in enumerate(shown.rows) if row_labels]
    for place, (name, lines) in enumerate(shown.columns.items()):
        weight, x = ("bold" if name == shown.last else "normal"), _left(shown, name, place) + 0.5
        first = len(shown.rows) + 0.4 if shown.labels_below else -0.25 - _LINE * (len(lines) - 1)
        words += [Word(line, x, first + _LINE * k, ink, weight=weight) for k, line in enumerate(lines)]
    return framed([*layers, words_layer(words, at)], shown.height)


def map_cells(shown: CellMap, theme: Theme) -> pd.DataFrame:
    """One line per cell: row, column, corners x0 x1 y0 y1, fill, text, ink, weight, tooltip, underlined."""
    columns = list(shown.columns)
    return pd.DataFrame(
        [_record(shown, cell, columns.index(cell.column), shown.rows.index(cell.row), theme) for cell in shown.cells]
    )


def _record(shown: CellMap, cell: MapCell, place: int, row: int, theme: Theme) -> dict[str, object]:
    missing = cell.value is None or math.isnan(cell.value)
    fill = neutral("surface", theme) if missing else _fill(shown, float(cell.value or 0.0), theme)
    x = _left(shown, cell.column, place)
    return {
        "row": cell.row,
        "column": cell.column,
        "x0": x,
        "x1": x + 1,
        "y0": float(row),
        "y1": row + 1.0,
        "fill": fill,
        "text": NOT_RUN if missing else cell.text,
        "ink": neutral("muted", theme) if missing else text_on(fill),
        "weight": "bold" if cell.column == shown.last else "normal",
        "tooltip": cell.said,
        "underlined": cell.underlined and not missing,
    }


def _left(shown: CellMap, name: str, place: int) -> float:
    return place + (GAP if name == shown.last else 0.0)


def _fill(shown: CellMap, value: float, theme: Theme) -> str:
    if shown.kind == "difference":
        return ATTRIBUTION.at(difference_position(value, shown.limit), theme)
    return CONSISTENCY.at(consistency_position(value), theme)


def _underlines(cells: pd.DataFrame, at: Places) -> list[alt.Chart]:
    """A line in the ink of the number, below it."""
    lined = cells.loc[cells["underlined"], [*PLACE, *CORNERS, "ink"]]
    if lined.empty:
        return []
    ends = lined.assign(x0=lined["x0"] + 0.12, x1=lined["x1"] - 0.12, y0=lined["y1"] - 0.16, y1=lined["y1"] - 0.16)
    mark = alt.Chart(ends).mark_rule(strokeWidth=1.5, tooltip=None)
    return [mark.encode(**at.corners(), color=alt.Color("ink:N", scale=None))]


def map_labels_html(shown: CellMap) -> str:
    """The row labels of a map that is drawn without them, at the heights of its rows."""
    cell = (shown.height - 2 * PADDING) / (len(shown.rows) + shown.top + shown.below)
    labels = "".join(
        f'<span style="top:{PADDING + cell * (shown.top + place + 0.5):.1f}px">{escape(row)}</span>'
        for place, row in enumerate(shown.rows)
    )
    return f'<div class="rowlabels plain" style="height:{shown.height}px">{labels}</div>'


def round_limit(largest: float) -> float:
    """The end of a difference's scale: the largest value, up to the next multiple of 5 thousandths."""
    return max(0.005, math.ceil(largest * 200 - 1e-9) / 200)
