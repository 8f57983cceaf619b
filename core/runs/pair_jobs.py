"""What a worker computes of two texts whose attributions are stored: C with its references, and the flows behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from core.consistency.compare import compare, transport
from core.consistency.pair import TextInput, prepare_text
from core.consistency.sides import side_of
from core.errors import DegenerateMassError
from core.models.loaded import LoadedModel
from core.results import Side, TokenizedText, TransportPlan
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
    """One row of a language pair: which attributions are compared, and whether its predictions agree and are correct.

    `mismatched` is the attribution of another row in the target language. `cluster` is the lowest row that shares the
    row's premise, context or sentence. `problem` names the error where there is nothing to compare.
    """

    row: int
    source: TextKey
    target: TextKey
    mismatched: TextKey | None = None
    same_prediction: bool | None = None
    source_correct: bool | None = None
    target_correct: bool | None = None
    cluster: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class _Shared:
    """What the pairs of a job share. `sides` returns those of a text, one per end, or the names of their errors."""

    model: LoadedModel
    space: SharedSpace
    sides: Callable[[TextKey], Sequence[Side | str]]


@dataclass(frozen=True)
class PairJob:
    """Compare rows of two languages whose attributions are stored: their `pairs`, their `flows`, or both.

    A pair and its flows come from one solution of the linear program. References are computed for `pairs` alone.

    Attributes
    ----------
    texts : (language, row) -> the fields of a text.
    attributions : (language, row, class) -> its records, one per end.
    """

    checkpoint: Checkpoint
    units: tuple[WorkUnit, ...]
    pairs: tuple[PairToCompare, ...]
    texts: Mapping[tuple[str, int], tuple[str, ...]]
    attributions: Mapping[TextKey, tuple[AttributionRecord, ...]]
    settings: Settings

    def compute(self, model: LoadedModel) -> list[list[Record]]:
        sides = lru_cache(maxsize=None)(partial(self._sides, model))
        shared = _Shared(model, open_space(model, self.settings), sides)
        compared = [
            self._one(shared, pair, at) for pair in self.pairs for at in range(len(ends_of(self.settings.task)))
        ]
        return [[records[unit.kind] for records in compared] for unit in self.units]

    def _one(self, shared: _Shared, pair: PairToCompare, at: int) -> dict[str, Record]:
        """Return kind -> record of one end of a pair."""
        end = ends_of(self.settings.task)[at]
        if pair.problem:
            return _problems(pair, end, pair.problem)
        source, target = shared.sides(pair.source)[at], shared.sides(pair.target)[at]
        if isinstance(source, str) or isinstance(target, str):
            return _problems(pair, end, source if isinstance(source, str) else str(target))
        try:
            plan = transport(source, target, shared.space)
        except ROW_PROBLEMS as error:
            return _problems(pair, end, type(error).__name__)
        records: dict[str, Record] = {"flows": flow_record(pair.row, plan, end=end)}
        if any(unit.kind == "pairs" for unit in self.units):
            try:
                records["pairs"] = self._pair_record(shared, pair, at, (source, target), plan)
            except ROW_PROBLEMS as error:
                # A reference could not be solved; the flows of the pair itself stand.
                records["pairs"] = _problems(pair, end, type(error).__name__)["pairs"]
        return records

    def _pair_record(
        self, shared: _Shared, pair: PairToCompare, at: int, sides: tuple[Side, Side], plan: TransportPlan
    ) -> PairRecord:
        analysis = compare(shared.model.info, *sides, shared.space, self.settings, plan=plan)
        other = None if pair.mismatched is None else shared.sides(pair.mismatched)[at]
        mismatched = transport(sides[0], other, shared.space).consistency if isinstance(other, Side) else None
        return pair_record(
            pair.row,
            analysis,
            mismatched=mismatched,
            mismatched_row=None if mismatched is None or pair.mismatched is None else pair.mismatched[1],
            same_prediction=pair.same_prediction,
            source_correct=pair.source_correct,
            target_correct=pair.target_correct,
            cluster=pair.cluster,
        )

    def _sides(self, model: LoadedModel, key: TextKey) -> list[Side | str]:
        """Rebuild the sides of a text from its stored scores."""
        language, row, _ = key
        records = self.attributions[key]
        if any(record.problem for record in records):
            return [record.problem for record in records]
        text = prepare_text(model, TextInput(language, self.texts[language, row]), self.settings).text
        for record in records:
            require_scored(text, record)
        return [self._side(text, record) for record in records]

    def _side(self, text: TokenizedText, record: AttributionRecord) -> Side | str:
        try:
            return side_of(attribution_of(text, record, self.settings.output), {}, self.settings)
        except DegenerateMassError as error:
            return type(error).__name__


def _problems(pair: PairToCompare, end: str, problem: str) -> dict[str, Record]:
    """Kind -> record of a pair that cannot be compared."""
    return {
        "pairs": PairRecord(
            pair.row,
            n_source=0,
            n_target=0,
            consistency=None,
            end=end,
            problem=problem,
            same_prediction=pair.same_prediction,
            source_correct=pair.source_correct,
            target_correct=pair.target_correct,
            cluster=pair.cluster,
        ),
        "flows": FlowRecord(pair.row, end=end, problem=problem),
    }
