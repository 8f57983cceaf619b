"""The work behind Analyse: load each chosen model, attribute every text once with it, compare."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.pair import TextInput
from core.consistency.translations import TranslationResults, analyze_translations
from core.errors import Cancelled, CctaError
from core.settings import Settings
from dashboard.shared.models import cached_model

Work = Callable[[PhaseCallback, ShouldCancel], TranslationResults]


def pair_work(
    source: TextInput,
    translations: Sequence[TextInput],
    settings: Settings,
    names: Sequence[str],
    *,
    most_tokens: int | None = None,
) -> Work:
    """Return the work for one model or two, to run in a thread; `most_tokens` of all texts, under each model.

    A model that fails leaves the other; where all fail, the work raises the first one's error.
    """

    def work(progress: PhaseCallback, should_cancel: ShouldCancel) -> TranslationResults:
        results: TranslationResults | None = None
        errors: dict[str, CctaError] = {}
        for name in names:
            report = progress if len(names) == 1 else _naming(progress, name)
            try:
                progress(f"Loading {name}", 0, 0)
                model = cached_model(name, settings.precision, lambda line: progress(line, 0, 0))
                of_model = analyze_translations(
                    model,
                    source,
                    translations,
                    settings,
                    most_tokens=most_tokens,
                    classes=True,
                    progress=report,
                    should_cancel=should_cancel,
                )
            except Cancelled:
                raise
            except CctaError as error:
                errors[name] = error
            else:
                results = results.joined(of_model) if results else of_model
        if results is None:
            raise next(iter(errors.values()))
        return replace(results, failed_models={name: str(error) for name, error in errors.items()})

    return work


def _naming(progress: PhaseCallback, name: str) -> PhaseCallback:
    """Progress that says which model is at work."""
    return lambda stage, done, expected: progress(f"{stage} with {name}", done, expected)
