"""The result of a pair on the screen: number, sentence, references, pictures, table, quality, settings."""

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
from dashboard.figures.names import language_names, numbered_names
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.words import sentences
from dashboard.shared.charts import show_chart
from dashboard.shared.linked_view import linked_view
from dashboard.shared.matrix_chart import draw_matrix_chart
from dashboard.shared.picture import picture
from dashboard.shared.style import chart_theme

LINKED = "linked-pictures"
END_NAMES = {"start": "Answer start", "end": "Answer end"}


def consistency_cards(analyses: tuple[PairAnalysis, ...], on_other_level: tuple[PairAnalysis, ...] = ()) -> None:
    """The C card: the number, one sentence, the definition, and C among its references; for `qa` both ends.

    Parameters
    ----------
    on_other_level : the same pair with words in place of tokens or the reverse, for its C alone.
    """
    others = {other.end: other for other in on_other_level}
    for analysis in analyses:
        source, target = language_names(analysis)
        references, c = analysis.references, analysis.consistency
        place = references.place_of(c)
        with st.container(border=True, key=f"c-card-{place}-{analysis.end or 'all'}"):
            number, text, scale = st.columns([1.1, 4, 3], vertical_alignment="center")
            name = f"Consistency C, {END_NAMES[analysis.end].lower()}" if analysis.end else "Consistency C"
            number.html(sentences.card_number_html(c, name, sentences.other_level(others.get(analysis.end))))
            text.html(sentences.card_text_html(c, references, source, target))
            with scale:
                picture(
                    scale_svg(c, references, identity=f"scale-{analysis.end or 'all'}"), key=f"scale-{analysis.end}"
                )
                st.html(scale_keys_html(c, references))


def chips_of(analysis: PairAnalysis, *, show_specials: bool) -> str:
    """Both texts as chips, coloured by attribution, as HTML for the linked picture."""
    marks = (answer_marks(analysis, analysis.source), answer_marks(analysis, analysis.target))
    return both_chips_html(
        analysis.settings.task, (analysis.source, analysis.target), marks, show_specials=show_specials
    )


def answer_marks(analysis: PairAnalysis, side: Side) -> AnswerMarks | None:
    """The predicted answer's place in the context, for the card's underline."""
    if analysis.end is None or not side.prediction:
        return None
    answer = next(iter(side.prediction))
    context = dict(side.text.fields)["context"]
    start = context.find(answer)
    return AnswerMarks("context", predicted=(start, start + len(answer))) if answer and start >= 0 else None


def pair_pictures(analysis: PairAnalysis, chips: str, *, similarities: bool = True) -> None:
    """Chips, flow, matrix and flows as one linked picture; for a long text the whole matrix is a chart on demand.

    Parameters
    ----------
    chips : both texts' chips as HTML. similarities : whether those of pairs of units without a flow are known.
    """

    @st.fragment
    def drawn() -> None:
        linked_view(analysis, chips, key=LINKED, similarities=similarities)

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
