"""What a worker computes: pure functions of texts, model and settings. Workers never touch the store.

Each text passes through the model alone. A batch of several texts would pad them, and padding, like the number of rows
of a matrix product, changes the last bits of every score. Alone, a text has the same scores whatever else is requested,
stored or computed. Its 17 or more points on the integration path still fill a batch.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

import torch
from threadpoolctl import threadpool_limits

from core.consistency.pair import TextInput, attribute_texts, prepare_text
from core.data.rows import ParallelRows
from core.errors import CctaError, CompletenessError, DegenerateMassError, TargetError, TextError, TransportError
from core.evaluation.evaluate import evaluate
from core.evaluation.stored import prediction_records
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.results import Answer
from core.settings import Settings
from core.store import AttributionRecord, PredictionRecord, WorkUnit, attribution_record
from core.store.records import Record

# Errors of a single text or pair: they are recorded with its row, and the run goes on.
ROW_PROBLEMS = (TextError, TargetError, DegenerateMassError, TransportError, CompletenessError)

TextKey = tuple[str, int, int]
"""Language, row, and index of the explained class (-1 where a text has only one explanation)."""


@dataclass(frozen=True)
class Checkpoint:
    """Which model a worker loads, and how.

    `revision` is that of its files when the run began: a worker that holds an earlier model of this name loads again.
    """

    name: str
    device: str
    precision: str
    threads: int
    revision: str


class Job(Protocol):
    """One piece of work, with all that it needs; it can be sent to another process.

    `units` is what it computes: the same rows in several kinds of record. `compute` returns the records of each.
    """

    @property
    def checkpoint(self) -> Checkpoint: ...

    @property
    def units(self) -> tuple[WorkUnit, ...]: ...

    def compute(self, model: LoadedModel) -> list[list[Record]]: ...


@dataclass(frozen=True)
class Outcome:
    """The records of each unit of a job and its seconds; or the error that ended it, more than one row's problem."""

    records: list[list[Record]] = field(default_factory=list)
    seconds: float = 0.0
    error: CctaError | None = None


def perform(job: Job) -> Outcome:
    """Carry out a job with its model and its number of threads; the model is kept for the next job.

    NumPy's BLAS has its own threads, whose number changes the last bit of a matrix product too.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(job.checkpoint.threads)
    try:
        model = load(job.checkpoint)
        begun = time.perf_counter()
        with threadpool_limits(job.checkpoint.threads, user_api="blas"):
            return Outcome(job.compute(model), time.perf_counter() - begun)
    except CctaError as error:
        return Outcome(error=error)
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=1)
def load(checkpoint: Checkpoint) -> LoadedModel:
    """Return the model of a checkpoint; a worker holds one at a time."""
    return load_model(checkpoint.name, device=checkpoint.device, precision=checkpoint.precision)


@dataclass(frozen=True)
class PredictJob:
    """Predict rows of one language, and score them against their labels or answers."""

    checkpoint: Checkpoint
    unit: WorkUnit
    rows: ParallelRows

    @property
    def units(self) -> tuple[WorkUnit, ...]:
        return (self.unit,)

    def compute(self, model: LoadedModel) -> list[list[Record]]:
        return [[self._one(model, position) for position in range(len(self.rows))]]

    def _one(self, model: LoadedModel, position: int) -> PredictionRecord:
        row = self.rows.take([position])
        try:
            return prediction_records(evaluate(model, row))[0]
        except ROW_PROBLEMS as error:
            return PredictionRecord(row.rows[0], n_tokens=0, gold=row.labels[0] or None, problem=type(error).__name__)


@dataclass(frozen=True)
class AttributeJob:
    """Attribute rows of one language, each for the same target: a class, or each text's own answer or meaning.

    `explain` is a class, "own" or "gold"; `settings.explain` is the option of the run, which is recorded. `against` has
    for each row the class that `contrast` subtracts, None for other outputs.
    """

    checkpoint: Checkpoint
    unit: WorkUnit
    rows: ParallelRows
    explain: str
    settings: Settings
    against: tuple[str | None, ...]

    @property
    def units(self) -> tuple[WorkUnit, ...]:
        return (self.unit,)

    def compute(self, model: LoadedModel) -> list[list[Record]]:
        return [[record for position in range(len(self.rows)) for record in self._one(model, position)]]

    def _one(self, model: LoadedModel, position: int) -> list[AttributionRecord]:
        row = self.rows.rows[position]
        answers = self.rows.answers[position]
        gold = Answer(answers[0].text, answers[0].start) if answers else None
        text = TextInput(self.rows.language, self.rows.texts[position], gold)
        # Runs that compare the scores otherwise take them over, so the comparison must not decide what is a problem.
        settings = self.settings.with_changes(explain=self.explain, mass="abs", aggregate="sum", level="token")
        try:
            prepared = replace(prepare_text(model, text, settings), against=self.against[position])
            (attributed,) = attribute_texts(model, [prepared], settings)
        except ROW_PROBLEMS as error:
            return [self._problem(model, row, end, type(error).__name__) for end in ends_of(self.settings.task)]
        return [attribution_record(row, side.attribution, explain=self.settings.explain) for side in attributed.sides]

    def _problem(self, model: LoadedModel, row: int, end: str, problem: str) -> AttributionRecord:
        label = self.explain if self.explain in model.classes else None
        index = model.classes.index(label) if label is not None else -1
        return AttributionRecord(
            row, end=end, target_index=index, target_label=label, explain=self.settings.explain, problem=problem
        )


def ends_of(task: str) -> tuple[str, ...]:
    """The ends of an answer for `qa`; one empty name for every other task."""
    return ("start", "end") if task == "qa" else ("",)


def keyed(records: Iterable[tuple[str, AttributionRecord]], task: str) -> dict[TextKey, tuple[AttributionRecord, ...]]:
    """Group (language, record) by text and explained class, the ends in order."""
    by_end: dict[TextKey, dict[str, AttributionRecord]] = {}
    for language, record in records:
        index = record.target_index if task in ("nli", "paraphrase") else -1
        by_end.setdefault((language, record.row, index), {})[record.end] = record
    return {key: tuple(ends[end] for end in ends_of(task)) for key, ends in by_end.items()}
