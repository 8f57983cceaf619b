"""The SQL of the reader: which shards a question concerns, and its conditions. Values are passed as parameters."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from core.errors import OptionError, StoreChoiceError
from core.store.files import Files
from core.store.index import Shard, Snapshot
from core.store.layout import KINDS, RecordKind
from core.store.questions import SORTS, Scope


@dataclass(frozen=True)
class Query:
    """SQL with its parameters, and the paths it reads (so that a damaged one can be found)."""

    sql: str
    parameters: tuple[Any, ...]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """SQL over the records of one kind, for which `{table}` stands; its parameters follow those of the table.

    `languages` (None: any) and `rows` say which shards can hold an answer.
    """

    kind: str
    sql: str
    parameters: Sequence[Any]
    runs: Callable[[Snapshot], list[str]]
    languages: Sequence[str | None] = ()
    rows: Sequence[int] | None = None

    def query(self, files: Files, now: Snapshot) -> Query:
        """Return the SQL over the shards of a snapshot."""
        shards = choose_shards(now, self.kind, self.runs(now), self.languages, self.rows)
        table = table_of(files, now, self.kind, shards)
        return Query(self.sql.format(table=table.sql), (*table.parameters, *self.parameters), table.paths)


def choose_runs(snapshot: Snapshot, kind: str, scope: Scope) -> list[str]:
    """Return the runs of a scope that hold records of a kind.

    Raises StoreChoiceError where two of them are of the same checkpoint on the same split and the scope does not name
    both: their numbers never mix unasked.
    """
    chosen: dict[tuple[str, str, str], list[str]] = {}
    for run in sorted(snapshot.holding(kind)):
        identity = snapshot.runs[run].identity
        wanted = (
            scope.dataset in (None, identity.dataset)
            and scope.split in (None, identity.split)
            and (scope.checkpoints is None or identity.checkpoint in scope.checkpoints)
            and scope.group in (None, identity.group)
            and (scope.runs is None or run in scope.runs)
        )
        if wanted:
            chosen.setdefault((identity.dataset, identity.split, identity.checkpoint), []).append(run)
    for (dataset, split, checkpoint), runs in chosen.items():
        if len(runs) > 1 and scope.runs is None:
            raise StoreChoiceError(
                f"The store holds {len(runs)} runs of {checkpoint} on {dataset} {split} with different settings, data "
                f"or revisions: name one of {', '.join(runs)}."
            )
    return [run for runs in chosen.values() for run in runs]


def choose_shards(
    snapshot: Snapshot,
    kind: str,
    runs: Collection[str],
    languages: Sequence[str | None] = (),
    rows: Collection[int] | None = None,
) -> list[Shard]:
    """Return the shards that can hold rows of these languages (None: any), so that no other file is opened."""
    wanted = None if rows is None else set(rows)
    return [
        shard
        for shard in snapshot.shards
        if shard.kind == kind
        and shard.run in runs
        and any(
            all(asked in (None, held) for asked, held in zip(languages, unit.languages, strict=False))
            and (wanted is None or not wanted.isdisjoint(unit.rows))
            for unit in shard.info.units
        )
    ]


def table_of(files: Files, snapshot: Snapshot, kind: str, shards: Sequence[Shard]) -> Query:
    """Return the records of some shards as a subquery, every record once, whether with its local columns or without."""
    parts, parameters = [], []
    for scores_only in (False, True):
        for overlapping in (False, True):
            paths = [
                shard.path
                for shard in shards
                if shard.info.scores_only is scores_only and (shard.path in snapshot.overlapping) is overlapping
            ]
            if paths:
                parts.append(_select(KINDS[kind], scores_only=scores_only, overlapping=overlapping))
                parameters.append([files.url(path) for path in paths])
    sql = " UNION ALL ".join(parts) or f"SELECT * FROM no_{kind}"
    return Query(f"({sql})", tuple(parameters), tuple(shard.path for shard in shards))


def order_by(sort: str, *, descending: bool) -> str:
    """Return the ORDER BY of a page; equal values in the order of rows and languages. Raises OptionError."""
    if sort not in SORTS:
        raise OptionError(f"Examples cannot be sorted by {sort!r}. Choose one of {', '.join(SORTS)}.")
    direction = "DESC" if descending else "ASC"
    return f'{SORTS[sort]} {direction} NULLS LAST, row, source_language, target_language, "end", run'


def numeric_column(kind: str, column: str) -> str:
    """A column as SQL of a double; only numbers and flags can be asked for."""
    numeric = [name for name, type_ in KINDS[kind].own if type_ in (pa.float64(), pa.int32(), pa.bool_())]
    if column not in numeric:
        raise OptionError(f"{kind} have no numeric column {column!r}: choose one of {', '.join(numeric)}.")
    return f'"{column}"::DOUBLE'


def _select(kind: RecordKind, *, scores_only: bool, overlapping: bool) -> str:
    left_out = {name: _sql_type(type_) for name, type_ in kind.own if scores_only and name in kind.local}
    columns = ", ".join(
        f'NULL::{left_out[name]} AS "{name}"' if name in left_out else f'"{name}"' for name in kind.schema().names
    )
    if not overlapping:
        return f"SELECT {columns} FROM {_rows_of(kind)}"
    key = ", ".join(f'"{name}"' for name in ("run", *kind.key))
    return (
        f"SELECT {columns} FROM {_rows_of(kind, ', filename=true')} "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY filename) = 1"
    )


def _rows_of(kind: RecordKind, options: str = "") -> str:
    """The rows of shards as a table that has every column, the optional ones too, which a shard may lack."""
    if not kind.optional:
        return f"read_parquet(?{options})"
    types = dict(kind.own)
    optional = ", ".join(f'NULL::{_sql_type(types[name])} AS "{name}"' for name in kind.optional)
    rows = f"SELECT * FROM read_parquet(?, union_by_name=true{options})"
    return f"(SELECT * FROM (SELECT {optional} LIMIT 0) UNION ALL BY NAME {rows})"


def _sql_type(type_: pa.DataType) -> str:
    """The type of a column that can be absent: local text, or an optional one."""
    if pa.types.is_list(type_):
        return f"{_sql_type(type_.value_type)}[]"
    return {pa.float32(): "FLOAT", pa.float64(): "DOUBLE"}.get(type_, "VARCHAR")
