"""Questions to a store, answered by DuckDB: grids, pages of examples, histograms, coverage, and single records.

A reader sees one snapshot of the store until `refresh`. Threads may share it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from core.store.database import Database, with_categories
from core.store.files import Files
from core.store.index import Index, Snapshot
from core.store.layout import KINDS
from core.store.manifest import Manifest
from core.store.queries import (
    Query,
    Question,
    choose_runs,
    choose_shards,
    numeric_column,
    order_by,
    table_of,
)
from core.store.questions import ExampleFilter, Neighbours, Page, Scope
from core.store.records import AttributionRecord, FlowRecord, PairRecord, PredictionRecord, read_record

EVERYTHING = Scope()
PairName = Literal["run", "source_language", "target_language"]
TextName = Literal["run", "language"]
_CELL = 'run, dataset, split, checkpoint, source_language, target_language, "end"'


class Reader:
    """Answers questions about the runs of a store; every answer is a pandas frame or a small frozen type."""

    def __init__(self, files: Files, index: Index) -> None:
        self._database = Database(files, index)

    @property
    def notices(self) -> tuple[str, ...]:
        """One line for each thing in the store that cannot be read."""
        return self.snapshot.notices()

    @property
    def runs(self) -> dict[str, Manifest]:
        """Run -> manifest."""
        return dict(self.snapshot.runs)

    def holding(self, kind: str) -> frozenset[str]:
        """The runs that hold records of a kind."""
        return self.snapshot.holding(kind)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that is read."""
        return self._database.snapshot

    @property
    def version(self) -> str:
        """Changes whenever an answer may: with the shards and with the runs."""
        return self.snapshot.version

    def refresh(self) -> None:
        """Take a new snapshot of the store."""
        self._database.refresh()

    def answer(self, build: Callable[[Files, Snapshot], Query]) -> pa.Table:
        """Answer a query over the shards of several kinds, which `build` chooses from the snapshot."""
        return self._database.answer(build)

    def grid(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None) -> pd.DataFrame:
        """Mean C of each run, language pair and end, with its references.

        Columns: run, dataset, split, checkpoint, source_language, target_language, end; n (pairs with a C),
        problems (pairs without one), and means over the n: consistency, sd (sample), uniform, shuffled_mean,
        shuffled_percentile, carried, mismatched.
        """
        filter_, parameters = (where or ExampleFilter()).condition()
        means = ("uniform", "shuffled_mean", "shuffled_percentile", "carried", "mismatched")
        return self._pairs(
            f"SELECT {_CELL}, count(consistency) AS n, count(*) - count(consistency) AS problems, "
            "exact_mean(consistency) AS consistency, exact_sd(consistency) AS sd, "
            f"{', '.join(f'exact_mean({name}) AS {name}' for name in means)} "
            f"FROM {{table}} WHERE {filter_} GROUP BY ALL ORDER BY {_CELL}",
            parameters,
            scope,
            where,
        )

    def values(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None) -> pd.DataFrame:
        """Every pair of a scope, in order of its cell and row: all columns of `pairs`."""
        filter_, parameters = (where or ExampleFilter()).condition()
        return self._pairs(f"SELECT * FROM {{table}} WHERE {filter_} ORDER BY {_CELL}, row", parameters, scope, where)

    def pair_values(self, column: str, scope: Scope = EVERYTHING, where: ExampleFilter | None = None) -> pd.DataFrame:
        """One numeric column of `pairs` and nothing else.

        Columns: run, source_language, target_language (categories), row, value. Raises OptionError for another column.
        """
        found = self.pair_columns((column,), scope, where, by=("run", "source_language", "target_language"))
        return found.rename(columns={column: "value"})

    def pair_columns(
        self,
        columns: Sequence[str],
        scope: Scope = EVERYTHING,
        where: ExampleFilter | None = None,
        *,
        by: Sequence[PairName],
    ) -> pd.DataFrame:
        """Some numeric columns of `pairs`, for grids of many rows: together they take little longer than one.

        Columns: those of `by` (categories), row, and the requested ones. A name with a single value costs as much as
        the numbers: leave it out of `by`. Raises OptionError for another column.
        """
        filter_, parameters = (where or ExampleFilter()).condition()
        values = [f'{numeric_column("pairs", column)} AS "{column}"' for column in columns]
        sql = f"SELECT {', '.join([*by, 'row', *values])} FROM {{table}} WHERE {filter_}"
        return with_categories(self._pairs_table(sql, parameters, scope, where))

    def prediction_values(
        self, column: str, scope: Scope = EVERYTHING, *, by: Sequence[TextName] = ("run", "language")
    ) -> pd.DataFrame:
        """One numeric column of `predictions`, such as correct (0 or 1), f1 or exact_match.

        Columns: those of `by` (categories), row, value. Raises OptionError for another column.
        """
        value = numeric_column("predictions", column)
        sql = f"SELECT {', '.join(by)}, row, {value} AS value FROM {{table}} WHERE problem = ''"
        question = Question("predictions", sql, [], partial(choose_runs, kind="predictions", scope=scope))
        return with_categories(self._database.answer(question.query))

    def examples(
        self,
        scope: Scope = EVERYTHING,
        where: ExampleFilter | None = None,
        *,
        sort: str = "consistency",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> Page:
        """One page of pairs, least consistent first unless told otherwise. Raises OptionError for another `sort`."""
        filter_, parameters = (where or ExampleFilter()).condition()
        order = order_by(sort, descending=descending)
        sql = f"SELECT * FROM {{table}} WHERE {filter_} ORDER BY {order} LIMIT ? OFFSET ?"
        frame = self._pairs(sql, [*parameters, limit, offset], scope, where)
        counted = self._pairs(f"SELECT count(*) AS n FROM {{table}} WHERE {filter_}", parameters, scope, where)
        return Page(frame, int(counted["n"].iloc[0]))

    def place(
        self, row: int, scope: Scope, where: ExampleFilter, *, sort: str = "consistency", descending: bool = False
    ) -> Neighbours | None:
        """The position of a row among the examples of one language pair and end; None where it is not among them.

        Raises OptionError for another `sort`.
        """
        filter_, parameters = where.condition()
        window = f"OVER (ORDER BY {order_by(sort, descending=descending)})"
        sql = (
            f"SELECT * FROM (SELECT row, row_number() {window} AS position, lag(row) {window} AS previous, "
            f"lead(row) {window} AS next, count(*) OVER () AS total FROM {{table}} WHERE {filter_}) WHERE row = ?"
        )
        runs = partial(choose_runs, kind="pairs", scope=scope)
        question = Question("pairs", sql, [*parameters, row], runs, where.languages(), where.rows)
        found = self._database.answer(question.query).to_pylist()
        return Neighbours(*(found[0][name] for name in ("position", "previous", "next", "total"))) if found else None

    def histogram(
        self,
        scope: Scope = EVERYTHING,
        where: ExampleFilter | None = None,
        *,
        bins: int = 40,
        of: Literal["consistency", "mismatched"] = "consistency",
    ) -> pd.DataFrame:
        """Count pairs by C, or by C with a mismatched translation.

        Columns: low, high, n; `bins` rows of equal width from 0 to 1.
        """
        filter_, parameters = (where or ExampleFilter()).condition()
        counted = self._pairs(
            f"SELECT greatest(least(floor({of} * {int(bins)})::INTEGER, {int(bins) - 1}), 0) AS bin, "
            f"count(*) AS n FROM {{table}} WHERE {of} IS NOT NULL AND {filter_} GROUP BY bin",
            parameters,
            scope,
            where,
        )
        edges = np.arange(bins + 1) / bins
        n = np.zeros(bins, dtype=np.int64)
        n[counted["bin"].to_numpy(dtype=np.int64)] = counted["n"].to_numpy()
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": n})

    def performance(self, scope: Scope = EVERYTHING, *, rows: Sequence[int] | None = None) -> pd.DataFrame:
        """Accuracy, F1 and exact match (0 to 1) of each run and language, on all its rows or on those given.

        Columns: run, dataset, split, checkpoint, language, n, accuracy, f1, exact_match.
        """
        filter_, parameters = ExampleFilter(rows=rows).condition()
        cell = "run, dataset, split, checkpoint, language"
        sql = (
            f"SELECT {cell}, count(*) AS n, avg(correct::INTEGER) AS accuracy, exact_mean(f1) AS f1, "
            f"exact_mean(exact_match) AS exact_match FROM {{table}} WHERE problem = '' AND {filter_} "
            f"GROUP BY ALL ORDER BY {cell}"
        )
        return self._ask(
            Question("predictions", sql, parameters, partial(choose_runs, kind="predictions", scope=scope))
        )

    def classes(self, run: str, language: str) -> pd.DataFrame:
        """Gold and predicted class of each row: columns row, gold, predicted; None where there is none."""
        sql = "SELECT row, gold, predicted FROM {table} WHERE language = ? ORDER BY row"
        return self._ask(Question("predictions", sql, [language], lambda _: [run], (language,)))

    def coverage(self) -> pd.DataFrame:
        """Count the stored rows of each run, kind and language (pair).

        Columns: run, dataset, split, checkpoint, kind, source_language, target_language ("" but for pairs), rows.
        """
        counted: dict[tuple[str, str, tuple[str, ...]], set[int]] = {}
        for (run, kind, languages, _), rows in self.snapshot.stored().items():
            counted.setdefault((run, kind, languages), set()).update(rows)
        entries = []
        for (run, kind, languages), rows in sorted(counted.items(), key=lambda entry: entry[0]):
            identity = self.snapshot.runs[run].identity
            cell = (run, identity.dataset, identity.split, identity.checkpoint, kind, languages[0])
            entries.append((*cell, languages[1] if len(languages) > 1 else "", len(rows)))
        names = ["run", "dataset", "split", "checkpoint", "kind", "source_language", "target_language", "rows"]
        return pd.DataFrame(entries, columns=names)

    def problems(self, kind: str, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """The rows that could not be computed: run, the kind's key, and the error's type in `problem`."""
        key = ", ".join(f'"{name}"' for name in ("run", *KINDS[kind].key))
        sql = f"SELECT {key}, problem FROM {{table}} WHERE problem <> '' ORDER BY {key}"
        return self._ask(Question(kind, sql, [], partial(choose_runs, kind=kind, scope=scope)))

    def predictions(
        self, run: str, *, rows: Sequence[int], languages: Sequence[str] | None = None
    ) -> dict[tuple[str, int], PredictionRecord]:
        """Return (language, row) -> prediction, for some rows of a run."""
        found = self._records("predictions", run, rows, languages)
        return {(language, record.row): record for language, record in found}

    def attributions(
        self, run: str, *, rows: Sequence[int], languages: Sequence[str] | None = None
    ) -> dict[tuple[str, int, str, int], AttributionRecord]:
        """Return (language, row, end, target_index) -> attribution, for some rows of a run."""
        found = self._records("attributions", run, rows, languages)
        return {(language, entry.row, entry.end, entry.target_index): entry for language, entry in found}

    def pairs(self, run: str, languages: tuple[str, str], *, rows: Sequence[int]) -> dict[tuple[int, str], PairRecord]:
        """Return (row, end) -> pair, for some rows of a run and a (source, target) pair of languages."""
        return self._of_pair("pairs", run, languages, rows)

    def flows(self, run: str, languages: tuple[str, str], *, rows: Sequence[int]) -> dict[tuple[int, str], FlowRecord]:
        """Return (row, end) -> flows, for some rows of a run and a (source, target) pair of languages."""
        return self._of_pair("flows", run, languages, rows)

    def sql(self, query: str) -> pd.DataFrame:
        """Answer free SQL over the tables `predictions`, `attributions`, `pairs` and `flows`, for notebooks."""
        names = ", ".join(f"{kind} AS {{{kind}}}" for kind in KINDS)

        def build(files: Files, now: Snapshot) -> Query:
            parts = {kind: table_of(files, now, kind, choose_shards(now, kind, set(now.runs))) for kind in KINDS}
            return Query(
                f"WITH {names.format(**{kind: part.sql for kind, part in parts.items()})} {query}",
                tuple(parameter for part in parts.values() for parameter in part.parameters),
                tuple(path for part in parts.values() for path in part.paths),
            )

        return self._database.answer(build).to_pandas()

    def _pairs(self, sql: str, parameters: Sequence[Any], scope: Scope, where: ExampleFilter | None) -> pd.DataFrame:
        return self._pairs_table(sql, parameters, scope, where).to_pandas()

    def _pairs_table(self, sql: str, parameters: Sequence[Any], scope: Scope, where: ExampleFilter | None) -> pa.Table:
        filter_ = where or ExampleFilter()
        runs = partial(choose_runs, kind="pairs", scope=scope)
        return self._database.answer(Question("pairs", sql, parameters, runs, filter_.languages(), filter_.rows).query)

    def _of_pair(
        self, kind: str, run: str, languages: tuple[str, str], rows: Sequence[int]
    ) -> dict[tuple[int, str], Any]:
        filter_, parameters = ExampleFilter(*languages, rows=rows).condition()
        sql = f"SELECT * FROM {{table}} WHERE {filter_}"
        table = self._database.answer(Question(kind, sql, parameters, lambda _: [run], languages, rows).query)
        return {(entry["row"], entry["end"]): read_record(kind, entry) for entry in table.to_pylist()}

    def _records(
        self, kind: str, run: str, rows: Sequence[int], languages: Sequence[str] | None
    ) -> list[tuple[str, Any]]:
        filter_, parameters = ExampleFilter(rows=rows).condition()
        if languages is not None:
            filter_ += " AND language IN (SELECT unnest(?::VARCHAR[]))"
            parameters.append(list(languages))
        one = languages if languages is not None and len(languages) == 1 else ()
        question = Question(kind, f"SELECT * FROM {{table}} WHERE {filter_}", parameters, lambda _: [run], one, rows)
        table = self._database.answer(question.query).sort_by([(name, "ascending") for name in KINDS[kind].key])
        return [(entry["language"], read_record(kind, entry)) for entry in table.to_pylist()]

    def _ask(self, question: Question) -> pd.DataFrame:
        return self._database.answer(question.query).to_pandas()
