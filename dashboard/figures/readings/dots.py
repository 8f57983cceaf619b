"""Training languages in one reading: a dot with its interval, training seeds as rings, the paper's value; Altair."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from core.report.readings import Reading
from dashboard.figures.charts import framed, names_axis, numbers_axis
from dashboard.figures.colours import Theme, neutral
from dashboard.figures.grids.overall_dots import dots_colour
from dashboard.figures.names import language_name
from dashboard.figures.numbers import interval, signed_interval
from dashboard.figures.words.readings import SIGNED, value_number

ROW, SEED_ROW, AXIS = 24, 32, 28
MEAN, SEED, PAPER = "mean, 95% interval", "each training seed", "paper, Table 5"


def reading_dots(
    frame: pd.DataFrame, *, theme: Theme = "light", signed: bool = False, title: str | None = None
) -> alt.LayerChart:
    """Draw the value of every training language, largest first.

    Parameters
    ----------
    frame : the marks, from `dots_frame`.
    signed : for values that are differences, a line at 0.
    title : of the axis; on the page the section's head has it.

    Returns
    -------
    altair.LayerChart
        As wide as its container.
    """
    rows = list(dict.fromkeys(frame["language"]))
    colour, has_seeds = dots_colour(theme, signed=signed), bool((frame["whose"] == SEED).any())
    y = alt.Y("language:N", sort=rows, title=None, axis=names_axis(theme), scale=alt.Scale(paddingInner=0.1))
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=False, nice=True, padding=8), axis=numbers_axis(theme))
    tooltip = alt.Tooltip("tooltip:N", title=" ")
    means = alt.Chart(frame[frame["whose"] == MEAN])
    layers = [
        means.mark_rule(strokeWidth=2, color=colour).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y),
        means.mark_point(size=70, filled=True, color=colour, opacity=1).encode(x=x, y=y, tooltip=tooltip),
    ]
    if has_seeds:
        rings = alt.Chart(frame[frame["whose"] == SEED]).mark_point(
            size=22, stroke=colour, fill=neutral("bg", theme), strokeWidth=1.2, opacity=1, yOffset=10
        )
        layers.append(rings.encode(x=x, y=y, tooltip=tooltip))
    theirs = frame[frame["whose"] == PAPER]
    if len(theirs):
        ticks = alt.Chart(theirs).mark_tick(thickness=2, size=14, color=neutral("text", theme), opacity=1)
        layers.append(ticks.encode(x=x, y=y, tooltip=tooltip))
    if signed:
        zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=neutral("strong", theme))
        layers.insert(0, zero.encode(x=x))
    return framed(layers, (SEED_ROW if has_seeds else ROW) * len(rows) + AXIS)


def dots_frame(
    reading: Reading, trained_on: tuple[str, ...], *, paper: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """One line a mark: language, code, whose, value, low, high (equal to value without an interval), tooltip.

    Parameters
    ----------
    trained_on : (checkpoint,) training languages, as `PairValues.trained_on`; several of one are its seeds.
    paper : training language -> the paper's value in this reading.
    """
    ranking, name = reading.ranking, reading.definition.name
    write = signed_interval if name in SIGNED else interval
    lines = []
    for code in ranking.order:
        at, label = ranking.languages.index(code), language_name(code)
        value, (low, high) = float(ranking.values[at]), map(float, ranking.interval[at])
        lines.append((label, code, MEAN, value, low, high, f"{label}: {write(value, low, high)}"))
        seeds = [float(one) for one, of in zip(reading.by_checkpoint, trained_on, strict=True) if of == code]
        for number, one in enumerate(seeds if len(seeds) > 1 else (), start=1):
            said = f"{label}, training seed {number}: {value_number(name, one)}"
            lines.append((label, code, SEED, one, one, one, said))
        if paper is not None and code in paper:
            said = f"{label}, {PAPER}: {value_number(name, paper[code])}"
            lines.append((label, code, PAPER, paper[code], paper[code], paper[code], said))
    return pd.DataFrame(lines, columns=["language", "code", "whose", "value", "low", "high", "tooltip"])
