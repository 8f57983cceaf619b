"""Copy a store, without third-party text where the copy is published."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from core.errors import StoreChoiceError, StoreError
from core.store.check import check
from core.store.index import Shard
from core.store.layout import KINDS, LAYOUT
from core.store.manifest import write_manifest
from core.store.merge import bundles, merge, merge_info
from core.store.shards import UNREADABLE, encode, read_table
from core.store.store import Store


def export(store: Store, output: Store, *, scores_only: bool, runs: Sequence[str] | None = None) -> dict[str, int]:
    """Write runs into another store as few large shards; returns run -> shards. The hash stays the same.

    With `scores_only` no token string, answer or other text of a data set is written: only scores, spans,
    statistics, class names and row indices. An earlier export of the same run in `output` is replaced.

    Raises StoreError for an unknown run, for anything unreadable, and where `output` holds the run in full.
    """
    snapshot = store.snapshot()
    chosen = list(snapshot.runs) if runs is None else list(runs)
    _refuse(store, output, chosen)
    earlier = {shard.path for shard in output.snapshot().shards if shard.run in chosen}
    written: dict[str, list[str]] = {}
    for run in chosen:
        shards = [bundle for kind in KINDS for bundle in bundles(snapshot.of(run, kind))]
        written[run] = [_copy(store, output, bundle, scores_only=scores_only) for bundle in shards]
        manifest = snapshot.runs[run]
        write_manifest(output.files, replace(manifest, scores_only=scores_only or manifest.scores_only))
    for path in earlier - {path for paths in written.values() for path in paths}:
        output.files.delete(path)
    return {run: len(paths) for run, paths in written.items()}


def _refuse(store: Store, output: Store, runs: Sequence[str]) -> None:
    report = check(store)
    unknown = [run for run in runs if run not in report.runs]
    if unknown or not runs:
        held = ", ".join(report.runs) or "no run"
        raise StoreChoiceError(f"The store {store.location} holds no run {', '.join(unknown)}: it holds {held}.")
    if report.unreadable:
        raise StoreError(f"Nothing is exported: {report.notices[0]}")
    full = [run for run, manifest in output.snapshot().runs.items() if run in runs and not manifest.scores_only]
    if full or output.location == store.location:
        raise StoreChoiceError(f"{output.location} holds these runs in full: name another folder with --output.")


def _copy(store: Store, output: Store, bundle: Sequence[Shard], *, scores_only: bool) -> str:
    """Write one bundle; returns its path, which names its content."""
    kind = KINDS[bundle[0].kind]
    without_text = scores_only or any(shard.info.scores_only for shard in bundle)
    columns = kind.schema(scores_only=without_text).names
    try:
        tables = [kind.completed(read_table(store.files, shard.path)).select(columns) for shard in bundle]
        table = merge(kind, tables)
    except UNREADABLE as error:
        raise StoreError(
            f"{bundle[0].path}, or a shard after it, cannot be read: run `python -m core store check`."
        ) from error
    info = merge_info(bundle, scores_only=without_text)
    if scores_only:
        # Timing and versions are left out, so that the published bytes change only when a result does.
        info = replace(info, seconds=0.0, versions={})
    data = encode(table, info)
    path = LAYOUT.shard_path(bundle[0].run, kind.name, f"{LAYOUT.exported}{hashlib.sha256(data).hexdigest()[:16]}")
    output.files.create(path, data)
    return path
