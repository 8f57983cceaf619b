"""The language grid: one value per pair of languages, with row and column means; Altair."""

from typing import Any, Literal

import altair as alt
import pandas as pd

from dashboard.figures.charts import framed
from dashboard.figures.colours import Theme, neutral
from dashboard.figures.grid_cells import ALL, GAP, OVERALL, GridValues, grid_cells

SELECTION = "cell"
HATCH = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)
# Three decimals in a cell need 13 px type; a phone has room for 11.
CELL_TEXT = "width < 420 ? 11 : 13"


def language_grid(
    grid: GridValues,
    *,
    theme: Theme = "light",
    selected: tuple[str, str] | None = None,
    row_title: str = "trained on",
    column_title: str = "evaluated on",
) -> alt.LayerChart:
    """Draw the grid with text in every cell; a click selects (parameter `cell`, fields `row` and `column`).

    Parameters
    ----------
    grid : GridValues
    theme : "light" | "dark"
        Decides every colour; the background stays transparent.
    selected : (row, column), optional
        Outlined in the text colour, so that two grids can show one choice.
    row_title, column_title : str
        What rows and columns are; "" leaves a title out.

    Returns
    -------
    altair.LayerChart
        As wide as its container; cells 40 px high, 28 from 10 languages on.
    """
    cells = grid_cells(grid, theme)
    wide = len(grid.columns) + (1 + GAP if grid.overall else 0)
    tall = len(grid.rows) + (1 + GAP if grid.column_means else 0)
    left, top = (1.6, 1.3) if grid.crowded else (0.95, 0.9)
    at = _Places(left, top, wide, tall)
    click = alt.selection_point(name=SELECTION, fields=["row", "column"], on="click", empty=False)
    squares = (
        alt.Chart(cells)
        .mark_rect(strokeWidth=1, cursor="pointer")
        .encode(
            **at.corners(),
            fill=alt.Fill("fill:N", scale=None),
            stroke=alt.value(neutral("bg", theme)),
            tooltip=alt.Tooltip("tooltip:N", title=" "),
        )
        .add_params(click)
    )
    layers = [
        squares,
        *_given(cells[cells["given"]], theme, at),
        *_outline(cells, theme, selected, at),
        *_texts(cells, 11 if grid.crowded else alt.expr(CELL_TEXT), at),
        *_labels(grid, theme, at),
        *_titles(grid, theme, (row_title, column_title), at),
    ]
    return framed(layers, (28 if grid.crowded else 40) * (tall + top))


class _Places:
    """Encodings in units of one cell; the margins left and above hold labels and titles."""

    def __init__(self, left: float, top: float, wide: float, tall: float) -> None:
        self.left, self.top = left, top
        self._x: dict[str, Any] = {"scale": alt.Scale(domain=[-left, wide], nice=False, zero=False), "axis": None}
        self._y: dict[str, Any] = {"scale": alt.Scale(domain=[tall, -top], nice=False, zero=False), "axis": None}

    def corners(self) -> dict[str, Any]:
        return {"x": alt.X("x0:Q", **self._x), "x2": "x1", "y": alt.Y("y0:Q", **self._y), "y2": "y1"}

    def centre(self) -> dict[str, Any]:
        return {"x": alt.X("x:Q", **self._x), "y": alt.Y("y:Q", **self._y)}


def _given(given: pd.DataFrame, theme: Theme, at: _Places) -> list[alt.Chart]:
    """Cells that are 1 by definition or left out: hatched but where the text is, with a dashed outline."""
    if given.empty:
        return []
    style: dict[str, Any] = {"stroke": neutral("strong", theme), "strokeWidth": 1, "tooltip": None}
    middle = given.assign(x0=given["x0"] + 0.28, x1=given["x1"] - 0.28, y0=given["y0"] + 0.3, y1=given["y1"] - 0.3)
    return [
        alt.Chart(_hatch(given)).mark_rule(opacity=0.4, **style).encode(**at.corners()),
        alt.Chart(middle).mark_rect(fill=neutral("surface", theme), tooltip=None).encode(**at.corners()),
        alt.Chart(given).mark_rect(fillOpacity=0, strokeDash=[3, 3], **style).encode(**at.corners()),
    ]


