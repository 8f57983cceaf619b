"""Compare texts again from attributions at hand: another level, mass rule or space needs no gradient."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from core.consistency.pair import side_of, transport
from core.consistency.references import references
from core.consistency.translations import AnalysisKey, TranslationResults
from core.consistency.transport import solve
from core.errors import CctaError
from core.results import Array, PairAnalysis, Side
from core.setting import COMPARISON, settings_of
from core.settings import Settings
from core.spaces import SharedSpace

SpaceOf = Callable[[str, Settings], SharedSpace]
# Given the similarities, these alone decide C and its references.
_AFTER_SIMILARITY = ("mass", "permutations", "seed")


def comparison_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide C given the scores, by name."""
    declared = settings_of(type(settings))
    return {one.name: getattr(settings, one.name) for one in declared if one.group == COMPARISON}


def with_comparison(settings: Settings, wanted: Settings) -> Settings:
    """Return settings whose attribution is that of `settings`, and whose comparison is that of `wanted`."""
    return settings.with_changes(**comparison_settings(wanted))


def same_similarities(first: Settings, second: Settings) -> bool:
    """Return whether two comparisons of the same attributions have the same similarities."""
    one, other = comparison_settings(first), comparison_settings(second)
    return all(one[name] == other[name] for name in one if name not in _AFTER_SIMILARITY)


def recompare(results: TranslationResults, wanted: Settings, space_of: SpaceOf) -> TranslationResults:
    """Compare the attributed texts of `results` again.

    The result is that of `analyze_translations` with the same attributions and the comparison settings of `wanted`.
    Similarities are taken over where only the masses change.

    Parameters
    ----------
    wanted : its comparison settings are used (`comparison_settings`).
    space_of : opens the shared space of a model, by its name and settings; called only where similarities are missing.

    Raises
    ------
    CctaError : no translation can be compared, such as where no token of the source has a positive score.
    """
    begun = time.perf_counter()
    settings = with_comparison(results.settings, wanted)
    analyses: dict[AnalysisKey, PairAnalysis] = {}
    errors: dict[AnalysisKey, CctaError] = {}
    spaces = {model: _Space(results.settings, settings, model, space_of) for model in results.models}
    for pair in results.notices:
        try:
            analyses |= {key: _again(given, spaces[pair.model]) for key, given in _of_pair(results.analyses, pair)}
        except CctaError as error:
            errors[pair] = error
    if not analyses:
        raise next(iter(errors.values()))
    return replace(
        results,
        settings=settings,
        analyses=analyses,
        notices={pair: lines for pair, lines in results.notices.items() if pair not in errors},
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


def _of_pair(analyses: Mapping[AnalysisKey, PairAnalysis], pair: AnalysisKey) -> list[tuple[AnalysisKey, PairAnalysis]]:
    return [(key, analysis) for key, analysis in analyses.items() if replace(key, end=None) == pair]


def _again(given: PairAnalysis, space: _Space) -> PairAnalysis:
    begun = time.perf_counter()
    settings = space.settings
    source, target = (side_of(side.attribution, side.prediction, settings) for side in (given.source, given.target))
    if space.is_at_hand:
        plan, described = solve(source.mass, target.mass, given.transport.similarity), given.space
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
