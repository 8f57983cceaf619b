"""The stored scores and flows of a language pair, block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from core.report.words.cells import WordCell
from core.report.words.occurrences import Occurrences, Units, occurrences, units_of_texts
from core.store import Reader
from core.store.files import Files
from core.store.index import Snapshot
from core.store.queries import Query, choose_shards, table_of

# Pairs that are read at once: about 60 MB with 130 flows a pair.
BLOCK = 8_192
_SIDES = ("source", "target")
_TOKENS = ("special", "words", "fields", "starts", "ends")


@dataclass(frozen=True)
class Block:
    """Some pairs of a cell: `table` as `occurrences` takes it, and the units of both sides."""

    table: pa.Table
    ours: Units
    theirs: Units
    reverse: bool


def stored_occurrences(reader: Reader, cell: WordCell) -> Iterator[Occurrences]:
    """Yield the words of a cell, block by block. Raises StoreError where flows do not belong to the scores."""
    for block in stored_blocks(reader, cell, _rows(reader.snapshot, cell)):
        yield occurrences(block.table, block.ours, block.theirs, reverse=block.reverse)


def stored_blocks(reader: Reader, cell: WordCell, rows: Sequence[int]) -> Iterator[Block]:
    """Yield the pairs of a cell that have a C, of ascending `rows`."""
    settings = reader.runs[cell.run].identity.settings
    level, rule = str(settings.get("level", "token")), str(settings.get("mass", "abs"))
    for begin in range(0, len(rows), BLOCK):
        table = _read(reader, cell, rows[begin : begin + BLOCK])
        if table.num_rows:
            source, target = (units_of_texts(table, side, level=level, rule=rule) for side in _SIDES)
            ours, theirs = (target, source) if cell.reversed else (source, target)
            yield Block(table, ours, theirs, cell.reversed)


def _rows(snapshot: Snapshot, cell: WordCell) -> list[int]:
    units = (unit for shard in snapshot.of(cell.run, "flows") for unit in shard.info.units)
    return sorted({row for unit in units if unit.languages == cell.stored for row in unit.rows})


def _read(reader: Reader, cell: WordCell, rows: Sequence[int]) -> pa.Table:
    """Pairs that have a C, with their flows and the scores of both sides, in the order of rows."""
    source, target = cell.stored
    # Norms are stored beside the summed scores, under their own names.
    aggregate = str(reader.runs[cell.run].identity.settings.get("aggregate", "sum"))
    scores = "scores" if aggregate == "sum" else aggregate
    columns = {"scores": scores, **{name: name for name in _TOKENS}}
    tokens = ", ".join(f"{side}.{held} AS {side}_{name}" for side in _SIDES for name, held in columns.items())
    joins = " ".join(
        f'JOIN {{attributions_{side}}} AS {side} ON {side}.row = pair.row AND {side}."end" = pair."end" '
        f"AND {side}.language = ? AND {side}.target_index = pair.{side}_target"
        for side in _SIDES
    )
    sql = (
        "SELECT pair.row, coalesce(pair.cluster, pair.row) AS cluster, pair.consistency, flow.source_units, "
        f"flow.target_units, flow.masses, flow.similarities, {tokens} FROM {{pairs}} AS pair "
        'JOIN {flows} AS flow ON flow.row = pair.row AND flow."end" = pair."end" '
        f"AND flow.source_language = ? AND flow.target_language = ? {joins} "
        'WHERE pair.source_language = ? AND pair.target_language = ? AND pair."end" = ? '
        "AND pair.consistency IS NOT NULL AND flow.problem = '' "
        "AND pair.row IN (SELECT unnest(?::INTEGER[])) ORDER BY pair.row"
    )
    asked = {
        "pairs": ("pairs", cell.stored),
        "flows": ("flows", cell.stored),
        "attributions_source": ("attributions", (source,)),
        "attributions_target": ("attributions", (target,)),
    }
    after: dict[str, list[object]] = {
        "pairs": [],
        "flows": [source, target],
        "attributions_source": [source],
        "attributions_target": [target],
    }

    def build(files: Files, now: Snapshot) -> Query:
        tables = {
            name: table_of(files, now, kind, choose_shards(now, kind, [cell.run], languages, rows))
            for name, (kind, languages) in asked.items()
        }
        parameters = [value for name, table in tables.items() for value in (*table.parameters, *after[name])]
        return Query(
            sql.format(**{name: table.sql for name, table in tables.items()}),
            (*parameters, source, target, cell.end, list(rows)),
            tuple(path for table in tables.values() for path in table.paths),
        )

    return reader.answer(build)
