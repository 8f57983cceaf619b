"""The result of the page "Translation pair": its status line, what failed, and which end and translation are shown."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.consistency.translations import TranslationResults
from core.results import PairAnalysis, PairReport
from dashboard.figures.words.sentences import cost_line
from dashboard.figures.words.two_models import compare_cost_line
from dashboard.pair.session import PairSession
from dashboard.shared.pair_view import consistency_grid


def status_line(reports: Sequence[PairReport], seconds: float) -> str:
    """What the analysis cost: time, gradient evaluations, and the estimated token error."""
    first, *others = (report.analyses[0] for report in reports)
    if others:
        return compare_cost_line(first, others[0], seconds)
    return cost_line(replace(first, seconds=seconds))


def result_lines(result: TranslationResults, reports: Sequence[PairReport]) -> None:
    """A line for each model and translation that failed, and the notices of the pair shown."""
    for model, line in result.failed_models.items():
        st.error(f"{model}: {line}")
    for translation, line in {key.translation: line for key, line in result.failures.items()}.items():
        st.error(f"Translation {translation + 1}: {line}")
    for line in dict.fromkeys(line for report in reports for line in report.notices):
        st.warning(line)


def choose_end(reports: Sequence[PairReport]) -> list[PairAnalysis]:
    """One analysis for each model; for `qa` of the chosen end of the answer."""
    index = 0
    if len(reports[0].analyses) > 1:
        ends = [str(analysis.end) for analysis in reports[0].analyses]
        chosen = st.segmented_control(
            "Answer", ends, default="start", required=True, format_func=lambda end: f"Answer {end}", key="end"
        )
        index = ends.index(chosen or ends[0])
    return [report.analyses[index] for report in reports]


def grid_of_translations(session: PairSession, model: str) -> None:
    """C between all texts under a model, where several translations have one; a click shows its translation."""
    if session.result is None or len(session.result.by_model(model)) < 2:
        return
    if session.open_picked(consistency_grid(session.result, model)):
        st.rerun()
