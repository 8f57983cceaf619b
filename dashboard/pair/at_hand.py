"""Attributions at hand, and the comparisons made from them: what a click shows without a new analysis."""

from collections.abc import Iterable

from core.consistency.recompare import recompare, same_similarities, with_comparison
from core.consistency.translations import TranslationResults
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from dashboard.shared.models import cached_model

MOST_COMPARISONS = 40


class AtHand:
    """One analysis, compared under any settings that need no new attribution.

    Parameters
    ----------
    compared : comparisons of the same attributions, at least one; the first has every translation that was attributed.
    """

    def __init__(self, compared: Iterable[TranslationResults]) -> None:
        self._made = {results.settings: results for results in compared}
        self.first = next(iter(self._made.values()))

    def compared(self, wanted: Settings) -> TranslationResults:
        """Return the comparison under the comparison settings of `wanted`. Raises CctaError where none is possible."""
        settings = with_comparison(self.first.settings, wanted)
        if settings not in self._made:
            made = recompare(self._nearest(settings), settings, _space)
            if len(self._made) >= MOST_COMPARISONS:
                self._made = {self.first.settings: self.first}
            self._made[settings] = made
        return self._made[settings]

    def _nearest(self, settings: Settings) -> TranslationResults:
        """A comparison of all translations whose similarities can be taken over, else the first."""
        whole = (made for made in self._made.values() if len(made.analyses) == len(self.first.analyses))
        return next((made for made in whole if same_similarities(made.settings, settings)), self.first)


def _space(model: str, settings: Settings) -> SharedSpace:
    return open_space(cached_model(model, settings.precision), settings)
