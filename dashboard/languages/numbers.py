"""The page "Source languages" in numbers: Overall of every training language as a table."""

import numpy as np
import pandas as pd
import streamlit as st

from core.report.tables import RankedGrid
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, bounds, count, decimal, percent, signed, signed_bounds
from dashboard.figures.words.languages import language
from dashboard.languages.choices import EXACT, LanguagesChoice
from dashboard.languages.grids import Panel, paper_grid_of
from dashboard.shared.paper_source import paper_accuracy, paper_consistency
from dashboard.shared.verbatim import verbatim

COMPARE_RANKINGS = "The paper’s model is XLM-R base; ours is {model}. Compare rankings, not values."


def numbers_table(choice: LanguagesChoice, panels: tuple[Panel, Panel | None]) -> None:
    """Overall of every training language in numbers, with the paper's where it has them."""
    with_paper = paper_grid_of(choice) is not None and not choice.signed
    st.html(head_html("In numbers, with the paper’s" if with_paper else "In numbers"))
    frame = overall_table(choice, panels)
    write = signed if panels[0].signed else decimal
    numbers = frame.select_dtypes("number").columns
    shown = frame.style.format({name: (percent if name == "First in" else write) for name in numbers})
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        placeholder=NOT_RUN,
        column_config={"n": st.column_config.TextColumn(alignment="right")},
        alt="Overall by training language",
        key="overall-numbers",
    )
    if with_paper:
        st.caption(COMPARE_RANKINGS.format(model=verbatim(choice.source.model)))


def overall_table(choice: LanguagesChoice, panels: tuple[Panel, Panel | None]) -> pd.DataFrame:
    """One line per training language, largest Overall first: Overall of both grids, and the paper's where it has them.

    The interval and n are those of the first column: n is the number of examples in the cells of the row.
    """
    left, right = panels
    ranking = left.ranked.ranking(diagonal=choice.diagonal)
    rows = [*ranking, *(code for code in left.grid.rows if code not in ranking)]
    columns: dict[str, list[str] | list[float]] = {"Trained on": [language(code) for code in rows]}
    with_paper = paper_grid_of(choice) is not None and not choice.signed
    ours = ", ours" if with_paper else ""
    columns[f"{left.name}{ours}"] = _overall(left.ranked, rows, diagonal=choice.diagonal)
    if with_paper:
        columns["C, paper"] = _overall(paper_consistency(), rows, diagonal=choice.diagonal)
    if right is not None:
        is_performance = choice.beside in {"performance", EXACT}
        title = f"{right.name[0].upper()}{right.name[1:]}{ours}" if is_performance else right.title
        columns[title] = _overall(right.ranked, rows, diagonal=choice.diagonal)
        if with_paper and choice.beside == "performance":
            columns["Accuracy, paper"] = _overall(paper_accuracy(), rows, diagonal=choice.diagonal)
    firsts = left.ranked.firsts(diagonal=choice.diagonal) if choice.compare is None else None
    if firsts is not None:
        shares = dict(zip(firsts.rows, firsts.shares, strict=True))
        columns["First in"] = [float(shares.get(code, np.nan)) for code in rows]
    columns[f"95% interval of {left.name}"] = _overall_intervals(left, rows, diagonal=choice.diagonal)
    columns["n"] = [_examples(left, code) for code in rows]
    return pd.DataFrame(columns)


def _overall(grid: RankedGrid, rows: list[str], *, diagonal: bool) -> list[float]:
    means = dict(zip(grid.summary.axes.rows, grid.overall(diagonal=diagonal).values, strict=True))
    return [float(means.get(code, np.nan)) for code in rows]


def _overall_intervals(panel: Panel, rows: list[str], *, diagonal: bool) -> list[str]:
    overall = panel.ranked.overall(diagonal=diagonal)
    intervals = dict(zip(panel.ranked.summary.axes.rows, overall.interval, strict=True))
    write = signed_bounds if panel.signed else bounds
    return [write(float(intervals[code][0]), float(intervals[code][1])) for code in rows]


def _examples(panel: Panel, row: str) -> str:
    """The number of examples in the cells of a row: `100`, or `50–100`; "" without any."""
    summary = panel.ranked.summary
    sizes = [int(value) for value in summary.n[summary.axes.rows.index(row)] if value]
    if not sizes:
        return ""
    return count(min(sizes)) if min(sizes) == max(sizes) else f"{count(min(sizes))}–{count(max(sizes))}"
