"""The report: one HTML file with pictures, tables and style inside it, without scripts and without a network."""

from typing import Any

from markupsafe import Markup

from core.results import PairAnalysis, PairReport, Side
from core.settings import get_task
from core.text.display import display_text
from core.text.languages import get_language
from dashboard.downloads.report_tables import all_tokens, classes, quality, top_flows
from dashboard.downloads.templating import document
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.flow.picture import NARROW, WIDE, flow_svg
from dashboard.figures.legend import attribution_legend, head_html, similarity_legend, transport_legend
from dashboard.figures.matrix.cells import largest_cell
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.figures.names import language_names
from dashboard.figures.numbers import decimal
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.tables import settings_groups
from dashboard.figures.words.sentences import (
    attribution_meaning,
    card_number_html,
    card_text_html,
    different_targets,
    explained_html,
    flow_caption,
    flow_note,
    matrix_note,
    section_title,
)

ENDS = {"start": "Answer start", "end": "Answer end"}


def report_html(report: PairReport, *, stamp: str = "") -> str:
    """Write a whole result as one page that follows the reader's light or dark setting.

    Parameters
    ----------
    report : PairReport
        One analysis, or two (answer start and end) for `qa`.
    stamp : str
        A line under the title, such as the date and the product's version; equal results and equal stamps give
        equal pages.

    Returns
    -------
    str
        A complete HTML document; every text in it is escaped.
    """
    first = report.analyses[0]
    heading = " → ".join(language_names(first))
    values = ", ".join(decimal(analysis.consistency) for analysis in report.analyses)
    return document(
        "report.html",
        title=f"{heading}: C {values}",
        heading=heading,
        about=[get_task(first.settings.task).title, first.model.title, stamp],
        notices=report.notices,
        articles=articles(report),
        classes=classes(report),
        settings=settings_groups(first),
    )


def articles(report: PairReport, prefix: str = "") -> list[dict[str, Any]]:
    """Card, chips, pictures and tables of each end; `prefix` keeps ids apart where a page has two reports."""
    return [_article(report, analysis, f"{prefix}{analysis.end or 'pair'}") for analysis in report.analyses]


def _article(report: PairReport, analysis: PairAnalysis, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "warning": different_targets(analysis),
        "flows": top_flows(analysis),
        "quality": quality(analysis),
        "tokens": [all_tokens(side) for side in (analysis.source, analysis.target)],
        **_card(analysis, name),
        **_chips(report, analysis),
        **_pictures(analysis, name),
    }


def _card(analysis: PairAnalysis, name: str) -> dict[str, str]:
    consistency, references = analysis.consistency, analysis.references
    heading = f"Consistency C, {ENDS[analysis.end].lower()}" if analysis.end else "Consistency C"
    scale = scale_svg(consistency, references, identity=f"scale-{name}")
    return {
        "heading": heading,
        "place": references.place_of(consistency),
        "number": Markup(card_number_html(consistency, heading)),
        "verdict": Markup(card_text_html(consistency, references, *language_names(analysis))),
        "scale": Markup(scale + scale_keys_html(consistency, references)),
    }


def _chips(report: PairReport, analysis: PairAnalysis) -> dict[str, Any]:
    cards = []
    for side, name in zip((analysis.source, analysis.target), ("source", "target"), strict=True):
        answer = answer_of([getattr(each, name) for each in report.analyses], analysis.settings.explain)
        title = get_language(side.language).name
        chips = chips_html(side, answer=answer)
        cards.append(Markup(side_card_html(title, explained_html(side), chips)))
    legend = attribution_legend(display_text(attribution_meaning(analysis.source.attribution.target)))
    return {"chips": cards, "chips_head": Markup(head_html(section_title(analysis.settings.task), legend))}


def answer_of(ends: list[Side], explain: str) -> AnswerMarks | None:
    """The span of the explained answer of question answering: from its start token to its end token."""
    tokens = {
        side.attribution.target.kind: side.text.tokens[side.attribution.target.index] for side in ends if _qa(side)
    }
    if set(tokens) != set(ENDS) or tokens["end"].field is None or tokens["start"].field != tokens["end"].field:
        return None
    span = (tokens["start"].start, tokens["end"].end)
    return AnswerMarks(tokens["end"].field, **{"gold" if explain == "gold" else "predicted": span})


def _qa(side: Side) -> bool:
    return side.attribution.target.kind in ENDS


def _pictures(analysis: PairAnalysis, name: str) -> dict[str, str]:
    wide, narrow = (flow_svg(analysis, width, identity=f"flow-{name}") for width in (WIDE, NARROW))
    legend = transport_legend(largest_cell(analysis))
    return {
        "flow_head": Markup(head_html("Flow", similarity_legend(), note=flow_note())),
        "flow": Markup(wide),
        "flow_narrow": Markup(narrow),
        "flow_caption": flow_caption(analysis),
        "matrix_head": Markup(head_html("Transport matrix", legend, note=matrix_note(*language_names(analysis)))),
        "matrix": Markup(matrix_svg(analysis, identity=f"matrix-{name}")),
    }
