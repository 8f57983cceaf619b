"""Performance against consistency, one point a language, with intervals and the fitted line; Altair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.report.tables import Scatter
from core.statistics import LinearFit
from core.text.languages import LANGUAGES
from dashboard.figures.charts import framed
from dashboard.figures.colours import LANGUAGE_GROUPS, Theme, neutral
from dashboard.figures.numbers import count
from dashboard.figures.scatter.labels import Line, place_labels
from dashboard.figures.words.correlation import inside
from dashboard.figures.words.languages import language, written

SELECTION = "point"
WIDTH, HEIGHT = 620, 420
MARGIN = 0.06
STRIP = 0.17


@dataclass(frozen=True)
class Domains:
    """Ends of both axes, equal for charts that are compared.

    `scale_end` is where the scale of x ends and the strip of the training language, which is off the scale, begins;
    None where every point is on the scale.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    scale_end: float | None = None

    def in_strip(self, share: float) -> float:
        """The x at this share of the strip, from the end of the scale to the edge."""
        start = self.x[1] if self.scale_end is None else self.scale_end
        return start + share * (self.x[1] - start)


def scatter_domains(scatters: Sequence[Scatter], *, diagonal: bool) -> Domains:
    """Room for every point, its interval, and a margin; C of the training language does not stretch the scale."""
    frames = [scatter_frame(scatter, diagonal=diagonal) for scatter in scatters]
    frame = pd.concat(frames) if frames else pd.DataFrame()
    if frame.empty:
        return Domains((0.0, 1.0), (0.0, 1.0))
    others = frame if frame["own"].all() else frame[~frame["own"]]
    left, right = _ends(float(others["x_low"].min()), float(others["x_high"].max()))
    vertical = _ends(float(frame["y_low"].min()), float(frame["y_high"].max()))
    if frame["x"].max() <= right:
        return Domains((left, right), vertical)
    return Domains((left, right + STRIP * (right - left)), vertical, scale_end=right)


def _ends(low: float, high: float) -> tuple[float, float]:
    room = MARGIN * (high - low) or 0.02
    return low - room, high + room


def scatter_frame(scatter: Scatter, *, diagonal: bool, performance_name: str = "performance") -> pd.DataFrame:
    """One line a point: code, language, group, x, y, ends of their intervals, own, tooltip.

    Languages without a value are left out, and the training language too unless `diagonal`. The tooltip calls the
    performance by its name.
    """
    name = inside(performance_name)
    lines = []
    for k, code in enumerate(scatter.languages):
        x, y = float(scatter.consistency[k]), float(scatter.performance[k])
        own = code == scatter.trained_on
        if np.isnan(x + y) or (own and not diagonal):
            continue
        x_low, x_high = _bounds(x, scatter.consistency_interval[k])
        y_low, y_high = _bounds(y, scatter.performance_interval[k])
        group = LANGUAGES[code].group if code in LANGUAGES else "other families"
        tooltip = _tooltip(scatter, k, name)
        lines.append((code, language(code), group, x, y, x_low, x_high, y_low, y_high, own, tooltip))
    names = ["code", "language", "group", "x", "y", "x_low", "x_high", "y_low", "y_high", "own", "tooltip"]
    return pd.DataFrame(lines, columns=names)


def _bounds(value: float, interval: np.ndarray) -> tuple[float, float]:
    low, high = map(float, interval)
    return (value, value) if np.isnan(low) else (low, high)


def _tooltip(scatter: Scatter, k: int, name: str) -> str:
    x = written(float(scatter.consistency[k]), *map(float, scatter.consistency_interval[k]))
    y = written(float(scatter.performance[k]), *map(float, scatter.performance_interval[k]))
    n = f", n = {count(int(scatter.n[k]))}" if scatter.n[k] else ""
    return f"{language(scatter.languages[k])}: C {x}, {name} {y}{n}"


