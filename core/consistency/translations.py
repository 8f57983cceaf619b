"""One source text and several translations: each attributed once, compared with the source and with each other."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.pair import AttributedText, TextInput, attribute_texts, compare_texts, prepare, transport
from core.errors import Cancelled, CctaError
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
    model.require_task(settings.task)
    inputs = (source, *translations)
    prepare(model, [source], settings)
    failures = _unreadable(model, inputs, settings)
    good = [index for index in range(len(inputs)) if index not in failures]
    attributed = _attribute(
        model, inputs, good, settings, failures=failures, progress=progress, should_cancel=should_cancel
    )
    if 0 in failures or len(attributed) < 2:
        raise CctaError(next(iter(failures.values())))
    space = open_space(model, settings)
    reports: dict[int, PairReport] = {}
    for index in sorted(attributed.keys() - {0}):
        if progress:
            progress("comparing", len(reports), len(attributed) - 1)
        reports[index] = compare_texts(
            model.info, attributed[0], attributed[index], space, settings, should_cancel=should_cancel
        )
    grid = _grid(len(inputs), attributed, space)
    return TranslationSet(inputs, model.info, settings, reports, failures, grid, seconds=time.perf_counter() - begun)


def _grid(size: int, attributed: Mapping[int, AttributedText], space: SharedSpace) -> npt.NDArray[np.float64]:
    """C between all attributed texts, (size, size); symmetric, so each pair is solved once."""
    grid = np.full((size, size), np.nan)
    for row, column in itertools.combinations_with_replacement(sorted(attributed), 2):
        left, right = attributed[row].sides[0], attributed[column].sides[0]
        grid[row, column] = grid[column, row] = 1.0 if row == column else transport(left, right, space).consistency
    return grid


def _unreadable(model: LoadedModel, inputs: Sequence[TextInput], settings: Settings) -> dict[int, str]:
    failures = {}
    for index, entry in enumerate(inputs):
        try:
            prepare(model, [entry], settings)
        except CctaError as error:
            failures[index] = str(error)
    return failures


def _attribute(
    model: LoadedModel,
    inputs: Sequence[TextInput],
    good: list[int],
    settings: Settings,
    *,
    failures: dict[int, str],
    progress: PhaseCallback | None,
    should_cancel: ShouldCancel | None,
) -> dict[int, AttributedText]:
    """Attribute all good texts together; if that fails, the source with each alone, to find which one it is."""
    chosen = [inputs[index] for index in good]
    try:
        together = attribute_texts(model, chosen, settings, progress=progress, should_cancel=should_cancel)
        return dict(zip(good, together, strict=True))
    except Cancelled:
        raise
    except CctaError as error:
        if len(good) <= 2:
            raise
        first_error = str(error)
    attributed: dict[int, AttributedText] = {}
    for index in good[1:]:
        try:
            pair = attribute_texts(
                model, [inputs[0], inputs[index]], settings, progress=progress, should_cancel=should_cancel
            )
        except Cancelled:
            raise
        except CctaError as error:
            failures[index] = str(error)
        else:
            attributed |= {0: pair[0], index: pair[1]}
    if not attributed:
        raise CctaError(first_error)
    return attributed
