"""Workers on a Ray cluster: the one that RAY_ADDRESS names, else one that Ray starts on this computer.

Each actor holds one model. Ray restarts an actor that dies and repeats its job. Only this process writes to the store.
The project's folder must have the same path on every computer of the cluster.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from core.errors import OptionError
from core.runs.engines import TRIES, ShouldStop, worker_error
from core.runs.jobs import Job, Outcome, perform

REQUIREMENTS = "requirements-ray.txt"
ROOT = Path(__file__).resolve().parents[2]
# Environment variables that workers must share with this process: caches, catalogue, offline mode.
_PASSED_ON = ("CCTA_CACHE", "CCTA_CONFIG", "CCTA_DATA", "HF_HOME", "HF_HUB_OFFLINE", "OMP_WAIT_POLICY")


class RayEngine:
    """Ray actors.

    Parameters
    ----------
    n_workers : how many actors. gpus : GPUs of each, 0 or 1. threads : CPU cores of each.
    """

    def __init__(self, n_workers: int, *, gpus: int, threads: int) -> None:
        self._ray = _import_ray()
        self._started = not self._ray.is_initialized()
        if self._started:
            _start(self._ray, n_workers * threads)
        # A job is tried three times; an actor may be restarted any number of times in a long run.
        remote = self._ray.remote(_Worker).options(
            num_cpus=threads, num_gpus=gpus, max_restarts=-1, max_task_retries=TRIES - 1
        )
        self.actors = [remote.remote() for _ in range(n_workers)]

    def results(self, jobs: Iterator[Job], should_stop: ShouldStop) -> Iterator[tuple[Job, Outcome]]:
        errors = self._ray.exceptions
        lost = (errors.RayActorError, errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError)
        running: dict[Any, tuple[Any, Job]] = {}
        idle = list(self.actors)
        while True:
            while idle and not should_stop() and (job := next(jobs, None)) is not None:
                actor = idle.pop()
                running[actor.perform.remote(job)] = (actor, job)
            if not running:
                return
            (done, *_), _ = self._ray.wait(list(running), num_returns=1)
            actor, job = running.pop(done)
            try:
                outcome = self._ray.get(done)
            except lost as error:
                raise worker_error(job) from error
            idle.append(actor)
            yield job, outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self.actors:
            self._ray.kill(actor)
        if self._started:
            self._ray.shutdown()


class _Worker:
    """An actor: keeps its model between jobs."""

    def perform(self, job: Job) -> Outcome:
        return perform(job)

    def process(self) -> int:
        """Return the id of the actor's process."""
        return os.getpid()


def _start(ray: Any, n_cpus: int) -> None:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    options: dict[str, Any] = {"runtime_env": {"env_vars": environment | {"PYTHONPATH": str(ROOT)}}}
    if not os.environ.get("RAY_ADDRESS"):
        options |= {"num_cpus": n_cpus, "include_dashboard": False}
    try:
        ray.init(log_to_driver=False, logging_level="error", **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise OptionError(f"Ray cannot be started: {reason}. Check RAY_ADDRESS, or use --engine local.") from error


def _import_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise OptionError(
            f"--engine ray needs Ray, which is not installed: `pip install -r {REQUIREMENTS}`, or use --engine local."
        ) from error
    import ray.exceptions

    return ray
