"""Who did what on a server, without a word of what was typed: one JSON object a line, in files of bounded size."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.service.limits import ServiceLimits

MEGABYTE = 1_000_000
NAME = "audit.jsonl"
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deed:
    """What somebody asked of the server: its kind and sizes, never a text, a file's name or an error's message.

    Attributes
    ----------
    kind : "analysis", "run", "upload", "keep texts" or "erase texts".
    models : names of the catalogue. texts, characters : how many texts, and their length in all.
    rows, languages : of a run or a file.
    """

    kind: str
    task: str = ""
    models: tuple[str, ...] = ()
    texts: int = 0
    characters: int = 0
    rows: int = 0
    languages: int = 0


class AuditLog:
    """The log of one server: `audit.jsonl` and the files before it; `write` may be called from any thread."""

    def __init__(self, folder: Path, limits: ServiceLimits, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / NAME
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()

    def write(
        self, visitor: str, deed: Deed, outcome: str, seconds: float = 0.0, began_at: float | None = None
    ) -> None:
        """Add a line, if the operator wants a log. A log that cannot be written is said in the server's own log.

        `time` in the line is when the work began, else now.
        """
        if not self._limits.audit:
            return
        moment = self._clock() if began_at is None else began_at
        when = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
        said = {name: value for name, value in asdict(deed).items() if value}
        entry = {"time": when, "visitor": visitor, **said, "outcome": outcome, "seconds": round(seconds, 3)}
        line = f"{json.dumps(entry, ensure_ascii=True)}\n".encode()
        try:
            with self._lock:
                self._append(line)
        except OSError as error:
            _LOGGER.error("The audit log %s cannot be written: %s.", self._path, error.strerror)

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._path.exists() and self._path.stat().st_size + len(line) > self._limits.audit_megabytes * MEGABYTE:
            self._rotate()
        # Two servers on one cache add whole lines: one write to a file that is opened for appending.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def _rotate(self) -> None:
        """Number the files anew: `audit.jsonl.1` is the latest before the current one."""
        for number in range(self._limits.audit_files - 1, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        if self._limits.audit_files == 1:
            self._path.unlink()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{NAME}.{number}") if number else self._path
