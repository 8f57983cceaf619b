"""The pair shown under other settings and earlier results: what has been computed for it, and what is at work."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.consistency.pair import TextInput
from core.consistency.sensitivity import Variant, vary
from core.consistency.translations import TranslationResults
from core.results import PairAnalysis
from core.settings import Settings
from dashboard.service.jobs import BackgroundTask
from dashboard.service.queue import BusyError
from dashboard.service.visitors import job_queue, presence, visitor
from dashboard.shared.models import cached_model

MOST_PINS = 8
# Variants that are kept, over all texts of a visit.
MOST_VARIANTS = 200
Key = tuple[TextInput, TextInput, str, Settings]


@dataclass(frozen=True)
class Pin:
    """A result that someone has pinned, for the visit."""

    name: str
    analyses: tuple[PairAnalysis, ...]


@dataclass
class Varied:
    """What stands beside the pair shown.

    Attributes
    ----------
    variants : by texts, model and settings, latest last.
    pins : at most `MOST_PINS`, latest last.
    job, error : the computation at work; why the last one gave nothing.
    """

    variants: dict[Key, Variant] = field(default_factory=dict)
    pins: list[Pin] = field(default_factory=list)
    job: BackgroundTask[tuple[Variant, ...]] | None = None
    error: str = ""
    _wanted: tuple[Key, ...] = ()

    def pin(self, pin: Pin) -> None:
        """Keep a result; the oldest makes way."""
        self.pins = [*(other for other in self.pins if other.name != pin.name), pin][-MOST_PINS:]

    def found(self, key: Key) -> Variant | None:
        """What has been computed; None if nothing has."""
        return self.variants.get(key)

    def start(self, results: TranslationResults, model: str, changes: Sequence[Variant]) -> None:
        """Compute changes of a pair in the background; `results` are of its translation alone."""
        if self.job is not None:
            self.job.cancel()
        self.error = ""
        precision = results.settings.precision
        task = BackgroundTask(
            lambda progress, should_cancel: vary(
                cached_model(model, precision, lambda line: progress(line, 0, 0)),
                results,
                changes,
                progress=progress,
                should_cancel=should_cancel,
            )
        )
        try:
            job_queue().submit(task, visitor(), presence())
        except BusyError as error:
            self.error = str(error)
            return
        self.job = task
        self._wanted = tuple(key_of(results, model, change.settings) for change in changes)

    def collect(self) -> None:
        """Take over what a finished computation has found."""
        if self.job is None or not self.job.finished:
            return
        job, self.job = self.job, None
        if job.result is None:
            self.error = "" if job.cancelled else str(job.error)
            return
        self.variants |= dict(zip(self._wanted, job.result, strict=True))
        for key in list(self.variants)[:-MOST_VARIANTS]:
            del self.variants[key]


def key_of(results: TranslationResults, model: str, settings: Settings) -> Key:
    """Name a change of the only translation of `results`."""
    (translation,) = results.translations
    return results.source, translation, model, settings
