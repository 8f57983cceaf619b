"""What a worker computes of two texts whose attributions are stored: C with its references, or the flows behind it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from core.consistency.pair import TextInput, compare, prepare_text, side_of, transport
from core.models.loaded import LoadedModel
from core.results import Side
from core.runs.jobs import ROW_PROBLEMS, Checkpoint, TextKey, ends_of
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.store import (
    AttributionRecord,
    FlowRecord,
    PairRecord,
    WorkUnit,
    attribution_of,
    flow_record,
    pair_record,
    require_scored,
)
from core.store.records import Record


@dataclass(frozen=True)
class PairToCompare:
    """One row of a pair of languages: which explanations are compared, and what the data set knows beside.

    `mismatched` is the explanation of another row in the target language. `problem` says why there is nothing.
    """

    row: int
    source: TextKey
    target: TextKey
    mismatched: TextKey | None = None
    same_prediction: bool | None = None
    source_correct: bool | None = None
    target_correct: bool | None = None
    problem: str = ""


@dataclass(frozen=True)
class _Workshop:
    """What every pair of a job needs: the sides of a text, one an end, or the name of what is wrong with it."""

    model: LoadedModel
    space: SharedSpace
    sides: Callable[[TextKey], Sequence[Side | str]]


@dataclass(frozen=True)
class _PairJob(ABC):
    """Rows of two languages whose attributions are there.

    Attributes
    ----------
    texts : (language, row) -> the fields of a text.
    attributions : (language, row, class) -> its records, one an end.
    """

    checkpoint: Checkpoint
    unit: WorkUnit
    pairs: tuple[PairToCompare, ...]
    texts: Mapping[tuple[str, int], tuple[str, ...]]
    attributions: Mapping[TextKey, tuple[AttributionRecord, ...]]
    settings: Settings

    def compute(self, model: LoadedModel) -> list[Record]:
        sides = lru_cache(maxsize=None)(partial(self._sides, model))
        workshop = _Workshop(model, open_space(model, self.settings), sides)
        return [self._one(workshop, pair, at) for pair in self.pairs for at in range(len(ends_of(self.settings.task)))]

    def _one(self, workshop: _Workshop, pair: PairToCompare, at: int) -> Record:
        end = ends_of(self.settings.task)[at]
        if pair.problem:
            return self._problem(pair, end, pair.problem)
        source, target = workshop.sides(pair.source)[at], workshop.sides(pair.target)[at]
        if isinstance(source, str) or isinstance(target, str):
            return self._problem(pair, end, source if isinstance(source, str) else str(target))
        try:
            return self._record(workshop, pair, at, (source, target))
        except ROW_PROBLEMS as error:
            return self._problem(pair, end, type(error).__name__)

    @abstractmethod
    def _record(self, workshop: _Workshop, pair: PairToCompare, at: int, sides: tuple[Side, Side]) -> Record: ...

    @abstractmethod
    def _problem(self, pair: PairToCompare, end: str, problem: str) -> Record: ...

    def _sides(self, model: LoadedModel, key: TextKey) -> list[Side | str]:
        """Rebuild the sides of a text from its stored scores."""
        language, row, _ = key
        records = self.attributions[key]
        if any(record.problem for record in records):
            return [record.problem for record in records]
        text = prepare_text(model, TextInput(language, self.texts[language, row]), self.settings).text
        for record in records:
            require_scored(text, record)
        return [side_of(attribution_of(text, record), {}, self.settings) for record in records]


@dataclass(frozen=True)
class CompareJob(_PairJob):
    """C of each pair, with its references."""

    def _record(self, workshop: _Workshop, pair: PairToCompare, at: int, sides: tuple[Side, Side]) -> PairRecord:
        analysis = compare(workshop.model.info, *sides, workshop.space, self.settings)
        other = None if pair.mismatched is None else workshop.sides(pair.mismatched)[at]
        mismatched = transport(sides[0], other, workshop.space).consistency if isinstance(other, Side) else None
        return pair_record(
            pair.row,
            analysis,
            mismatched=mismatched,
            mismatched_row=None if mismatched is None or pair.mismatched is None else pair.mismatched[1],
            same_prediction=pair.same_prediction,
            source_correct=pair.source_correct,
            target_correct=pair.target_correct,
        )

    def _problem(self, pair: PairToCompare, end: str, problem: str) -> PairRecord:
        return PairRecord(
            pair.row,
            n_source=0,
            n_target=0,
            consistency=None,
            end=end,
            problem=problem,
            same_prediction=pair.same_prediction,
            source_correct=pair.source_correct,
            target_correct=pair.target_correct,
        )


@dataclass(frozen=True)
class FlowJob(_PairJob):
    """The flows of each pair: a linear program more, so that a store shows them where the texts are not at hand."""

    def _record(self, workshop: _Workshop, pair: PairToCompare, at: int, sides: tuple[Side, Side]) -> FlowRecord:
        return flow_record(pair.row, transport(*sides, workshop.space), end=ends_of(self.settings.task)[at])

    def _problem(self, pair: PairToCompare, end: str, problem: str) -> FlowRecord:
        return FlowRecord(pair.row, end=end, problem=problem)
