"""The coefficients of the checkpoints that are shown: C, C given equal importance, and the references of C."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.report.tables.coefficients import LINES, NAMES, Entry, Measure
from core.statistics import Undefined
from core.statistics.correlation import KINDS
from dashboard.correlation.choices import CorrelationChoice, Drawn
from dashboard.figures.legend import head_html
from dashboard.figures.numbers import NOT_RUN, signed_bounds
from dashboard.figures.words.correlation import coefficient_words
from dashboard.figures.words.languages import language

LANGUAGES, SENTENCES = "other languages", "other sentences"


def beside_c(choice: CorrelationChoice, shown: Sequence[Drawn]) -> None:
    """What performance correlates with: C and beside it what needs no model, without the training language first."""
    note = (
        f"Brackets: 95% interval over {LANGUAGES} (Fisher’s z), in a column of its own over {SENTENCES} "
        "(bootstrap). "
        "Equal importance: C as if all words counted the same, which no model enters."
    )
    st.html(head_html(f"{choice.performance_name} correlates with", note=note))
    st.dataframe(
        beside_table(shown),
        hide_index=True,
        width="stretch",
        alt="Coefficients of C, of C given equal importance, and of the references of C",
        key="beside",
    )
    for reason in undefined_reasons(shown):
        st.caption(reason)


def beside_table(shown: Sequence[Drawn]) -> pd.DataFrame:
    """One line for each checkpoint and each of `LINES`."""
    lines = []
    for drawn in shown:
        own = language(drawn.scatter.trained_on)
        for measure, diagonal in LINES:
            entries = [drawn.scatter.entry(kind, diagonal=diagonal, measure=measure) for kind in KINDS]
            cells = [words for entry in entries for words in (coefficient_words(entry.correlation), _sentences(entry))]
            name = quantity_name(measure, own, diagonal=diagonal)
            lines.append((drawn.source.model, own, name, entries[0].correlation.n, *cells))
    names = [name for kind in KINDS for name in (kind.capitalize(), f"{kind.capitalize()}, {SENTENCES}")]
    table = pd.DataFrame(lines, columns=["Model", "Trained on", "Quantity", "n", *names])
    return table.drop(columns=[name for name in ("Model", "Trained on") if table[name].nunique() == 1])


def quantity_name(measure: Measure, own: str, *, diagonal: bool) -> str:
    """What performance is correlated with; C says whether the training language is a point."""
    if measure == "partial":
        return f"{NAMES[measure]} (partial)"
    if measure == "consistency":
        return f"C, with {own} as in the paper" if diagonal else "C"
    return NAMES[measure].capitalize() if measure == "uniform" else NAMES[measure]


def undefined_reasons(shown: Sequence[Drawn]) -> tuple[str, ...]:
    """Why coefficients are missing, each reason once."""
    found = (
        drawn.scatter.entry(kind, diagonal=diagonal, measure=measure).correlation
        for drawn in shown
        for kind in KINDS
        for measure, diagonal in LINES
    )
    return tuple(dict.fromkeys(one.reason for one in found if isinstance(one, Undefined)))


def _sentences(entry: Entry) -> str:
    return signed_bounds(*entry.over_examples, 2) if entry.over_examples else NOT_RUN