def scatter_chart(
    scatter: Scatter,
    domains: Domains,
    *,
    performance_name: str,
    diagonal: bool = True,
    theme: Theme = "light",
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> alt.LayerChart:
    """Draw the points of one checkpoint; a click selects (parameter `point`, field `code`).

    Marks are coloured and shaped by language group, and every point is labelled with its code. The training language
    is a ring; where its C is off the scale it is drawn at the edge, with an arrow and its value. The line is least
    squares with its 95% band; it is missing below four languages.

    Parameters
    ----------
    performance_name : of the vertical axis, such as "Accuracy".
    diagonal : whether the training language is a point, and counts for the line.
    size : px; labels are placed for this width, and the chart is as wide as its container.
    """
    frame = scatter_frame(scatter, diagonal=diagonal, performance_name=performance_name)
    frame = _at_the_edge(frame, domains)
    axes = _Axes(domains, performance_name, theme)
    layers = [*_fit(scatter, diagonal, domains, axes, theme), *_crosses(frame, axes, theme)]
    layers += [*_points(frame, axes, theme), *_edge(frame, domains, axes, theme)]
    layers += _labels(frame[~frame["off"]], domains, axes, theme, size)
    return framed(layers, size[1])


def _at_the_edge(frame: pd.DataFrame, domains: Domains) -> pd.DataFrame:
    """Move what is off the scale into the strip; columns `off`, and `value` for what is written there."""
    if domains.scale_end is None:
        return frame.assign(off=False, value="")
    off = frame["x"] > domains.scale_end
    edge = domains.in_strip(0.2)
    moved = {column: frame[column].mask(off, edge) for column in ("x", "x_low", "x_high")}
    return frame.assign(off=off, value="C = " + frame["x"].map("{:g}".format), **moved)


def _edge(frame: pd.DataFrame, domains: Domains, axes: "_Axes", theme: Theme) -> list[alt.Chart]:
    """The end of the scale, and beyond it an arrow from the point that lies further out, with its code and C."""
    off = frame[frame["off"]]
    if domains.scale_end is None or off.empty:
        return []
    style: dict[str, Any] = {"color": neutral("strong", theme), "tooltip": None}
    end = alt.Chart(pd.DataFrame({"x": [domains.scale_end]})).mark_rule(strokeDash=[3, 3], **style)
    arrow = alt.Chart(off.assign(start=domains.in_strip(0.36), tip=domains.in_strip(0.92)))
    head = arrow.mark_point(shape="triangle-right", filled=True, opacity=1, size=50, **style)
    text: dict[str, Any] = {"fontSize": 12, "color": neutral("text", theme), "tooltip": None, "align": "left", "dx": 9}
    return [
        end.encode(x=axes.x()),
        arrow.mark_rule(**style).encode(x=axes.x("start"), x2=alt.X2("tip"), y=axes.y()),
        head.encode(x=axes.x("tip"), y=axes.y()),
        arrow.mark_text(dy=-12, **text).encode(x=axes.x(), y=axes.y(), text=alt.Text("code:N")),
        arrow.mark_text(dy=13, **text).encode(x=axes.x(), y=axes.y(), text=alt.Text("value:N")),
    ]


class _Axes:
    """The encodings of both axes."""

    def __init__(self, domains: Domains, performance_name: str, theme: Theme) -> None:
        style: dict[str, Any] = {
            "gridColor": neutral("border", theme),
            "domainColor": neutral("strong", theme),
            "tickColor": neutral("strong", theme),
            "labelColor": neutral("muted", theme),
            "titleColor": neutral("text", theme),
            "titleFontWeight": "normal",
            "tickCount": 6,
        }
        self._x = alt.Scale(domain=domains.x, nice=False, zero=False)
        self._y = alt.Scale(domain=domains.y, nice=False, zero=False)
        on_scale: dict[str, Any] = {}
        if domains.scale_end is not None:
            there = f"datum.value <= {domains.scale_end}"
            shown = {"condition": {"test": there, "value": 1}, "value": 0}
            on_scale = {"gridOpacity": shown, "tickOpacity": shown, "labelExpr": f"{there} ? datum.label : ''"}
        self._x_axis = alt.Axis(title="Consistency C", **style, **on_scale)
        self._y_axis = alt.Axis(title=performance_name, **style)

    def x(self, field: str = "x") -> alt.X:
        return alt.X(f"{field}:Q", scale=self._x, axis=self._x_axis)

    def y(self, field: str = "y") -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self._y, axis=self._y_axis)


