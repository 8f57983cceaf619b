"""The page "Source languages" on the screen: the answer, both grids, one cell, Overall, and the numbers."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.report.tables import RankedGrid
from dashboard.figures.grids.grid import SELECTION, language_grid, row_labels_html
from dashboard.figures.grids.overall_dots import PAPER, WITH, WITHOUT, overall_dots
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, bounds, count, decimal, percent, signed, signed_bounds
from dashboard.figures.words.languages import (
    Answer,
    Cell,
    answer,
    answer_html,
    bars_html,
    cell_html,
    difference_answer,
    language,
)
from dashboard.languages.choices import EXACT, LanguagesChoice
from dashboard.languages.grids import Panel
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.grid_sources import PAPER_DATA_SET, StoredSource, paper_accuracy, paper_consistency
from dashboard.shared.navigation import link_to
from dashboard.shared.style import chart_theme
from dashboard.shared.verbatim import verbatim

COMPARE_ORDERS = "The paper’s model is XLM-R base; ours is {model}. Compare orders, not values."


def papers_own(choice: LanguagesChoice) -> RankedGrid | None:
    """The paper's table 5, where it is about the data shown and is not shown itself."""
    ours = isinstance(choice.source, StoredSource) and choice.data.data_set == PAPER_DATA_SET
    return paper_consistency() if ours else None


def the_answer(choice: LanguagesChoice, panel: Panel) -> Answer:
    """The sentence of the card."""
    if choice.compare is not None:
        return difference_answer(panel.ranked, (choice.source.model, choice.compare.model), choice.value)
    paper = papers_own(choice) if choice.value == "c" else None
    return answer(panel.ranked, choice.value, diagonal=choice.diagonal, paper=paper)


def answer_card(found: Answer) -> None:
    """The answer, with the shares behind it."""
    bars = bars_html(found)
    with st.container(border=True, key="answer-card"):
        if not bars:
            st.html(answer_html(found))
            return
        left, right = st.columns([7, 3], vertical_alignment="center")
        left.html(answer_html(found))
        right.html(bars)


def grids(address: Address, panels: tuple[Panel, Panel | None], selected: tuple[str, str]) -> None:
    """Both grids side by side; a click on a cell selects it in both."""
    for at, (column, panel) in enumerate(zip(st.columns(2), panels, strict=True)):
        with column.container(border=True, key=f"grid-card-{at}"):
            if panel is None:
                st.html(head_html("Nothing to stand beside"))
                st.caption("This was not computed for these runs.")
                continue
            st.html(head_html(panel.title, panel.legend))
            crowded = panel.grid.crowded
            with st.container(key=f"scroll-languages-{'wide' if crowded else 'fitting'}-{at}"):
                if crowded:
                    st.html(row_labels_html(panel.grid))
                key = f"languages-grid-{at}"
                show_chart(
                    language_grid,
                    panel.grid,
                    theme=chart_theme(),
                    selected=selected,
                    row_labels=not crowded,
                    on_select=partial(_select, address, key),
                    selection=SELECTION,
                    key=key,
                    alt=_spoken(panel),
                )


def _select(address: Address, key: str) -> None:
    """Take the clicked cell into the address; a click on Overall or All chooses its row or column alone."""
    cells = st.session_state[key]["selection"].get(SELECTION, [])
    for name, field in (("src", "row"), ("tgt", "column")):
        label = str(cells[0].get(field, "")) if cells else ""
        if 1 < len(label) <= 3 and label.islower():
            address.set(name, label)


def _spoken(panel: Panel) -> str:
    """What a screen reader says of a grid: its means by training language."""
    pairs = zip(panel.grid.rows, panel.grid.overall, strict=True)
    write = signed if panel.signed else decimal
    means = ", ".join(f"{language(code)} {write(value)}" for code, value in pairs if value is not None)
    return f"{panel.title} by training language and language evaluated on. Overall: {means or 'not known'}."


def choose_cell(address: Address, panel: Panel) -> tuple[str, str]:
    """Two select boxes that say the same as a click on a grid."""
    rows, columns = panel.grid.rows, panel.grid.columns
    best = panel.ranked.ranking(diagonal=False)
    first = best[0] if best else rows[0]
    left, right = st.columns(2)
    with left:
        trained = address.select("src", "Trained on", {code: language(code) for code in rows}, default=first)
    other = next((code for code in columns if code != trained), columns[0])
    with right:
        evaluated = address.select("tgt", "Evaluated on", {code: language(code) for code in columns}, default=other)
    return trained, evaluated


def cell_line(choice: LanguagesChoice, panels: tuple[Panel, Panel | None], selected: tuple[str, str]) -> None:
    """All that is known of the selected cell, and the way to its examples."""
    left, right = panels
    cell = Cell(
        *selected,
        value=_cell(left, selected),
        value_name=left.name,
        performance=_cell(right, selected) if right else None,
        performance_name=right.name if right else "",
        references=choice.source.references().get(selected) if choice.compare is None else None,
        n=_count(left, selected),
        sign=left.signed,
        performance_sign=bool(right and right.signed),
    )
    st.html(cell_html(cell))


