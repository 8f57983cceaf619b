"""The matrix of a text too long for a still picture: a Plotly chart with zoom and pan."""

from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.results import PairAnalysis
from dashboard.figures.colours import MASS, Theme, neutral, text_on
from dashboard.figures.matrix.axes import Axis
from dashboard.figures.matrix.cells import (
    LABEL_ANGLE,
    LARGEST_CELL,
    SMALLEST_CELL,
    Cell,
    Matrix,
    MatrixKind,
    matrix_cells,
)
from dashboard.figures.numbers import percent

PLOTLY_CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False}
NUMBERS_FROM = 24
_LABELS, _TOP_LABELS, _MARGIN = 84, 74, 8
_BARS = 0.12
_FONT = "Source Sans, Source Sans Pro, Noto Sans, system-ui, sans-serif"


@dataclass(frozen=True)
class _Frame:
    """The cells, their size in px, and the colours."""

    matrix: Matrix
    cell: int
    theme: Theme

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.matrix.rows.labels), len(self.matrix.columns.labels)

    @property
    def width(self) -> float:
        return _LABELS + _MARGIN + self.cell * self.shape[1] / (1 - _BARS)

    @property
    def height(self) -> float:
        return _TOP_LABELS + _MARGIN + self.cell * self.shape[0] / (1 - _BARS)


