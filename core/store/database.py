"""Run the reader's SQL with DuckDB over the shards of one snapshot.

DuckDB does not verify checksums: every shard is verified once a process, before the first query that reads it. Damaged
ones are left out and named in the snapshot's notices.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from core.errors import StoreError
from core.store.files import Files, ObjectFiles
from core.store.index import Index, Snapshot
from core.store.layout import KINDS
from core.store.queries import Query
from core.store.shards import UNREADABLE, verify

MEMORY = "512MB"
ATTEMPTS = 5
# Sums of doubles depend on the order of addition, which threads and shards change; sums of integers do not. Each value
# is therefore added as a multiple of 2^-60: exactly from 2^-8 on (53 significant bits), with an error below 1e-18 else.
_UNIT = "1152921504606846976.0"
_MACROS = (
    f"exact_sum(x) AS sum((x * {_UNIT})::HUGEINT)::DOUBLE / {_UNIT}",
    "exact_mean(x) AS exact_sum(x) / count(x)",
    "exact_sd(x) AS sqrt(greatest(exact_sum(x * x) - exact_sum(x) ** 2 / count(x), 0) / nullif(count(x) - 1, 0))",
)

# Address, path and state of the shards that this process has verified, whichever reader read them.
_VERIFIED: set[tuple[str, str, str]] = set()


class Database:
    """A connection to the shards of `snapshot`; threads may share it."""

    def __init__(self, files: Files, index: Index) -> None:
        self._files = files
        self._index = index
        self.snapshot = index.snapshot()

    def refresh(self) -> None:
        """Take a new snapshot of the store."""
        self.snapshot = self._index.snapshot()

    def answer(self, build: Callable[[Files, Snapshot], Query]) -> pa.Table:
        """Run a query; where a shard was merged meanwhile or is damaged, run it again over the others.

        Raises StoreError where DuckDB cannot answer, or the store changes at every attempt.
        """
        for _ in range(ATTEMPTS):
            query = build(self._files, self.snapshot)
            if self._leave_out_damaged(query.paths):
                continue
            try:
                # A cursor for each query: threads of a server share the reader.
                return self._connection.cursor().sql(query.sql, params=list(query.parameters)).to_arrow_table()
            except duckdb.Error as error:
                reason = str(error).split("\n", maxsplit=1)[0]
                _VERIFIED.difference_update(map(self._state, query.paths))
                if not self._leave_out_damaged(query.paths):
                    raise StoreError(f"The store {self._files.address} cannot answer: {reason}") from error
        raise StoreError(f"The store {self._files.address} changes faster than it can be read: try again.")

    def _leave_out_damaged(self, paths: Sequence[str]) -> bool:
        """Verify shards for the first time, leave out damaged ones; returns whether the query is to be built again."""
        damaged = []
        for path in paths:
            state = self._state(path)
            if state in _VERIFIED:
                continue
            try:
                verify(self._files, path)
                _VERIFIED.add(state)
            except FileNotFoundError:
                self.refresh()
                return True
            except UNREADABLE:
                damaged.append(path)
        self.snapshot = self.snapshot.without(damaged)
        return bool(damaged)

    def _state(self, path: str) -> tuple[str, str, str]:
        return self._files.address, path, self._files.stamp(path)

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        settings: dict[str, Any] = {
            "memory_limit": MEMORY,
            # For sorts beyond memory; by default DuckDB would create a folder in the working directory.
            "temp_directory": str(Path(tempfile.gettempdir()) / f"ccta-explorer-{os.getpid()}"),
            "autoinstall_known_extensions": False,
        }
        database = duckdb.connect(config=settings)
        if isinstance(self._files, ObjectFiles):
            database.register_filesystem(self._files.system)
        for macro in _MACROS:
            database.execute(f"CREATE MACRO {macro}")
        for kind in KINDS.values():
            database.register("nothing", kind.schema().empty_table())
            database.execute(f"CREATE TABLE no_{kind.name} AS SELECT * FROM nothing")
        return database


def with_categories(table: pa.Table) -> pd.DataFrame:
    """Return a table with its strings as categories, so that a million equal strings are converted once."""
    strings = [name for name in table.column_names if pa.types.is_string(table.schema.field(name).type)]
    for name in strings:
        table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
    return table.to_pandas()
