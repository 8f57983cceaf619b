"""The bytes of a shard: Parquet with checksums, and a footer that names its run and units.

Two digests in the footer cover every byte: `data` those before the footer, and `seal` the footer itself, in which the
seal counts as zeros. So a footer is verified without reading the data. Shards of earlier versions have neither; their
pages have checksums, their footers none.
"""

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import StoreError
from core.store.files import Files
from core.store.layout import KINDS, LAYOUT, SCHEMA_VERSION
from core.store.row_ranges import MOST_ROWS, format_rows, parse_rows
from core.store.seal import UNSEALED, digest_of, has_place, is_whole, place_of, seal
from core.store.work import RunIdentity, WorkUnit

RowIndices = npt.NDArray[np.int64]
_SEALS = ("data", "seal")
# The end of a Parquet file: the length of its footer in four bytes, and its mark.
_END = 8
# What pyarrow raises for a file that is not Parquet, is cut short, or fails a checksum.
UNREADABLE = (
    pa.ArrowException,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    MemoryError,
    RecursionError,
)
# A small file may announce more bytes than fit into any memory. A run's shards and compaction stay far below.
_MOST_FOOTER = 64 * 2**20
_MOST_BYTES = 64 * 2**30


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


def encode(table: pa.Table, info: ShardInfo) -> bytes:
    """Return the shard's bytes; the same table and footer give the same bytes."""
    plain = info.to_json() | dict.fromkeys(_SEALS, UNSEALED)
    footer = {LAYOUT.footer: json.dumps(plain, sort_keys=True).encode()}
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
    return _sealed(sink.getvalue())


def read_info(files: Files, path: str) -> ShardInfo:
    """Return a shard's footer.

    Raises one of UNREADABLE for a damaged shard or one of another run, StoreError for a later version's schema.
    """
    with files.open(path) as file:
        plain = _verified_footer(file, path)
    version = plain["identity"]["schema_version"]
    if version != SCHEMA_VERSION and "seal" in plain:
        raise schema_error(path, version)
    if version != SCHEMA_VERSION:
        raise ValueError(f"{path}: no version without seals had the schema {version}")
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
        if column not in pq.read_schema(file).names:
            return False
    table = read_table(files, path, [column, "problem"])
    absent = pc.and_(pc.is_null(table.column(column)), pc.equal(table.column("problem"), ""))
    return not pc.any(absent, min_count=0).as_py()


def schema_error(path: str, version: object) -> StoreError:
    """Return the error for a file of another schema version."""
    return StoreError(
        f"{path} has schema version {version}, this program reads {SCHEMA_VERSION}: update CCTA Explorer."
    )


def read_table(files: Files, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a shard's rows, all of its bytes verified. Raises one of UNREADABLE."""
    with files.open(path) as file:
        raw = file.read()
    plain = _verified(raw, path)
    parquet = pq.ParquetFile(io.BytesIO(raw), page_checksum_verification=True)
    if "seal" in plain:
        return parquet.read(columns=None if columns is None else list(columns))
    table = parquet.read()
    _require_rows(table, plain, path)
    return table if columns is None else table.select(list(columns))


def verify(files: Files, path: str) -> None:
    """Read all bytes of a shard. Raises one of UNREADABLE where one is wrong.

    Of an earlier version, the checksums of its pages are verified, and its units against its rows.
    """
    with files.open(path) as file:
        raw = file.read()
    plain = _verified(raw, path)
    if "seal" not in plain:
        table = pq.ParquetFile(io.BytesIO(raw), page_checksum_verification=True).read()
        _require_rows(table, plain, path)


def is_sealed(files: Files, path: str) -> bool:
    """Whether a shard has digests, as those of earlier versions do not. Raises one of UNREADABLE."""
    with files.open(path) as file:
        return "seal" in _verified_footer(file, path)


def _sealed(written: pa.Buffer) -> bytes:
    """Return a shard's bytes with both digests in the places that were left for them."""
    raw = written.to_pybytes()
    begin = _footer_begin(raw)
    place = place_of("data", raw[begin:])
    footer = raw[begin : begin + place.start] + digest_of(raw[:begin]) + raw[begin + place.stop :]
    return raw[:begin] + seal("seal", footer)


def _verified_footer(file: IO[bytes], path: str) -> dict[str, Any]:
    """Return the entry of a shard's footer, once its bytes are known to be those that were written.

    The seal is looked for in the bytes: a damaged footer is not parsed.
    """
    tail = _tail(file)
    sealed = has_place("seal", tail)
    if sealed and not is_whole("seal", tail):
        raise ValueError(f"{path}: the footer is damaged")
    metadata = pq.read_metadata(file)
    _require_bounded(metadata, path)
    plain: dict[str, Any] = json.loads(metadata.metadata[LAYOUT.footer])
    if not sealed and any(name in plain for name in _SEALS):
        raise ValueError(f"{path}: the footer is damaged")
    return plain


def _require_bounded(metadata: pq.FileMetaData, path: str) -> None:
    """Raise ValueError, before anything is unpacked, where a file announces more than a shard can hold."""
    size = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or size > _MOST_BYTES:
        raise ValueError(f"{path} announces {metadata.num_rows:,} rows and {size:,} bytes, more than a shard holds")


def _tail(file: IO[bytes]) -> bytearray:
    """Return the footer with the end of the file, the position of the file at its begin again."""
    end = file.seek(0, os.SEEK_END)
    if end < _END:
        raise ValueError("too short for a Parquet file")
    file.seek(end - _END)
    length = _END + int.from_bytes(file.read(4), "little")
    if length > end:
        raise ValueError("the footer is longer than the file")
    if length > _MOST_FOOTER:
        raise ValueError("the footer is longer than any that was written")
    file.seek(end - length)
    tail = bytearray(file.read(length))
    file.seek(0)
    return tail


def _verified(raw: bytes, path: str) -> dict[str, Any]:
    """Return the entry of the footer. Raises one of UNREADABLE where a digest says that a byte is another."""
    plain = _verified_footer(io.BytesIO(raw), path)
    if "data" in plain and digest_of(raw[: _footer_begin(raw)]).decode() != plain["data"]:
        raise ValueError(f"{path}: the data are damaged")
    return plain


def _require_rows(table: pa.Table, plain: Mapping[str, Any], path: str) -> None:
    """Raise ValueError unless a shard without digests holds the rows that its footer names, and no other."""
    info = ShardInfo.from_json(plain)
    names = KINDS[info.kind].languages
    named = {(*unit.languages, row) for unit in info.units for row in unit.rows}
    held = table.select([*names, "row"]).group_by([*names, "row"]).aggregate([])
    if set(zip(*(held.column(name).to_pylist() for name in (*names, "row")), strict=True)) != named:
        raise ValueError(f"{path}: its rows are not those of its footer")


def _footer_begin(raw: bytes | bytearray) -> int:
    return len(raw) - _END - int.from_bytes(raw[-_END:-4], "little")


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
