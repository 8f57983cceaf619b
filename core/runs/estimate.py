"""What a plan would cost: how many texts and pairs are left, with time and disk from a recorded or measured rate."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from core.runs.engines import InlineEngine
from core.runs.plan import KINDS_OF, PAIR_STEPS, STEPS, TEXT_STEPS, CheckpointPlan, Predictions, steps_of
from core.runs.session import carry_out
from core.store import PredictionRecord, Run, open_store
from core.store.index import Shard
from core.store.layout import KINDS

# Bytes a row in a shard of some size, beside the shard's own; XNLI test, 60 tokens a text.
ROW_BYTES = {"predictions": 60, "attributions": 1200, "pairs": 110, "flows": 500}


@dataclass(frozen=True)
class Rate:
    """Cost of one kind of work on one core or device: seconds a row, and bytes of an almost empty shard."""

    seconds: float
    shard_bytes: float


@dataclass(frozen=True)
class Work:
    """One step of the plan: of `rows` texts (or pairs) so many are `stored`; the rest takes `jobs`, seconds, bytes."""

    step: str
    rows: int
    stored: int
    jobs: int
    seconds: float
    bytes: float


def estimate(plan: CheckpointPlan, n_workers: int, pair_workers: int) -> list[Work]:
    """Return what a plan would cost with so many workers, and so many that compare pairs. Nothing is written.

    Where predictions are missing, the model is taken to be right: that only decides how many texts are explained
    for more than one class.
    """
    predictions = _expected_predictions(plan)
    work = {step: plan.units(step, predictions) for step in STEPS}
    missing = {step: list(plan.run.missing_together(units)) for step, units in work.items()}
    rates = _recorded(plan) or (_measured(plan) if any(missing.values()) else {})
    lines = []
    for step in STEPS:
        left = sum(len(units[0].rows) for units in missing[step])
        total = sum(len(units[0].rows) for units in work[step])
        seconds = size = 0.0
        for unit in chain.from_iterable(missing[step]):
            rate = rates.get(unit.kind, Rate(0.0, 0.0))
            seconds += len(unit.rows) * rate.seconds
            size += len(unit.rows) * ROW_BYTES[unit.kind] + rate.shard_bytes
        workers = pair_workers if step in PAIR_STEPS else n_workers
        lines.append(Work(step, total, total - left, len(missing[step]), seconds / workers, size))
    return lines


@dataclass(frozen=True)
class Cost:
    """What a run would take at the rates of the runs that a store holds: seconds of one core, and bytes."""

    seconds: float
    bytes: float


def cost_at_stored_rates(shards: Sequence[Shard], tasks: Mapping[str, str], task: str, n_pairs: int) -> Cost | None:
    """Return what `n_pairs` pairs would take, each with one text to predict and to attribute; None without a record.

    Parameters
    ----------
    tasks : run -> its task; only runs of the same task tell how long a row takes.
    """
    alike = [shard for shard in shards if tasks.get(shard.run) == task]
    rates = _rates(alike)
    needed = [kind for step in steps_of(task) for kind in KINDS_OF[step]]
    # A store from before flows were kept has no rate of them; a pair's solution gives them at no cost.
    if not set(needed) - {"flows"} <= set(rates):
        return None
    seconds = sum(rates[kind].seconds for kind in needed if kind in rates) * n_pairs
    return Cost(seconds, float(sum(ROW_BYTES[kind] for kind in needed) * n_pairs))


def _expected_predictions(plan: CheckpointPlan) -> Predictions:
    if not plan.classes:
        return {}
    guessed = {
        (language, row): PredictionRecord(row, n_tokens=0, predicted=plan.data.label(row))
        for language in plan.languages
        for row in plan.data.rows[language].rows
    }
    return guessed | dict(plan.stored_predictions(plan.run.store.read()))


def _recorded(plan: CheckpointPlan) -> Mapping[str, Rate]:
    """The rates of this run's own shards; nothing where a kind has none yet."""
    shards = plan.run.store.snapshot().shards
    own = [shard for shard in shards if shard.run == plan.run.run_id]
    if not all(any(shard.kind == kind for shard in own) for kind in KINDS if kind != "predictions"):
        return {}
    return _rates(own)


def _measured(plan: CheckpointPlan) -> Mapping[str, Rate]:
    """The rates of one row and one pair of languages, computed here and now into memory."""
    store = open_store(f"memory://estimate-{uuid.uuid4().hex}", create=True)
    languages = next((pair for pair in plan.pairs if pair[0] != pair[1]), plan.pairs[0])
    small = replace(
        plan,
        run=Run(store, plan.run.identity, {}),
        data=replace(plan.data, chosen=plan.data.chosen[:1], languages=languages),
        pairs=(languages,),
    )
    with InlineEngine() as engine:
        carry_out([small], TEXT_STEPS, engine, say=lambda _: None)
        carry_out([small.on_cores()], PAIR_STEPS, engine, say=lambda _: None)
    return _rates(store.snapshot().shards)


def _rates(shards: Sequence[Shard]) -> dict[str, Rate]:
    rates = {}
    for kind in KINDS:
        held = [shard for shard in shards if shard.kind == kind]
        rows = sum(shard.info.n_rows for shard in held)
        if rows:
            seconds = sum(shard.info.seconds for shard in held) / rows
            spare = sum(shard.size for shard in held) - rows * ROW_BYTES[kind]
            rates[kind] = Rate(seconds, max(spare / len(held), 0.0))
    return rates
