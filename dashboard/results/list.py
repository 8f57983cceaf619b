"""The list of the page "Results": figures of a language pair, the distribution of C, and the examples, page by page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.report.pair_columns import above_shuffled
from core.report.pair_summary import PairSummary, summarise_pairs
from core.report.paper import paper_consistency
from core.store import Page, PredictionRecord
from core.text.display import display_text
from dashboard.figures.colours import CONSISTENCY
from dashboard.figures.distribution import BRUSH, distribution_chart
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, count, counted, decimal, signed
from dashboard.figures.pieces import shorten
from dashboard.figures.strip import RIGHT, WRONG
from dashboard.figures.words.example_card import gold_text
from dashboard.figures.words.headline import headline_html
from dashboard.results.choices import MINUS, PAGE_SIZE, SORTS, ResultsChoice, choose_filters
from dashboard.results.texts import Texts
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme, table_height
from dashboard.shared.verbatim import verbatim

MOST_LINES = 15
# The paper's table of training languages is of this model; its bases differ little, so one of them is marked.
PAPER_MODEL = "XLM-R-Base"
MISMATCHED = "same sources, mismatched translations"
_ANSWER_LENGTH = 60

# What a histogram is drawn from: of C, of C with mismatched translations, and the lines marked in it.
Distribution = tuple[pd.DataFrame, pd.DataFrame, Mapping[str, float]]


@st.cache_data(show_spinner="Reading the examples", max_entries=64)
def cached_summary(place: str, version: str, choice: ResultsChoice, _results: Results) -> PairSummary:
    return summarise_pairs(_results.reader.values(choice.scope, choice.pair))


def pair_summary(results: Results, choice: ResultsChoice) -> PairSummary:
    """The headline of a language pair, once a server."""
    return cached_summary(results.location, results.version, _plain(choice), results)


def _plain(choice: ResultsChoice) -> ResultsChoice:
    """The choice without what does not change the headline."""
    return replace(choice, where=choice.pair, text="", n_filters=0, sort="least", page=1, row=None)


def headline(results: Results, choice: ResultsChoice) -> PairSummary:
    """The line about the run, and the card of figures."""
    identity = choice.identity
    explained = {
        "source": "the class predicted on the source text",
        "own": "what each text predicts",
        "gold": "the gold label",
    }
    asked = str(identity.settings.get("explain", "source"))
    what = explained.get(asked, f"the class {asked}") if identity.labels else f"the answer's {choice.end}"
    if identity.task == "meaning":
        what = "the sentence's meaning"
    parts = (choice.title, identity.checkpoint, choice.languages, f"run {choice.run[-12:]}", f"attributions of {what}")
    st.caption(verbatim(" · ".join(parts)))
    summary = pair_summary(results, choice)
    with st.container(border=True, key="headline"):
        st.html(headline_html(summary, choice.source, choice.target, exact_match=identity.task == "qa"))
    return summary


def distribution(
    results: Results, choice: ResultsChoice, summary: PairSummary, address: Address
) -> Distribution | None:
    """The histogram with the paper's value; dragging over it chooses a range of C."""
    if not summary.consistency.n:
        return None
    histogram = results.histogram(choice.scope, choice.pair)
    mismatched = results.histogram(choice.scope, choice.pair, of="mismatched")
    mismatched = mismatched if mismatched["n"].sum() else mismatched.head(0)
    marks = {"mean": summary.consistency.value, **paper_mark(choice)}
    drawn = (histogram, mismatched, marks)
    outline = f'<span><span class="key-line"></span> {MISMATCHED}</span>' if len(mismatched) else ""
    legend = (
        f'<span class="legend"><span><span class="key-bar"></span> {counted(summary.consistency.n, "example")}</span>'
        f"{outline}</span>"
    )
    st.html(head_html("Distribution of C", legend))
    key = f"distribution-{choice.run}-{choice.source}-{choice.target}-{choice.end}-{chart_theme()}"

    def drag() -> None:
        ends = st.session_state[key]["selection"].get(BRUSH, {}).get("C")
        address.set("c", "-".join(f"{min(max(end, 0.0), 1.0):.3f}" for end in sorted(ends)) if ends else "")
        address.drop("page", "row")

    show_chart(
        distribution_chart,
        *drawn,
        theme=chart_theme(),
        on_select=drag,
        key=key,
        alt=f"Histogram of C, {counted(summary.consistency.n, 'example')}, mean {decimal(summary.consistency.value)}",
    )
    return drawn


def paper_mark(choice: ResultsChoice) -> dict[str, float]:
    """The paper's mean C of this training language with the target language, named; empty where it has none."""
    identity = choice.identity
    if choice.source != identity.train_language or choice.source == choice.target:
        return {}
    found = paper_consistency(identity.dataset, choice.source, choice.target, choice.end)
    return {f"paper, {PAPER_MODEL.replace('-Base', ' base')}": found[PAPER_MODEL]} if PAPER_MODEL in found else {}


def examples_page(results: Results, choice: ResultsChoice) -> Page:
    """The examples of the page that is shown, and how many there are on all of them."""
    offset = (choice.page - 1) * PAGE_SIZE
    return results.examples(choice.scope, choice.where, **choice.order, offset=offset, limit=PAGE_SIZE)


