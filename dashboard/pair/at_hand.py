"""Attributions at hand, and the comparisons made from them: what a click shows without a new analysis."""

from collections.abc import Iterable

from core.consistency.recompare import recompare, same_similarities, settings_at_hand
from core.consistency.translations import TranslationResults
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from dashboard.shared.models import cached_model

MOST_COMPARISONS = 40
# Of one pair alone: its other level, its classes, and what else stands beside it.
MOST_BESIDE = 80


class AtHand:
    """One analysis, compared under any settings that need no new attribution.

    Parameters
    ----------
    compared : comparisons of the same attributions, at least one; the first has every translation that was attributed.
    """

    def __init__(self, compared: Iterable[TranslationResults]) -> None:
        self._made = {results.settings: results for results in compared}
        self._beside: dict[tuple[Settings, int], TranslationResults] = {}
        self.first = next(iter(self._made.values()))

    def compared(self, wanted: Settings) -> TranslationResults:
        """Return the comparison under the comparison settings of `wanted`, for its class where all are at hand.

        Raises CctaError where none is possible.
        """
        settings = settings_at_hand(self.first, wanted)
        if settings not in self._made:
            made = recompare(self._nearest(settings), settings, _space)
            if len(self._made) >= MOST_COMPARISONS:
                self._made = {self.first.settings: self.first}
            self._made[settings] = made
        return self._made[settings]

    def of_translation(self, wanted: Settings, translation: int) -> TranslationResults:
        """Return the comparison of one translation alone. Raises CctaError where none is possible."""
        settings = settings_at_hand(self.first, wanted)
        if settings in self._made:
            return self._made[settings].only(translation)
        if (settings, translation) not in self._beside:
            made = recompare(self._nearest(settings).only(translation), settings, _space)
            if len(self._beside) >= MOST_BESIDE:
                self._beside.clear()
            self._beside[settings, translation] = made
        return self._beside[settings, translation]

    def _nearest(self, settings: Settings) -> TranslationResults:
        """A comparison of all translations whose similarities can be taken over, else the first."""
        first = self.first
        whole = (
            made
            for made in self._made.values()
            if len(made.analyses) == len(first.analyses) and made.settings.aggregate == first.settings.aggregate
        )
        return next((made for made in whole if same_similarities(made.settings, settings)), self.first)


def _space(model: str, settings: Settings) -> SharedSpace:
    return open_space(cached_model(model, settings.precision), settings)
