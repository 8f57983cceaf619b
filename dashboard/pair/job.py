"""The work behind Analyse: load each chosen model, attribute every text once with it, compare."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.consistency.pair import TextInput
from core.consistency.translations import TranslationSet, analyze_translations
from core.errors import Cancelled, CctaError
from core.results import PairReport
from core.settings import Settings
from dashboard.shared.jobs import PhaseCallback
from dashboard.shared.models import cached_model

Work = Callable[[PhaseCallback, Callable[[], bool]], "PairResult"]


@dataclass(frozen=True)
class PairResult:
    """What one press of Analyse gave.

    Attributes
    ----------
    sets : one for each model that could be run; two where models are compared, A first.
    failures : name of a model -> the one line that says why it has no result.
    """

    sets: tuple[TranslationSet, ...]
    failures: Mapping[str, str] = field(default_factory=dict)

    def reports(self, active: int) -> tuple[PairReport, ...]:
        """The reports of the translation shown (counted from 0), one a model; of the first where it has none."""
        found = [entry.reports[active + 1] for entry in self.sets if active + 1 in entry.reports]
        return tuple(found) or (next(iter(self.sets[0].reports.values())),)

    def set_of(self, report: PairReport) -> TranslationSet:
        """The model's set that a report is in."""
        return next(entry for entry in self.sets if entry.model == report.analyses[0].model)


def pair_work(source: TextInput, translations: Sequence[TextInput], settings: Settings, names: Sequence[str]) -> Work:
    """The job for one model or two; of two, one that fails leaves the other. The job raises where none succeeds."""

    def work(report: PhaseCallback, cancelled: Callable[[], bool]) -> PairResult:
        sets: list[TranslationSet] = []
        failures: dict[str, CctaError] = {}
        for name in names:
            say = report if len(names) == 1 else _naming(report, name)
            try:
                report(f"Loading {name}", 0, 0)
                model = cached_model(name, settings.precision, lambda line: report(line, 0, 0))
                found = analyze_translations(
                    model, source, translations, settings, progress=say, should_cancel=cancelled
                )
                sets.append(found)
            except Cancelled:
                raise
            except CctaError as error:
                failures[name] = error
        if not sets:
            raise next(iter(failures.values()))
        return PairResult(tuple(sets), {name: str(error) for name, error in failures.items()})

    return work


def _naming(report: PhaseCallback, name: str) -> PhaseCallback:
    """Progress that says which model is at work."""
    return lambda stage, done, expected: report(f"{stage} with {name}", done, expected)