def open_examples(choice: LanguagesChoice, panel: Panel, selected: tuple[str, str]) -> None:
    """The link to the examples behind a cell; not for the paper's tables. It says where Results counts more of them."""
    choices = choice.source.examples_link(*selected)
    if choices is None:
        return
    link_to("Results", "Open these examples", choices)
    there, here = choice.source.stored_rows(*selected), _count(panel, selected)
    known = choice.source.references().get(selected) if choice.compare is None else None
    if there > here + (known.problems if known else 0):
        st.caption(f"All {count(there)} rows of this pair; {count(here)} of them count in the grid.")


def _cell(panel: Panel, selected: tuple[str, str]) -> tuple[float, float, float] | None:
    axes = panel.ranked.summary.axes
    if selected[0] not in axes.rows or selected[1] not in axes.columns:
        return None
    at = axes.rows.index(selected[0]), axes.columns.index(selected[1])
    value = float(panel.ranked.summary.values[at])
    low, high = map(float, panel.ranked.summary.interval[at])
    return None if np.isnan(value) else (value, low, high)


def _count(panel: Panel, selected: tuple[str, str]) -> int:
    axes = panel.ranked.summary.axes
    known = selected[0] in axes.rows and selected[1] in axes.columns
    return int(panel.ranked.summary.n[axes.rows.index(selected[0]), axes.columns.index(selected[1])]) if known else 0


def overall(choice: LanguagesChoice, panel: Panel) -> None:
    """Overall by training language, as dots."""
    paper = papers_own(choice) if not choice.signed else None
    st.html(head_html("Overall by training language", dots_legend_html(panel.signed, paper is not None)))
    show_chart(
        overall_dots,
        panel.ranked,
        theme=chart_theme(),
        paper=paper,
        signed=panel.signed,
        key="overall-dots",
        alt=_spoken(panel),
    )


def dots_legend_html(is_signed: bool, with_paper: bool) -> str:
    """The marks of the dot plot in words."""
    marks = [("●", "95% interval")] if is_signed else [("●", f"{WITH}, 95% interval"), ("○", WITHOUT)]
    marks += [("|", PAPER)] if with_paper else []
    css = "mark-a" if is_signed else "mark-c"
    spans = "".join(f'<span class="{css}">{mark}</span><span>{words}</span>' for mark, words in marks)
    return f'<span class="legend">{spans}</span>'


def numbers_table(choice: LanguagesChoice, panels: tuple[Panel, Panel | None]) -> None:
    """Overall of every training language in numbers, the paper's beside where it has them."""
    beside = papers_own(choice) is not None and not choice.signed
    st.html(head_html("Beside the paper" if beside else "In numbers"))
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
    if beside:
        st.caption(COMPARE_ORDERS.format(model=verbatim(choice.source.model)))


def overall_table(choice: LanguagesChoice, panels: tuple[Panel, Panel | None]) -> pd.DataFrame:
    """One line a training language, largest Overall first: Overall on both sides, and the paper's where it has them.

    The interval is that of the first Overall, n how many examples its cells have.
    """
    left, right = panels
    ranking = left.ranked.ranking(diagonal=choice.diagonal)
    rows = [*ranking, *(code for code in left.grid.rows if code not in ranking)]
    columns: dict[str, list[str] | list[float]] = {"Trained on": [language(code) for code in rows]}
    with_paper = papers_own(choice) is not None and not choice.signed
    whose = ", ours" if with_paper else ""
    columns[f"{left.name}{whose}"] = _overall(left.ranked, rows, diagonal=choice.diagonal)
    if with_paper:
        columns["C, paper"] = _overall(paper_consistency(), rows, diagonal=choice.diagonal)
    if right is not None:
        plain = choice.beside in {"performance", EXACT}
        title = f"{right.name[0].upper()}{right.name[1:]}{whose}" if plain else right.title
        columns[title] = _overall(right.ranked, rows, diagonal=choice.diagonal)
        if with_paper and choice.beside == "performance":
            columns["Accuracy, paper"] = _overall(paper_accuracy(), rows, diagonal=choice.diagonal)
    first = left.ranked.firsts(diagonal=choice.diagonal) if choice.compare is None else None
    if first is not None:
        share = dict(zip(first.rows, first.shares, strict=True))
        columns["First in"] = [float(share.get(code, np.nan)) for code in rows]
    columns[f"95% interval of {left.name}"] = _overall_intervals(left, rows, diagonal=choice.diagonal)
    columns["n"] = [_examples(left, code) for code in rows]
    return pd.DataFrame(columns)


def _overall(grid: RankedGrid, rows: list[str], *, diagonal: bool) -> list[float]:
    known = dict(zip(grid.summary.axes.rows, grid.overall(diagonal=diagonal).values, strict=True))
    return [float(known.get(code, np.nan)) for code in rows]


def _overall_intervals(panel: Panel, rows: list[str], *, diagonal: bool) -> list[str]:
    overall = panel.ranked.overall(diagonal=diagonal)
    known = dict(zip(panel.ranked.summary.axes.rows, overall.interval, strict=True))
    write = signed_bounds if panel.signed else bounds
    return [write(float(known[code][0]), float(known[code][1])) for code in rows]


def _examples(panel: Panel, row: str) -> str:
    """How many examples the cells of a row have."""
    summary = panel.ranked.summary
    n = [int(value) for value in summary.n[summary.axes.rows.index(row)] if value]
    if not n:
        return ""
    return count(min(n)) if min(n) == max(n) else f"{count(min(n))}–{count(max(n))}"