def matrix_figure(
    result: PairAnalysis, kind: MatrixKind = "transport", *, theme: Theme = "light", width: int = 480
) -> go.Figure:
    """Draw plan or similarity, source tokens as rows and target tokens as columns, both first to last token.

    Parameters
    ----------
    result : PairAnalysis
        n source and m target units; plan and similarity (n, m).
    kind : "transport" | "similarity"
        See `matrix_cells`.
    theme : "light" | "dark"
        Decides every colour; the background stays transparent.
    width : int
        px available; cells take 17 to 34 px, so the figure may be wider (let its frame scroll).

    Returns
    -------
    plotly.graph_objects.Figure
        With fixed width and height; dragging zooms.
    """
    matrix = matrix_cells(result, kind)
    room = (width - _LABELS - _MARGIN) * (1 - _BARS)
    cell = int(np.clip(room // len(matrix.columns.labels), SMALLEST_CELL, LARGEST_CELL))
    frame = _Frame(matrix, cell, theme)
    figure = make_subplots(
        rows=2,
        cols=2,
        shared_xaxes=True,
        shared_yaxes=True,
        column_widths=[_BARS, 1 - _BARS],
        row_heights=[_BARS, 1 - _BARS],
        horizontal_spacing=0.006,
        vertical_spacing=0.006,
    )
    _add_bars(figure, frame)
    _add_cells(figure, frame)
    _add_field_lines(figure, frame)
    _style(figure, frame)
    return figure


def _add_bars(figure: go.Figure, frame: _Frame) -> None:
    for axis, horizontal in ((frame.matrix.rows, True), (frame.matrix.columns, False)):
        positions = list(range(len(axis.labels)))
        colours = [neutral("bar" if axis.single(position) else "strong", frame.theme) for position in positions]
        texts = [
            f"{_plain(label)}: mass {percent(float(mass))}" for label, mass in zip(axis.labels, axis.mass, strict=True)
        ]
        bar = go.Bar(
            x=list(axis.mass) if horizontal else positions,
            y=positions if horizontal else list(axis.mass),
            orientation="h" if horizontal else "v",
            marker={"color": colours, "line": {"width": 0}},
            hovertext=texts,
            hoverinfo="text",
            showlegend=False,
        )
        figure.add_trace(bar, row=2 if horizontal else 1, col=1 if horizontal else 2)


def _add_cells(figure: go.Figure, frame: _Frame) -> None:
    """Add the surface, the coloured cells, the grey sums, the numbers, and the dots of pairs without similarity."""
    cells, theme = frame.matrix.cells, frame.theme
    surface = neutral("surface", theme)
    _add_heatmap(figure, frame, None, [[0, surface], [1, surface]])
    stops = MASS.stops(theme)
    green: list[list[float | str]] = [[index / (len(stops) - 1), colour] for index, colour in enumerate(stops)]
    _add_heatmap(figure, frame, [cell for cell in cells if not cell.summed], green)
    if sums := [cell for cell in cells if cell.summed]:
        _add_heatmap(figure, frame, sums, [[0, neutral("border", theme)], [1, neutral("strong", theme)]])
    if frame.cell >= NUMBERS_FROM:
        _add_numbers(figure, frame, [cell for cell in cells if cell.number])
    if frame.matrix.kind == "similarity":
        _add_dots(figure, frame, [cell for cell in cells if cell.position is None])


def _add_heatmap(figure: go.Figure, frame: _Frame, cells: list[Cell] | None, scale: list[list[float | str]]) -> None:
    """Add cells with their tooltips; None fills every cell at the low end, without tooltips."""
    values: list[list[float | None]] = [
        [None if cells is not None else 0.0] * frame.shape[1] for _ in range(frame.shape[0])
    ]
    texts = [[""] * frame.shape[1] for _ in range(frame.shape[0])]
    for cell in cells or ():
        values[cell.row][cell.column] = cell.position
        texts[cell.row][cell.column] = _plain(cell.title)
    heatmap = go.Heatmap(
        z=values,
        zmin=0,
        zmax=1,
        colorscale=scale,
        showscale=False,
        hoverongaps=False,
        hovertext=texts if cells is not None else None,
        hoverinfo="text" if cells is not None else "skip",
        xgap=1,
        ygap=1,
    )
    figure.add_trace(heatmap, row=2, col=2)


def _add_numbers(figure: go.Figure, frame: _Frame, cells: list[Cell]) -> None:
    colours = [text_on(MASS.at(cell.position or 0.0, frame.theme)) for cell in cells]
    numbers = go.Scatter(
        x=[cell.column for cell in cells],
        y=[cell.row for cell in cells],
        text=[cell.number for cell in cells],
        mode="text",
        textfont={"size": 11, "color": colours},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_trace(numbers, row=2, col=2)


def _add_dots(figure: go.Figure, frame: _Frame, cells: list[Cell]) -> None:
    dots = go.Scatter(
        x=[cell.column for cell in cells],
        y=[cell.row for cell in cells],
        mode="markers",
        marker={"size": 3, "color": neutral("strong", frame.theme)},
        hovertext=[_plain(cell.title) for cell in cells],
        hoverinfo="text",
        showlegend=False,
    )
    figure.add_trace(dots, row=2, col=2)


def _plain(text: str) -> str:
    """Plotly reads some tags in texts, and decodes these three entities only."""
    return escape(text, quote=False)


def _add_field_lines(figure: go.Figure, frame: _Frame) -> None:
    line = {"color": neutral("strong", frame.theme), "width": 1}
    for at in frame.matrix.rows.field_starts:
        figure.add_hline(y=at - 0.5, line=line, row=2, col=2)
    for at in frame.matrix.columns.field_starts:
        figure.add_vline(x=at - 0.5, line=line, row=2, col=2)


def _style(figure: go.Figure, frame: _Frame) -> None:
    text, raised = neutral("text", frame.theme), neutral("raised", frame.theme)
    figure.update_layout(
        width=frame.width,
        height=frame.height,
        margin={"l": _LABELS, "t": _TOP_LABELS, "r": _MARGIN, "b": _MARGIN},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 12, "color": text},
        hoverlabel={
            "bgcolor": raised,
            "font": {"color": text},
            "bordercolor": neutral("border", frame.theme),
        },
        dragmode="zoom",
        bargap=0.15,
        showlegend=False,
    )
    _style_axes(figure, frame)


def _style_axes(figure: go.Figure, frame: _Frame) -> None:
    rows, columns = frame.matrix.rows, frame.matrix.columns
    n, m = frame.shape
    text = neutral("text", frame.theme)
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "showticklabels": False}
    figure.update_xaxes(**plain)
    figure.update_yaxes(**plain)
    most = float(max(rows.mass.max(), columns.mass.max()))
    figure.update_yaxes(range=[n - 0.5, -0.5], row=2)
    figure.update_xaxes(range=[-0.5, m - 0.5], col=2)
    figure.update_yaxes(**_ticks(rows, text), row=2, col=1)
    figure.update_xaxes(**_ticks(columns, text), side="top", tickangle=-LABEL_ANGLE, row=1, col=2)
    figure.update_xaxes(range=[1.12 * most, 0], row=2, col=1)
    figure.update_yaxes(range=[0, 1.12 * most], row=1, col=2)


def _ticks(axis: Axis, colour: str) -> dict[str, object]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(axis.labels))),
        "ticktext": [_plain(label) for label in axis.short_labels],
        "showticklabels": True,
        "tickfont": {"size": 11, "color": colour},
    }
