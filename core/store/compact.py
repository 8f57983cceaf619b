"""Merge small shards into large ones, so that a query opens few files.

A merged shard names the shards it replaces, and readers skip these: its appearance, one atomic step, switches from the
old shards to the new one, and deleting the old ones afterwards only frees space. A reader with an older list finds a
file missing, lists the store again and sees the merged shard. Killed at any point, the store gives the same answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import StoreError
from core.store.index import Shard, Snapshot
from core.store.layout import KINDS, LAYOUT
from core.store.merge import bundles, merge, merge_info
from core.store.shards import UNREADABLE, encode, read_table
from core.store.store import Store, set_aside
from core.store.work import digest


@dataclass(frozen=True)
class Compaction:
    """The number of shards before and after; `notices` name those that could not be read and were left alone."""

    before: int
    after: int
    notices: tuple[str, ...]


def compact(store: Store, progress: Callable[[str, int, int], None] | None = None) -> Compaction:
    """Merge small shards, run by run and kind by kind. Raises StoreError where the disk is full; nothing is lost."""
    before = store.snapshot()
    _tidy(store, before)
    plan = [bundle for run in before.runs for kind in KINDS for bundle in bundles(_small(before, before.of(run, kind)))]
    damaged: list[str] = []
    for number, bundle in enumerate(plan):
        if progress is not None:
            progress("merging shards", number, len(plan))
        damaged += _merge_bundle(store, bundle)
    store.files.sweep()
    after = store.snapshot()
    return Compaction(len(before.shards), len(after.shards), after.without(damaged).notices())


def _small(snapshot: Snapshot, shards: Sequence[Shard]) -> list[Shard]:
    """Return the shards below half of a merged shard's limits, and those with a row that another one holds too."""
    return [
        shard
        for shard in shards
        if (2 * shard.size < LAYOUT.compact_bytes and 2 * shard.info.n_rows < LAYOUT.compact_rows)
        or shard.path in snapshot.overlapping
    ]


def _merge_bundle(store: Store, bundle: Sequence[Shard]) -> list[str]:
    """Write one merged shard, read it back, delete what it replaces; returns the paths that could not be read."""
    tables, read, damaged = [], [], []
    for shard in bundle:
        try:
            tables.append(KINDS[shard.kind].completed(read_table(store.files, shard.path)))
            read.append(shard)
        except FileNotFoundError:
            # Another process compacts the same store and has merged this bundle.
            return []
        except UNREADABLE:
            damaged.append(shard.path)
    if len(read) < 2:
        return damaged
    names = tuple(shard.name for shard in read)
    info = merge_info(read, replaces=names)
    path = LAYOUT.shard_path(read[0].run, info.kind, f"{LAYOUT.compacted}{digest(sorted(names))[:16]}")
    store.files.create(path, encode(merge(KINDS[info.kind], tables), info))
    _verify(store, path)
    for shard in read:
        store.files.delete(shard.path)
    return damaged


def _tidy(store: Store, snapshot: Snapshot) -> None:
    """Delete the shards that an interrupted compaction had replaced, once the merged ones are verified."""
    if not snapshot.superseded:
        return
    for shard in snapshot.shards:
        if shard.info.replaces:
            _verify(store, shard.path)
    for path in snapshot.superseded:
        store.files.delete(path)


def _verify(store: Store, path: str) -> None:
    try:
        read_table(store.files, path)
    except UNREADABLE as error:
        set_aside(store.files, path)
        raise StoreError(
            f"{path} could not be read back and was set aside; nothing is lost. Check the disk and compact again."
        ) from error
