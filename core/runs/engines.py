"""Engines that carry out jobs: in this process, or in one process per device or group of cores; `ray_engine` uses Ray.

An engine takes jobs from an iterator one at a time, so that only one job per worker is left to finish when the user
stops, and yields (job, outcome) as each is done, in any order.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from tqdm import tqdm

from core.errors import Stopped, WorkerError
from core.runs.jobs import Job, Outcome, perform

TRIES = 3
_VISIBLE = "CUDA_VISIBLE_DEVICES"

ShouldStop = Callable[[], bool]


class Engine(Protocol):
    """Carries out jobs; a context manager that ends its workers."""

    def results(self, jobs: Iterator[Job], should_stop: ShouldStop) -> Iterator[tuple[Job, Outcome]]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class InlineEngine:
    """This process does everything: one device, one worker."""

    def results(self, jobs: Iterator[Job], should_stop: ShouldStop) -> Iterator[tuple[Job, Outcome]]:
        while not should_stop() and (job := next(jobs, None)) is not None:
            yield job, perform(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class ProcessEngine:
    """One process per worker; a process that dies is replaced and its job repeated, `TRIES` times in all.

    Parameters
    ----------
    devices : for each worker, the GPU that it alone sees; None: it computes on the CPU.
    """

    def __init__(self, devices: list[str | None]) -> None:
        self._slots = [_Slot(device) for device in devices]

    def results(self, jobs: Iterator[Job], should_stop: ShouldStop) -> Iterator[tuple[Job, Outcome]]:
        running: dict[Future[Outcome], tuple[_Slot, Job, int]] = {}
        idle = list(self._slots)
        while True:
            while idle and not should_stop() and (job := next(jobs, None)) is not None:
                slot = idle.pop()
                running[slot.begin(job)] = (slot, job, 1)
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                slot, job, tries = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    if tries >= TRIES:
                        raise worker_error(job) from None
                    slot.restart()
                    running[slot.begin(job)] = (slot, job, tries + 1)
                    continue
                idle.append(slot)
                yield job, outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and kind is not Stopped:
            for process in multiprocessing.active_children():
                process.kill()
        for slot in self._slots:
            slot.stop()


@dataclass
class _Slot:
    """One worker process, started with its first job."""

    device: str | None
    _pool: ProcessPoolExecutor | None = None

    def begin(self, job: Job) -> "Future[Outcome]":
        """Submit a job; to a new process if the old one died while it was idle."""
        try:
            return self._submit(job)
        except BrokenProcessPool:
            self.restart()
            return self._submit(job)

    def _submit(self, job: Job) -> "Future[Outcome]":
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=_begin_worker, initargs=(self.device,))
        return self._pool.submit(perform, job)

    def restart(self) -> None:
        self.stop()
        self._pool = None

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _begin_worker(device: str | None) -> None:
    """Prepare a worker process: the parent alone handles Ctrl-C, and the GPU is chosen before torch looks for one.

    By default tqdm creates a lock between processes, which Python reports as leaked when a worker is killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tqdm.set_lock(threading.RLock())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if device is not None:
        os.environ[_VISIBLE] = device


def _leave_with_parent() -> None:
    """Exit when the parent process has ended, even by kill -9."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def worker_error(job: Job) -> WorkerError:
    """Return the error for a job whose worker died on every attempt."""
    unit = job.units[0]
    return WorkerError(
        f"The worker died {TRIES} times at {unit.kind} {'-'.join(unit.languages)} of {job.checkpoint.name}, most "
        "likely for lack of memory: use fewer --workers. What is computed is kept; the same command continues."
    )


def visible_gpus(n_gpus: int) -> list[str]:
    """Return the names of the GPUs that this process may use: those in CUDA_VISIBLE_DEVICES, else all `n_gpus`."""
    named = [name for name in os.environ.get(_VISIBLE, "").split(",") if name]
    return named or [str(number) for number in range(n_gpus)]
