"""Figure 2 as horizontal bars: a coefficient for each checkpoint and data set, ours solid, the paper's outlined."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from core.report.tables import Bar
from core.report.tables.sheet import set_name
from core.statistics import Coefficient
from core.statistics.correlation import CoefficientKind
from dashboard.figures.charts import framed
from dashboard.figures.colours import Theme, neutral
from dashboard.figures.numbers import signed_interval
from dashboard.figures.words.languages import language

ROW, AXIS = 20, 28
OURS, PAPER = "ours", "paper"
MOST_LETTERS = 26


def with_measure(bar: Bar) -> Bar:
    """The same bar for print: `XQuAD, start, exact match` where its measure is not the usual one."""
    part = ", ".join(filter(None, (bar.part, "exact match")))
    return replace(bar, part=part) if bar.quantity == "exact_match" else bar


def bars_frame(
    ours: Sequence[Bar], paper: Sequence[Bar], *, kind: CoefficientKind = "pearson", diagonal: bool = True
) -> pd.DataFrame:
    """One line a bar: label, whose, value, low, high, n, tooltip; without those that have no coefficient.

    The label names data set, and training language and model where there are several of them.
    """
    bars = [(bar, OURS) for bar in ours] + [(bar, PAPER) for bar in paper]
    models, languages = len({bar.model for bar in ours}), len({bar.trained_on for bar, _ in bars})
    lines = []
    for bar, whose in bars:
        found = bar.entry(kind, diagonal=diagonal).correlation
        if not isinstance(found, Coefficient):
            continue
        number = signed_interval(found.value, found.low, found.high, 2)
        spoken = (
            f"{set_name(bar)}, {bar.model}, trained on {language(bar.trained_on)}, {whose}: {number}, n = {found.n}"
        )
        parts = [set_name(bar), bar.trained_on if languages > 1 else "", "paper" if whose == PAPER else ""]
        parts.append(bar.model if models > 1 and whose == OURS else "")
        lines.append((" · ".join(filter(None, parts)), whose, found.value, found.low, found.high, found.n, spoken))
    frame = pd.DataFrame(lines, columns=["label", "whose", "value", "low", "high", "n", "tooltip"])
    return frame.assign(place=range(len(frame)), zero=0.0)


def correlation_bars(frame: pd.DataFrame, *, theme: Theme = "light") -> alt.LayerChart:
    """Draw `bars_frame`, from -1 to 1 with a line at 0; as wide as its container, 20 px a bar."""
    names = dict(zip(frame["place"], frame["label"], strict=True))
    choose = " : ".join(f"datum.value == {place} ? {_quoted(name)}" for place, name in names.items())
    y = alt.Y(
        "place:O",
        title=None,
        axis=alt.Axis(
            ticks=False,
            domain=False,
            labelExpr=f"{choose} : ''",
            labelLimit=150,
            labelPadding=6,
            labelOverlap=False,
            labelBound=False,
            labelFlush=False,
            labelColor=neutral("text", theme),
        ),
    )
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[-1, 1]),
        axis=alt.Axis(gridColor=neutral("border", theme), domain=False, ticks=False, values=[-1, -0.5, 0, 0.5, 1]),
    )
    hover = alt.Tooltip("tooltip:N", title=" ")
    accent = neutral("accent", theme)
    layers = []
    styles: dict[str, dict[str, Any]] = {
        OURS: {"color": accent, "fillOpacity": 0.55},
        PAPER: {"fillOpacity": 0.0, "stroke": neutral("text", theme), "strokeWidth": 1.25},
    }
    for whose, style in styles.items():
        chart = alt.Chart(frame[frame["whose"] == whose]).mark_bar(height=11, **style)
        layers.append(chart.encode(x=x, x2=alt.X2("zero"), y=y, tooltip=hover))
    whiskers = alt.Chart(frame).mark_rule(color=neutral("text", theme), tooltip=None)
    layers.append(whiskers.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y))
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=neutral("strong", theme), strokeWidth=1.5)
    layers.append(zero.encode(x=x))
    return framed(layers, ROW * max(len(frame), 1) + AXIS)


def _quoted(name: str) -> str:
    """A string of Vega's expression language; names come from checkpoints and may hold anything."""
    shown = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
    escaped = "".join(char if char.isalnum() or char in " ·,.-–…" else f"\\u{ord(char):04x}" for char in shown)
    return f"'{escaped}'"
