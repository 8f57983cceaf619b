"""The cost of a plan: texts and pairs that are left, with time and disk from recorded or measured rates."""

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

# Bytes per row of a large shard, without the fixed bytes of each shard; on XNLI test, 60 tokens per text.
# Fewer take seconds: they are computed without saying beforehand how long it will take.
MANY_PAIRS = 100
ROW_BYTES = {"predictions": 60, "attributions": 1200, "pairs": 110, "flows": 500}


@dataclass(frozen=True)
class Rate:
    """Cost of one kind of record on one core or device: seconds per row, and the fixed bytes of each shard."""

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
    """Return the cost of each step, for the workers on texts and those on pairs. Nothing is written.

    Missing predictions are assumed to be correct, which only affects how many texts are explained for several classes.
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


def pairs_from_stored(plan: CheckpointPlan, pair_workers: int) -> Work | None:
    """Return the cost of the pair step where only pairs are missing, and `MANY_PAIRS` or more; None otherwise."""
    predictions = _expected_predictions(plan)
    missing = {step: list(plan.run.missing_together(plan.units(step, predictions))) for step in STEPS}
    n_pairs = sum(len(units[0].rows) for step in PAIR_STEPS for units in missing[step])
    if n_pairs < MANY_PAIRS or any(missing[step] for step in TEXT_STEPS):
        return None
    return next(work for work in estimate(plan, 1, pair_workers) if work.step in PAIR_STEPS)


@dataclass(frozen=True)
class Cost:
    """The cost of a run at the rates of stored runs: seconds of one core, and bytes."""

    seconds: float
    bytes: float


def cost_at_stored_rates(
    shards: Sequence[Shard], tasks: Mapping[str, str], task: str, *, n_texts: int, n_pairs: int
) -> Cost | None:
    """Return the cost of predicting and attributing texts and comparing pairs; None where no rates are stored.

    Parameters
    ----------
    tasks : run -> its task; only rates of the same task are used.
    """
    rates = _rates([shard for shard in shards if tasks.get(shard.run) == task])
    of_texts, of_pairs = (
        [kind for step in steps_of(task) if step in steps for kind in KINDS_OF[step]]
        for steps in (TEXT_STEPS, PAIR_STEPS)
    )
    numbers = dict.fromkeys(of_texts, n_texts) | dict.fromkeys(of_pairs, n_pairs)
    # A store from before flows were kept has no rate of them; a pair's solution gives them at no cost.
    if not numbers.keys() - {"flows"} <= rates.keys():
        return None
    seconds = sum(rates[kind].seconds * number for kind, number in numbers.items() if kind in rates)
    return Cost(seconds, float(sum(ROW_BYTES[kind] * number for kind, number in numbers.items())))


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
    """The rates of this run's own shards; empty where a kind has none yet."""
    shards = plan.run.store.snapshot().shards
    own = [shard for shard in shards if shard.run == plan.run.run_id]
    if not all(any(shard.kind == kind for shard in own) for kind in KINDS if kind != "predictions"):
        return {}
    return _rates(own)


def _measured(plan: CheckpointPlan) -> Mapping[str, Rate]:
    """The rates of one row and one language pair, computed now into a store in memory."""
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
