"""The records that a worker writes, and their table: checked, and in the columns of their kind."""

import re
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.store.layout import KINDS, RecordKind
from core.store.work import RunIdentity, WorkUnit

ENDS = ("", "start", "end")
_PROBLEM = re.compile(r"[A-Za-z0-9_]*")


@dataclass(frozen=True)
class PredictionRecord:
    """What a checkpoint predicts for one row in one language.

    Classes go into `gold` and `predicted` (None for `qa`), with `probabilities` in the order of the run's labels.
    For `qa`, `answer_start` and `answer_end` are characters of the context, `gold_starts` and `gold_ends` those of
    the gold answers, `f1` and `exact_match` are 0 to 1; `answer` and `gold_answers` stay in the local store.
    """

    row: int
    n_tokens: int
    gold: str | None = None
    predicted: str | None = None
    probabilities: Sequence[float] = ()
    correct: bool | None = None
    answer_start: int | None = None
    answer_end: int | None = None
    gold_starts: Sequence[int] = ()
    gold_ends: Sequence[int] = ()
    f1: float | None = None
    exact_match: float | None = None
    n_tokens_uncut: int | None = None
    answer: str | None = None
    gold_answers: Sequence[str] = ()
    problem: str = ""


@dataclass(frozen=True)
class AttributionRecord:
    """Token scores of one text for one target; the sequences are parallel, one entry a token the model reads.

    `starts`, `ends` are characters of the token's field, `fields` the field's index (-1 for specials), `words` the
    index of its word (-1 for specials). `end` is "", "start" or "end". `tokens` stay in the local store.
    `l2` and `l1` are the norms beside the summed `scores`, to single precision, with their estimated errors; `against`
    is the class that `contrast` subtracts. They are None where they are not known.
    Where nothing could be computed, `problem` names the error's type and the rest is left out.
    """

    row: int
    end: str = ""
    target_index: int = -1
    target_label: str | None = None
    explain: str = "source"
    scores: Sequence[float] = ()
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    fields: Sequence[int] = ()
    words: Sequence[int] = ()
    special: Sequence[bool] = ()
    tokens: Sequence[str] | None = None
    f_input: float | None = None
    f_baseline: float | None = None
    delta: float | None = None
    token_error: float | None = None
    n_steps: int = 0
    n_forward: int = 0
    problem: str = ""
    against: str | None = None
    l2: Sequence[float] | None = None
    l1: Sequence[float] | None = None
    l2_error: float | None = None
    l1_error: float | None = None

    def __post_init__(self) -> None:
        known = [column for column in (self.tokens, self.l2, self.l1) if column is not None]
        parallel: list[Sized] = [self.starts, self.ends, self.fields, self.words, self.special, *known]
        sizes = {len(column) for column in parallel}
        if sizes != {len(self.scores)}:
            raise ValueError(f"scores has {len(self.scores)} entries, the columns beside it {sorted(sizes)}.")


@dataclass(frozen=True)
class PairRecord:
    """Consistency C of one row's source text with its translation, and its references.

    `cluster` is the lowest row that shares the row's premise (`nli`), context (`qa`) or a sentence (`paraphrase`):
    such rows are not independent, and resamples draw them together.
    `source_target`, `target_target` are the target indices that were explained, `n_source`, `n_target` the units
    that carry mass, `mismatched` C with the translation of `mismatched_row`. For `qa` a side is correct when it
    matches exactly. Where nothing could be computed, `problem` names the error's type and C is None.
    """

    row: int
    n_source: int
    n_target: int
    consistency: float | None
    end: str = ""
    source_target: int = -1
    target_target: int = -1
    uniform: float | None = None
    shuffled_mean: float | None = None
    shuffled_sd: float | None = None
    shuffled_low: float | None = None
    shuffled_high: float | None = None
    shuffled_percentile: float | None = None
    n_shuffles: int = 0
    carried: float | None = None
    mismatched: float | None = None
    mismatched_row: int | None = None
    same_prediction: bool | None = None
    source_correct: bool | None = None
    target_correct: bool | None = None
    cluster: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class FlowRecord:
    """The optimal plan of one pair, its positive flows only; the sequences are parallel, one entry a flow.

    `source_units`, `target_units` are the positions of the units that carry mass (specials have none), `masses` the
    f_ij of Eq. 2, `similarities` the cosines of the two units, both to eleven significant bits.
    """

    row: int
    end: str = ""
    source_units: Sequence[int] = ()
    target_units: Sequence[int] = ()
    masses: Sequence[float] = ()
    similarities: Sequence[float] = ()
    problem: str = ""

    def __post_init__(self) -> None:
        sizes = {len(column) for column in (self.source_units, self.target_units, self.similarities)}
        if sizes != {len(self.masses)}:
            raise ValueError(f"masses has {len(self.masses)} entries, the columns beside it {sorted(sizes)}.")


