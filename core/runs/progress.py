"""How far a run is: a small JSON file that another program reads, and what follows from it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import StoreError
from core.runs.plan import steps_of
from core.runs.request import RunRequest
from core.runs.session import RunProgress


@dataclass(frozen=True)
class Pace:
    """How far one step is: the share that is done, rows a second, and the seconds that are left of it.

    `rate` and `left` are None before the first row, `left` also when all is done.
    """

    share: float
    rate: float | None
    left: float | None


@dataclass(frozen=True)
class Step:
    """Which step of a run is at work: the number of its checkpoint and of the step on it, both from 1."""

    checkpoint: int
    checkpoints: int
    step: int
    steps: int


def write_progress(path: Path, progress: RunProgress) -> None:
    """Replace the file, so that a reader sees the old state or the new one. Raises StoreError where it cannot be."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise StoreError(
            f"The progress file {path} cannot be written ({error.strerror}); leave --progress out."
        ) from error


def read_progress(path: Path) -> RunProgress | None:
    """Return what the file says; None before the first unit is done."""
    try:
        return RunProgress(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def pace(progress: RunProgress) -> Pace:
    """How fast a step is; what another command has done of it meanwhile counts too."""
    share = min(progress.done / progress.of, 1.0) if progress.of else 1.0
    if not progress.done or progress.seconds <= 0:
        return Pace(share, None, None)
    rate = progress.done / progress.seconds
    return Pace(share, rate, (progress.of - progress.done) / rate if progress.done < progress.of else None)


def step_of(progress: RunProgress, request: RunRequest) -> Step:
    """Which step of the run that was asked for; without a task there is nothing to predict."""
    names = [Path(name).name for name in request.checkpoints]
    steps = steps_of(request.task)
    at = names.index(progress.checkpoint) if progress.checkpoint in names else 0
    step = steps.index(progress.kind) if progress.kind in steps else 0
    return Step(at + 1, len(names), step + 1, len(steps))
