"""Memory of the server's process: what it uses, what can be given back, and when it starts again."""

import ctypes
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.service.limits import GIGABYTE, ServiceLimits

# The exit code after which `dashboard.service.supervisor` starts the server again (EX_TEMPFAIL).
RESTART = 75
LOOK_EVERY = 5.0
_STATUS = Path("/proc/self/statm")


def resident_bytes() -> int:
    """The memory of this process that is in RAM, in bytes; 0 where the operating system does not say."""
    try:
        pages = int(_STATUS.read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Return freed memory to the operating system, where the C library is glibc.

    Each thread that computes has its own arena, and glibc keeps what is freed in it: over hundreds of analyses this is
    most of what grows.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return


class MemoryWatch:
    """Ends the server in good order above its ceiling: no new analyses, then the end once none is at work."""

    def __init__(
        self,
        limits: ServiceLimits,
        is_idle: Callable[[], bool],
        close: Callable[[], None],
        *,
        used: Callable[[], int] = resident_bytes,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        self._ceiling = limits.memory_gigabytes * GIGABYTE
        self._is_idle, self._close, self._used, self._end = is_idle, close, used, end
        self._closed = False

    def start(self) -> None:
        """Look at the memory in a thread, if there is a ceiling."""
        if self._ceiling:
            threading.Thread(target=self._watch, daemon=True, name="ccta-memory").start()

    def look(self) -> None:
        """Give memory back above the ceiling; where that is not enough, close the queue, and end when it is empty."""
        if not self._closed and self._used() > self._ceiling:
            give_back()
            if self._used() > self._ceiling:
                self._closed = True
                self._close()
        if self._closed and self._is_idle():
            self._end(RESTART)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            self.look()
