"""Overall by training language: a dot plot with intervals, with and without the diagonal, the paper's as a tick."""

import altair as alt
import numpy as np
import pandas as pd

from core.report.tables import RankedGrid
from dashboard.figures.charts import framed, names_axis, numbers_axis
from dashboard.figures.colours import ATTRIBUTION, CONSISTENCY, Theme, neutral
from dashboard.figures.words.languages import language, written

ROW, AXIS = 24, 28
WITH, WITHOUT, PAPER = "with the diagonal", "without", "paper, Table 5"


def overall_dots(
    grid: RankedGrid,
    *,
    theme: Theme = "light",
    paper: RankedGrid | None = None,
    signed: bool = False,
    title: str | None = None,
) -> alt.LayerChart:
    """Draw Overall of every training language, largest first.

    Parameters
    ----------
    paper : the paper's table 5, where it is about the same data set.
    signed : for differences, which have no diagonal: one dot a row, and a line at 0.
    title : of the axis; on the page the section's head has it.

    Returns
    -------
    altair.LayerChart
        As wide as its container, 24 px a row; titles and legend are the page's.
    """
    frame = overall_frame(grid, paper=paper, signed=signed)
    rows = list(dict.fromkeys(frame["language"]))
    y = alt.Y("language:N", sort=rows, title=None, axis=names_axis(theme))
    colour = dots_colour(theme, signed=signed)
    x = alt.X(
        "value:Q",
        title=title,
        scale=alt.Scale(zero=False, nice=True, padding=8),
        axis=numbers_axis(theme),
    )
    own = alt.Chart(frame[frame["whose"] != PAPER])
    fill = alt.Fill(
        "whose:N", scale=alt.Scale(domain=[WITH, WITHOUT], range=[colour, neutral("bg", theme)]), legend=None
    )
    layers = [
        own.mark_rule(strokeWidth=1.5, color=colour).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y),
        own.mark_point(size=60, stroke=colour, strokeWidth=1.75, opacity=1).encode(
            x=x, y=y, fill=fill, tooltip=alt.Tooltip("tooltip:N", title=" ")
        ),
    ]
    theirs = frame[frame["whose"] == PAPER]
    if len(theirs):
        ticks = alt.Chart(theirs).mark_tick(thickness=2, size=14, color=neutral("text", theme), opacity=1)
        layers.append(ticks.encode(x=x, y=y, tooltip=alt.Tooltip("tooltip:N", title=" ")))
    if signed:
        zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=neutral("strong", theme))
        layers.insert(0, zero.encode(x=x))
    return framed(layers, ROW * max(len(rows), 1) + AXIS)


def dots_colour(theme: Theme, *, signed: bool) -> str:
    """Blue for differences, plum for C."""
    return ATTRIBUTION.at(0.85, theme) if signed else CONSISTENCY.at(0.75, theme)


def overall_frame(grid: RankedGrid, *, paper: RankedGrid | None = None, signed: bool = False) -> pd.DataFrame:
    """One line a mark: language, whose, value, low, high (equal to value without an interval), tooltip."""
    kinds = [(WITH, True), (WITHOUT, False)] if not signed else [(WITH, False)]
    order = grid.ranking(diagonal=not signed) or grid.ranking(diagonal=False)
    lines = []
    for code in order:
        k = grid.summary.axes.rows.index(code)
        for whose, diagonal in kinds:
            means = grid.overall(diagonal=diagonal)
            lines.append(_line(code, whose, float(means.values[k]), *map(float, means.interval[k]), sign=signed))
        if paper is not None and code in paper.summary.axes.rows:
            at = paper.summary.axes.rows.index(code)
            lines.append(_line(code, PAPER, float(paper.summary.overall.values[at]), np.nan, np.nan))
    frame = pd.DataFrame(lines, columns=["language", "whose", "value", "low", "high", "tooltip"])
    return frame[frame["value"].notna()]


def _line(
    code: str, whose: str, value: float, low: float, high: float, *, sign: bool = False
) -> tuple[str, str, float, float, float, str]:
    bounds = (value, value) if np.isnan(low) else (low, high)
    name = language(code)
    return name, whose, value, *bounds, f"{name}, {whose}: {written(value, low, high, sign=sign)}"
