"""The result of a pair on the screen: number, sentence, references, pictures, table, quality, settings."""

import numpy as np
import streamlit as st

from core.consistency.translations import AnalysisKey, TranslationResults
from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.colours import MASS
from dashboard.figures.flow.folding import fold_flow
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.grids.cells import GridValues
from dashboard.figures.grids.grid import language_grid
from dashboard.figures.identity import fingerprint
from dashboard.figures.legend import (
    attribution_legend,
    consistency_legend,
    head_html,
    similarity_legend,
    transport_legend,
)
from dashboard.figures.matrix.cells import MatrixKind, largest_cell
from dashboard.figures.names import language_names, numbered_names
from dashboard.figures.numbers import count
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.tables import flow_table
from dashboard.figures.words import sentences
from dashboard.shared.charts import show_chart
from dashboard.shared.matrix_chart import MatrixChart
from dashboard.shared.picture import picture
from dashboard.shared.style import chart_theme

WIDE, NARROW = 460, 356
N_TOP_FLOWS = 8
END_NAMES = {"start": "Answer start", "end": "Answer end"}


def field_titles(side: Side) -> tuple[str, ...]:
    """The names of the fields, where a text has more than one."""
    names = tuple(name for name, _ in side.text.fields)
    return names if len(names) > 1 else ()


def consistency_cards(analyses: tuple[PairAnalysis, ...]) -> None:
    """The C card: the number, one sentence, the definition, and C among its references; for `qa` both ends."""
    for analysis in analyses:
        source, target = language_names(analysis)
        references, c = analysis.references, analysis.consistency
        place = references.place_of(c)
        with st.container(border=True, key=f"c-card-{place}-{analysis.end or 'all'}"):
            number, text, scale = st.columns([1.1, 4, 3], vertical_alignment="center")
            name = f"Consistency C, {END_NAMES[analysis.end].lower()}" if analysis.end else "Consistency C"
            number.html(sentences.card_number_html(c, name))
            text.html(sentences.card_text_html(c, references, source, target))
            with scale:
                picture(
                    scale_svg(c, references, identity=f"scale-{analysis.end or 'all'}"), key=f"scale-{analysis.end}"
                )
                st.html(scale_keys_html(c, references))


def attribution_cards(analysis: PairAnalysis, *, show_specials: bool) -> None:
    """Both texts as chips, coloured by attribution."""
    meaning = sentences.attribution_meaning(analysis.source.attribution.target)
    st.html(head_html(sentences.section_title(analysis.settings.task), attribution_legend(meaning)))
    for column, side in zip(st.columns(2), (analysis.source, analysis.target), strict=True):
        chips = chips_html(
            side, field_titles=field_titles(side), show_specials=show_specials, answer=answer_marks(analysis, side)
        )
        title = get_language(side.language).name
        column.html(side_card_html(title, sentences.explained_line(side), chips))


def answer_marks(analysis: PairAnalysis, side: Side) -> AnswerMarks | None:
    """The predicted answer's place in the context, for the card's underline."""
    if analysis.end is None or not side.prediction:
        return None
    answer = next(iter(side.prediction))
    context = dict(side.text.fields)["context"]
    start = context.find(answer)
    return AnswerMarks("context", predicted=(start, start + len(answer))) if answer and start >= 0 else None


def flow_and_matrix(analysis: PairAnalysis, *, similarities: bool = True) -> MatrixChart:
    """The flow picture on the left; the matrix and the top flows on the right. A click filters the table.

    Call `draw` of the returned matrix when the rest of the page is drawn. Without `similarities`, only the plan is
    offered: the similarities of pairs of tokens without a flow are not known.
    """
    left, right = st.columns(2)
    with left:
        clicked = _flow_picture(analysis)
    with right:
        matrix = _matrix(analysis, similarities=similarities)
        _top_flows(analysis, clicked)
    return matrix


def _flow_picture(analysis: PairAnalysis) -> str:
    """Draw the flow; return the node that is highlighted, or an empty string."""
    key = f"flow-{fingerprint(analysis)}"
    st.html(head_html("Flow between the sentences", similarity_legend(), note=sentences.flow_note()))
    titles = field_titles(analysis.source)
    clicked = picture(
        flow_svg(analysis, WIDE, field_titles=titles),
        flow_svg(analysis, NARROW, identity="flow-narrow", field_titles=titles),
        key=key,
        pins=True,
        on_click=lambda: None,
    )
    if clicked is not None:
        st.session_state[f"{key}-node"] = clicked
    st.caption(sentences.flow_caption(analysis))
    return str(st.session_state.get(f"{key}-node", ""))


def _matrix(analysis: PairAnalysis, *, similarities: bool) -> MatrixChart:
    source, target = language_names(analysis)
    head, choice = st.columns([3, 2], vertical_alignment="bottom")
    kind = "Transport"
    if similarities:
        kind = choice.segmented_control(
            "Matrix",
            ["Transport", "Similarity"],
            default="Transport",
            required=True,
            key="matrix-kind",
            label_visibility="collapsed",
        )
    drawn: MatrixKind = "transport" if kind == "Transport" else "similarity"
    note = sentences.matrix_note(source, target)
    head.html(head_html(f"{kind} matrix", note=note))
    matrix = MatrixChart(analysis, drawn, alt=f"{kind} matrix. {note}", key="matrix")
    st.html(transport_legend(largest_cell(analysis)) if drawn == "transport" else similarity_legend())
    return matrix


def _top_flows(analysis: PairAnalysis, clicked: str) -> None:
    flows = flow_table(analysis)
    source, target = flows.columns[:2]
    chosen = flows
    if clicked[:1] in ("s", "t") and clicked[1:].isdigit():
        source_rows, target_rows = fold_flow(analysis).members
        rows, column = (source_rows, "i") if clicked[0] == "s" else (target_rows, "j")
        units = dict(enumerate(rows)).get(int(clicked[1:]), ())
        chosen = flows[flows[column].isin(units)]
    title = "Top flows" if chosen is flows else "Flows of the token chosen in the picture"
    st.html(head_html(title, note=f"{count(min(len(chosen), N_TOP_FLOWS))} of {count(len(flows))}"))
    st.dataframe(
        chosen.head(N_TOP_FLOWS).drop(columns=["Share of C", "i", "j"]),
        hide_index=True,
        width="stretch",
        column_config={
            source: st.column_config.TextColumn(),
            target: st.column_config.TextColumn(),
            "Flow": st.column_config.NumberColumn(format="percent"),
            "Similarity": st.column_config.NumberColumn(format="%.2f"),
            "Adds to C": st.column_config.ProgressColumn(
                format="%.3f",
                min_value=0.0,
                max_value=float(max(flows["Adds to C"].max(), 1e-9)) if len(flows) else 1.0,
                color=MASS.at(0.7, chart_theme()),
            ),
        },
        alt=f"{title}: source, target, flow, similarity and what each adds to C",
        key="top-flows",
    )


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
