"""The result of the page "Translation pair": its status line, what failed, and which end and translation are shown."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.consistency.translations import TranslationResults
from core.results import PairAnalysis, PairReport
from core.text.numbers import duration
from dashboard.figures.words import sentences
from dashboard.figures.words.two_models import compare_cost_line
from dashboard.pair.session import PairSession
from dashboard.service.places import told
from dashboard.shared.address import Address
from dashboard.shared.pair_view import END_NAMES, consistency_grid


def status_line(seconds: float) -> str:
    """How long the analysis took; what it cost is under Details."""
    return f"Analysed in {duration(seconds)}"


def cost_line(reports: Sequence[PairReport], seconds: float) -> str:
    """What the analysis cost: time, gradient evaluations, and the estimated token error."""
    first, *others = (report.analyses[0] for report in reports)
    if others:
        return compare_cost_line(first, others[0], seconds)
    return sentences.cost_line(replace(first, seconds=seconds))


def result_lines(result: TranslationResults, reports: Sequence[PairReport]) -> None:
    """A line for each model and translation that failed, and the notices of the pair shown."""
    for model, line in result.failed_models.items():
        st.error(f"{model}: {told(line)}")
    for translation, line in {key.translation: line for key, line in result.failures.items()}.items():
        st.error(f"Translation {translation + 1}: {told(line)}")
    for line in dict.fromkeys(line for report in reports for line in report.notices):
        st.warning(line)


def choose_end(address: Address, reports: Sequence[PairReport], end: str) -> list[PairAnalysis]:
    """One analysis for each model; for `qa` of an end of the answer, with the buttons that choose it."""
    if len(reports[0].analyses) == 1:
        return [report.analyses[0] for report in reports]
    address.segments("end", "Answer", END_NAMES)
    return [analysis for report in reports for analysis in report.analyses if analysis.end == end]


def grid_of_translations(session: PairSession, model: str) -> None:
    """C between all texts under a model, where several translations have one; a click shows its translation."""
    if session.result is None or len(session.result.by_model(model)) < 2:
        return
    if session.open_picked(consistency_grid(session.result, model)):
        st.rerun()
