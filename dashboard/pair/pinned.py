"""What a pinned word can be asked on the page: the model without it, and a new attribution of the text without it."""

from collections.abc import Sequence
from dataclasses import replace

from core.attribution.removal import Removal, remove_units
from core.results import PairAnalysis
from dashboard.figures.units import SOURCE, End
from dashboard.figures.what_if import Remove
from dashboard.pair.choices import hold_class
from dashboard.pair.session import PairSession
from dashboard.shared.address import Address, stay
from dashboard.shared.linked_view import Pressed
from dashboard.shared.models import cached_model


def remover(analysis: PairAnalysis) -> Remove:
    """Return what evaluates the analysis's model without some units of one text."""

    def remove(end: End, units: Sequence[int]) -> Removal:
        settings = analysis.settings
        side = analysis.source if end == SOURCE else analysis.target
        return remove_units(cached_model(analysis.model.name, settings.precision), side, units, settings.task)

    return remove


def act_on(session: PairSession, address: Address, pressed: Pressed) -> None:
    """Hold the class that was pressed; or put the text without a word into its box, and analyse it."""
    stay()
    if pressed.label:
        hold_class(address, pressed.label)
    elif pressed.asked is not None:
        draft, texts = session.draft, (*pressed.fields, "")[:2]
        if pressed.asked.end == SOURCE:
            draft = draft.with_source(replace(draft.source, texts=texts))
        else:
            draft = draft.with_target(replace(draft.target, texts=texts))
        session.load(draft)
