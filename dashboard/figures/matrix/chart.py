"""The transport matrix and the similarity matrix, with the mass of every token along its edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core.results import PairAnalysis
from dashboard.figures.colours import MASS, Theme, flow_position, neutral, text_on
from dashboard.figures.matrix.axes import Axis, group_axes, group_sums
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.pieces import shorten

MatrixKind = Literal["transport", "similarity"]
PLOTLY_CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False}
ZOOM_FROM = 30
NUMBERS_FROM = 24
SMALLEST_CELL, LARGEST_CELL = 17, 34
_LABELS, _TOP_LABELS, _MARGIN = 84, 74, 8
_BARS = 0.12
_FONT = "Source Sans, Source Sans Pro, Noto Sans, system-ui, sans-serif"


@dataclass(frozen=True)
class _Frame:
    """Sizes in px and colours of one matrix."""

    rows: Axis
    columns: Axis
    cell: int
    theme: Theme

    @property
    def width(self) -> float:
        return _LABELS + _MARGIN + self.cell * len(self.columns.labels) / (1 - _BARS)

    @property
    def height(self) -> float:
        return _TOP_LABELS + _MARGIN + self.cell * len(self.rows.labels) / (1 - _BARS)


def matrix_figure(
    result: PairAnalysis, kind: MatrixKind = "transport", *, theme: Theme = "light", width: int = 480
) -> go.Figure:
    """Draw plan or similarity, source tokens as rows and target tokens as columns, both first to last token.

    Parameters
    ----------
    result : PairAnalysis
        n source and m target units; plan and similarity (n, m).
    kind : "transport" | "similarity"
        Square-root colour up to the largest cell, or linear from 0 to 1 (negative: an empty cell with a dot).
    theme : "light" | "dark"
        Decides every colour; the background stays transparent.
    width : int
        px at hand; cells take 17 to 34 px, so the figure may be wider (let its frame scroll).

    Returns
    -------
    plotly.graph_objects.Figure
        With fixed width and height. Over 60 units a side, those under 0.5% of the mass are one grey row.
    """
    rows, columns = group_axes(result)
    room = (width - _LABELS - _MARGIN) * (1 - _BARS)
    cell = int(np.clip(room // len(columns.labels), SMALLEST_CELL, LARGEST_CELL))
    frame = _Frame(rows, columns, cell, theme)
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
    if kind == "transport":
        _add_transport(figure, result, frame)
    else:
        _add_similarity(figure, result, frame)
    _add_field_lines(figure, frame)
    _style(figure, frame)
    return figure


def _add_bars(figure: go.Figure, frame: _Frame) -> None:
    for axis, horizontal in ((frame.rows, True), (frame.columns, False)):
        positions = list(range(len(axis.labels)))
        colours = [neutral("strong" if position == axis.others else "bar", frame.theme) for position in positions]
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


def _add_transport(figure: go.Figure, result: PairAnalysis, frame: _Frame) -> None:
    plan = group_sums(result.transport.plan, frame.rows, frame.columns)
    gains = result.transport.plan * np.maximum(result.transport.similarity, 0.0)
    gain = group_sums(gains, frame.rows, frame.columns)
    largest = float(plan.max()) or 1.0
    position = np.sqrt(np.clip(plan / largest, 0.0, 1.0))
    position[plan <= 0] = np.nan
    grey = np.zeros(plan.shape, dtype=bool)
    if frame.rows.others is not None:
        grey[frame.rows.others, :] = True
    if frame.columns.others is not None:
        grey[:, frame.columns.others] = True
    texts = _transport_texts(frame, plan, gain, result.consistency)
    own, rest = np.where(grey, np.nan, position), np.where(grey, position, np.nan)
    figure.add_trace(_heatmap(own, texts, _green(frame.theme)), row=2, col=2)
    if grey.any():
        greys: list[list[float | str]] = [
            [0, neutral("border", frame.theme)],
            [1, neutral("strong", frame.theme)],
        ]
        figure.add_trace(_heatmap(rest, texts, greys), row=2, col=2)
    if frame.cell >= NUMBERS_FROM:
        _add_numbers(figure, frame, np.where(grey, 0.0, plan), largest)


def _transport_texts(
    frame: _Frame, plan: NDArray[np.float64], gain: NDArray[np.float64], consistency: float
) -> list[list[str]]:
    rows, columns = frame.rows, frame.columns
    texts = [[""] * len(columns.labels) for _ in rows.labels]
    for i, j in np.argwhere(plan > 0):
        share = gain[i, j] / consistency if consistency > 0 else 0.0
        similarity = "similarity" if rows.single(i) and columns.single(j) else "mean similarity"
        texts[i][j] = (
            f"{_arrow(frame, i, j)}: flow {decimal(plan[i, j])}, "
            f"{similarity} {decimal(gain[i, j] / plan[i, j], 2)}, "
            f"adds {decimal(gain[i, j])} to C ({percent(share)} of it)"
        )
    return texts


def _add_numbers(figure: go.Figure, frame: _Frame, plan: NDArray[np.float64], largest: float) -> None:
    """Whole percents inside cells that hold at least half of one."""
    places = [(int(i), int(j)) for i, j in np.argwhere(plan >= 0.005)]
    colours = [text_on(MASS.at(flow_position(float(plan[place]), largest), frame.theme)) for place in places]
    numbers = go.Scatter(
        x=[j for _, j in places],
        y=[i for i, _ in places],
        text=[f"{100 * plan[place]:.0f}" for place in places],
        mode="text",
        textfont={"size": 11, "color": colours},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_trace(numbers, row=2, col=2)


def _add_similarity(figure: go.Figure, result: PairAnalysis, frame: _Frame) -> None:
    rows, columns = frame.rows, frame.columns
    values = np.full((len(rows.labels), len(columns.labels)), np.nan)
    for i, row in enumerate(rows.members):
        for j, column in enumerate(columns.members):
            if i != rows.others and j != columns.others:
                values[i, j] = result.transport.similarity[row[0], column[0]]
    texts = [
        [f"{_arrow(frame, i, j)}: similarity {decimal(value, 2)}" for j, value in enumerate(line)]
        for i, line in enumerate(values)
    ]
    shown = np.where(values > 0, values, np.nan)
    figure.add_trace(_heatmap(shown, texts, _green(frame.theme)), row=2, col=2)
    empty = [(int(i), int(j)) for i, j in np.argwhere(values <= 0)]
    dots = go.Scatter(
        x=[j for _, j in empty],
        y=[i for i, _ in empty],
        mode="markers",
        marker={"size": 3, "color": neutral("strong", frame.theme)},
        hovertext=[texts[i][j] for i, j in empty],
        hoverinfo="text",
        showlegend=False,
    )
    figure.add_trace(dots, row=2, col=2)


def _arrow(frame: _Frame, i: int, j: int) -> str:
    return f"{_plain(frame.rows.labels[i])} → {_plain(frame.columns.labels[j])}"


def _plain(text: str) -> str:
    """Plotly reads some tags in texts, and decodes these three entities only."""
    return escape(text, quote=False)


def _green(theme: Theme) -> list[list[float | str]]:
    stops = MASS.stops(theme)
    return [[index / (len(stops) - 1), colour] for index, colour in enumerate(stops)]


def _heatmap(values: NDArray[np.float64], texts: list[list[str]], scale: Sequence[Sequence[float | str]]) -> go.Heatmap:
    return go.Heatmap(
        z=[[None if np.isnan(value) else float(value) for value in line] for line in values],
        zmin=0,
        zmax=1,
        colorscale=scale,
        showscale=False,
        hoverongaps=False,
        hovertext=texts,
        hoverinfo="text",
        xgap=1,
        ygap=1,
    )


def _add_field_lines(figure: go.Figure, frame: _Frame) -> None:
    line = {"color": neutral("strong", frame.theme), "width": 1}
    for at in frame.rows.field_starts:
        figure.add_hline(y=at - 0.5, line=line, row=2, col=2)
    for at in frame.columns.field_starts:
        figure.add_vline(x=at - 0.5, line=line, row=2, col=2)


def _style(figure: go.Figure, frame: _Frame) -> None:
    text, raised = neutral("text", frame.theme), neutral("raised", frame.theme)
    n, m = len(frame.rows.labels), len(frame.columns.labels)
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
        dragmode="zoom" if max(n, m) >= ZOOM_FROM else False,
        bargap=0.15,
        showlegend=False,
    )
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "showticklabels": False}
    figure.update_xaxes(**plain, fixedrange=m < ZOOM_FROM)
    figure.update_yaxes(**plain, fixedrange=n < ZOOM_FROM)
    rows, columns = _ticks(frame.rows, text), _ticks(frame.columns, text)
    most = float(max(frame.rows.mass.max(), frame.columns.mass.max()))
    figure.update_yaxes(range=[n - 0.5, -0.5], row=2)
    figure.update_xaxes(range=[-0.5, m - 0.5], col=2)
    figure.update_yaxes(**rows, row=2, col=1)
    figure.update_xaxes(**columns, side="top", tickangle=-58, row=1, col=2)
    figure.update_xaxes(range=[1.12 * most, 0], row=2, col=1)
    figure.update_yaxes(range=[0, 1.12 * most], row=1, col=2)
    _add_surface(figure, frame)


def _ticks(axis: Axis, colour: str) -> dict[str, object]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(axis.labels))),
        "ticktext": [_plain(shorten(label, 11)) for label in axis.labels],
        "showticklabels": True,
        "tickfont": {"size": 11, "color": colour},
    }


def _add_surface(figure: go.Figure, frame: _Frame) -> None:
    """Fill every cell below the flows with the surface colour, so that empty cells keep their grid."""
    empty = np.zeros((len(frame.rows.labels), len(frame.columns.labels)))
    surface = neutral("surface", frame.theme)
    cells = _heatmap(empty, [], [[0, surface], [1, surface]])
    cells.update(hoverinfo="skip", hovertext=None)
    figure.add_trace(cells, row=2, col=2)
    figure.data = (figure.data[-1], *figure.data[:-1])
