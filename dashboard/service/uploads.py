"""The files that visitors leave for runs: how many of each visitor, how long, how much in all."""

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from core.errors import CctaError
from dashboard.service.limits import ServiceLimits
from dashboard.service.links import DAY, MEGABYTE


class UploadLimitError(CctaError):
    """A visitor has left as many files as the server takes."""


class Uploads:
    """The uploads of one server, each in a folder named by its fingerprint; methods may be called from any thread."""

    def __init__(self, folder: Path, limits: ServiceLimits, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}

    def admit(self, visitor: str) -> None:
        """Count a file that a visitor brings. Raises UploadLimitError, before it is read, where there are too many."""
        with self._lock:
            now = self._clock()
            self._recent = {who: times for who, times in self._recent.items() if now - times[-1] < DAY}
            times = self._recent.setdefault(visitor, deque())
            while times and now - times[0] >= DAY:
                times.popleft()
            if len(times) >= self._limits.uploads_a_day:
                self._recent = {who: kept for who, kept in self._recent.items() if kept}
                raise UploadLimitError(
                    f"This server takes {self._limits.uploads_a_day} files a day of one visitor: come back tomorrow."
                )
            times.append(now)

    def make_room(self, kept: Path) -> None:
        """Remove what is too old, then the oldest files while all are larger than the limit; `kept` stays."""
        with self._lock:
            self.remove_expired()
            folders = sorted(self._folders(), key=_changed)
            total = sum(map(_size, folders))
            for folder in folders:
                if total <= self._limits.uploads_megabytes * MEGABYTE:
                    return
                if folder != kept.parent:
                    total -= _size(folder)
                    shutil.rmtree(folder, ignore_errors=True)

    def remove_expired(self) -> None:
        """Remove files that are older than the limit, and what a server that was killed left half read."""
        for folder in self._folders():
            if self._clock() - _changed(folder) > self._limits.upload_days * DAY:
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return [path for path in self._folder.glob("*") if path.is_dir()]


def _changed(folder: Path) -> float:
    """When the last file of a folder was written; an upload of the same texts writes it anew."""
    try:
        return max((path.stat().st_mtime for path in folder.iterdir()), default=folder.stat().st_mtime)
    except OSError:  # another server on this cache has just removed it
        return float("inf")


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:
        return 0
