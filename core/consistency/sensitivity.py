"""How much a pair's C depends on choices: the same texts with one setting changed at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.recompare import recompare, settings_at_hand
from core.consistency.translations import TranslationResults, analyze_translations
from core.errors import Cancelled, CctaError
from core.models.loaded import LoadedModel
from core.results import PairAnalysis, Side
from core.setting import settings_of
from core.settings import Settings
from core.spaces import open_space

# What is varied, each to these values, where the task has them: what needs no new attribution first.
VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("level", ("token", "word")),
    ("mass", ("abs", "positive", "signed")),
    ("space", ("isolated", "static", "contextual")),
    ("procrustes", (True, False)),
    ("aggregate", ("sum", "l2")),
    ("output", ("logit", "contrast", "probability")),
    ("baseline", ("pad", "mask", "zero", "mean")),
    ("method", ("integrated-gradients", "occlusion")),
)
TOP_WORDS = 3


@dataclass(frozen=True)
class Variant:
    """A pair under one changed setting: `name` is the setting, `value` what it is changed to.

    `analyses` is as in a report; empty where there is no result, and `error` says why.
    """

    name: str
    value: Any
    settings: Settings
    analyses: tuple[PairAnalysis, ...] = ()
    error: str = ""


def single_changes(settings: Settings) -> tuple[Variant, ...]:
    """Return every change of one setting that changes C, without results; see `VALUES`."""
    return _changes(settings, VALUES)


def every_change(settings: Settings) -> tuple[Variant, ...]:
    """Return every change of one of the same settings to a value that it takes, without results."""
    declared = {setting.name: setting for setting in settings_of(type(settings))}
    return _changes(settings, [(name, declared[name].values or values) for name, values in VALUES])


def _changes(settings: Settings, values_of: Sequence[tuple[str, Sequence[Any]]]) -> tuple[Variant, ...]:
    declared = {setting.name: setting for setting in settings_of(type(settings))}
    return tuple(
        Variant(name, value, changed)
        for name, values in values_of
        for value in values
        if value != getattr(settings, name)
        for changed in [settings.with_changes(**{name: value})]
        if declared[name].changes_c(settings) and declared[name].changes_c(changed)
    )


def is_at_hand(results: TranslationResults, wanted: Settings) -> bool:
    """Whether a comparison under `wanted` needs no new attribution."""
    return settings_at_hand(results, wanted) == wanted


def vary(
    model: LoadedModel,
    results: TranslationResults,
    changes: Sequence[Variant],
    *,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> tuple[Variant, ...]:
    """Return the changes with their analyses of a pair.

    Parameters
    ----------
    results : of one translation under `model`, as `analyze_translations` returns them. What it has attributed is
        compared again; else the texts are attributed anew.

    Raises
    ------
    Cancelled : `should_cancel` returned true.
    """
    varied = []
    for done, change in enumerate(changes):
        if progress:
            progress("varying the choices", done, len(changes))
        try:
            analyses = _under(model, results, change.settings, should_cancel)
        except Cancelled:
            raise
        except CctaError as error:
            varied.append(Variant(change.name, change.value, change.settings, error=str(error)))
        else:
            varied.append(Variant(change.name, change.value, change.settings, analyses))
    return tuple(varied)


def _under(
    model: LoadedModel, results: TranslationResults, wanted: Settings, should_cancel: ShouldCancel | None
) -> tuple[PairAnalysis, ...]:
    if not is_at_hand(results, wanted):
        # The norms come with the sums.
        attributed = wanted.with_changes(aggregate="sum")
        results = analyze_translations(
            model, results.source, results.translations, attributed, should_cancel=should_cancel
        )
    compared = recompare(results, wanted, lambda _, settings: open_space(model, settings))
    return tuple(compared.analyses.values())


def top_words(side: Side, n: int = TOP_WORDS) -> list[str]:
    """The units of a text that carry most, largest first; as words where tokens carry the mass."""
    sums: dict[int, float] = {}
    first: dict[int, int] = {}
    for index, (unit, mass) in enumerate(zip(side.units, side.mass, strict=True)):
        place = unit.word if unit.word >= 0 else -1 - index
        sums[place] = sums.get(place, 0.0) + float(mass)
        first.setdefault(place, index)
    places = list(sums)
    order = np.argsort([-sums[place] for place in places], kind="stable")[:n]
    words = side.text.words
    return [
        words[place].text if 0 <= place < len(words) and words[place].text else side.names[first[place]]
        for place in (places[index] for index in order)
    ]


def variants_to_json(variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """Return plain values: per change C, its percentile and place, and the words that carry most; for `qa` per end."""
    return [
        {
            "setting": variant.name,
            "value": variant.value,
            "error": variant.error or None,
            "results": [
                {
                    "end": analysis.end,
                    "consistency": analysis.consistency,
                    "shuffled_percentile": analysis.references.shuffled_percentile,
                    "place": analysis.references.place_of(analysis.consistency),
                    "top_source": top_words(analysis.source),
                    "top_target": top_words(analysis.target),
                }
                for analysis in variant.analyses
            ],
        }
        for variant in variants
    ]