Record = PredictionRecord | AttributionRecord | PairRecord | FlowRecord
RECORDS: Mapping[str, type] = MappingProxyType(
    {"predictions": PredictionRecord, "attributions": AttributionRecord, "pairs": PairRecord, "flows": FlowRecord}
)


def read_record(kind: str, entry: dict[str, Any]) -> Any:
    """Return the record that a line of a kind's table holds."""
    return RECORDS[kind](**{field.name: _frozen(entry[field.name]) for field in fields(RECORDS[kind])})


def to_table(identity: RunIdentity, unit: WorkUnit, records: Sequence[Record]) -> pa.Table:
    """Return a unit's records as the columns of its shard, in the order of the key.

    Raises ValueError where records are missing, doubled, of another kind, not finite, or carry text outside the local
    columns.
    """
    kind = KINDS[unit.kind]
    _check_records(identity, unit, kind, records)
    own = {name: [getattr(record, name) for record in records] for name, _ in kind.own}
    shared = {
        "run": identity.run_id,
        "dataset": identity.dataset,
        "split": identity.split,
        "checkpoint": identity.checkpoint,
    } | dict(zip(kind.languages, unit.languages, strict=True))
    columns = {name: [value] * len(records) for name, value in shared.items()} | own
    table = pa.table({name: pa.array(columns[name], type_) for name, type_ in _typed(kind)})
    _check_finite(table, unit)
    return table.sort_by([(name, "ascending") for name in kind.key])


def _typed(kind: RecordKind) -> list[tuple[str, pa.DataType]]:
    return [(column.name, column.type) for column in kind.schema()]


def _check_finite(table: pa.Table, unit: WorkUnit) -> None:
    for name in table.column_names:
        column = table.column(name)
        values = pc.list_flatten(column) if pa.types.is_list(column.type) else column
        if pa.types.is_floating(values.type) and not pc.all(pc.is_finite(values), min_count=0).as_py():
            raise ValueError(f"{name} of {unit.kind} {unit.languages} is not a finite number in every row.")


def _check_records(identity: RunIdentity, unit: WorkUnit, kind: RecordKind, records: Sequence[Record]) -> None:
    if not all(isinstance(record, RECORDS[kind.name]) for record in records):
        raise ValueError(f"A unit of {kind.name} takes {RECORDS[kind.name].__name__} only.")
    if {record.row for record in records} != set(unit.rows):
        raise ValueError(f"The records of {unit.name(identity.run_id)} are not those of its rows.")
    key = [name for name in kind.key if name not in kind.languages]
    keys = [tuple(getattr(record, name) for name in key) for record in records]
    if len(set(keys)) != len(keys):
        raise ValueError(f"The records of {unit.name(identity.run_id)} repeat a key ({', '.join(key)}).")
    # `export --scores-only` publishes these columns: no text of a data set may be in them.
    allowed: dict[str, tuple[str | None, ...]] = {
        "end": ENDS,
        "explain": ("source", "own", "gold", *identity.labels),
        **dict.fromkeys(("gold", "predicted", "target_label", "against"), (None, *identity.labels)),
    }
    for record in records:
        for name, values in allowed.items():
            if getattr(record, name, values[0]) not in values:
                raise ValueError(f"{name} of row {record.row} is none of {values}.")
        if not _PROBLEM.fullmatch(record.problem):
            raise ValueError(f"problem of row {record.row} is the name of an error's type, nothing else.")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
