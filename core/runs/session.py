"""Carry a plan out: what is missing is computed and written, unit by unit, until all is there or the user stops."""

import secrets
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from core.errors import Stopped
from core.runs.engines import Engine, ShouldStop
from core.runs.identity import differences
from core.runs.plan import KINDS, CheckpointPlan
from core.store import Run, WorkUnit
from core.text.numbers import duration
from core.versions import library_versions

Say = Callable[[str], None]
Watch = Callable[["RunProgress"], None]

REPORT_EVERY = 10.0
LOOKING = 100
WHAT = {
    "predictions": "texts predicted",
    "attributions": "texts attributed",
    "pairs": "pairs compared",
    "flows": "flows kept",
}
NEXT = "What is computed is kept; the same command continues."


@dataclass(frozen=True)
class RunProgress:
    """How far one kind of work on one checkpoint is: `done` of `of` rows in `seconds`, some of them not computable.

    Rows that another command on the same store has done meanwhile count too.
    """

    checkpoint: str
    kind: str
    done: int
    of: int
    problems: int
    seconds: float


def carry_out(
    plans: Sequence[CheckpointPlan], kinds: Sequence[str], engine: Engine, say: Say, *, watch: Watch | None = None
) -> None:
    """Compute what is missing of some kinds of all plans, one checkpoint after the other.

    Parameters
    ----------
    watch : told after every unit how far the work is.

    Raises
    ------
    Stopped : the user pressed Ctrl-C; units that had begun are finished and written.
    WorkerError : a worker was lost again and again. StoreError : the store cannot be written.
    CctaError : whatever ends a job and is no problem of a single row.
    """
    with _stop_signal(say) as should_stop:
        for plan in plans:
            run = _begin(plan, say)
            for kind in kinds:
                _carry_out_kind(plan, run, kind, engine, should_stop=should_stop, say=say, watch=watch)
            seconds = run.finish().seconds
            say(f"{plan.name}: {', '.join(kinds)} complete; {duration(seconds)} of computing so far ({run.run_id})")


def other_runs(plan: CheckpointPlan) -> list[str]:
    """Say which other runs of the same checkpoint and split the store holds, and how their settings differ."""
    identity = plan.run.identity
    same = (identity.dataset, identity.split, identity.checkpoint)
    return [
        f"The store also holds {run}, with other settings ({differences(identity, manifest)}): both are kept, "
        "never mixed; `tables` takes one of them with --run."
        for run, manifest in sorted(plan.run.store.snapshot().runs.items())
        if run != plan.run.run_id
        and (manifest.identity.dataset, manifest.identity.split, manifest.identity.checkpoint) == same
        and "evaluation" not in manifest.identity.settings
    ]


def _begin(plan: CheckpointPlan, say: Say) -> Run:
    for line in (*plan.run.store.snapshot().notices(), *other_runs(plan)):
        say(line)
    return plan.run.store.run(plan.run.identity, library_versions(), plan.data.texts(plan.languages))


def _carry_out_kind(
    plan: CheckpointPlan, run: Run, kind: str, engine: Engine, *, should_stop: ShouldStop, say: Say, watch: Watch | None
) -> None:
    reader = run.store.read()
    predictions = {} if kind == KINDS[0] else plan.whole_predictions(reader)
    units = plan.units(kind, predictions)

    def missing() -> int:
        return sum(len(unit.rows) for unit in run.missing(units))

    progress = ProgressReporter(plan.name, kind, missing, say, watch or (lambda _: None))
    turns = Turns(units)
    # Asked anew before each unit, so that two commands on one store share the work.
    jobs = plan.jobs(kind, run.missing(turns), predictions, reader)
    for job, outcome in engine.results(jobs, should_stop):
        if outcome.error is not None:
            raise outcome.error
        if not run.write(job.unit, outcome.records, seconds=outcome.seconds):
            turns.step_aside()
        progress.add(len(job.unit.rows), sum(bool(record.problem) for record in outcome.records))
    progress.end()
    if should_stop():
        run.finish()
        raise Stopped(f"Stopped at {progress.done} of {progress.of} {WHAT[kind]}. {NEXT}")


class Turns:
    """Units in the plan's order, each once; from a random one on after `step_aside`.

    Two commands that begin together on like machines would compute every unit twice, in step, and only one of them
    write it. The one that finds a unit written steps aside.
    """

    def __init__(self, units: Iterable[WorkUnit]) -> None:
        self._left = deque(units)

    def __iter__(self) -> Iterator[WorkUnit]:
        while self._left:
            yield self._left.popleft()

    def step_aside(self) -> None:
        """Go on at a random one of the units that are left; those before it come last."""
        if self._left:
            # Not the seeded generator: that one is at the same place in the other command.
            self._left.rotate(secrets.randbelow(len(self._left)))


class ProgressReporter:
    """Lines with rate and remaining time, at most one in ten seconds and one at the end; `watch` hears of every unit.

    `missing` counts the rows that nobody has written yet. It is asked now and then, for a hundredth of the time at
    most: what it says beyond this command's own rows, another command on the store has done.
    """

    def __init__(self, checkpoint: str, kind: str, missing: Callable[[], int], say: Say, watch: Watch) -> None:
        self.checkpoint, self.kind = checkpoint, kind
        self._missing, self._say, self._watch = missing, say, watch
        self.own = self.elsewhere = self.problems = 0
        self.of = missing()
        self._begun = self._said = time.monotonic()
        self._look_again = self._begun + REPORT_EVERY
        self._tell()

    @property
    def done(self) -> int:
        return self.own + self.elsewhere

    def add(self, rows: int, problems: int) -> None:
        """Count rows that this command has computed."""
        self.own += rows
        self.problems += problems
        if time.monotonic() >= self._look_again:
            self._look()
        self._tell()
        if time.monotonic() - self._said >= REPORT_EVERY and self.done < self.of:
            self._said = time.monotonic()
            self._line()

    def end(self) -> None:
        self._look()
        self._tell()
        if self.own:
            self._line()

    def _look(self) -> None:
        begun = time.monotonic()
        self.elsewhere = max(self.of - self.own - self._missing(), 0)
        took = time.monotonic() - begun
        self._look_again = begun + max(REPORT_EVERY, LOOKING * took)

    def _tell(self) -> None:
        seconds = time.monotonic() - self._begun
        self._watch(RunProgress(self.checkpoint, self.kind, self.done, self.of, self.problems, seconds))

    def _line(self) -> None:
        rate = self.done / max(time.monotonic() - self._begun, 1e-6)
        what = f"{self.checkpoint}: {WHAT[self.kind]} {self.done:,} of {self.of:,}"
        others = f" ({self.elsewhere:,} by another command)" if self.elsewhere else ""
        left = f", {duration((self.of - self.done) / rate)} left" if self.done < self.of else ""
        problems = f", {self.problems} not computable" if self.problems else ""
        self._say(f"{what}{others}, {rate_words(rate)} a second{left}{problems}")


@contextmanager
def _stop_signal(say: Say) -> Iterator[ShouldStop]:
    """The first Ctrl-C (or SIGTERM) asks to stop after what has begun, the second one stops at once."""
    asked: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        say("Finishing what has begun; Ctrl-C once more stops at once.")

    try:
        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:
        # Only the main thread receives signals.
        before = {}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def rate_words(rate: float) -> str:
    """Write how many rows a second: 0.04, 2.5, 180."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
