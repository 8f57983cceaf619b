"""One source text and several translations: each attributed once, compared with the source and with each other."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.classes import ClassAttributions
from core.consistency.compare import transport
from core.consistency.pair import (
    AttributedText,
    PreparedText,
    TextInput,
    attribute_texts,
    compare_texts,
    prepare_text,
)
from core.errors import Cancelled, CctaError, TextError
from core.models.loaded import LoadedModel
from core.results import Array, PairAnalysis, PairReport
from core.settings import Settings
from core.spaces import SharedSpace, open_space

MAX_TRANSLATIONS = 8


@dataclass(frozen=True)
class AnalysisKey:
    """Names one analysis of a source text with its translations.

    Attributes
    ----------
    model : the model's name.
    translation : index of the translation among those given, from 0.
    end : "start" or "end" for `qa`; None for other tasks, and where the key names a pair as a whole.
    """

    model: str
    translation: int
    end: str | None = None


@dataclass(frozen=True)
class TranslationResults:
    """One source text with its translations, under one model or several.

    Attributes
    ----------
    source, translations : the texts as given; translations that could not be analysed included.
    analyses : every analysis, ordered by model, translation and end.
    notices : lines to show for each analysed pair; keys without an end.
    failures : why a translation could not be analysed, in one line; keys without an end.
    grids : name of a model -> (text, text) C between all texts, the source first; NaN where a text failed, 1 on the
        diagonal; for `qa` of the start.
    failed_models : name of a model that could not be run -> why, in one line.
    seconds : time of the analyses.
    by_class : the attributions of each analysed pair for every class, where they were asked for; keys without an end.
    """

    source: TextInput
    translations: tuple[TextInput, ...]
    settings: Settings
    analyses: Mapping[AnalysisKey, PairAnalysis]
    notices: Mapping[AnalysisKey, tuple[str, ...]]
    failures: Mapping[AnalysisKey, str]
    grids: Mapping[str, Array]
    failed_models: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    by_class: Mapping[AnalysisKey, ClassAttributions] = field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that gave a result, in the order in which they were run."""
        return tuple(self.grids)

    def report(self, model: str, translation: int) -> PairReport:
        """Return the report of one pair under one model. Raises KeyError where there is none."""
        pair = AnalysisKey(model, translation)
        analyses = (each for key, each in self.analyses.items() if replace(key, end=None) == pair)
        return PairReport(tuple(analyses), self.notices[pair])

    def by_model(self, model: str) -> dict[int, PairReport]:
        """Index of each analysed translation -> its report under a model."""
        indices = (pair.translation for pair in self.notices if pair.model == model)
        return {index: self.report(model, index) for index in indices}

    def by_translation(self, translation: int) -> dict[str, PairReport]:
        """Name of each model -> its report of a translation; empty where no model could analyse it."""
        return {
            pair.model: self.report(pair.model, translation) for pair in self.notices if pair.translation == translation
        }

    def only(self, translation: int) -> "TranslationResults":
        """Return the results of one translation alone, under every model that could analyse it."""
        return replace(
            self,
            analyses={key: each for key, each in self.analyses.items() if key.translation == translation},
            notices={pair: lines for pair, lines in self.notices.items() if pair.translation == translation},
            failures={pair: line for pair, line in self.failures.items() if pair.translation == translation},
        )

    def alone(self, translation: int) -> "TranslationResults":
        """Return the results of one translation as if it were the only one: under index 0, without the others' text."""
        one = self.only(translation)
        return replace(
            one,
            translations=(self.translations[translation],),
            analyses={replace(key, translation=0): each for key, each in one.analyses.items()},
            notices={replace(pair, translation=0): lines for pair, lines in one.notices.items()},
            failures={},
            grids={model: np.full((2, 2), np.nan) for model in self.grids},
            by_class={
                replace(pair, translation=0): each
                for pair, each in self.by_class.items()
                if pair.translation == translation
            },
        )

    def joined(self, other: "TranslationResults") -> "TranslationResults":
        """Return these results and those of another model on the same texts as one."""
        return replace(
            self,
            analyses={**self.analyses, **other.analyses},
            notices={**self.notices, **other.notices},
            failures={**self.failures, **other.failures},
            grids={**self.grids, **other.grids},
            by_class={**self.by_class, **other.by_class},
            seconds=self.seconds + other.seconds,
        )


