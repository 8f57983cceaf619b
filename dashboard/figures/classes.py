"""The classes of a pair as cards: C of each, its place among the shuffles, and its probability on both sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.numbers import decimal
from dashboard.figures.words.sentences import most_probable

NOTE = "Point at a class to see it below; press it to keep it. The bars are the model’s probabilities."


@dataclass(frozen=True)
class ClassCard:
    """One class: the pair with both sides explained for it.

    `beside` is the same for the other output at hand, the logit minus that of the strongest other class or the logit
    itself; None where it is not known.
    """

    analysis: PairAnalysis
    beside: PairAnalysis | None = None

    @property
    def label(self) -> str:
        return self.analysis.source.attribution.target.label


def class_cards_html(cards: Sequence[ClassCard], held: Collection[str]) -> str:
    """A button for each class, that of the class explained pressed.

    Parameters
    ----------
    held : the classes that the sides are explained for: one, or two where each is explained for its own.
    """
    buttons = "".join(_card_html(card, is_held=card.label in held) for card in cards)
    return (
        f'<div class="classes" role="group" aria-label="Class explained">{buttons}</div>'
        f'<p class="small muted note">{NOTE}</p>'
    )


def beside_words(analysis: PairAnalysis) -> str:
    """`minus neutral: C 0.412`, or `its logit: C 0.385`."""
    target = analysis.source.attribution.target
    name = "its logit" if target.against is None else f"minus {target.against}"
    return f"{name}: C {decimal(analysis.consistency)}"


def _card_html(card: ClassCard, *, is_held: bool) -> str:
    analysis, label = card.analysis, card.label
    percentile = f"{analysis.references.shuffled_percentile:.1f}% of shuffles give less"
    beside = f'<span class="beside">{escape(beside_words(card.beside))}</span>' if card.beside else ""
    sides = "".join(_probability(side, label) for side in (analysis.source, analysis.target))
    return (
        f'<button type="button" data-class="{escape(label, quote=True)}" aria-pressed="{str(is_held).lower()}">'
        f'<b>{escape(label)}</b><span class="cc">{decimal(analysis.consistency)}</span>'
        f"<span>{percentile}</span>{sides}{beside}</button>"
    )


def _probability(side: Side, label: str) -> str:
    share = side.prediction[label]
    is_predicted = most_probable(side)[0][0] == label
    name = get_language(side.language)
    spoken = f"probability {decimal(share, 2)} in {name.name}{', predicted' if is_predicted else ''}"
    number = f"<strong>{decimal(share, 2)} ✓</strong>" if is_predicted else decimal(share, 2)
    return (
        f'<span class="pr"><span aria-hidden="true">{escape(name.code)}</span>'
        f'<i aria-hidden="true"><u style="width:{100 * share:.0f}%"></u></i>'
        f'<span aria-hidden="true">{number}</span><span class="unseen">{escape(spoken)}</span></span>'
    )
