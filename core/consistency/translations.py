"""One source text and several translations: each attributed once, compared with the source and with each other."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.pair import (
    AttributedText,
    PreparedText,
    TextInput,
    attribute_texts,
    compare_texts,
    prepare_text,
    transport,
)
from core.errors import Cancelled, CctaError, TextError
from core.models.loaded import LoadedModel
from core.results import ModelInfo, PairReport
from core.settings import Settings
from core.spaces import SharedSpace, open_space

MAX_TRANSLATIONS = 8


@dataclass(frozen=True)
class TranslationSet:
    """Everything about one source text and its translations.

    Attributes
    ----------
    inputs : the source first, then the translations, as given.
    reports : index of the translation in `inputs` -> its report against the source.
    failures : index in `inputs` -> the one line that says why this translation could not be analysed.
    grid : (text, text) C between all texts that succeeded, NaN elsewhere, 1 on the diagonal; for `qa` of the start.
    """

    inputs: tuple[TextInput, ...]
    model: ModelInfo
    settings: Settings
    reports: Mapping[int, PairReport]
    failures: Mapping[int, str]
    grid: npt.NDArray[np.float64]
    seconds: float = 0.0


def analyze_translations(
    model: LoadedModel,
    source: TextInput,
    translations: Sequence[TextInput],
    settings: Settings,
    *,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> TranslationSet:
    """Analyse a source text with up to 8 translations; one that fails leaves the others.

    Raises
    ------
    CctaError : the source itself cannot be analysed, or no translation can.
    """
    begun = time.perf_counter()
    prepared_source = prepare_text(model, source, settings)
    prepared, errors = _prepare(model, translations, settings)
    if not prepared:
        raise next(iter(errors.values()), TextError("There is no translation to compare the source text with."))
    attributed, failed = _attribute(
        model, prepared_source, prepared, settings, progress=progress, should_cancel=should_cancel
    )
    errors |= failed
    space = open_space(model, settings)
    reports: dict[int, PairReport] = {}
    for index in sorted(attributed.keys() - {0}):
        if progress:
            progress("comparing", len(reports), len(attributed) - 1)
        reports[index] = compare_texts(
            model.info, attributed[0], attributed[index], space, settings, should_cancel=should_cancel
        )
    failures = {index: str(errors[index]) for index in sorted(errors)}
    inputs = (source, *translations)
    grid = _grid(len(inputs), attributed, space)
    return TranslationSet(inputs, model.info, settings, reports, failures, grid, seconds=time.perf_counter() - begun)


def _grid(size: int, attributed: Mapping[int, AttributedText], space: SharedSpace) -> npt.NDArray[np.float64]:
    """C between all attributed texts, (size, size); symmetric, so each pair is solved once."""
    grid = np.full((size, size), np.nan)
    for row, column in itertools.combinations_with_replacement(sorted(attributed), 2):
        left, right = attributed[row].sides[0], attributed[column].sides[0]
        grid[row, column] = grid[column, row] = 1.0 if row == column else transport(left, right, space).consistency
    return grid


def _prepare(
    model: LoadedModel, translations: Sequence[TextInput], settings: Settings
) -> tuple[dict[int, PreparedText], dict[int, CctaError]]:
    """Return the translations that can be read, and why the others cannot; both by number, from 1."""
    prepared, errors = {}, {}
    for index, translation in enumerate(translations, start=1):
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
    progress: PhaseCallback | None,
    should_cancel: ShouldCancel | None,
) -> tuple[dict[int, AttributedText], dict[int, CctaError]]:
    """Attribute all texts together; if that fails, the source with each translation alone.

    A joint error does not say which text it comes from; the error of a pair is charged to its translation. Where
    every pair fails, the source may be the cause, and the joint error is raised.
    """
    attribute = partial(attribute_texts, model, settings=settings, progress=progress, should_cancel=should_cancel)
    try:
        together = attribute([source, *translations.values()])
        return dict(zip((0, *translations), together, strict=True)), {}
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
            attributed[0], attributed[index] = attribute([source, translation])
        except Cancelled:
            raise
        except CctaError as error:
            errors[index] = error
    if not attributed:
        raise joint_error
    return attributed, errors