def analyze_translations(
    model: LoadedModel,
    source: TextInput,
    translations: Sequence[TextInput],
    settings: Settings = Settings(),
    *,
    most_tokens: int | None = None,
    classes: bool = False,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> TranslationResults:
    """Analyse a source text with its translations under one model; a translation that fails leaves the others.

    Parameters
    ----------
    most_tokens : of all texts together; None: as many as they have.
    classes : attribute every class of a task that has classes (`TranslationResults.by_class`).

    Raises
    ------
    CctaError : the source cannot be analysed, none of the translations can, or there are more than `most_tokens`.
    """
    begun = time.perf_counter()
    prepared_source = prepare_text(model, source, settings)
    prepared, errors = _prepare(model, translations, settings)
    if not prepared:
        raise next(iter(errors.values()), TextError("There is no translation to compare the source text with."))
    n_tokens = sum(len(each.text.tokens) for each in (prepared_source, *prepared.values()))
    if most_tokens is not None and n_tokens > most_tokens:
        raise TextError(
            f"The texts have {n_tokens:,} tokens, and this server analyses {most_tokens:,} at once: shorten them, or "
            "leave a translation out."
        )
    attributed_source, attributed, attribution_errors = _attribute(
        model,
        prepared_source,
        prepared,
        settings,
        classes=classes,
        progress=progress,
        should_cancel=should_cancel,
    )
    errors |= attribution_errors
    space = open_space(model, settings)
    analyses: dict[AnalysisKey, PairAnalysis] = {}
    notices: dict[AnalysisKey, tuple[str, ...]] = {}
    by_class: dict[AnalysisKey, ClassAttributions] = {}
    for done, (translation, target) in enumerate(attributed.items()):
        if progress:
            progress("comparing", done, len(attributed))
        report = compare_texts(model.info, attributed_source, target, space, settings, should_cancel=should_cancel)
        pair = AnalysisKey(model.info.name, translation)
        analyses |= {replace(pair, end=analysis.end): analysis for analysis in report.analyses}
        notices[pair] = report.notices
        if target.by_class:
            by_class[pair] = ClassAttributions(attributed_source.by_class, target.by_class)
    texts = {0: attributed_source} | {translation + 1: target for translation, target in attributed.items()}
    return TranslationResults(
        source,
        tuple(translations),
        settings,
        analyses,
        notices,
        failures={AnalysisKey(model.info.name, index): str(errors[index]) for index in sorted(errors)},
        grids={model.info.name: _grid(1 + len(translations), texts, space)},
        seconds=time.perf_counter() - begun,
        by_class=by_class,
    )


def _grid(size: int, attributed: Mapping[int, AttributedText], space: SharedSpace) -> Array:
    """C between all attributed texts, (size, size); symmetric, so each pair is solved once."""
    grid = np.full((size, size), np.nan)
    for row, column in itertools.combinations_with_replacement(sorted(attributed), 2):
        left, right = attributed[row].sides[0], attributed[column].sides[0]
        grid[row, column] = grid[column, row] = 1.0 if row == column else transport(left, right, space).consistency
    return grid


def _prepare(
    model: LoadedModel, translations: Sequence[TextInput], settings: Settings
) -> tuple[dict[int, PreparedText], dict[int, CctaError]]:
    """Return the translations that can be read, and why the others cannot; both by index."""
    prepared, errors = {}, {}
    for index, translation in enumerate(translations):
        try:
            prepared[index] = prepare_text(model, translation, settings)
        except CctaError as error:
            errors[index] = error
    return prepared, errors


def _attribute(
    model: LoadedModel,
    source: PreparedText,
    translations: Mapping[int, PreparedText],
    settings: Settings,
    *,
    classes: bool,
    progress: PhaseCallback | None,
    should_cancel: ShouldCancel | None,
) -> tuple[AttributedText, dict[int, AttributedText], dict[int, CctaError]]:
    """Attribute all texts together; if that fails, the source with each translation alone, to keep those that succeed.

    A joint error does not say which text it comes from; the error of a pair is charged to its translation. Where
    every pair fails, the source may be the cause, and the joint error is raised.
    """
    attribute = partial(
        attribute_texts, model, settings=settings, classes=classes, progress=progress, should_cancel=should_cancel
    )
    try:
        attributed_source, *targets = attribute([source, *translations.values()])
        return attributed_source, dict(zip(translations, targets, strict=True)), {}
    except Cancelled:
        raise
    except CctaError as error:
        if len(translations) == 1:
            raise
        joint_error = error
    attributed: dict[int, AttributedText] = {}
    errors: dict[int, CctaError] = {}
    for index, translation in translations.items():
        try:
            attributed_source, attributed[index] = attribute([source, translation])
        except Cancelled:
            raise
        except CctaError as error:
            errors[index] = error
    if not attributed:
        raise joint_error
    return attributed_source, attributed, errors
