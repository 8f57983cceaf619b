"""What pictures made of cells share: places in units of a cell, squares that a click selects, texts and labels."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from dashboard.figures.colours import Theme, neutral

SELECTION = "cell"
# Every mark of a cell knows its place, which a click on it selects; it is sent nothing that it does not draw.
PLACE, CORNERS = ("row", "column"), ("x0", "x1", "y0", "y1")
CELL, CROWDED_CELL = 40, 28  # px high
# Three decimals in a cell need 13 px type; a phone has room for 11.
CELL_TEXT = "width < 420 ? 11 : 13"
# How a word is drawn -> the field that says it.
_STYLE = {
    "color": "ink",
    "align": "align",
    "fontWeight": "weight",
    "fontSize": "size",
    "angle": "angle",
}


class Places:
    """Encodings in units of one cell; the margins left and above hold labels and titles."""

    def __init__(self, left: float, top: float, wide: float, tall: float) -> None:
        self.left, self.top = left, top
        self._x: dict[str, Any] = {"scale": alt.Scale(domain=[-left, wide], nice=False, zero=False), "axis": None}
        self._y: dict[str, Any] = {"scale": alt.Scale(domain=[tall, -top], nice=False, zero=False), "axis": None}

    def corners(self) -> dict[str, Any]:
        return {"x": alt.X("x0:Q", **self._x), "x2": alt.X2("x1"), "y": alt.Y("y0:Q", **self._y), "y2": alt.Y2("y1")}

    def centre(self) -> dict[str, Any]:
        return {"x": alt.X("x:Q", **self._x), "y": alt.Y("y:Q", **self._y)}


def squares(cells: pd.DataFrame, theme: Theme, at: Places) -> alt.Chart:
    """The coloured cells; a click selects one (parameter `cell`, fields `row` and `column`)."""
    click = alt.selection_point(name=SELECTION, fields=list(PLACE), on="click", empty=False)
    return (
        alt.Chart(cells[[*PLACE, *CORNERS, "fill", "tooltip"]])
        .mark_rect(strokeWidth=1, cursor="pointer")
        .encode(
            **at.corners(),
            fill=alt.Fill("fill:N", scale=None),
            stroke=alt.value(neutral("bg", theme)),
            tooltip=alt.Tooltip("tooltip:N", title=" "),
        )
        .add_params(click)
    )


def outline(cells: pd.DataFrame, theme: Theme, selected: tuple[str, str] | None, at: Places) -> list[alt.Chart]:
    """The frame of the selected cell; no chart where it is not among the cells."""
    row, column = selected or ("", "")
    chosen = cells.loc[(cells["row"] == row) & (cells["column"] == column), [*PLACE, *CORNERS]]
    if chosen.empty:
        return []
    mark = alt.Chart(chosen).mark_rect(fillOpacity=0, stroke=neutral("text", theme), strokeWidth=2, tooltip=None)
    return [mark.encode(**at.corners())]


def cell_texts(cells: pd.DataFrame, size: Any, at: Places) -> alt.Chart:
    """The numbers in the cells."""
    middle = cells.assign(x=(cells["x0"] + cells["x1"]) / 2, y=(cells["y0"] + cells["y1"]) / 2)
    mark = alt.Chart(middle[[*PLACE, "x", "y", "text", "ink", "weight"]]).mark_text(
        fontSize=size, fontWeight=alt.expr("datum.weight"), tooltip=None
    )
    return mark.encode(**at.centre(), text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None))


@dataclass(frozen=True)
class Word:
    """A label or a title next to the cells; `x` and `y` in cells."""

    text: str
    x: float
    y: float
    ink: str
    align: Literal["left", "right", "center"] = "center"
    weight: str = "normal"
    size: int = 12
    angle: float = 0


def words_layer(words: list[Word], at: Places) -> alt.Chart:
    """All words in one layer: each layer takes the browser and Altair their time."""
    style: dict[str, Any] = {name: alt.expr(f"datum.{field}") for name, field in _STYLE.items()}
    mark = alt.Chart(pd.DataFrame([asdict(word) for word in words])).mark_text(tooltip=None, **style)
    return mark.encode(**at.centre(), text=alt.Text("text:N"))
