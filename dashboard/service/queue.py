"""One queue for the analyses of all visitors: some are computed, the others wait, in the order in which they came."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.errors import CctaError
from dashboard.service.jobs import BackgroundTask
from dashboard.service.limits import ServiceLimits

MINUTE = 60.0
# A connection that is lost for a moment comes back within this time.
GONE_AFTER = 3.0
LOOK_EVERY = 0.5


class BusyError(CctaError):
    """The server, or this visitor's share of it, is fully taken."""


class TimeLimitError(CctaError):
    """An analysis took longer than the server allows."""


class VisitorGoneError(CctaError):
    """The visitor left before the analysis had ended."""


def _nothing(task: BackgroundTask[Any]) -> None:
    """What follows the end of a task that nobody waits for."""


@dataclass
class _Entry:
    """A task with its visitor; `missing_since` is when the visitor was first found to be gone."""

    task: BackgroundTask[Any]
    visitor: str
    is_here: Callable[[], bool]
    at_end: Callable[[BackgroundTask[Any]], None]
    missing_since: float | None = None


class JobQueue:
    """Runs tasks within the limits of a server; all methods may be called from any thread.

    A task ends early if it takes longer than `job_seconds`, or if its visitor has been gone for three seconds.
    """

    def __init__(self, limits: ServiceLimits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.RLock()
        self._waiting: list[_Entry] = []
        self._running: list[_Entry] = []
        self._recent: dict[str, deque[float]] = {}
        self._watch: threading.Thread | None = None
        self._is_closed = False

    def close(self) -> None:
        """Take no further task; those that were taken go on."""
        with self._lock:
            self._is_closed = True

    @property
    def is_idle(self) -> bool:
        """Whether no task runs or waits."""
        with self._lock:
            self._drop_cancelled()
            return not self._running and not self._waiting

    def submit(
        self,
        task: BackgroundTask[Any],
        visitor: str,
        is_here: Callable[[], bool] = lambda: True,
        at_end: Callable[[BackgroundTask[Any]], None] = _nothing,
    ) -> None:
        """Begin a task, or let it wait for its turn.

        Parameters
        ----------
        visitor : who counts as one for the limits. is_here : whether they still have the page open.
        at_end : called once with the task when it has ended, whether it began or not; not called for a refused one.

        Raises
        ------
        BusyError : a limit is reached; nothing of the task is kept.
        """
        with self._lock:
            self._drop_cancelled()
            self._require_room(visitor)
            self._waiting.append(_Entry(task, visitor, is_here, at_end))
            self._begin_next()
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._look_after, daemon=True, name="ccta-queue")
                self._watch.start()

    def place(self, task: BackgroundTask[Any]) -> int | None:
        """The task's place among those that wait, from 1; None if it does not wait."""
        with self._lock:
            self._drop_cancelled()
            places = (at for at, entry in enumerate(self._waiting, start=1) if entry.task is task)
            return next(places, None)

    def look(self) -> None:
        """End what has to end, and begin what can begin; the queue's own thread does so twice a second."""
        with self._lock:
            for entry in [*self._waiting, *self._running]:
                self._end_early(entry)
            self._begin_next()

    def _drop_cancelled(self) -> None:
        ended = [entry for entry in self._waiting if entry.task.finished]
        self._waiting = [entry for entry in self._waiting if not entry.task.finished]
        for entry in ended:
            entry.at_end(entry.task)

    def _require_room(self, visitor: str) -> None:
        if self._is_closed:
            raise BusyError("The server is about to start again, to free memory: try again in a minute.")
        limits, now = self._limits, self._clock()
        self._recent = {who: times for who, times in self._recent.items() if now - times[-1] < MINUTE}
        recent = self._recent.get(visitor, deque())
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if len(recent) >= limits.analyses_a_minute:
            raise BusyError(f"This server computes {limits.analyses_a_minute} analyses a minute for one visitor: wait.")
        if len(self._running) >= limits.jobs:
            if len(self._waiting) >= limits.waiting:
                raise BusyError("The server is busy and its queue is full: try again in a few minutes.")
            mine = sum(entry.visitor == visitor for entry in self._waiting)
            if mine >= limits.waiting_per_visitor:
                raise BusyError("The server is busy, and your other analyses are waiting: wait for one of them.")
        self._recent[visitor] = recent
        recent.append(now)

    def _begin_next(self) -> None:
        self._drop_cancelled()
        while self._waiting and len(self._running) < self._limits.jobs:
            entry = self._waiting.pop(0)
            self._running.append(entry)
            entry.task.start(partial(self._ended, entry))

    def _ended(self, entry: _Entry) -> None:
        with self._lock:
            self._running.remove(entry)
            self._begin_next()
        entry.at_end(entry.task)

    def _end_early(self, entry: _Entry) -> None:
        now = self._clock()
        if entry.task.begun and entry.task.elapsed > self._limits.job_seconds:
            entry.task.cancel(TimeLimitError(_too_long(self._limits.job_seconds)))
        if entry.is_here():
            entry.missing_since = None
        elif entry.missing_since is None:
            entry.missing_since = now
        elif now - entry.missing_since >= GONE_AFTER:
            entry.task.cancel(VisitorGoneError("The page was closed before the analysis had ended."))

    def _look_after(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            self.look()
            with self._lock:
                if not self._waiting and not self._running:
                    self._watch = None
                    return


def _too_long(seconds: int) -> str:
    return f"The analysis was stopped: this server allows {seconds:,} s. Shorten the texts, or analyse fewer at once."