def example_list(results: Results, choice: ResultsChoice, texts: Texts, address: Address) -> None:
    """The table of examples with its pager; pressing a row opens it."""
    page = examples_page(results, choice)
    everything = pair_summary(results, choice)
    of = everything.consistency.n + everything.problems
    with st.container(horizontal=True, vertical_alignment="center", key="examples-head"):
        st.html(head_html(f"Examples: {count(page.total)} of {count(of)}, {SORTS[choice.sort][0]}"))
        with st.container(key="filters-button", width="content"):
            if st.button(f"Filters ({choice.n_filters})" if choice.n_filters else "Filters"):
                _filters_dialog(address, choice, with_text=bool(texts))
        _pager(choice, page.total, address)
    if choice.text and not texts:
        st.info("The search for a text is left out: it needs the texts of the data set on this computer.")
    if not page.total:
        st.info("No example matches these filters.")
        st.button("Clear filters", on_click=lambda: address.drop("right", "agree", "c", "len", "q", "page"))
        return
    if page.frame.empty:
        st.info("The list ends before this page.")
        return
    _table(results, choice, texts, page.frame, address)
    note = "Press a row to open it. Text is read from the data set on this computer; it is not stored with the results."
    st.caption(note if texts else f"Scores are shown without text. {verbatim(texts.reason)}")


@st.dialog("Filters", on_dismiss="rerun")
def _filters_dialog(address: Address, choice: ResultsChoice, *, with_text: bool) -> None:
    choose_filters(address.elsewhere("dialog"), choice.identity, with_text=with_text)
    if st.button("Show the examples", type="primary", width="stretch"):
        st.rerun()


def _pager(choice: ResultsChoice, total: int, address: Address) -> None:
    first, last = (choice.page - 1) * PAGE_SIZE + 1, min(choice.page * PAGE_SIZE, total)
    if total <= PAGE_SIZE and choice.page == 1:
        return
    st.caption(f"{count(first)}–{count(last)} of {count(total)}", width="content")

    def turn(to: int) -> None:
        address.set("page", "" if to <= 1 else str(to))

    # A sign alone has no spoken name, with a tooltip neither.
    st.button("‹ Previous", key="page-back", disabled=choice.page <= 1, on_click=turn, args=(choice.page - 1,))
    st.button("Next ›", key="page-on", disabled=last >= total, on_click=turn, args=(choice.page + 1,))


def _table(results: Results, choice: ResultsChoice, texts: Texts, frame: pd.DataFrame, address: Address) -> None:
    rows = [int(row) for row in frame["row"]]
    shown = example_table(results, choice, texts, frame)
    # Another page or order is another table: no selection is carried over; nor does one outlive its example.
    opened = st.session_state.setdefault("results-opened", 0)
    key = f"examples-{hash((choice.run, choice.where, choice.sort, choice.page))}-{opened}"

    def open_row() -> None:
        selected = st.session_state[key]["selection"]["cells"]
        if selected:
            address.set("row", str(rows[selected[0][0]]))
            st.session_state["results-opened"] = opened + 1

    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=table_height(len(shown), MOST_LINES),
        column_config=_columns(choice),
        selection_mode="single-cell",
        on_select=open_row,
        key=key,
        alt=f"Examples of {choice.title}, {choice.languages}, {SORTS[choice.sort][0]}",
    )


def example_table(results: Results, choice: ResultsChoice, texts: Texts, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a page as the table shows them: text (where at hand), C, predictions with ✓ or ✗, gold, tokens."""
    rows = [int(row) for row in frame["row"]]
    predictions = results.reader.predictions(choice.run, rows=rows, languages=[choice.source, choice.target])
    columns: dict[str, Any] = {"Row": rows}
    if texts:
        columns["Source text"] = [texts.by_language[choice.source].cell(row) for row in rows]
    columns["C"] = frame["consistency"].to_numpy()
    columns[f"{MINUS} shuffled"] = [NOT_RUN if pd.isna(value) else signed(value) for value in above_shuffled(frame)]
    if choice.identity.task != "meaning":
        for code in dict.fromkeys((choice.source, choice.target)):
            columns[f"Predicted {code}"] = [predicted_words(predictions.get((code, row))) for row in rows]
        gold = [gold_text(predictions.get((choice.source, row))) for row in rows]
        columns["Gold"] = [shorten(display_text(text or "–"), _ANSWER_LENGTH) for text in gold]
    columns["Tokens"] = frame["n_source"].to_numpy()
    if (frame["problem"] != "").any():
        columns["Problem"] = list(frame["problem"])
    return pd.DataFrame(columns)


def predicted_words(record: PredictionRecord | None) -> str:
    """`✓ contradiction`, or an answer; "–" where nothing was predicted."""
    if record is None or record.problem:
        return "–"
    said = record.predicted or record.answer or "answer"
    mark = "" if record.correct is None else f"{RIGHT if record.correct else WRONG} "
    return mark + shorten(display_text(said), _ANSWER_LENGTH)


def _columns(choice: ResultsChoice) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Row": number(format="localized", width=60),
        "Source text": st.column_config.TextColumn(width="large"),
        "C": st.column_config.ProgressColumn(
            format="%.3f", min_value=0.0, max_value=1.0, color=CONSISTENCY.at(0.65, chart_theme()), width=120
        ),
        f"{MINUS} shuffled": st.column_config.TextColumn(
            alignment="right", width=90, help=explained("C minus the mean C of shuffled importance.", "minus")
        ),
        "Tokens": number(width=66, help=explained("Source tokens that carry mass.", "mass")),
    }
