"""What drives a lead: the leader minus the runner-up pair by pair, or split into pairs and checkpoint; Altair."""

import altair as alt
import pandas as pd

from core.report.pair_cells import Drivers, OwnPairParts
from dashboard.figures.charts import SMALLEST_TEXT, framed
from dashboard.figures.colours import ATTRIBUTION, Theme, neutral
from dashboard.figures.numbers import signed
from dashboard.figures.words.readings import pair_code, pair_name

HEIGHT, PART = 190, 38
ABOVE, BELOW = 0.8, 0.3
"""Places on the scale of differences: positive and negative."""
PARTS = {"pairs": "which pairs are averaged", "checkpoint": "the checkpoint", "total": "together"}


def drivers_chart(frame: pd.DataFrame, mean: float, *, theme: Theme = "light") -> alt.LayerChart:
    """One bar a pair of `drivers_frame`, largest first; a dashed line at `mean`, the difference in the reading."""
    frame = frame.assign(fill=[ATTRIBUTION.at(ABOVE if value > 0 else BELOW, theme) for value in frame["difference"]])
    labels = alt.Axis(
        ticks=False,
        domain=False,
        labelAngle=0,
        labelExpr="split(datum.label, '-')",
        labelOverlap=False,
        labelColor=neutral("text", theme),
        labelPadding=6,
        orient="bottom",
    )
    x = alt.X("pair:N", sort=list(frame["pair"]), title=None, axis=labels if len(frame) < 22 else None)
    y = alt.Y(
        "difference:Q",
        title=None,
        axis=alt.Axis(
            grid=True, gridColor=neutral("border", theme), domain=False, ticks=False, tickCount=4, format="+.3~f"
        ),
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(cornerRadius=1)
        .encode(x=x, y=y, color=alt.Color("fill:N", scale=None), tooltip=alt.Tooltip("tooltip:N", title=" "))
    )
    zero = alt.Chart(pd.DataFrame({"difference": [0.0]})).mark_rule(color=neutral("strong", theme)).encode(y=y)
    line = pd.DataFrame({"difference": [mean], "text": [f"in the reading {signed(mean)}"]})
    at_mean = alt.Chart(line).mark_rule(color=neutral("text", theme), strokeDash=[3, 3]).encode(y=y)
    words = (
        alt.Chart(line)
        .mark_text(align="right", baseline="bottom", dy=-3, fontSize=SMALLEST_TEXT, color=neutral("text", theme))
        .encode(y=y, x=alt.value(alt.expr("width")), text="text:N")
    )
    return framed([bars, zero, at_mean, words], HEIGHT)


def drivers_frame(drivers: Drivers) -> pd.DataFrame:
    """One line a pair: pair, difference, tooltip."""
    lines = [
        (pair_code(pair), float(value), f"{pair_name(pair)}: {signed(float(value))}")
        for pair, value in zip(drivers.pairs, drivers.differences, strict=True)
    ]
    return pd.DataFrame(lines, columns=["pair", "difference", "tooltip"])


def parts_chart(frame: pd.DataFrame, *, theme: Theme = "light") -> alt.LayerChart:
    """The two parts of a lead on own pairs and their sum (`parts_frame`), as bars from 0."""
    frame = frame.assign(fill=[ATTRIBUTION.at(ABOVE if value > 0 else BELOW, theme) for value in frame["difference"]])
    names = alt.Axis(ticks=False, domain=False, labelPadding=8, labelColor=neutral("text", theme), labelLimit=220)
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=names)
    x = alt.X("difference:Q", title=None, axis=None, scale=alt.Scale(padding=46))
    tooltip = alt.Tooltip("tooltip:N", title=" ")
    bars = alt.Chart(frame).mark_bar(height=20).encode(x=x, y=y, color=alt.Color("fill:N", scale=None), tooltip=tooltip)
    zero = alt.Chart(pd.DataFrame({"difference": [0.0]})).mark_rule(color=neutral("strong", theme)).encode(x=x)
    layers = [bars, zero]
    up = frame["difference"] >= 0
    for some, right in ((frame[up], True), (frame[~up], False)):
        mark = alt.Chart(some).mark_text(
            align="left" if right else "right", dx=6 if right else -6, fontSize=12, color=neutral("text", theme)
        )
        layers.append(mark.encode(x=x, y=y, text="text:N"))
    return framed(layers, PART * len(frame))


def parts_frame(parts: OwnPairParts) -> pd.DataFrame:
    """One line a part: part, name, difference, text, tooltip."""
    lines = [
        (part, name, value, signed(value), f"{name}: {signed(value)}")
        for part, name in PARTS.items()
        for value in (float(getattr(parts, part)),)
    ]
    return pd.DataFrame(lines, columns=["part", "name", "difference", "text", "tooltip"])
