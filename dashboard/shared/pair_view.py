"""The result of a pair on the screen: number, sentence, references, pictures, table, quality, settings."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.consistency.translations import AnalysisKey, TranslationResults
from core.results import PairAnalysis, Side
from dashboard.figures.chips.row import AnswerMarks
from dashboard.figures.grids.cells import GridValues
from dashboard.figures.grids.grid import language_grid
from dashboard.figures.legend import consistency_legend, head_html
from dashboard.figures.linked import both_chips_html
from dashboard.figures.matrix.cells import MatrixKind, fits_still_picture
from dashboard.figures.names import numbered_names
from dashboard.figures.what_if import Remove
from dashboard.shared.charts import show_chart
from dashboard.shared.linked_view import Card, ClassPictures, Pressed, linked_view
from dashboard.shared.matrix_chart import draw_matrix_chart
from dashboard.shared.style import chart_theme

LINKED = "linked-pictures"
END_NAMES = {"start": "Answer start", "end": "Answer end"}


def chips_of(analysis: PairAnalysis, *, show_specials: bool) -> str:
    """Both texts as chips, coloured by attribution, as HTML for the linked picture."""
    marks = (answer_marks(analysis, analysis.source), answer_marks(analysis, analysis.target))
    return both_chips_html(
        analysis.settings.task, (analysis.source, analysis.target), marks, show_specials=show_specials, step=1
    )


def answer_marks(analysis: PairAnalysis, side: Side) -> AnswerMarks | None:
    """The predicted answer's place in the context, for the card's underline."""
    if analysis.end is None or not side.prediction:
        return None
    answer = next(iter(side.prediction))
    context = dict(side.text.fields)["context"]
    start = context.find(answer)
    return AnswerMarks("context", predicted=(start, start + len(answer))) if answer and start >= 0 else None


def pair_pictures(
    analysis: PairAnalysis,
    chips: str,
    *,
    similarities: bool = True,
    card: Card | None = None,
    classes: ClassPictures | None = None,
    remove: Remove | None = None,
    on_press: Callable[[Pressed], None] | None = None,
) -> None:
    """Chips, flow, matrix and flows as one linked picture; for a long text the whole matrix is a chart on demand.

    Parameters
    ----------
    chips : both texts' chips as HTML. card : makes C and its references as HTML, where the pictures hold them.
    similarities : whether those of pairs of units without a flow are known.
    classes : the cards of the classes. remove : evaluates the model without a word.
    on_press : called with the class that someone presses, or the text to attribute, before the page runs again.
    """

    @st.fragment
    def drawn() -> None:
        pressed = linked_view(
            analysis, chips, key=LINKED, similarities=similarities, card=card, classes=classes, remove=remove
        )
        if on_press is not None and (pressed.label or pressed.fields):
            on_press(pressed)
            st.rerun()

    drawn()
    if not fits_still_picture(analysis) and st.toggle("All tokens in one matrix, with zoom", key="matrix-chart"):
        kind: MatrixKind = (
            "similarity" if similarities and st.toggle("Similarity", key="matrix-similarity") else "transport"
        )
        draw_matrix_chart(analysis, kind, alt=f"{kind.title()} matrix", key="matrix")


def consistency_grid(results: TranslationResults, model: str) -> int | None:
    """The grid of C between all texts; returns the translation whose pair with the source is selected, if any."""
    st.html(head_html("Consistency between all texts", consistency_legend()))
    # The names are the result's own: the draft may have more or fewer translations by now.
    names = numbered_names(
        [
            None if AnalysisKey(model, index) in results.failures else text.language
            for index, text in enumerate(results.translations)
        ]
    )
    labels = ("Source", *names)
    values = tuple(tuple(None if np.isnan(value) else float(value) for value in row) for row in results.grids[model])
    event = show_chart(
        language_grid,
        GridValues(rows=labels, columns=labels, values=values, own="one"),
        theme=chart_theme(),
        row_title="",
        column_title="",
        on_select="rerun",
        key="grid",
        alt="Consistency between all texts, a row and a column each",
    )
    cells = event["selection"].get("cell", [])
    picked = {cells[0]["row"], cells[0]["column"]} - {"Source"} if cells else set()
    return names.index(picked.pop()) if len(picked) == 1 and picked <= set(names) else None
