"""The list of the page "Results": the examples that the filters leave, page by page."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.report.pair_columns import above_shuffled, share_of_attainable
from core.store import PredictionRecord
from core.text.display import display_text
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, count, decimal, signed
from dashboard.figures.numbers import share_of_attainable as share_text
from dashboard.figures.pieces import shorten
from dashboard.figures.strip import RIGHT, WRONG
from dashboard.figures.words.predictions import gold_of, predicted_of
from dashboard.results.choices import (
    FILTERS,
    LAST,
    MINUS,
    PAGE_SIZE,
    SORTS,
    ResultsChoice,
    choose_filters,
    starred,
    toggle_star,
)
from dashboard.results.rows import ordered_pairs
from dashboard.results.table_component import show_table
from dashboard.shared.address import Address
from dashboard.shared.examples.texts import Texts, stored_text_line
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim

SHARE = "Share"
_LONGEST = 60
# Column of the table -> the orders that its heading goes through.
_SORTED_BY = {
    "Row": ("row", "row-down"),
    "Source text": ("text", "text-down"),
    "C": ("least", "most"),
    f"{MINUS} shuffled": ("below", "above"),
    SHARE: ("apart", "shared"),
    "Gold": ("gold", "gold-down"),
    "Tokens": ("short", "long"),
    "Problem": ("problem", "problem-down"),
}
_NUMBERS = ("Row", f"{MINUS} shuffled", SHARE, "Tokens")


def example_list(results: Results, choice: ResultsChoice, texts: Texts, address: Address, n_all: int) -> None:
    """The table of examples with its pager; `n_all` are those of the language pair without filters."""
    ordered = ordered_pairs(results, choice, texts)
    stars = starred(address)
    with st.container(horizontal=True, vertical_alignment="center", key="examples-head"):
        st.html(head_html(f"Examples: {count(len(ordered))} of {count(n_all)}, {SORTS[choice.sort].label}"))
        with st.container(key="filters-button", width="content"):
            if st.button(f"Filters ({choice.n_filters})" if choice.n_filters else "Filters"):
                _filters_dialog(address, with_text=bool(texts))
        if stars or address.get("stars"):
            address.pills("stars", "Starred", {"1": f"{len(stars)} starred"}, reset=("page",))
        _pager(choice, len(ordered), address)
    if choice.text and not texts:
        st.info("The text filter is not applied: it needs the texts of the data set on this computer.")
    if not len(ordered):
        st.info("No example matches these filters.")
        st.button("Clear filters", on_click=lambda: address.drop(*FILTERS, "page"))
        return
    frame = ordered.iloc[(choice.page - 1) * PAGE_SIZE : choice.page * PAGE_SIZE]
    if frame.empty:
        st.info("The list has no such page.")
        return
    _table(results, choice, texts, frame, address)
    held = stored_text_line(results.runs[choice.run])
    shown = f"A heading sorts all examples. {held}" if texts else f"Scores are shown without text. {texts.reason}"
    st.caption(verbatim(shown))


@st.dialog("Filters", on_dismiss="rerun")
def _filters_dialog(address: Address, *, with_text: bool) -> None:
    choose_filters(address.elsewhere("dialog"), with_text=with_text)
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
    last = str(st.session_state.pop(LAST, "") or "")
    rows = [int(row) for row in frame["row"]]
    shown = example_table(results, choice, texts, frame)
    data = table_data(shown, frame, choice, set(starred(address)))
    data["back"] = int(last) if last.isdigit() and int(last) in rows else None
    data["place"] = f"{choice.run}-{choice.source}-{choice.target}-{choice.page}"

    def sort(code: str) -> None:
        if code in SORTS:
            address.set("sort", "" if code == next(iter(SORTS)) else code)
            address.drop("page")

    show_table(
        data,
        key="examples",
        on_open=lambda row: address.set("row", str(row)),
        on_sort=sort,
        on_star=partial(toggle_star, address),
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


def table_data(shown: pd.DataFrame, frame: pd.DataFrame, choice: ResultsChoice, stars: set[int]) -> dict[str, Any]:
    """What the component draws of `example_table`."""
    columns = [_column(name, choice) for name in shown.columns]
    lines = []
    for values, row in zip(shown.itertuples(index=False), frame["row"].tolist(), strict=True):
        cells = [_shown(name, value) for name, value in zip(shown.columns, values, strict=True)]
        lines.append({"row": int(row), "starred": int(row) in stars, "cells": cells})
    label = f"Examples of {choice.title}, {choice.languages}, {SORTS[choice.sort].label}"
    return {"label": label, "columns": columns, "rows": lines}


def _column(name: str, choice: ResultsChoice) -> dict[str, Any]:
    orders = _SORTED_BY.get(name)
    if name == f"Predicted {choice.source}":
        orders = ("ours", "ours-down")
    elif name == f"Predicted {choice.target}":
        orders = ("theirs", "theirs-down")
    css = "number" if name in _NUMBERS else "text" if name == "Source text" else ""
    if orders is None:
        return {"label": name, "css": css, "next": "", "sorted": ""}
    sorted_ = {orders[0]: "ascending", orders[1]: "descending"}.get(choice.sort, "")
    return {"label": name, "css": css, "sorted": sorted_, "next": orders[1] if choice.sort == orders[0] else orders[0]}


def _shown(name: str, value: Any) -> dict[str, Any]:
    if name == "C":
        known = not pd.isna(value)
        return {"text": decimal(value) if known else NOT_RUN, **({"bar": float(value)} if known else {})}
    text = count(int(value)) if name in ("Row", "Tokens") else str(value)
    for mark in (RIGHT, WRONG):
        if name.startswith("Predicted ") and text.startswith(f"{mark} "):
            return {"text": text.removeprefix(f"{mark} "), "right": mark == RIGHT}
    return {"text": text}


def predicted_words(record: PredictionRecord | None) -> str:
    """`✓ contradiction`, or an answer; "–" if nothing was predicted."""
    if record is None or record.problem:
        return "–"
    mark = "" if record.correct is None else f"{RIGHT if record.correct else WRONG} "
    return mark + _cell(predicted_of(record) or "answer")


def _cell(text: str) -> str:
    return shorten(display_text(text), _LONGEST)
