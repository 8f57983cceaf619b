"""Which field of a text carries most of its importance, of every example of a language pair."""

import numpy as np
import pyarrow as pa

from core.report.words.occurrences import flat, groups_of, owner
from core.store import ExampleFilter, Reader
from core.store.files import Files
from core.store.index import Snapshot
from core.store.queries import Query, choose_shards, table_of

_COLUMNS = ("special", "words", "fields")


def leading_fields(reader: Reader, run: str, where: ExampleFilter) -> dict[int, int]:
    """Return row -> index of the field of the source text whose units have the largest sum of mass.

    Rows without stored scores are left out; of fields with equal sums the first counts.

    Parameters
    ----------
    where : one language pair, and for `qa` the end of the answer.
    """
    settings = reader.runs[run].identity.settings
    aggregate = str(settings.get("aggregate", "sum"))
    table = _read(reader, run, where, "scores" if aggregate == "sum" else aggregate)
    text, scores = owner(table["scores"]), flat(table["scores"]).astype(np.float64)
    special, word, field = (flat(table[name]) for name in _COLUMNS)
    carries = ~special.astype(bool)
    text, scores, word, field = text[carries], scores[carries], word[carries], field[carries].astype(np.int64)
    if not len(text):
        return {}
    if settings.get("level") == "word":
        # The mass of a word is that of the sum of its tokens' scores.
        order, begins = groups_of(text, word.astype(np.int64))
        text, field, scores = text[order][begins], field[order][begins], np.add.reduceat(scores[order], begins)
    # Not normalised: which field has more does not depend on it.
    mass = np.maximum(scores, 0.0) if settings.get("mass") == "positive" else np.abs(scores)
    n_fields = int(field.max()) + 1
    sums = np.bincount(text * n_fields + field, mass, table.num_rows * n_fields).reshape(-1, n_fields)
    held = sums.any(axis=1)
    return dict(zip(table["row"].to_numpy()[held].tolist(), sums.argmax(axis=1)[held].tolist(), strict=True))


def _read(reader: Reader, run: str, where: ExampleFilter, scores: str) -> pa.Table:
    columns = ", ".join(f"text.{name} AS {name}" for name in _COLUMNS)
    sql = (
        f"SELECT pair.row, text.{scores} AS scores, {columns} FROM {{pairs}} AS pair JOIN {{attributions}} AS text "
        'ON text.row = pair.row AND text."end" = pair."end" AND text.target_index = pair.source_target '
        'WHERE text.language = ? AND pair.source_language = ? AND pair.target_language = ? AND pair."end" = ? '
        "ORDER BY pair.row"
    )
    source, target = where.languages()
    asked = {"pairs": (source, target), "attributions": (source,)}

    def build(files: Files, now: Snapshot) -> Query:
        tables = {
            kind: table_of(files, now, kind, choose_shards(now, kind, [run], languages))
            for kind, languages in asked.items()
        }
        parameters = [value for table in tables.values() for value in table.parameters]
        return Query(
            sql.format(**{kind: table.sql for kind, table in tables.items()}),
            (*parameters, source, source, target, where.end or ""),
            tuple(path for table in tables.values() for path in table.paths),
        )

    return reader.answer(build)
