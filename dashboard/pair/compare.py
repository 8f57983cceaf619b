"""One pair under two models: both C and their difference, both models' chips, and which model is shown below."""

import streamlit as st

from core.consistency.two_models import comparison_notices
from core.results import PairAnalysis, PairReport
from core.text.languages import get_language
from dashboard.figures.chips.paired import DIFFERENCE, paired_card_html, paired_chips_html
from dashboard.figures.compare_scale import compare_scale_svg
from dashboard.figures.legend import attribution_legend, head_html
from dashboard.figures.linked import field_titles
from dashboard.figures.names import language_names, model_title, short_names
from dashboard.figures.units import SOURCE, TARGET
from dashboard.figures.words import sentences
from dashboard.figures.words.two_models import (
    compare_keys_html,
    compare_meaning,
    compare_numbers_html,
    compare_text_html,
)
from dashboard.shared.pair_view import END_NAMES, answer_marks
from dashboard.shared.picture import picture


def comparison_cards(first: PairReport, second: PairReport) -> None:
    """One card with C and references under both models and the difference of C; for `qa` a card for each end."""
    for line in comparison_notices(first.analyses[0], second.analyses[0]):
        st.info(line)
    for one, other in zip(first.analyses, second.analyses, strict=True):
        _card(one, other)


def _card(first: PairAnalysis, second: PairAnalysis) -> None:
    names, end = short_names(first.model, second.model), first.end or "all"
    places = {each.references.place_of(each.consistency) for each in (first, second)}
    # The amber edge says that at least one C is within chance.
    place = "above" if places == {"above"} else "within"
    with st.container(border=True, key=f"c-card-{place}-compare-{end}"):
        if first.end:
            st.html(f'<div class="small muted">{END_NAMES[first.end]}</div>')
        numbers, text, scale = st.columns([3, 3.4, 3], vertical_alignment="center")
        numbers.html(compare_numbers_html(first, second, names))
        text.html(compare_text_html(first, second, names, language_names(first)))
        with scale:
            picture(compare_scale_svg(first, second, identity=f"scale-both-{end}"), key=f"scale-both-{end}")
            st.html(compare_keys_html(first, second))


def compared_chips(analyses: tuple[PairAnalysis, PairAnalysis], shown: int, *, show_specials: bool) -> str:
    """Both texts as chips, each word under A above the same word under B, as HTML for the linked picture.

    Parameters
    ----------
    shown : the model whose pictures they are linked with, 0 for A, 1 for B.
    """
    first, second = analyses
    meanings = [sentences.attribution_meaning(each.source.attribution.target) for each in (first, second)]
    names = short_names(first.model, second.model)
    head = head_html(
        sentences.section_title(first.settings.task),
        attribution_legend(compare_meaning(first, second, (meanings[0], meanings[1]))),
        note=f"Upper line A, {names[0]}; lower line B, {names[1]}; under them {DIFFERENCE} in points.",
    )
    cards = []
    sides = ((SOURCE, first.source, second.source), (TARGET, first.target, second.target))
    for end, one, other in sides:
        chips = paired_chips_html(
            one,
            other,
            field_titles=field_titles(one),
            show_specials=show_specials,
            answers=(answer_marks(first, one), answer_marks(second, other)),
            end=end,
            shown=shown,
        )
        cards.append(paired_card_html(get_language(one.language).name, (one, other), chips))
    return f'{head}<div class="cards">{"".join(cards)}</div>'


def choose_shown(first: PairReport, second: PairReport) -> int:
    """Which model's flow, matrix and tables are shown: 0 for A, 1 for B."""
    models = [report.analyses[0].model for report in (first, second)]
    names = short_names(*models)
    chosen = st.segmented_control(
        "Flow, matrix and tables of",
        ["A", "B"],
        default="A",
        required=True,
        key="shown-model",
        format_func=lambda letter: f"{letter} · {names['AB'.index(letter)]}",
        help=f"A is {model_title(models[0])} ({models[0].name}). B is {model_title(models[1])} ({models[1].name}).",
    )
    return "AB".index(chosen or "A")
