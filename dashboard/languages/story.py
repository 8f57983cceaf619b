"""The readings on the screen: the verdict, the table of readings, what C is made of, who leads, and why."""

from html import escape

import streamlit as st

from core.report.pair_cells import PairCells, drivers, own_pair_parts
from core.report.readings import PAPER_READING, Reading, Readings
from dashboard.figures.legend import head_html, marks_legend
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted
from dashboard.figures.readings.dots import MEAN, PAPER, SEED, dots_frame, reading_dots
from dashboard.figures.readings.drivers import drivers_chart, drivers_frame, parts_chart, parts_frame
from dashboard.figures.readings.variance import variance_html, variance_sentence
from dashboard.figures.words.drivers import drivers_note, drivers_title, parts_note
from dashboard.figures.words.readings import (
    AGREEMENT,
    RULE,
    SIGNED,
    chosen_sentence,
    coverage_sentence,
    reading_rows,
    reading_title,
    uncertainty_sentence,
    value_number,
)
from dashboard.figures.words.verdict import Verdict, verdict
from dashboard.languages.computed import Computed, paper_values
from dashboard.languages.reading_choice import readings_table
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.paper_source import PAPER_MODEL
from dashboard.shared.style import chart_theme


def answer_card(address: Address, computed: Computed, reading: Reading) -> None:
    """The verdict over all readings, the table in which one of them is chosen, and what the intervals speak of."""
    readings = computed.readings
    assert readings is not None
    found = verdict(readings, paper_leader=computed.paper_leader, most_alike=computed.most_alike)
    with st.container(border=True, key="answer-card"):
        left, right = st.columns([3, 7])
        left.html(_verdict_html(found) + _chosen_html(reading))
        with right:
            readings_table(address, reading_rows(readings), reading.definition.name)
        st.html(_honesty_html(computed, readings))


def _verdict_html(found: Verdict) -> str:
    lines = "".join(f"<p>{line}</p>" for line in found.lines)
    return f'<div class="verdict"><p class="answer"><b>{escape(found.headline)}</b></p>{lines}</div>'


def _chosen_html(reading: Reading) -> str:
    title, sentence = escape(reading_title(reading.definition)), escape(chosen_sentence(reading))
    return f'<p class="chosen" aria-live="polite"><b>{title}:</b> {sentence} The page below follows this reading.</p>'


def _honesty_html(computed: Computed, readings: Readings) -> str:
    uncertainty = uncertainty_sentence(readings.n_seeds, readings.seed_sd)
    parts = [f"<span><b>Uncertainty:</b> {escape(uncertainty)}</span>"]
    if computed.paper_leader is not None:
        mark, words = AGREEMENT["same"]
        name = language_name(computed.paper_leader)
        parts.append(f"<span>{mark} {escape(words)}’s Table 5 ({escape(name)}, {PAPER_MODEL}).</span>")
    parts.append(f"<span>{escape(RULE)}</span>")
    coverage = _coverage(computed.cells)
    if coverage:
        parts.append(f"<span><b>Coverage:</b> {escape(coverage)}</span>")
    return f'<div class="honesty">{"".join(parts)}</div>'


def _coverage(cells: PairCells) -> str:
    return coverage_sentence(int(cells.shared.sum()), len(cells.pairs), cells.waiting_for)


def nothing_to_rank(cells: PairCells) -> None:
    """The card where a single language has been trained."""
    name = escape(language_name(cells.languages[0]))
    with st.container(border=True, key="answer-card"):
        st.html(
            f'<p class="answer"><b>Only {name} has been trained: nothing to rank.</b></p>'
            '<p class="small muted answer-notes">The readings compare training languages. Pairs and performance of '
            "this checkpoint are below.</p>"
        )


def skeleton() -> None:
    """The place of the card while the readings are computed for the first time."""
    st.html('<div class="answer-skeleton" role="status"><span class="muted">Computing the readings …</span></div>')


def variance(computed: Computed) -> None:
    """How much of C is the pair, the training language, and the sentence."""
    readings = computed.readings
    if readings is None or readings.variance is None:
        return
    n_cells = len(readings.values.languages) * int(readings.values.shared.sum())
    st.html(
        head_html("What C is made of", note=variance_sentence(readings.variance))
        + variance_html(readings.variance, n_cells)
    )


def dots(computed: Computed, reading: Reading, data_set: str) -> None:
    """Every training language in the chosen reading."""
    name, values = reading.definition.name, computed.cells.values
    paper = paper_values(data_set) if name == PAPER_READING else {}
    seeds = max(map(values.trained_on.count, values.languages))
    css = "mark-a" if name in SIGNED else "mark-c"
    marks = [(f'<span class="{css}">●</span>', MEAN)]
    marks += [(f'<span class="{css}">○</span>', f"{SEED}, below")] if seeds > 1 else []
    marks += [("|", PAPER)] if paper else []
    n_pairs = int(values.shared.sum()) if reading.definition.on_shared_pairs else int(values.own.sum(axis=1).max())
    marks.append(("", f"n = {counted(len(values.examples), 'sentence')} × {counted(n_pairs, 'pair')}"))
    st.html(head_html(f"Training languages: {reading_title(reading.definition)}", marks_legend(marks)))
    show_chart(
        reading_dots,
        dots_frame(reading, values.trained_on, paper=paper),
        theme=chart_theme(),
        signed=name in SIGNED,
        key="reading-dots",
        alt=_dots_spoken(reading),
    )


def _dots_spoken(reading: Reading) -> str:
    ranking, name = reading.ranking, reading.definition.name
    values = ", ".join(
        f"{language_name(code)} {value_number(name, float(ranking.values[ranking.languages.index(code)]))}"
        for code in ranking.order
    )
    return f"Training languages in the reading “{reading_title(reading.definition)}”: {values}."


def lead(computed: Computed, reading: Reading) -> None:
    """What the difference between the first two consists of."""
    readings, cells = computed.readings, computed.cells
    assert readings is not None
    name, difference = reading.definition.name, reading.ranking.difference.value
    if reading.definition.on_shared_pairs:
        found = drivers(cells, readings, name)
        if found is None:
            st.html(head_html(drivers_title(reading)))
            st.caption("No pair counts for both of them, so they are compared through the other checkpoints only.")
            return
        note = drivers_note(reading, found)
        st.html(head_html(drivers_title(reading), note=note))
        show_chart(
            drivers_chart, drivers_frame(found), difference, theme=chart_theme(), key="reading-drivers", alt=note
        )
        return
    parts = own_pair_parts(cells, readings, name)
    if parts is None:
        st.html(head_html(drivers_title(reading)))
        st.caption(
            "Which part of it comes from the pairs cannot be told: the pairs of one checkpoint have not been computed "
            f"under the others ({_coverage(cells)} The command “core run --pairs all” adds them from the stored "
            "attributions)."
        )
        return
    note = parts_note(reading, parts)
    st.html(head_html(drivers_title(reading), note=note))
    show_chart(parts_chart, parts_frame(parts), theme=chart_theme(), key="reading-parts", alt=note)


def amount_line(computed: Computed, updated: str) -> None:
    """In the sidebar: how much the readings are computed from."""
    cells = computed.cells
    seeds = len(cells.values.trained_on)
    trained = counted(len(cells.languages), "training language")
    trained += f", {counted(seeds, 'checkpoint')}" if seeds > len(cells.languages) else ""
    st.caption(
        f"{trained}  \n{counted(len(cells.evaluated), 'language')}, {counted(len(cells.pairs), 'pair')}  \n"
        f"{count(len(cells.values.examples))} sentences each  \nLast updated {updated[:10]}"
    )
