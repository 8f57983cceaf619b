"""The grids of the page "Source languages" on the screen: both grids, one cell, and for the paper's tables Overall."""

from functools import partial

import numpy as np
import streamlit as st

from core.report.paper import largest_asymmetry, paper_table
from core.statistics.variance import VarianceComponents
from dashboard.figures.grids.grid import language_grid, row_labels_html
from dashboard.figures.grids.marks import SELECTION
from dashboard.figures.grids.overall_dots import PAPER, WITH, WITHOUT, overall_dots
from dashboard.figures.legend import head_html, marks_legend
from dashboard.figures.numbers import count, decimal, signed
from dashboard.figures.words.cards import answer_html
from dashboard.figures.words.languages import (
    Answer,
    Cell,
    answer,
    bars_html,
    cell_html,
    difference_answer,
    language,
    mostly_pairs,
    table_5_line,
)
from dashboard.languages.choices import GRIDS, LanguagesChoice, grids_default
from dashboard.languages.grids import Panel, paper_grid_of
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.grid_sources import PAPER_DATA_SET, Source, StoredSource
from dashboard.shared.navigation import link_to
from dashboard.shared.style import chart_theme


def the_answer(choice: LanguagesChoice, panel: Panel) -> Answer:
    """The sentence of the card."""
    if choice.compare is not None:
        return difference_answer(panel.ranked, (choice.source.model, choice.compare.model), choice.value)
    paper = paper_grid_of(choice) if choice.value == "c" else None
    return answer(panel.ranked, choice.value, diagonal=choice.diagonal, paper=paper)


def has_answer(choice: LanguagesChoice) -> bool:
    """Whether the grids have a sentence of their own: C of stored runs is what the readings rank."""
    return choice.signed or not isinstance(choice.source, StoredSource)


def answer_card(answer: Answer) -> None:
    """The answer of a grid, and the share of resamples in which each language is first."""
    text, bars = answer_html(answer.sentence, answer.notes), bars_html(answer)
    with st.container(border=True, key="grids-answer-card"):
        if not bars:
            st.html(text)
            return
        left, right = st.columns([7, 3], vertical_alignment="center")
        left.html(text)
        right.html(bars)


def show_grids(address: Address, source: Source) -> None:
    """The switch between the readings alone and the grids below them."""
    if isinstance(source, StoredSource):
        default = grids_default(source) == "1"
        address.toggle(GRIDS, "Language by language: C and performance", default=default)


def grids_note(variance: VarianceComponents | None, data_set: str) -> None:
    """What the cells of the grids are a property of; for the paper's data what its Table 5 says of that."""
    lines = []
    if variance is not None and not np.isnan(variance.shares["pair"]):
        lines.append(mostly_pairs(variance.shares["pair"], variance.shares["checkpoint"]))
    if data_set == PAPER_DATA_SET:
        lines.append(table_5_line(largest_asymmetry(paper_table("5"))))
    if lines:
        st.caption("  \n".join(lines))


def grids(address: Address, panels: tuple[Panel, Panel | None], selected: tuple[str, str]) -> None:
    """Both grids side by side; a click on a cell selects it in both."""
    for index, (column, panel) in enumerate(zip(st.columns(2), panels, strict=True)):
        with column.container(border=True, key=f"grid-card-{index}"):
            if panel is None:
                st.html(head_html("No second grid"))
                st.caption("The values chosen for it were not computed for these runs.")
                continue
            st.html(head_html(panel.title, panel.legend))
            crowded = panel.grid.crowded
            with st.container(key=f"scroll-languages-{'wide' if crowded else 'fitting'}-{index}"):
                if crowded:
                    st.html(row_labels_html(panel.grid))
                key = f"languages-grid-{index}"
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
    """Write the clicked cell into the address; a click on Overall or All writes its row or column alone."""
    cells = st.session_state[key]["selection"].get(SELECTION, [])
    for name, field in (("src", "row"), ("tgt", "column")):
        label = str(cells[0].get(field, "")) if cells else ""
        if 1 < len(label) <= 3 and label.islower():
            address.set(name, label)