def _hatch(given: pd.DataFrame) -> pd.DataFrame:
    """Ends of the lines from lower left to upper right of every cell."""
    ends = []
    for cell in given.itertuples():
        for step in HATCH:
            left, right = max(0.0, step - 1), min(1.0, step)
            down = (cell.y0 + step - left, cell.y0 + step - right)
            ends.append((cell.row, cell.column, cell.x0 + left, cell.x0 + right, *down))
    return pd.DataFrame(ends, columns=["row", "column", "x0", "x1", "y0", "y1"])


def _outline(cells: pd.DataFrame, theme: Theme, selected: tuple[str, str] | None, at: _Places) -> list[alt.Chart]:
    row, column = selected or ("", "")
    chosen = cells[(cells["row"] == row) & (cells["column"] == column)]
    if chosen.empty:
        return []
    mark = alt.Chart(chosen).mark_rect(fillOpacity=0, stroke=neutral("text", theme), strokeWidth=2, tooltip=None)
    return [mark.encode(**at.corners())]


def _texts(cells: pd.DataFrame, size: Any, at: _Places) -> list[alt.Chart]:
    middle = cells.assign(x=(cells["x0"] + cells["x1"]) / 2, y=(cells["y0"] + cells["y1"]) / 2)
    layers = []
    for weight in ("normal", "bold"):
        chosen = middle[middle["weight"] == weight]
        if chosen.empty:
            continue
        mark = alt.Chart(chosen).mark_text(fontSize=size, fontWeight=weight, tooltip=None)
        layers.append(mark.encode(**at.centre(), text="text:N", color=alt.Color("ink:N", scale=None)))
    return layers


def _labels(grid: GridValues, theme: Theme, at: _Places) -> list[alt.Chart]:
    left = [(code, -0.12, i + 0.5) for i, code in enumerate(grid.rows)]
    top = [(code, j + 0.5, -0.2) for j, code in enumerate(grid.columns)]
    layers = [_words(left, theme, at, align="right"), _words(top, theme, at, align="center")]
    if grid.column_means:
        layers.append(_words([(ALL, -0.12, len(grid.rows) + GAP + 0.5)], theme, at, align="right", bold=True))
    if grid.overall:
        layers.append(_words([(OVERALL, len(grid.columns) + GAP + 0.5, -0.2)], theme, at, align="center", bold=True))
    return layers


def _words(
    words: list[tuple[str, float, float]],
    theme: Theme,
    at: _Places,
    *,
    align: Literal["right", "center"],
    bold: bool = False,
) -> alt.Chart:
    frame = pd.DataFrame(words, columns=["text", "x", "y"])
    mark = alt.Chart(frame).mark_text(
        fontSize=12,
        fontWeight="bold" if bold else "normal",
        align=align,
        color=neutral("text", theme),
        tooltip=None,
    )
    return mark.encode(**at.centre(), text="text:N")


def _titles(grid: GridValues, theme: Theme, titles: tuple[str, str], at: _Places) -> list[alt.Chart]:
    style: dict[str, Any] = {"fontSize": 11, "color": neutral("muted", theme), "tooltip": None}
    down = pd.DataFrame([(titles[0], -at.left + 0.15, len(grid.rows) / 2)], columns=["text", "x", "y"])
    across = pd.DataFrame([(titles[1], len(grid.columns) / 2, 0.2 - at.top)], columns=["text", "x", "y"])
    return [
        alt.Chart(down).mark_text(angle=270, **style).encode(**at.centre(), text="text:N"),
        alt.Chart(across).mark_text(**style).encode(**at.centre(), text="text:N"),
    ]
