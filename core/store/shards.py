"""The bytes of a shard: Parquet with checksums, and a footer that names its run and units."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import StoreError
from core.store.files import Files
from core.store.layout import KINDS, LAYOUT, SCHEMA_VERSION
from core.store.work import RunIdentity, WorkUnit

RowIndices = npt.NDArray[np.int64]
# What pyarrow raises for a file that is not Parquet, is cut short, or fails a checksum.
UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class ShardInfo:
    """The footer of a shard.

    Attributes
    ----------
    units : whose rows it holds; several after compaction.
    replaces : names of the shards it was merged from; readers skip those that are not yet deleted.
    scores_only : whether the columns with third-party text were left out.
    seconds : computing time of its rows. versions : libraries that computed them. Neither is part of the hash.
    layout : version of its kind of record (`RecordKind.version`) when it was written.
    """

    identity: RunIdentity
    kind: str
    units: tuple[WorkUnit, ...]
    replaces: tuple[str, ...] = ()
    scores_only: bool = False
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    layout: int = 0

    def __post_init__(self) -> None:
        if not self.layout:
            object.__setattr__(self, "layout", KINDS[self.kind].version)

    @property
    def outdated(self) -> bool:
        """Whether its records are of an earlier version, whose numbers do not mean what they mean now."""
        return self.layout < KINDS[self.kind].version

    @property
    def n_rows(self) -> int:
        """The number of its data set rows (`qa` has two records per row)."""
        return sum(len(unit.rows) for unit in self.units)

    def to_json(self) -> dict[str, Any]:
        units = [[list(unit.languages), format_rows(unit.rows), unit.variant] for unit in self.units]
        return {
            "identity": self.identity.to_json(),
            "kind": self.kind,
            "units": units,
            "replaces": list(self.replaces),
            "scores_only": self.scores_only,
            "seconds": self.seconds,
            "versions": dict(self.versions),
            **({"layout": self.layout} if self.layout > 1 else {}),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "ShardInfo":
        """Return what `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        units = tuple(
            WorkUnit(plain["kind"], tuple(languages), parse_rows(rows), variant)
            for languages, rows, variant in plain["units"]
        )
        identity = RunIdentity.from_json(plain["identity"])
        rest = {name: plain[name] for name in ("kind", "scores_only", "seconds", "versions")}
        layout = int(plain.get("layout", 1))
        return cls(identity=identity, units=units, replaces=tuple(plain["replaces"]), layout=layout, **rest)


def encode(table: pa.Table, info: ShardInfo) -> pa.Buffer:
    """Return the shard's bytes; the same table and footer give the same bytes."""
    footer = {LAYOUT.footer: json.dumps(info.to_json(), sort_keys=True).encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(footer),
        sink,
        row_group_size=LAYOUT.row_group,
        compression="zstd",
        use_dictionary=[column.name for column in table.schema if column.type == pa.string()],
        column_encoding=_encodings(table.schema),
        write_page_checksum=True,
    )
    return sink.getvalue()


def read_info(files: Files, path: str) -> ShardInfo:
    """Return a shard's footer.

    Raises one of UNREADABLE for a damaged shard or one of another run, StoreError for another version's schema.
    """
    with files.open(path) as file:
        plain = json.loads(pq.read_metadata(file).metadata[LAYOUT.footer])
    version = plain["identity"]["schema_version"]
    if version != SCHEMA_VERSION:
        raise schema_error(path, version)
    info = ShardInfo.from_json(plain)
    run, kind, _ = path.split("/")
    if (info.identity.run_id, info.kind) != (run, kind):
        raise ValueError(f"{path} belongs to {info.identity.run_id}")
    return info


def has_values(files: Files, path: str, column: str) -> bool:
    """Whether a column that older shards lack has a value in every row without a problem.

    Raises one of UNREADABLE for a damaged shard.
    """
    with files.open(path) as file:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        if column not in parquet.schema_arrow.names:
            return False
        table = parquet.read(columns=[column, "problem"])
    absent = pc.and_(pc.is_null(table.column(column)), pc.equal(table.column("problem"), ""))
    return not pc.any(absent, min_count=0).as_py()


def schema_error(path: str, version: object) -> StoreError:
    """Return the error for a file of another schema version."""
    return StoreError(
        f"{path} has schema version {version}, this program reads {SCHEMA_VERSION}: update CCTA Explorer."
    )


def read_table(files: Files, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a shard's rows, every page checked against its checksum. Raises one of UNREADABLE."""
    with files.open(path) as file:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        return parquet.read(columns=None if columns is None else list(columns))


def format_rows(rows: Iterable[int]) -> str:
    """Write ascending rows as ranges: `0-63,70,72-80`."""
    numbers = np.fromiter(rows, dtype=np.int64)
    if not len(numbers):
        return ""
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    firsts = numbers[np.concatenate([[0], breaks + 1])]
    lasts = numbers[np.concatenate([breaks, [len(numbers) - 1]])]
    pairs = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)


def parse_rows(text: str) -> tuple[int, ...]:
    """Return the rows that `format_rows` wrote."""
    rows: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        rows.extend(range(int(first), int(last or first) + 1))
    return tuple(rows)


def _encodings(schema: pa.Schema) -> dict[str, str]:
    """Column -> encoding: numbers take about half the space with bytes split by significance, or as differences."""
    by_type = {pa.float64(): "BYTE_STREAM_SPLIT", pa.float32(): "BYTE_STREAM_SPLIT", pa.int32(): "DELTA_BINARY_PACKED"}
    encodings: dict[str, str] = {}
    for column in schema:
        nested = pa.types.is_list(column.type)
        value = column.type.value_type if nested else column.type
        if value in by_type:
            encodings[f"{column.name}.list.element" if nested else column.name] = by_type[value]
    return encodings
