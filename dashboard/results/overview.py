"""The top of the list on the page "Results": figures of a language pair, and the distribution of C."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.report.pair_summary import PairSummary, summarise_pairs
from core.report.paper import paper_consistency
from dashboard.figures.distribution import BRUSH, distribution_chart
from dashboard.figures.legend import head_html, marks_legend
from dashboard.figures.numbers import counted, decimal
from dashboard.figures.words.headline import headline_html
from dashboard.results.choices import ResultsChoice
from dashboard.results.rows import filtered_pairs
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme
from dashboard.shared.verbatim import verbatim

# The model of the paper's Table 5; its other base models have a similar C, so only this one is marked.
PAPER_MODEL = "XLM-R-Base"
MISMATCHED = "same sources, mismatched translations"

# Histogram of C, histogram of C with mismatched translations, and label -> C of the lines marked.
Distribution = tuple[pd.DataFrame, pd.DataFrame, Mapping[str, float]]


@st.cache_data(show_spinner="Reading the examples", max_entries=64)
def _cached_summary(
    location: str, version: str, key: tuple[Any, ...], *, _results: Results, _choice: ResultsChoice
) -> PairSummary:
    return summarise_pairs(filtered_pairs(_results, _choice))


def pair_summary(results: Results, choice: ResultsChoice) -> PairSummary:
    """The figures of the examples that the filters leave; computed once per server."""
    key = (choice.run, choice.where)
    return _cached_summary(results.location, results.version, key, _results=results, _choice=choice)


def headline(results: Results, choice: ResultsChoice, n_all: int) -> PairSummary:
    """The line about the run, and the card of figures; `n_all` are the examples without filters."""
    identity = choice.identity
    parts = (
        choice.title,
        identity.checkpoint,
        choice.languages,
        f"run {choice.run[-12:]}",
        f"attributions of {_explained_output(choice)}",
    )
    st.caption(verbatim(" · ".join(parts)))
    summary = pair_summary(results, choice)
    with st.container(border=True, key="headline"):
        st.html(headline_html(summary, choice.source, choice.target, exact_match=identity.task == "qa", n_all=n_all))
    return summary


def _explained_output(choice: ResultsChoice) -> str:
    """The output that the run's attributions explain, in words."""
    if choice.identity.task == "meaning":
        return "the sentence’s meaning"
    if not choice.identity.labels:
        return f"the {choice.end} of the answer"
    explain = str(choice.identity.settings.get("explain", "source"))
    names = {
        "source": "the class predicted on the source text",
        "own": "the class predicted on each text",
        "gold": "the gold label",
    }
    return names.get(explain, f"the class {explain}")


def distribution(
    results: Results, choice: ResultsChoice, summary: PairSummary, address: Address
) -> Distribution | None:
    """The histogram of C with our mean and the paper's; dragging over it chooses a range. None without a C."""
    if not summary.consistency.n:
        return None
    histogram = results.histogram(choice.scope, choice.where)
    mismatched = results.histogram(choice.scope, choice.where, of="mismatched")
    mismatched = mismatched if mismatched["n"].sum() else mismatched.head(0)
    marks = {"mean": summary.consistency.value, **paper_mark(choice)}
    drawn = (histogram, mismatched, marks)
    entries = [('<span class="key-bar"></span>', counted(summary.consistency.n, "example"))]
    if len(mismatched):
        entries.append(('<span class="key-line"></span>', MISMATCHED))
    st.html(head_html("Distribution of C", marks_legend(entries)))
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
    """Label -> the paper's mean C of this training and target language; empty if the paper has none."""
    identity = choice.identity
    if choice.source != identity.train_language or choice.source == choice.target:
        return {}
    by_model = paper_consistency(identity.dataset, choice.source, choice.target, choice.end)
    return {f"paper, {PAPER_MODEL.replace('-Base', ' base')}": by_model[PAPER_MODEL]} if PAPER_MODEL in by_model else {}
