"""The list of the page "Results": the examples that the filters leave, page by page."""

from typing import Any

import pandas as pd
import streamlit as st

from core.report.pair_columns import above_shuffled, share_of_attainable
from core.store import Page, PredictionRecord
from core.text.display import display_text
from dashboard.figures.colours import CONSISTENCY
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, count, signed
from dashboard.figures.numbers import share_of_attainable as share_text
from dashboard.figures.pieces import shorten
from dashboard.figures.strip import RIGHT, WRONG
from dashboard.figures.words.predictions import gold_of, predicted_of
from dashboard.results.choices import FILTERS, MINUS, PAGE_SIZE, SORTS, ResultsChoice, choose_filters
from dashboard.results.overview import pair_summary
from dashboard.shared.address import Address
from dashboard.shared.examples.texts import Texts
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme, table_height
from dashboard.shared.verbatim import verbatim

MOST_LINES = 15
SHARE = "Share"
_LONGEST = 60


def examples_page(results: Results, choice: ResultsChoice) -> Page:
    """The examples on the current page of the list, and the number on all pages."""
    offset = (choice.page - 1) * PAGE_SIZE
    return results.examples(choice.scope, choice.where, **choice.order, offset=offset, limit=PAGE_SIZE)


def example_list(results: Results, choice: ResultsChoice, texts: Texts, address: Address) -> None:
    """The table of examples with its pager; pressing a row opens it."""
    page = examples_page(results, choice)
    summary = pair_summary(results, choice)
    stored = summary.consistency.n + summary.problems
    with st.container(horizontal=True, vertical_alignment="center", key="examples-head"):
        st.html(head_html(f"Examples: {count(page.total)} of {count(stored)}, {SORTS[choice.sort][0]}"))
        with st.container(key="filters-button", width="content"):
            if st.button(f"Filters ({choice.n_filters})" if choice.n_filters else "Filters"):
                _filters_dialog(address, choice, with_text=bool(texts))
        _pager(choice, page.total, address)
    if choice.text and not texts:
        st.info("The text filter is not applied: it needs the texts of the data set on this computer.")
    if not page.total:
        st.info("No example matches these filters.")
        st.button("Clear filters", on_click=lambda: address.drop(*FILTERS, "page"))
        return
    if page.frame.empty:
        st.info("The list has no such page.")
        return
    _table(results, choice, texts, page.frame, address)
    note = "Press a row to open it. Texts are read from the data set on this computer, not from the store."
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

    # Screen readers need the words: an arrow alone has no accessible name, and a tooltip does not give it one.
    st.button("‹ Previous", key="page-back", disabled=choice.page <= 1, on_click=turn, args=(choice.page - 1,))
    st.button("Next ›", key="page-on", disabled=last >= total, on_click=turn, args=(choice.page + 1,))


def _table(results: Results, choice: ResultsChoice, texts: Texts, frame: pd.DataFrame, address: Address) -> None:
    rows = [int(row) for row in frame["row"]]
    shown = example_table(results, choice, texts, frame)
    # The key changes with page, order and every example opened: a selection that survived would open its row again.
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
    """The examples of a page as shown: text (if it is here), C, predictions with ✓ or ✗, gold, tokens, problem."""
    rows = [int(row) for row in frame["row"]]
    predictions = results.reader.predictions(choice.run, rows=rows, languages=[choice.source, choice.target])
    columns: dict[str, Any] = {"Row": rows}
    if texts:
        columns["Source text"] = [texts.by_language[choice.source].cell(row) for row in rows]
    columns["C"] = frame["consistency"].to_numpy()
    columns[f"{MINUS} shuffled"] = [NOT_RUN if pd.isna(value) else signed(value) for value in above_shuffled(frame)]
    columns[SHARE] = [share_text(value) for value in share_of_attainable(frame)]
    if choice.identity.task != "meaning":
        for code in dict.fromkeys((choice.source, choice.target)):
            columns[f"Predicted {code}"] = [predicted_words(predictions.get((code, row))) for row in rows]
        columns["Gold"] = [_cell(gold_of(predictions.get((choice.source, row))) or "–") for row in rows]
    columns["Tokens"] = frame["n_source"].to_numpy()
    if (frame["problem"] != "").any():
        columns["Problem"] = list(frame["problem"])
    return pd.DataFrame(columns)


def predicted_words(record: PredictionRecord | None) -> str:
    """`✓ contradiction`, or an answer; "–" if nothing was predicted."""
    if record is None or record.problem:
        return "–"
    mark = "" if record.correct is None else f"{RIGHT if record.correct else WRONG} "
    return mark + _cell(predicted_of(record) or "answer")


def _cell(text: str) -> str:
    return shorten(display_text(text), _LONGEST)


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
        SHARE: st.column_config.TextColumn(
            alignment="right",
            width=70,
            help=explained(
                "Share of the attainable: 0% is chance, 100% carried-over importance; none where the range is small.",
                "references",
            ),
        ),
        "Tokens": number(width=66, help=explained("Source tokens that carry mass.", "mass")),
    }
