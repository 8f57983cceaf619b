"""The language grid: one value per pair of languages, with row and column means; Altair."""

import html
from typing import Any

import altair as alt
import pandas as pd

from dashboard.figures.charts import PADDING, framed
from dashboard.figures.colours import Theme, neutral
from dashboard.figures.grids.cells import ALL, GAP, OVERALL, GridValues, grid_cells
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

HATCH = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)
# Room left of the cells and above them, in cells; by whether the grid is crowded.
_LEFT, _TOP = {False: 0.95, True: 1.6}, {False: 0.9, True: 1.5}


def language_grid(
    grid: GridValues,
    *,
    theme: Theme = "light",
    selected: tuple[str, str] | None = None,
    row_title: str = "trained on",
    column_title: str = "evaluated on",
    row_labels: bool = True,
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
    row_labels : bool
        False if `row_labels_html` is shown next to it, so that they stay in sight while the grid scrolls sideways.

    Returns
    -------
    altair.LayerChart
        As wide as its container; cells 40 px high, 28 from 10 languages on.
    """
    cells = grid_cells(grid, theme)
    wide = len(grid.columns) + (1 + GAP if grid.overall else 0)
    left, top, tall = _LEFT[grid.crowded], _TOP[grid.crowded], _tall(grid)
    at = Places(left if row_labels else 0.05, top, wide, tall)
    layers = [
        squares(cells, theme, at),
        *_given(cells.loc[cells["given"], [*PLACE, *CORNERS]], theme, at),
        *outline(cells, theme, selected, at),
        cell_texts(cells, 11 if grid.crowded else alt.expr(CELL_TEXT), at),
    ]
    words = [*_column_labels(grid, theme), _title(column_title, len(grid.columns) / 2, 0.2 - top, theme)]
    if row_labels:
        words += [*_row_labels(grid, theme), _title(row_title, 0.15 - left, len(grid.rows) / 2, theme, angle=270)]
    return framed([*layers, words_layer(words, at)], _height(grid))


def row_labels_html(grid: GridValues, title: str = "trained on") -> str:
    """The row labels of a grid that is drawn without them, at the heights of its rows."""
    top = _TOP[grid.crowded]
    cell = (_height(grid) - 2 * PADDING) / (_tall(grid) + top)

    def centre(row: float) -> str:
        return f"{PADDING + cell * (top + row + 0.5):.1f}px"

    rows = [(code, float(i), "") for i, code in enumerate(grid.rows)]
    if grid.column_means:
        rows.append((ALL, len(grid.rows) + GAP, ' class="all"'))
    labels = "".join(f'<span{css} style="top:{centre(at)}">{html.escape(label)}</span>' for label, at, css in rows)
    what = f'<i style="top:{centre((len(grid.rows) - 1) / 2)}">{html.escape(title)}</i>'
    return f'<div class="rowlabels" style="height:{_height(grid)}px">{what}{labels}</div>'


def _tall(grid: GridValues) -> float:
    return len(grid.rows) + (1 + GAP if grid.column_means else 0)


def _height(grid: GridValues) -> int:
    return round((CROWDED_CELL if grid.crowded else CELL) * (_tall(grid) + _TOP[grid.crowded]))


def _given(given: pd.DataFrame, theme: Theme, at: Places) -> list[alt.Chart]:
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


def _row_labels(grid: GridValues, theme: Theme) -> list[Word]:
    ink = neutral("text", theme)
    words = [Word(code, -0.12, i + 0.5, ink, "right") for i, code in enumerate(grid.rows)]
    if grid.column_means:
        words.append(Word(ALL, -0.12, len(grid.rows) + GAP + 0.5, ink, "right", "bold"))
    return words


def _column_labels(grid: GridValues, theme: Theme) -> list[Word]:
    ink, above = neutral("text", theme), -0.35 if grid.crowded else -0.2
    words = [Word(code, j + 0.5, above, ink) for j, code in enumerate(grid.columns)]
    if grid.overall:
        left = len(grid.columns) + GAP
        # The title of a narrow column ends where its cells do.
        place = left + (1 if grid.crowded else 0.5)
        words.append(Word(OVERALL, place, above, ink, "right" if grid.crowded else "center", "bold"))
    return words


def _title(title: str, x: float, y: float, theme: Theme, *, angle: float = 0) -> Word:
    return Word(title, x, y, neutral("muted", theme), size=11, angle=angle)
