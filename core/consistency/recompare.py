"""Compare texts again from attributions at hand: another level, mass rule or space needs no gradient."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from core.consistency.classes import ClassAttributions, with_class
from core.consistency.compare import plan_of, transport
from core.consistency.notices import pair_notices
from core.consistency.references import references
from core.consistency.sides import side_of
from core.consistency.translations import AnalysisKey, TranslationResults
from core.errors import CctaError
from core.results import Array, PairAnalysis, Side
from core.setting import COMPARISON, settings_of
from core.settings import Settings
from core.spaces import SharedSpace

SpaceOf = Callable[[str, Settings], SharedSpace]
# Given the similarities, these alone decide C and its references.
_AFTER_SIMILARITY = ("mass", "aggregate", "permutations", "seed")


def comparison_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide C given the scores, by name."""
    declared = settings_of(type(settings))
    return {one.name: getattr(settings, one.name) for one in declared if one.group == COMPARISON}


def with_comparison(settings: Settings, wanted: Settings) -> Settings:
    """Return settings whose attribution is that of `settings`, and whose comparison is that of `wanted`."""
    return settings.with_changes(**comparison_settings(wanted))


def settings_at_hand(results: TranslationResults, wanted: Settings) -> Settings:
    """Return the settings nearest to `wanted` that need no new attribution.

    Those of the comparison; the class too, and `contrast`, where every class has been attributed.
    """
    settings = with_comparison(results.settings, wanted)
    by_class = next(iter(results.by_class.values()), None)
    return with_class(settings, wanted, by_class.output) if by_class else settings


def same_similarities(first: Settings, second: Settings) -> bool:
    """Return whether two comparisons of the same attributions have the same similarities."""
    one, other = comparison_settings(first), comparison_settings(second)
    return all(one[name] == other[name] for name in one if name not in _AFTER_SIMILARITY)


def recompare(results: TranslationResults, wanted: Settings, space_of: SpaceOf) -> TranslationResults:
    """Compare the attributed texts of `results` again.

    The result is that of `analyze_translations` with the same attributions and the comparison settings of `wanted`,
    for the class of `wanted` where every class is at hand. Similarities are taken over where only the masses change.

    Parameters
    ----------
    results : with the sums of the attributions as scores, from which the other aggregates are taken.
    wanted : its comparison settings are used, and its class (`settings_at_hand`).
    space_of : opens the shared space of a model, by its name and settings; called only where similarities are missing.

    Raises
    ------
    CctaError : no translation can be compared, such as where no token of the source has a positive score.
    """
    begun = time.perf_counter()
    settings = settings_at_hand(results, wanted)
    analyses: dict[AnalysisKey, PairAnalysis] = {}
    notices: dict[AnalysisKey, tuple[str, ...]] = {}
    errors: dict[AnalysisKey, CctaError] = {}
    spaces = {model: _Space(results.settings, settings, model, space_of) for model in results.models}
    for pair in results.notices:
        try:
            before, by_class = _of_pair(results.analyses, pair), results.by_class.get(pair)
            after = {key: _again(given, spaces[pair.model], by_class) for key, given in before.items()}
        except CctaError as error:
            errors[pair] = error
        else:
            analyses |= after
            notices[pair] = _notices(results.notices[pair], next(iter(before.values())), next(iter(after.values())))
    if not analyses:
        raise next(iter(errors.values()))
    return replace(
        results,
        settings=settings,
        analyses=analyses,
        notices=notices,
        failures={**results.failures, **{pair: str(error) for pair, error in errors.items()}},
        grids={model: _grid(len(grid), analyses, spaces[model]) for model, grid in results.grids.items()},
        seconds=time.perf_counter() - begun,
    )


@dataclass(frozen=True)
class _Space:
    """What the similarities of one model come from, opened when they are missing."""

    before: Settings
    settings: Settings
    model: str
    space_of: SpaceOf

    @cached_property
    def opened(self) -> SharedSpace:
        return self.space_of(self.model, self.settings)

    @cached_property
    def is_at_hand(self) -> bool:
        """Whether the similarities at hand are those of the settings."""
        return same_similarities(self.before, self.settings)


def _of_pair(analyses: Mapping[AnalysisKey, PairAnalysis], pair: AnalysisKey) -> dict[AnalysisKey, PairAnalysis]:
    return {key: analysis for key, analysis in analyses.items() if replace(key, end=None) == pair}


def _notices(lines: tuple[str, ...], before: PairAnalysis, after: PairAnalysis) -> tuple[str, ...]:
    """The lines of a pair: those of its texts as they were, those of what is explained as it is now."""
    of_comparison = pair_notices((before.source, ()), (before.target, ()))
    of_texts = tuple(line for line in lines if line not in of_comparison)
    return of_texts + pair_notices((after.source, ()), (after.target, ()))


def _again(given: PairAnalysis, space: _Space, by_class: ClassAttributions | None) -> PairAnalysis:
    begun = time.perf_counter()
    settings = space.settings
    attributions = given.source.attribution, given.target.attribution
    if by_class is not None:
        attributions = by_class.explained(given.source, given.target, settings)
    source, target = (
        side_of(attribution, side.prediction, settings)
        for attribution, side in zip(attributions, (given.source, given.target), strict=True)
    )
    if space.is_at_hand:
        plan, described = plan_of(source, target, given.transport.similarity), given.space
    else:
        plan = transport(source, target, space.opened)
        described = space.opened.describe([source.language, target.language])
    return replace(
        given,
        source=source,
        target=target,
        transport=plan,
        references=references(plan, n_permutations=settings.permutations, seed=settings.seed),
        settings=settings,
        space=described,
        seconds=time.perf_counter() - begun,
    )


def _grid(size: int, analyses: Mapping[AnalysisKey, PairAnalysis], space: _Space) -> Array:
    """C between all texts under one model; for `qa` of the start, as in `analyze_translations`."""
    grid = np.full((size, size), np.nan)
    sides: dict[int, Side] = {}
    for key, analysis in analyses.items():
        place = key.translation + 1
        if key.model == space.model and place not in sides:
            sides |= {0: analysis.source, place: analysis.target}
            grid[0, place] = grid[place, 0] = analysis.consistency
    for place in sides:
        grid[place, place] = 1.0
    for row, column in combinations(sorted(set(sides) - {0}), 2):
        grid[row, column] = grid[column, row] = transport(sides[row], sides[column], space.opened).consistency
    return grid
