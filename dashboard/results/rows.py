"""The examples that filters and facets leave, in the order of any column: what the list, its pages and files share."""

from typing import Any

import pandas as pd
import streamlit as st

from core.report.pair_columns import above_shuffled, share_of_attainable
from dashboard.results.choices import SORTS, ResultsChoice
from dashboard.shared.examples.texts import Texts
from dashboard.shared.store import Results

MOST_LISTS = 12


def filtered_pairs(results: Results, choice: ResultsChoice) -> pd.DataFrame:
    """The pairs that are left, with all their columns, in the order of rows."""
    return _filtered(results.location, results.version, choice.run, choice.where, _results=results, _choice=choice)


def ordered_pairs(results: Results, choice: ResultsChoice, texts: Texts) -> pd.DataFrame:
    """The same in the chosen order; equal values in the order of rows, those without a value last."""
    column, descending = SORTS[choice.sort].column, SORTS[choice.sort].descending
    key = (choice.run, choice.where, column, descending, bool(texts))
    return _ordered(results.location, results.version, key, _results=results, _choice=choice, _texts=texts)


def neighbours(rows: list[int], row: int) -> tuple[int, int | None, int | None] | None:
    """The place of a row from 1, and the rows before and after it; None where it is not among them."""
    if row not in rows:
        return None
    at = rows.index(row)
    return at + 1, rows[at - 1] if at else None, rows[at + 1] if at + 1 < len(rows) else None


# Kept as they are, not as copies: nothing changes them.
@st.cache_resource(show_spinner="Reading the examples", max_entries=MOST_LISTS)
def _filtered(
    location: str, version: str, run: str, where: Any, *, _results: Results, _choice: ResultsChoice
) -> pd.DataFrame:
    return _results.reader.values(_choice.scope, where)


@st.cache_resource(show_spinner=False, max_entries=MOST_LISTS)
def _ordered(
    location: str, version: str, key: tuple[Any, ...], *, _results: Results, _choice: ResultsChoice, _texts: Texts
) -> pd.DataFrame:
    pairs = filtered_pairs(_results, _choice)
    _, _, column, descending, _ = key
    values = _sort_values(pairs, column, _results, _choice, _texts)
    order = values.reset_index(drop=True).sort_values(
        ascending=not descending, kind="stable", na_position="last", ignore_index=False
    )
    return pairs.iloc[order.index].reset_index(drop=True)


def _sort_values(pairs: pd.DataFrame, column: str, results: Results, choice: ResultsChoice, texts: Texts) -> pd.Series:
    """What the pairs are sorted by."""
    if column == "above shuffled":
        return above_shuffled(pairs)
    if column == "share of attainable":
        return share_of_attainable(pairs)
    if column == "text":
        local = texts.by_language.get(choice.source)
        return pairs["row"].map(lambda row: local.whole(int(row)).casefold() if local else "")
    if column in ("gold", "source class", "target class"):
        language = choice.target if column == "target class" else choice.source
        classes = results.reader.classes(choice.run, language).set_index("row")
        return pairs["row"].map(classes["gold" if column == "gold" else "predicted"])
    return pairs[column]
