"""How C is distributed over the examples of a language pair; Altair."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.figures.colours import CONSISTENCY, Theme, neutral
from dashboard.figures.numbers import counted, decimal

BRUSH = "range"
HEIGHT = 130
_TOP = 20


def distribution_chart(
    histogram: pd.DataFrame,
    mismatched: pd.DataFrame,
    marks: Mapping[str, float],
    *,
    theme: Theme = "light",
    titled: bool = False,
) -> alt.LayerChart:
    """Draw the histogram of C; dragging over it chooses a range (interval `range` over `C`).

    Parameters
    ----------
    histogram, mismatched : columns low, high, n; the second, of C with mismatched translations, is an outline.
    marks : label -> C; the first is our mean, a solid line, the others are dashed.
    titled : whether the axes say what they count; on the page the section's head does.
    """
    bars = histogram.assign(C=(histogram["low"] + histogram["high"]) / 2, tip=_tips(histogram))
    highest = max(int(histogram["n"].max()), int(mismatched["n"].max()) if len(mismatched) else 0, 1)
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("low:Q", scale=scale, axis=_axis(theme, "Consistency C" if titled else None))
    counts = alt.Axis(title="Examples", tickMinStep=1, tickCount=4, **_style(theme)) if titled else None
    y = alt.Y("n:Q", scale=alt.Scale(domain=[0, highest * 1.04]), axis=counts)
    brush = alt.selection_interval(name=BRUSH, encodings=["x"])
    columns = (
        alt.Chart(bars)
        .mark_bar(color=CONSISTENCY.at(0.5, theme), stroke=neutral("bg", theme), strokeWidth=1)
        .encode(x=x, x2=alt.X2("high:Q"), y=y, y2=alt.datum(0), tooltip=alt.Tooltip("tip:N", title=" "))
    )
    # The interval is over C itself: one point a bar, drawn by nobody.
    grip = (
        alt.Chart(bars).mark_point(opacity=0, tooltip=None).encode(x=alt.X("C:Q", scale=scale), y=y).add_params(brush)
    )
    layers: list[alt.Chart] = [columns, grip]
    if len(mismatched):
        layers.append(_outline(mismatched, y, theme))
    layers += [
        layer
        for at, (label, value) in enumerate(marks.items())
        for layer in _mark(label, value, theme, solid=at == 0, left=_on_the_left(at, value, marks))
    ]
    return (
        alt.layer(*layers)
        .properties(
            width="container",
            height=HEIGHT,
            background="transparent",
            padding={"top": _TOP, "left": 4, "right": 8, "bottom": 4},
            # In SVG the brush is a graphic without a name; the page describes the chart as a whole.
            usermeta={"embedOptions": {"renderer": "canvas"}},
        )
        .configure_view(strokeWidth=0)
    )


def _axis(theme: Theme, title: str | None) -> alt.Axis:
    return alt.Axis(title=title, values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="~g", **_style(theme))


def _style(theme: Theme) -> dict[str, Any]:
    return {
        "grid": False,
        "domainColor": neutral("strong", theme),
        "tickColor": neutral("strong", theme),
        "labelColor": neutral("muted", theme),
        "labelFontSize": 11,
    }


def _outline(mismatched: pd.DataFrame, y: alt.Y, theme: Theme) -> alt.Chart:
    corners = pd.concat(
        [mismatched[["low", "n"]], pd.DataFrame({"low": [1.0], "n": [mismatched["n"].iloc[-1]]})], ignore_index=True
    )
    line = alt.Chart(corners).mark_line(interpolate="step-after", color=neutral("bar", theme), strokeWidth=1.25)
    return line.encode(x=alt.X("low:Q"), y=y)


def _mark(label: str, value: float, theme: Theme, *, solid: bool, left: bool) -> list[alt.Chart]:
    at = pd.DataFrame({"C": [value], "label": [f"{label} {decimal(value)}"]})
    colour = CONSISTENCY.at(0.85, theme) if solid else neutral("text", theme)
    rule = alt.Chart(at).mark_rule(
        color=colour, strokeWidth=2 if solid else 1.5, strokeDash=[1, 0] if solid else [5, 3]
    )
    text = alt.Chart(at).mark_text(
        align="right" if left else "left", dx=-5 if left else 5, y=-9, color=neutral("text", theme), fontSize=11
    )
    return [rule.encode(x=alt.X("C:Q")), text.encode(x=alt.X("C:Q"), text=alt.Text("label:N"))]


def _on_the_left(at: int, value: float, marks: Mapping[str, float]) -> bool:
    """Labels point away from each other; near the right edge to the left."""
    others = [other for index, other in enumerate(marks.values()) if index != at]
    return value > 0.85 or (bool(others) and value <= min(others) and value > 0.15)


def _tips(histogram: pd.DataFrame) -> list[str]:
    return [
        f"C {decimal(low)} to {decimal(high)}: {counted(int(n), 'example')}"
        for low, high, n in histogram[["low", "high", "n"]].itertuples(index=False)
    ]
