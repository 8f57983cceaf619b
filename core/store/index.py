"""Snapshots of a store: its runs, the shards in use, and what cannot be read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from core.errors import StoreError
from core.store.files import Files
from core.store.layout import KINDS, LAYOUT
from core.store.manifest import Manifest, read_manifest
from core.store.shards import UNREADABLE, RowIndices, ShardInfo, read_info
from core.store.work import WorkUnit, digest

ATTEMPTS = 5
Work = tuple[str, str, tuple[str, ...], str]  # run, kind, languages, variant


@dataclass(frozen=True)
class Shard:
    """A shard in use: it can be read, and no merged shard replaces it."""

    path: str
    size: int
    info: ShardInfo

    @property
    def run(self) -> str:
        return self.path.split("/")[0]

    @property
    def kind(self) -> str:
        return self.info.kind

    @property
    def name(self) -> str:
        return self.path.split("/")[-1].removesuffix(LAYOUT.shard)


@dataclass(frozen=True)
class Snapshot:
    """A store at one moment.

    Attributes
    ----------
    runs : run -> manifest; where that is lost, one made from the footers of its shards.
    shards : in the order of their paths.
    overlapping : paths of shards with a row that another shard holds too (two commands with different units ran at
        once); readers take each row from the first of them.
    superseded : paths of shards that a merged one has replaced and that are not yet deleted.
    outdated : paths of shards whose records are of an earlier version; nothing is read from them.
    unreadable : path -> number of each damaged shard, counted from 1 among all shards in the order of paths.
    lost_manifests : runs whose manifest is missing or damaged.
    newer : path -> a line, for each file of a later version of this program; nothing is read from them.
    """

    runs: Mapping[str, Manifest]
    shards: tuple[Shard, ...]
    overlapping: frozenset[str]
    superseded: tuple[str, ...]
    unreadable: Mapping[str, int]
    lost_manifests: tuple[str, ...]
    outdated: tuple[str, ...] = ()
    newer: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Equal for snapshots that give the same answers."""
        return digest([sorted(self.runs), [shard.path for shard in self.shards], sorted(self.unreadable)])[:16]

    def of(self, run: str, kind: str) -> list[Shard]:
        """The shards of one kind of a run."""
        return [shard for shard in self.shards if shard.run == run and shard.kind == kind]

    def holding(self, kind: str) -> frozenset[str]:
        """The runs that hold records of a kind."""
        return self._holding.get(kind, frozenset())

    @cached_property
    def _holding(self) -> dict[str, frozenset[str]]:
        kinds = {shard.kind for shard in self.shards}
        return {kind: frozenset(shard.run for shard in self.shards if shard.kind == kind) for kind in kinds}

    def without(self, paths: Iterable[str]) -> "Snapshot":
        """Return this snapshot with further shards counted as unreadable."""
        gone = set(paths)
        numbers = self._numbers()
        return replace(
            self,
            shards=tuple(shard for shard in self.shards if shard.path not in gone),
            unreadable=dict(self.unreadable) | {path: numbers[path] for path in sorted(gone & set(numbers))},
        )

    def stored(self) -> dict[Work, set[int]]:
        """Return the stored rows of each piece of work."""
        rows: dict[Work, set[int]] = defaultdict(set)
        for shard in self.shards:
            for unit in shard.info.units:
                rows[work_of(shard.run, unit)].update(unit.rows)
        return rows

    def notices(self) -> tuple[str, ...]:
        """One line for each thing that is wrong, with its remedy."""
        return (
            *self._unreadable_line(),
            *self._outdated_line(),
            *(_lost_line(run) for run in self.lost_manifests),
            *list(self.newer.values())[:1],
        )

    def _outdated_line(self) -> list[str]:
        if not self.outdated:
            return []
        return [
            f"{len(self.outdated)} shards of pairs and flows were written by an earlier version and are not read: the "
            "same `run` computes them again from the stored attributions."
        ]

    def _unreadable_line(self) -> list[str]:
        numbers = sorted(self.unreadable.values())
        if not numbers:
            return []
        shown = ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
        which = f"Shard {shown}" if len(numbers) == 1 else f"Shards {shown}"
        first = next(iter(self.unreadable))
        return [
            f"{which} cannot be read; the other {len(self.shards)} are shown. `python -m core store check --repair` "
            f"sets damaged shards aside, and the same `run` computes their rows again. ({first})"
        ]

    def _numbers(self) -> dict[str, int]:
        paths = sorted([*(shard.path for shard in self.shards), *self.unreadable])
        return {path: number for number, path in enumerate(paths, start=1)}


def work_of(run: str, unit: WorkUnit) -> Work:
    """Return the work that a unit is a part of: rows are stored once for each."""
    return (run, unit.kind, unit.languages, unit.variant)


