"""Carry a plan out: what is missing is computed and written, job by job, until all is there or the user stops."""

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
from core.runs.jobs import Job, Outcome
from core.runs.plan import STEPS, CheckpointPlan, Units
from core.runs.reuse import take_over
from core.store import Run
from core.text.numbers import duration
from core.versions import library_versions

Say = Callable[[str], None]
Watch = Callable[["RunProgress"], None]

REPORT_EVERY = 10.0
LOOKING = 100
# More other runs than this are counted and not listed.
MANY_OTHERS = 3
WHAT = {
    "predictions": "texts predicted",
    "attributions": "texts attributed",
    "pairs": "pairs compared",
}
NEXT = "What is computed is kept; the same command continues."


@dataclass(frozen=True)
class RunProgress:
    """How far one step (`kind`) of one checkpoint is: `done` of `of` rows in `seconds`, some of them not computable.

    Rows that another command on the same store has done meanwhile count too.
    """

    checkpoint: str
    kind: str
    done: int
    of: int
    problems: int
    seconds: float


def carry_out(
    plans: Sequence[CheckpointPlan], steps: Sequence[str], engine: Engine, say: Say, *, watch: Watch | None = None
) -> None:
    """Compute what is missing of some steps of all plans, one checkpoint after the other.

    Parameters
    ----------
    watch : told after every job how far the work is.

    Raises
    ------
    Stopped : the user pressed Ctrl-C; jobs that had begun are finished and written.
    WorkerError : a worker died on every attempt. StoreError : the store cannot be written.
    CctaError : any other error that ends a job, beyond those of single rows.
    """
    with _stop_signal(say) as should_stop:
        for plan in plans:
            run = _begin(plan, say)
            for step in steps:
                _carry_out_step(plan, run, step, engine, should_stop=should_stop, say=say, watch=watch)
            seconds = run.finish().seconds
            say(f"{plan.name}: {', '.join(steps)} complete; {duration(seconds)} of computing so far ({run.run_id})")


def other_runs(plan: CheckpointPlan) -> list[str]:
    """Return a line for each other run of the same checkpoint and split, with the settings in which it differs."""
    identity = plan.run.identity
    same = (identity.dataset, identity.split, identity.checkpoint)
    lines = [
        f"The store also holds {run}, with other settings ({differences(identity, manifest)}): both are kept, "
        "never mixed; `tables` takes one of them with --run."
        for run, manifest in sorted(plan.run.store.snapshot().runs.items())
        if run != plan.run.run_id
        and (manifest.identity.dataset, manifest.identity.split, manifest.identity.checkpoint) == same
        and "evaluation" not in manifest.identity.settings
    ]
    if len(lines) > MANY_OTHERS:
        return [f"The store also holds {len(lines)} runs of {identity.checkpoint} with other settings: none are mixed."]
    return lines


def _begin(plan: CheckpointPlan, say: Say) -> Run:
    for line in (*plan.run.store.snapshot().notices(), *other_runs(plan)):
        say(line)
    texts = plan.data.texts(plan.languages)
    run = plan.run.store.run(plan.run.identity, library_versions(), texts, weights=plan.weights)
    copied = take_over(plan, run)
    if copied:
        say(f"{plan.name}: {copied:,} stored predictions and attributions are taken from runs with another comparison")
    return run


def _carry_out_step(
    plan: CheckpointPlan, run: Run, step: str, engine: Engine, *, should_stop: ShouldStop, say: Say, watch: Watch | None
) -> None:
    reader = run.store.read()
    predictions = {} if step == STEPS[0] else plan.whole_predictions(reader)
    work = plan.units(step, predictions)

    def missing() -> int:
        return sum(len(units[0].rows) for units in run.missing_together(work))

    progress = ProgressReporter(plan.name, step, missing, say, watch or (lambda _: None))
    turns = Turns(work)
    # The store is asked again before each job, so that two commands on one store share the work.
    jobs = plan.jobs(step, run.missing_together(turns), predictions, reader)
    for job, outcome in engine.results(jobs, should_stop):
        if outcome.error is not None:
            raise outcome.error
        if not _write(run, job, outcome):
            turns.step_aside()
        progress.add(len(job.units[0].rows), sum(bool(record.problem) for record in outcome.records[0]))
    progress.end()
    if should_stop():
        run.finish()
        raise Stopped(f"Stopped at {progress.done} of {progress.of} {WHAT[step]}. {NEXT}")


def _write(run: Run, job: Job, outcome: Outcome) -> bool:
    """Write a job's shards, one a unit; False where another command has written one of them first.

    Shards are written one after the other, each whole or not at all: a run that is killed between two finds the second
    one's rows missing, and computes these alone. The first one carries the time of all.
    """
    seconds = [outcome.seconds, *[0.0] * (len(job.units) - 1)]
    return all(
        [  # noqa: C419 - a generator would leave out the shards after one that is there
            run.write(unit, records, seconds=spent)
            for unit, records, spent in zip(job.units, outcome.records, seconds, strict=True)
        ]
    )


class Turns:
    """A step's work in the plan's order, each job's units once; from a random one on after `step_aside`.

    Two commands that are started together on similar machines would compute the same units at the same time, and only
    one of them could write each. The command that finds its units written steps aside.
    """

    def __init__(self, work: Iterable[Units]) -> None:
        self._left = deque(work)

    def __iter__(self) -> Iterator[Units]:
        while self._left:
            yield self._left.popleft()

    def step_aside(self) -> None:
        """Go on at a random place in what is left; what comes before it is done last."""
        if self._left:
            # Not from a seeded generator: the other command would draw the same place.
            self._left.rotate(secrets.randbelow(len(self._left)))


class ProgressReporter:
    """Lines with rate and remaining time, at most one in ten seconds and one at the end; `watch` hears of every job.

    `missing` counts the rows that are not stored yet. Since it lists the store, it is called for at most one
    `LOOKING`th of the time. Rows that are stored beyond this command's own were computed by another command.
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
    """The first Ctrl-C (or SIGTERM) stops after the jobs in progress, the second one at once."""
    asked: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        say("Finishing the jobs in progress; Ctrl-C once more stops at once.")

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
    """Format rows per second: 0.04, 2.5, 180."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
