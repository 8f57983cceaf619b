"""Several shards as one table, every record once, in the order of its key."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.store.index import Shard
from core.store.layout import LAYOUT, RecordKind
from core.store.shards import ShardInfo
from core.store.work import WorkUnit

_ORDER = "__shard"


def merge(kind: RecordKind, tables: Sequence[pa.Table]) -> pa.Table:
    """Return the records of one run in the order of the key; of a repeated record, that of the first table."""
    numbered = [
        table.append_column(_ORDER, pa.array(np.full(table.num_rows, number, dtype=np.int32)))
        for number, table in enumerate(tables)
    ]
    merged = pa.concat_tables(numbered).sort_by([(name, "ascending") for name in (*kind.key, _ORDER)])
    merged = merged.drop_columns([_ORDER]).combine_chunks()
    if merged.num_rows < 2:
        return merged
    new = np.zeros(merged.num_rows - 1, dtype=bool)
    for name in kind.key:
        column = merged.column(name)
        new |= pc.not_equal(column[1:], column[:-1]).to_numpy()
    kept = np.concatenate([[True], new])
    return merged if kept.all() else merged.filter(pa.array(kept)).combine_chunks()


def merge_info(shards: Sequence[Shard], **changes: object) -> ShardInfo:
    """Return the footer of the merged shard of several shards of one run and kind."""
    rows: dict[tuple[tuple[str, ...], str], set[int]] = defaultdict(set)
    for shard in shards:
        for unit in shard.info.units:
            rows[unit.languages, unit.variant].update(unit.rows)
    first = shards[0].info
    units = [
        WorkUnit(first.kind, languages, tuple(sorted(held)), variant)
        for (languages, variant), held in sorted(rows.items())
    ]
    footer: dict[str, object] = {
        "scores_only": first.scores_only,
        "seconds": sum(shard.info.seconds for shard in shards),
        "versions": _versions([shard.info.versions for shard in shards]),
    }
    return ShardInfo(first.identity, first.kind, tuple(units), **(footer | changes))  # type: ignore[arg-type]


def bundles(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    """Group shards, by language and row, up to `StoreLayout.compact_rows` rows and `compact_bytes` bytes each."""
    bundle: list[Shard] = []
    rows = size = 0
    for shard in sorted(shards, key=_position):
        rows, size = rows + shard.info.n_rows, size + shard.size
        if bundle and (rows > LAYOUT.compact_rows or size > LAYOUT.compact_bytes):
            yield bundle
            bundle, rows, size = [], shard.info.n_rows, shard.size
        bundle.append(shard)
    if bundle:
        yield bundle


def _position(shard: Shard) -> tuple[tuple[str, ...], int, str]:
    first = shard.info.units[0]
    return (first.languages, first.rows[0], shard.path)


def _versions(shards: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Library -> its version, or all its versions where the shards differ."""
    names = sorted({name for versions in shards for name in versions})
    return {name: ", ".join(sorted({versions[name] for versions in shards if name in versions})) for name in names}