def _fit(scatter: Scatter, diagonal: bool, domains: Domains, axes: _Axes, theme: Theme) -> list[alt.Chart]:
    fit = scatter.line(diagonal=diagonal)
    if not isinstance(fit, LinearFit):
        return []
    frame = pd.DataFrame({"x": fit.x, "y": fit.y, "low": fit.low, "high": fit.high})
    if domains.scale_end is not None:
        frame = frame[frame["x"] <= domains.scale_end]
    chart = alt.Chart(frame)
    return [
        chart.mark_area(color=neutral("strong", theme), opacity=0.18, tooltip=None, clip=True).encode(
            x=axes.x(), y=axes.y("low"), y2=alt.Y2("high")
        ),
        chart.mark_line(color=neutral("strong", theme), strokeWidth=1.5, tooltip=None, clip=True).encode(
            x=axes.x(), y=axes.y()
        ),
    ]


def _crosses(frame: pd.DataFrame, axes: _Axes, theme: Theme) -> list[alt.Chart]:
    chart = alt.Chart(frame)
    style: dict[str, Any] = {"opacity": 0.4, "color": neutral("text", theme), "tooltip": None}
    return [
        chart.mark_rule(**style).encode(x=axes.x("x_low"), x2=alt.X2("x_high"), y=axes.y()),
        chart.mark_rule(**style).encode(x=axes.x(), y=axes.y("y_low"), y2=alt.Y2("y_high")),
    ]


def _points(frame: pd.DataFrame, axes: _Axes, theme: Theme) -> list[alt.Chart]:
    groups = list(LANGUAGE_GROUPS)
    colours = [LANGUAGE_GROUPS[name].colour(theme) for name in groups]
    colour = alt.Scale(domain=groups, range=colours)
    shape = alt.Shape(
        "group:N", scale=alt.Scale(domain=groups, range=[LANGUAGE_GROUPS[name].shape for name in groups]), legend=None
    )
    click = alt.selection_point(name=SELECTION, fields=["code"], on="click", empty=False)
    layers = []
    for own in (False, True):
        points = frame[frame["own"] == own]
        # A group without points has nothing to say to a screen reader.
        chart = alt.Chart(points).mark_point(
            size=110, strokeWidth=2, opacity=1, cursor="pointer", filled=not own, aria=not points.empty
        )
        layers.append(
            chart.encode(
                x=axes.x(),
                y=axes.y(),
                shape=shape,
                color=alt.Color("group:N", scale=colour, legend=None),
                tooltip=alt.Tooltip("tooltip:N", title=" "),
            )
        )
    layers[0] = layers[0].add_params(click)
    return layers


def _labels(frame: pd.DataFrame, domains: Domains, axes: _Axes, theme: Theme, size: tuple[int, int]) -> list[alt.Chart]:
    width, height = size[0] - 60.0, float(size[1])
    (left, right), (bottom, top) = domains.x, domains.y

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - left) / (right - left) * width, (top - y) / (top - bottom) * height

    points = [at(row.x, row.y) for row in frame.itertuples()]
    lines = []
    for row, (x, y) in zip(frame.itertuples(), points, strict=True):
        (start, highest), (end, lowest) = at(row.x_low, row.y_high), at(row.x_high, row.y_low)
        lines += [Line(start, end, y, y), Line(x, x, highest, lowest)]
    places = place_labels(points, list(frame["code"]), (width, height), lines)
    placed = frame.assign(
        dx=[round(place.x - point[0]) for place, point in zip(places, points, strict=True)],
        dy=[round(place.y - point[1]) for place, point in zip(places, points, strict=True)],
        label_x=[left + place.x / width * (right - left) for place in places],
        label_y=[top - place.y / height * (top - bottom) for place in places],
        far=[place.far for place in places],
    )
    style: dict[str, Any] = {"fontSize": 12, "color": neutral("text", theme), "tooltip": None}
    # In px from its point, so that a label stays next to it in a narrower picture too.
    near = alt.Chart(placed[~placed["far"]]).mark_text(dx=alt.expr("datum.dx"), dy=alt.expr("datum.dy"), **style)
    layers = [near.encode(x=axes.x(), y=axes.y(), text=alt.Text("code:N"))]
    if placed["far"].any():
        # No room next to the point: further away, with a hairline to it.
        far = alt.Chart(placed[placed["far"]])
        hairline = far.mark_rule(color=style["color"], opacity=0.5, strokeWidth=0.75, tooltip=None)
        layers.append(hairline.encode(x=axes.x(), y=axes.y(), x2=alt.X2("label_x"), y2=alt.Y2("label_y")))
        layers.append(far.mark_text(**style).encode(x=axes.x("label_x"), y=axes.y("label_y"), text=alt.Text("code:N")))
    return layers
