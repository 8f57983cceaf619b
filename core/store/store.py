"""Open a store, find out which units of a plan are missing, and write finished ones."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from core.errors import StoreChoiceError, reason_of
from core.paths import store_location
from core.store.files import Files, LocalFiles, open_files
from core.store.index import Index, Shard, Snapshot, work_of
from core.store.layout import LAYOUT
from core.store.manifest import Manifest, read_manifest, require_writable, with_texts, write_manifest
from core.store.reader import Reader
from core.store.records import Record, to_table
from core.store.shards import UNREADABLE, ShardInfo, encode, read_info, read_table, verify
from core.store.work import RunIdentity, WorkUnit


class Store:
    """A folder or an object store with the results of any number of runs."""

    def __init__(self, files: Files) -> None:
        self.files = files

    @property
    def location(self) -> str:
        return self.files.address

    @cached_property
    def index(self) -> Index:
        return Index(self.files)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the store."""
        return self.index.snapshot()

    def read(self) -> Reader:
        """Return a reader of the store as it is now, until `Reader.refresh`."""
        return Reader(self.files, self.index)

    def run(
        self,
        identity: RunIdentity,
        versions: Mapping[str, str] | None = None,
        texts: Mapping[str, str] | None = None,
        *,
        weights: str = "",
    ) -> "Run":
        """Begin a run, or continue it; its manifest is written where it is missing, damaged or has new languages.

        `texts` are the fingerprints of the languages that are computed now, `weights` the revision of the model.

        Raises StoreError where the store cannot be written, holds this run as an export without text, or has computed
        it on other texts.
        """
        run = identity.run_id
        manifest = stored = read_manifest(self.files, run)
        if manifest is None:
            read_back = self.snapshot().runs.get(run)
            created = "" if read_back else _now()
            manifest = Manifest(identity, dict(versions or {}), created=created, updated=_now())
        require_writable(manifest, self.location)
        manifest = with_texts(manifest, texts or {})
        if weights != identity.revision:
            manifest = replace(manifest, weights=weights or manifest.weights)
        if manifest != stored:
            write_manifest(self.files, manifest)
        return Run(self, identity, dict(versions or {}))


