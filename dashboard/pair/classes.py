"""The classes of the pair shown, each at hand: their cards, and what the pictures would be for each of them."""

from collections.abc import Sequence

from core.results import PairAnalysis, PairReport
from dashboard.figures.classes import ClassCard, class_cards_html
from dashboard.figures.linked import LONG_TEXT, consistency_html
from dashboard.pair.session import FEW, PairSession
from dashboard.shared.linked_view import Card, ClassPictures, Preview
from dashboard.shared.pair_view import chips_of

OTHER_OUTPUT = {"logit": "contrast", "contrast": "logit"}


def class_pictures(session: PairSession, report: PairReport, *, show_specials: bool) -> ClassPictures | None:
    """Cards of all classes of a report, and the picture of each that is not shown; None without classes at hand.

    Long texts have no preview: their pictures are drawn when the class is pressed.
    """
    if len(report.classes) < 2:
        return None
    (shown,) = report.analyses
    cards = [ClassCard(analysis, _beside(session, analysis)) for analysis in report.classes]
    held = {side.attribution.target.label for side in (shown.source, shown.target)}
    longest = max(len(shown.source.units), len(shown.target.units))
    previews = {
        card.label: Preview(
            card.analysis,
            chips_of(card.analysis, show_specials=show_specials),
            card_maker((card.analysis,), session.on_other_level(explain=card.label)),
        )
        for card in cards
        if longest <= LONG_TEXT and held != {card.label}
    }
    return ClassPictures(class_cards_html(cards, held), "" if len(held) > 1 else next(iter(held)), previews)


def card_maker(analyses: Sequence[PairAnalysis], on_other_level: Sequence[PairAnalysis]) -> Card:
    """What makes the third step: C against chance and the attainable, and where a change moves it."""
    return lambda moved: consistency_html(analyses, on_other_level, step=3, moved=moved)


def _beside(session: PairSession, analysis: PairAnalysis) -> PairAnalysis | None:
    """The pair explained for the same class by the other output that is at hand."""
    output = OTHER_OUTPUT.get(analysis.settings.output)
    if output is None:
        return None
    reports = session.beside(explain=analysis.settings.explain, output=output, permutations=FEW)
    found = (each for report in reports for each in report.analyses if each.model.name == analysis.model.name)
    return next((each for each in found if each.settings.output == output), None)
