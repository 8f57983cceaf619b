"""Work in a thread while the page stays usable: progress to poll, a flag to cancel, a result to fetch."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.callbacks import PhaseCallback, ShouldCancel
from core.errors import Cancelled, CctaError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Stage:
    """The stage of a task: its name, how much of it is done, and when it began."""

    name: str
    done: int
    expected: int
    begun: float = field(default_factory=time.perf_counter, compare=False)

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.expected) if self.expected else 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the stage began."""
        return time.perf_counter() - self.begun


@dataclass
class BackgroundTask(Generic[Result]):
    """One computation in a worker thread.

    `work` is called with a progress callback and a function that says whether to stop; the page reads `stage` and
    `finished`. Exactly one of `result` and `error` is set once it has finished.
    Times are in seconds; `began_at` is that of the clock (`time.time`).
    """

    work: Callable[[PhaseCallback, ShouldCancel], Result]
    stage: Stage = Stage("preparing", 0, 0)
    result: Result | None = None
    error: CctaError | None = None
    seconds: float = 0.0
    began_at: float | None = None
    _begun: float | None = None
    _reason: CctaError | None = None
    _cancel: threading.Event = field(default_factory=threading.Event)
    _done: threading.Event = field(default_factory=threading.Event)

    def start(self, at_end: Callable[[], None] = lambda: None) -> "BackgroundTask[Result]":
        """Begin the work in a thread, which calls `at_end` when everything is set."""
        self.began_at, self._begun = time.time(), time.perf_counter()
        threading.Thread(target=self._run, args=(at_end,), daemon=True, name="ccta-job").start()
        return self

    @property
    def begun(self) -> bool:
        """False while it waits for its turn."""
        return self._begun is not None

    @property
    def finished(self) -> bool:
        return self._done.is_set()

    @property
    def elapsed(self) -> float:
        """Seconds since the work began (0 before), or the whole time once it has finished."""
        if self.finished or self._begun is None:
            return self.seconds
        return time.perf_counter() - self._begun

    @property
    def cancelled(self) -> bool:
        return isinstance(self.error, Cancelled)

    @property
    def cancelling(self) -> bool:
        """Whether the worker has been told to stop and still works on its current chunk."""
        return self._cancel.is_set() and not self.finished

    def cancel(self, reason: CctaError | None = None) -> None:
        """Tell the worker to stop after the current chunk; work that has not begun is over at once.

        `reason` is the error that the task then has, where nobody pressed Cancel.
        """
        self._reason = self._reason or reason
        self._cancel.set()
        if not self.begun and not self.finished:
            self.error = self._reason or Cancelled("Cancelled before it began.")
            self._done.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False if it takes longer."""
        return self._done.wait(seconds)

    def _run(self, at_end: Callable[[], None]) -> None:
        try:
            self.result = self.work(self._report, self._cancel.is_set)
        except Cancelled as error:
            self.error = self._reason or error
        except CctaError as error:
            self.error = error
        except MemoryError:
            self.error = CctaError("The computer ran out of memory. Shorten the texts or close other programs.")
        finally:
            if self.result is None and self.error is None:
                self.error = CctaError("The analysis stopped unexpectedly; the server's log says why.")
            self.seconds = self.elapsed
            self._done.set()
            at_end()

    def _report(self, name: str, done: int, expected: int) -> None:
        begun = self.stage.begun if name == self.stage.name else time.perf_counter()
        self.stage = Stage(name, done, expected, begun)