class Run:
    """The writing side of one run; any number of processes may write at the same time."""

    def __init__(self, store: Store, identity: RunIdentity, versions: Mapping[str, str]) -> None:
        self.store = store
        self.identity = identity
        self.run_id = identity.run_id
        self._versions = versions

    def missing(self, plan: Iterable[WorkUnit]) -> Iterator[WorkUnit]:
        """Yield the units of `plan` that are still to be computed, each reduced to its missing rows.

        The store is listed once; just before a unit is yielded, its shard is looked up in case another worker has
        written it meanwhile.
        """
        for (unit,) in self.missing_together((unit,) for unit in plan):
            yield unit

    def missing_together(self, plan: Iterable[tuple[WorkUnit, ...]]) -> Iterator[tuple[WorkUnit, ...]]:
        """Like `missing`, for units of several kinds that one job computes: the same rows of the same languages.

        Rows that lack the same kinds are yielded together, as units of these kinds. A store can lack one kind of some
        rows where a run ended between writing two shards, or where a shard is damaged.
        """
        snapshot = self.store.snapshot()
        stored = snapshot.stored()
        for units in plan:
            held = [stored.get(work_of(self.run_id, unit), set()) for unit in units]
            alike: dict[tuple[bool, ...], list[int]] = {}
            for row in units[0].rows:
                alike.setdefault(tuple(row in rows for rows in held), []).append(row)
            for present, rows in alike.items():
                absent = [
                    replace(unit, rows=tuple(rows))
                    for unit, is_stored in zip(units, present, strict=True)
                    if not is_stored
                ]
                if left := tuple(unit for unit in absent if not self._has_appeared(unit, snapshot)):
                    yield left

    def write(self, unit: WorkUnit, records: Sequence[Record], *, seconds: float = 0.0) -> bool:
        """Write the finished records of a unit as one shard; False where that shard exists already.

        A damaged shard of the same name is set aside first. Raises ValueError for records that are not the unit's,
        StoreError where the disk is full or refuses; the store then holds what it held before.
        """
        info = ShardInfo(self.identity, unit.kind, (unit,), seconds=seconds, versions=self._versions)
        data = encode(to_table(self.identity, unit, records), info)
        path = self._path(unit)
        if self.store.files.create(path, data):
            return True
        if not is_damaged(self.store.files, path):
            return False
        set_aside(self.store.files, path)
        return self.store.files.create(path, data)

    def copy(self, shard: Shard) -> int:
        """Write a shard of another run of the store as this run's; returns its rows, 0 where it cannot be read.

        The caller knows that both runs have equal records of this kind. Copies carry no computing time.
        """
        try:
            table = read_table(self.store.files, shard.path)
        except (*UNREADABLE, FileNotFoundError):
            return 0
        column = pa.array([self.run_id] * table.num_rows, pa.string())
        data = encode(
            table.set_column(table.column_names.index("run"), "run", column),
            replace(shard.info, identity=self.identity, seconds=0.0, replaces=()),
        )
        units = shard.info.units
        name = units[0].name(self.run_id) if len(units) == 1 else shard.name
        created = self.store.files.create(LAYOUT.shard_path(self.run_id, shard.kind, name), data)
        return shard.info.n_rows if created else 0

    def finish(self) -> Manifest:
        """Update the timing in the manifest from all shards of the run; may be called after every session."""
        shards = [shard for shard in self.store.snapshot().shards if shard.run == self.run_id]
        manifest = read_manifest(self.store.files, self.run_id) or Manifest(self.identity, self._versions)
        seconds = sum(shard.info.seconds for shard in shards)
        manifest = replace(manifest, updated=_now(), seconds=round(seconds, 3))
        write_manifest(self.store.files, manifest)
        return manifest

    def _has_appeared(self, unit: WorkUnit, snapshot: Snapshot) -> bool:
        """Whether the shard of a unit that was missing from the snapshot is there now, and not known as damaged."""
        path = self._path(unit)
        return path not in snapshot.unreadable and self.store.files.has(path)

    def _path(self, unit: WorkUnit) -> str:
        return LAYOUT.shard_path(self.run_id, unit.kind, unit.name(self.run_id))


def open_store(location: str | os.PathLike[str] | None = None, *, create: bool = False) -> Store:
    """Return the store at a folder or fsspec address (default: CCTA_STORE).

    Raises StoreError where none is named, or where it does not exist and `create` is false.
    """
    address = location or store_location()
    if not address:
        raise StoreChoiceError(
            "No store is named: give --store, or set CCTA_STORE to a folder or an object store's address."
        )
    files = open_files(address)
    if isinstance(files, LocalFiles):
        _require_folder(files.root)
    if not create and not files.exists():
        raise StoreChoiceError(
            f"There is no store at {address}: check the address, or compute one with `python -m core run`."
        )
    return Store(files)


def _require_folder(root: Path) -> None:
    """Raise StoreChoiceError where a path is a file, or can be none: too long, or with a null character."""
    try:
        if root.exists() and not root.is_dir():
            raise StoreChoiceError(f"The store {root} is a file: name a folder.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or reason_of(error)
        raise StoreChoiceError(f"The store {str(root)[:120]} cannot be opened: {reason}.") from error


def is_damaged(files: Files, path: str) -> bool:
    """Whether the bytes of a shard are wrong, as opposed to a store that cannot be reached."""
    try:
        read_info(files, path)
        verify(files, path)
    except FileNotFoundError:
        return False
    except UNREADABLE as error:
        # pyarrow raises an OSError without a number for bytes it cannot parse.
        return not isinstance(error, OSError) or isinstance(error, pa.ArrowException) or not error.errno
    return False


def set_aside(files: Files, path: str) -> None:
    """Rename a damaged shard, so that its rows count as missing and nothing is deleted."""
    files.move(path, path + LAYOUT.damaged)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
