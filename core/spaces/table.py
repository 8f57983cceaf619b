"""A persistent table of vectors, so that a piece goes through the encoder only once per computer.

Each vector has a checksum, with its key: one that is damaged is computed again. So are all of a damaged file.
"""

import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.checksums import checksum

Vector = npt.NDArray[np.float32]

MAX_IN_MEMORY = 100_000
_KEYS_PER_QUERY = 500
_SECONDS_TO_WAIT = 20.0
# `vectors` is the table of earlier versions, which has no checksums.
_CREATE = (
    "DROP TABLE IF EXISTS vectors",
    "CREATE TABLE IF NOT EXISTS checked (key TEXT PRIMARY KEY, vector BLOB NOT NULL, checksum TEXT NOT NULL)",
)
_LOG = logging.getLogger(__name__)


class VectorTable:
    """Vectors by key: a bounded copy in memory, backed by an SQLite file that processes share.

    Where the file cannot be read or written, a warning is logged once and the table stays in memory only. Of damage, a
    warning is logged, and what is lost is computed again.

    Parameters
    ----------
    path : the SQLite file, created when missing; None for a table in memory only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: dict[str, Vector] = {}
        self._lock = threading.Lock()
        self._readable = self._writable = False
        if path is not None:
            self._open(path)

    def get(self, keys: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those `keys` that are in the table, (embed,) float32 each."""
        with self._lock:
            vectors = {key: self._memory[key] for key in keys if key in self._memory}
        missing = [key for key in dict.fromkeys(keys) if key not in vectors]
        if missing and self._readable:
            stored = self._read(missing)
            self._remember(stored)
            vectors |= stored
        return vectors

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Add `vectors`; the file keeps the vector of a key that it already has."""
        self._remember(vectors)
        if not self._writable or self._path is None:
            return
        rows = [_row(key, np.asarray(vector, dtype="<f4").tobytes()) for key, vector in vectors.items()]
        try:
            with closing(self._connect(self._path)) as connection, connection:
                connection.executemany("INSERT OR IGNORE INTO checked VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._recover(self._path, error, readable=True)

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect(path)) as connection, connection:
                for statement in _CREATE:
                    connection.execute(statement)
            self._readable = self._writable = True
        except sqlite3.Error as error:
            self._recover(path, error, readable=path.is_file())
        except OSError as error:
            _warn(path, error)

    def _recover(self, path: Path, error: sqlite3.Error, *, readable: bool) -> None:
        """After an error: begin a new file in the place of a damaged one, else keep vectors in memory.

        `readable` : whether the file may still give vectors, as one on a read-only disk does.
        """
        self._readable, self._writable = readable, False
        if isinstance(error, sqlite3.OperationalError):
            _warn(path, error)
            return
        _LOG.warning("The vector table %s is damaged (%s); its vectors are computed again.", path, error)
        try:
            for file in (path, path.with_name(f"{path.name}-journal")):
                file.unlink(missing_ok=True)
        except OSError as refusal:
            self._readable = False
            _warn(path, refusal)
        else:
            self._open(path)

    def _connect(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=_SECONDS_TO_WAIT)

    def _read(self, keys: Sequence[str]) -> dict[str, Vector]:
        if self._path is None:
            return {}
        rows: list[tuple[str, bytes, str]] = []
        try:
            with closing(self._connect(self._path)) as connection, connection:
                for start in range(0, len(keys), _KEYS_PER_QUERY):
                    part = keys[start : start + _KEYS_PER_QUERY]
                    query = f"SELECT key, vector, checksum FROM checked WHERE key IN ({','.join('?' * len(part))})"
                    rows += connection.execute(query, part)
                damaged = {row[0] for row in rows if not _is_whole(*row)}
                if damaged:
                    _LOG.warning("%d vectors of %s are damaged and are computed again.", len(damaged), self._path)
                    connection.executemany("DELETE FROM checked WHERE key = ?", [(key,) for key in damaged])
        except sqlite3.Error as error:
            self._recover(self._path, error, readable=False)
            return {}
        return {key: np.frombuffer(blob, dtype="<f4") for key, blob, _ in rows if key not in damaged}

    def _remember(self, vectors: Mapping[str, Vector]) -> None:
        with self._lock:
            self._memory.update(vectors)
            # Only what a file can give back may be forgotten.
            surplus = len(self._memory) - MAX_IN_MEMORY if self._writable else 0
            for key in list(self._memory)[: max(surplus, 0)]:
                del self._memory[key]


@lru_cache(maxsize=8)
def open_table(path: Path | None) -> VectorTable:
    """Return the table of a file, one per process, so that all spaces share the copy in memory."""
    return VectorTable(path)


def _row(key: str, vector: bytes) -> tuple[str, bytes, str]:
    return key, vector, checksum(key.encode() + vector)


def _is_whole(key: object, vector: object, stated: object) -> bool:
    """Whether a row is one that was written; SQLite may read a damaged one as values of other types."""
    return isinstance(key, str) and isinstance(vector, bytes) and _row(key, vector)[2] == stated


def _warn(path: Path, error: Exception) -> None:
    _LOG.warning(
        "The vector table %s cannot be used (%s); vectors are kept in memory. Delete the file to repair.",
        path,
        error,
    )