class Index:
    """Takes snapshots; a second one is quick, since it reads the footers of new shards alone.

    A shard's name determines its rows, so that a footer read once stays valid. Another size or time under the same name
    means that the file was damaged, or set aside and computed again: it is then read again.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, tuple[str, ShardInfo]] = {}

    def snapshot(self) -> Snapshot:
        """Take a snapshot of the store. Raises StoreError where it cannot be listed."""
        for _ in range(ATTEMPTS):
            try:
                return self._look()
            except FileNotFoundError:
                # Compaction deleted a shard after it was listed; the merged shard exists by now.
                continue
        raise StoreError(f"The store {self._files.address} changes faster than it can be read: try again.")

    def _look(self) -> Snapshot:
        listed = self._list() if self._files.exists() else {}
        parts = {path: path.split("/") for path in sorted(listed)}
        paths = [path for path, names in parts.items() if _is_shard(names)]
        newer: dict[str, str] = {}
        read = {path: self._shard(path, listed[path], newer) for path in paths}
        replaced = {
            LAYOUT.shard_path(shard.run, shard.kind, name)
            for shard in read.values()
            if shard is not None
            for name in shard.info.replaces
        }
        outdated = {path for path, shard in read.items() if shard is not None and shard.info.outdated}
        used = [path for path in paths if path not in replaced | outdated | newer.keys()]
        numbers = {path: number for number, path in enumerate(used, start=1)}
        shards = tuple(shard for path, shard in read.items() if shard is not None and path in numbers)
        folders = [names[0] for names in parts.values() if _is_manifest(names)]
        runs, lost = self._runs(folders, shards, newer)
        return Snapshot(
            runs=runs,
            shards=shards,
            overlapping=_overlapping(shards),
            superseded=tuple(path for path in paths if path in replaced),
            unreadable={path: number for path, number in numbers.items() if read[path] is None},
            lost_manifests=lost,
            outdated=tuple(path for path in paths if path in outdated),
            newer=newer,
        )

    def _list(self) -> dict[str, int]:
        """List the store so that no merged shard is missed.

        A listing is not atomic: it can pass the name of a merged shard before that appears, and the names of the
        shards it replaces after they are deleted, so that their rows seem missing. A second listing then shows a merged
        shard that the first one lacks, and the store is listed until no further merged shard appears.
        """
        listed = self._files.list()
        for _ in range(ATTEMPTS):
            again = self._files.list()
            if all(path in listed for path in again if _is_merged(path)):
                break
            listed = again
        return listed

    def _runs(
        self, folders: list[str], shards: tuple[Shard, ...], newer: dict[str, str]
    ) -> tuple[dict[str, Manifest], tuple[str, ...]]:
        """Run -> manifest, and the runs whose manifest is lost; a line for each of a later version goes to `newer`."""
        by_shards = {shard.run: shard.info for shard in reversed(shards)}
        manifests: dict[str, Manifest | None] = {}
        for run in sorted({*folders, *by_shards}):
            try:
                manifests[run] = read_manifest(self._files, run)
            except StoreError as error:
                newer[LAYOUT.manifest_path(run)] = str(error)
        lost = tuple(run for run, manifest in manifests.items() if manifest is None)
        read_back = {
            run: Manifest(info.identity, info.versions, info.scores_only)
            for run, info in by_shards.items()
            if run in lost
        }
        return {run: manifest for run, manifest in manifests.items() if manifest is not None} | read_back, lost

    def _shard(self, path: str, size: int, newer: dict[str, str]) -> Shard | None:
        """The shard at `path`; None where it is damaged, of a later version, or in another run's folder."""
        known, stamp = self._known.get(path), self._files.stamp(path)
        if known is None or known[0] != stamp:
            try:
                info = read_info(self._files, path)
            except FileNotFoundError:
                raise
            except StoreError as error:
                newer[path] = str(error)
                return None
            except UNREADABLE:
                return None
            known = self._known[path] = (stamp, info)
        return Shard(path, size, known[1])


def _is_shard(names: list[str]) -> bool:
    return len(names) == 3 and names[1] in KINDS and names[2].endswith(LAYOUT.shard)


def _is_merged(path: str) -> bool:
    return path.rsplit("/", maxsplit=1)[-1].startswith((LAYOUT.compacted, LAYOUT.exported))


def _is_manifest(names: list[str]) -> bool:
    return len(names) == 2 and names[1] == LAYOUT.manifest


def _overlapping(shards: tuple[Shard, ...]) -> frozenset[str]:
    grouped: dict[Work, list[tuple[str, RowIndices]]] = defaultdict(list)
    for shard in shards:
        for unit in shard.info.units:
            grouped[work_of(shard.run, unit)].append((shard.path, np.array(unit.rows)))
    paths: set[str] = set()
    for entries in grouped.values():
        rows, counts = np.unique(np.concatenate([rows for _, rows in entries]), return_counts=True)
        doubled = rows[counts > 1]
        if len(doubled):
            paths |= {path for path, held in entries if np.isin(held, doubled).any()}
    return frozenset(paths)


def _lost_line(run: str) -> str:
    return (
        f"The manifest of {run} is missing or damaged; its shards say what it held. "
        "`python -m core store check --repair` rewrites it, and so does the same `run`."
    )