def _spoken(panel: Panel) -> str:
    """The description of a grid for screen readers: its means by training language."""
    pairs = zip(panel.grid.rows, panel.grid.overall, strict=True)
    write = signed if panel.signed else decimal
    means = ", ".join(f"{language(code)} {write(value)}" for code, value in pairs if value is not None)
    return f"{panel.title} by training language and language evaluated on. Overall: {means or 'none'}."


def choose_cell(address: Address, panel: Panel, default: str = "") -> tuple[str, str]:
    """Two select boxes, the keyboard's way to choose a cell of the grids; `default` is the training language."""
    rows, columns = panel.grid.rows, panel.grid.columns
    ranking = [code for code in (default, *panel.ranked.ranking(diagonal=False)) if code in rows]
    # The readings above have a box for the training language too: one parameter, two widgets.
    address = address.elsewhere("grids")
    left, right = st.columns(2)
    with left:
        names = {code: language(code) for code in rows}
        trained = address.select("src", "Trained on", names, default=next(iter(ranking), rows[0]))
    other = next((code for code in columns if code != trained), columns[0])
    with right:
        evaluated = address.select("tgt", "Evaluated on", {code: language(code) for code in columns}, default=other)
    return trained, evaluated


def cell_line(choice: LanguagesChoice, panels: tuple[Panel, Panel | None], selected: tuple[str, str]) -> None:
    """The values of the selected cell in one line."""
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
    """The link to the examples of a cell, which the paper's tables lack; a line if the grid uses only some of them."""
    choices = choice.source.examples_link(*selected)
    if choices is None:
        return
    link_to("Results", "Open these examples", choices)
    stored, counted = choice.source.stored_rows(*selected), _count(panel, selected)
    references = choice.source.references().get(selected) if choice.compare is None else None
    if stored > counted + (references.problems if references else 0):
        st.caption(f"All {count(stored)} rows of this pair; the grid uses {count(counted)} of them.")


def _cell(panel: Panel, selected: tuple[str, str]) -> tuple[float, float, float] | None:
    axes = panel.ranked.summary.axes
    if selected[0] not in axes.rows or selected[1] not in axes.columns:
        return None
    cell = axes.rows.index(selected[0]), axes.columns.index(selected[1])
    value = float(panel.ranked.summary.values[cell])
    low, high = map(float, panel.ranked.summary.interval[cell])
    return None if np.isnan(value) else (value, low, high)


def _count(panel: Panel, selected: tuple[str, str]) -> int:
    axes = panel.ranked.summary.axes
    if selected[0] not in axes.rows or selected[1] not in axes.columns:
        return 0
    return int(panel.ranked.summary.n[axes.rows.index(selected[0]), axes.columns.index(selected[1])])


def overall(choice: LanguagesChoice, panel: Panel) -> None:
    """Overall by training language, as dots."""
    paper = paper_grid_of(choice) if not choice.signed else None
    legend = dots_legend(is_signed=panel.signed, with_paper=paper is not None)
    st.html(head_html("Overall by training language", legend))
    show_chart(
        overall_dots,
        panel.ranked,
        theme=chart_theme(),
        paper=paper,
        signed=panel.signed,
        key="overall-dots",
        alt=_spoken(panel),
    )


def dots_legend(*, is_signed: bool, with_paper: bool) -> str:
    """The marks of the dot plot, as HTML."""
    marks = [("●", "95% interval")] if is_signed else [("●", f"{WITH}, 95% interval"), ("○", WITHOUT)]
    marks += [("|", PAPER)] if with_paper else []
    css = "mark-a" if is_signed else "mark-c"
    return marks_legend((f'<span class="{css}">{mark}</span>', words) for mark, words in marks)
