"""Read every byte of a store: count its rows, hash its results, and find what is damaged.

The hash covers, run by run, the identity (settings, seed, revisions, fingerprint, schema version) and every column
but those marked local, with the exact bits of every number, in the order of the key. It is therefore the same
whatever the engine, the order of writing, the size of shards, interruptions or compaction, and it is the same for a
store and its export without text. Timing, versions and third-party text are not covered.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.store.files import Files
from core.store.index import Shard, Snapshot
from core.store.layout import KINDS, RecordKind
from core.store.manifest import write_manifest
from core.store.merge import merge
from core.store.shards import UNREADABLE, encode, is_sealed, read_table
from core.store.store import Store, is_damaged, set_aside
from core.store.work import digest

# Little-endian on every machine, so that the hash does not depend on where it is computed.
_NUMBERS = {pa.int32(): "<i4", pa.float32(): "<f4", pa.float64(): "<f8"}


@dataclass(frozen=True)
class Content:
    """Records by kind, and the hash of their results."""

    rows: dict[str, int]
    hash: str


@dataclass(frozen=True)
class StoreCheck:
    """The result of `check`; `unreadable` are the paths of damaged shards, `notices` lines about what is wrong."""

    total: Content
    runs: dict[str, Content]
    unreadable: tuple[str, ...]
    notices: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        runs = {run: {"rows": content.rows, "hash": content.hash} for run, content in self.runs.items()}
        return {
            "rows": self.total.rows,
            "hash": self.total.hash,
            "runs": runs,
            "unreadable": list(self.unreadable),
        }


def check(store: Store) -> StoreCheck:
    """Read the whole store, verify the checksum of every page, and hash the results."""
    snapshot = store.snapshot()
    source = _Tables(store.files)
    runs = {run: _content(source, snapshot, run) for run in sorted(snapshot.runs)}
    runs = {run: content for run, content in runs.items() if any(content.rows.values())}
    rows = {kind: sum(content.rows[kind] for content in runs.values()) for kind in KINDS}
    total = Content(rows, digest([[run, content.hash] for run, content in runs.items()]))
    snapshot = snapshot.without(source.damaged)
    return StoreCheck(total, runs, tuple(snapshot.unreadable), snapshot.notices())


def repair(store: Store, report: StoreCheck) -> list[str]:
    """Set damaged shards aside, rewrite lost manifests, give checksums of every byte to shards of earlier versions,
    delete files of dead writers; returns a line for each.
    """
    done = []
    for path in report.unreadable:
        if is_damaged(store.files, path) or not _reads(store.files, path):
            set_aside(store.files, path)
            done.append(f"{path} is set aside; the same `python -m core run` computes its rows again.")
    snapshot = store.snapshot()
    for path in snapshot.outdated:
        set_aside(store.files, path)
    if snapshot.outdated:
        done.append(f"{len(snapshot.outdated)} shards of an earlier version are set aside.")
    for run in snapshot.lost_manifests:
        if run in snapshot.runs:
            write_manifest(store.files, snapshot.runs[run])
            done.append(f"The manifest of {run} is rewritten from its shards.")
    sealed = sum(_seal(store.files, shard) for shard in snapshot.shards)
    if sealed:
        done.append(f"{sealed} shards of an earlier version have checksums of every byte now.")
    swept = store.files.sweep()
    if swept:
        done.append(f"{swept} temporary files of stopped writers are deleted.")
    return done


class _Tables:
    """Reads shards, keeps the last two (a merged shard holds several languages), and lists the damaged ones."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.damaged: list[str] = []
        self._read = lru_cache(maxsize=2)(self._read_once)

    def of(self, kind: RecordKind, shards: Sequence[Shard], languages: tuple[str, ...]) -> pa.Table:
        """Return the hashed columns of some shards in one language (pair), merged."""
        tables = []
        for shard in shards:
            table = self._read(shard.path, kind)
            if table is not None:
                alike = [
                    pc.equal(table.column(name), value) for name, value in zip(kind.languages, languages, strict=True)
                ]
                tables.append(table.filter(alike[0] if len(alike) == 1 else pc.and_(*alike)))
        return merge(kind, tables or [kind.schema().empty_table().select(kind.science)])

    def _read_once(self, path: str, kind: RecordKind) -> pa.Table | None:
        try:
            # All columns, third-party text included: what a reader may show is verified.
            return read_table(self._files, path).select(kind.science)
        except UNREADABLE:
            self.damaged.append(path)
            return None


def _content(source: _Tables, snapshot: Snapshot, run: str) -> Content:
    whole = hashlib.sha256(digest(snapshot.runs[run].identity.to_json()).encode())
    rows = {}
    for name, kind in KINDS.items():
        shards = snapshot.of(run, name)
        columns = {column: hashlib.sha256() for column in kind.science}
        rows[name] = 0
        for languages in sorted({unit.languages for shard in shards for unit in shard.info.units}):
            held = [shard for shard in shards if any(unit.languages == languages for unit in shard.info.units)]
            table = source.of(kind, held, languages)
            rows[name] += table.num_rows
            for column, hasher in columns.items():
                feed(hasher, table.column(column))
        for column, hasher in columns.items():
            whole.update(f"{name} {column} {hasher.hexdigest()}\n".encode())
    return Content(rows, whole.hexdigest())


def feed(hasher: Any, column: pa.ChunkedArray | pa.Array) -> None:
    """Add a column to a hash: which values are present, the length of each, and their exact bits.

    Presence and lengths keep null apart from 0, and ("ab", "c") from ("a", "bc").
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    hasher.update(array.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8).tobytes())
    if pa.types.is_list(array.type):
        hasher.update(array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype("<i4").tobytes())
        feed(hasher, array.flatten())
    elif pa.types.is_string(array.type):
        present = array.drop_null()
        hasher.update(pc.binary_length(present).to_numpy(zero_copy_only=False).astype("<i4").tobytes())
        hasher.update("".join(present.to_pylist()).encode())
    elif pa.types.is_boolean(array.type):
        hasher.update(array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint8).tobytes())
    else:
        hasher.update(array.fill_null(0).to_numpy(zero_copy_only=False).astype(_NUMBERS[array.type]).tobytes())


def _seal(files: Files, shard: Shard) -> bool:
    """Write a shard of an earlier version again, with the same rows; whether there was anything to do."""
    try:
        if is_sealed(files, shard.path):
            return False
        files.replace(shard.path, encode(read_table(files, shard.path), shard.info))
    except UNREADABLE:
        return False  # the next check says so
    return True


def _reads(files: Files, path: str) -> bool:
    try:
        read_table(files, path)
    except UNREADABLE:
        return False
    return True
