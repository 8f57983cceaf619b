"""`run`: predictions, attributions and consistency of checkpoints on a data set, kept in a store."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from core.cli.output import OWN, narrate
from core.cli.setting_options import takes_settings
from core.data.files import is_own
from core.data.load import data_source
from core.data.local import keep_rows
from core.errors import OptionError, Stopped
from core.models.catalogue import find_model, load_catalogue
from core.models.identity import revision_of
from core.models.loader import resolve_device
from core.runs.data import ALL, RunData, load_run_data
from core.runs.engines import Engine, InlineEngine, ProcessEngine, visible_gpus
from core.runs.estimate import Work, estimate, pairs_from_stored
from core.runs.jobs import Checkpoint, load
from core.runs.plan import EVERY, PAIR_STEPS, STEPS, TEXT_STEPS, TRAIN, CheckpointPlan, make_plan
from core.runs.progress import write_progress
from core.runs.ray_engine import RayEngine
from core.runs.session import NEXT, Watch, carry_out
from core.runs.vary import attribution_of, combinations, parse_variations
from core.setting import RUN
from core.settings import Settings
from core.store import Store, open_store
from core.text.numbers import duration

ENGINES = ("local", "ray")
# Each worker holds a model of its own.
MOST_WORKERS = 8


@dataclass(frozen=True)
class Workforce:
    """How many workers on which device, each with how many threads; and how many that compare pairs, on the CPU."""

    engine: str
    device: str
    workers: int
    pair_workers: int
    threads: int

    def of_pairs(self) -> "Workforce":
        return replace(self, device="cpu", workers=self.pair_workers)


@takes_settings(RUN)
def run(
    settings: Settings,
    *,
    dataset: Annotated[str, typer.Option(help=f"xnli, paws-x, xquad, or texts of your own: {OWN}.")],
    model: Annotated[str, typer.Option(help="Catalogue names, directories or hub ids, separated by commas.")],
    languages: Annotated[str, typer.Option(help="Language codes separated by commas, or all (the paper's).")] = ALL,
    split: Annotated[str | None, typer.Option(help="Default: test, or validation where there is no test.")] = None,
    limit: Annotated[
        int | None, typer.Option(help="Number of rows, sampled with the seed, the same in every language.")
    ] = None,
    store: Annotated[str | None, typer.Option(help="Store to write to (default: CCTA_STORE).")] = None,
    data: Annotated[str | None, typer.Option(help="Folder of the data sets, or hub (default: CCTA_DATA).")] = None,
    pairs: Annotated[
        str,
        typer.Option(
            help="train: the training language with every language; all: also every two other languages, from the "
            "same attributions (for the class predicted on the training language's text)."
        ),
    ] = TRAIN,
    engine: Annotated[str, typer.Option(help="local: processes on this computer; ray: a Ray cluster.")] = "local",
    workers: Annotated[
        int | None, typer.Option(help="Worker processes (default: one per GPU, or one per core up to 8).")
    ] = None,
    pair_workers: Annotated[
        int | None,
        typer.Option(help="Processes that compare pairs (default: as --workers; with GPUs, one per core up to 8)."),
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads per worker; part of the identity of a run.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    progress: Annotated[Path | None, typer.Option(help="JSON file that is kept up to date with the progress.")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=VALUE,VALUE: a setting and the values it takes, such as baseline=pad,mask. Every combination of "
            "all that are given is a run of its own."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan with estimated time and disk space, and stop.")
    ] = False,
) -> None:
    """Compute what a run still lacks: predictions, attributions, then C with its references. Ctrl-C stops cleanly.

    The same command continues an interrupted run; further rows, languages and checkpoints are added to the store.
    """
    if pairs not in (TRAIN, EVERY):
        raise OptionError(f"Unknown pairs {pairs!r}. Choose one of {TRAIN}, {EVERY}.")
    force = _workforce(engine, device, workers, pair_workers, threads)
    opened = open_store(store, create=True)
    source = data_source(data)
    rows = load_run_data(dataset, languages, split, source, limit=limit, seed=settings.seed)
    for line in rows.notices:
        narrate(line)
    checkpoints = [
        Checkpoint(name, force.device, settings.precision, threads, revision_of(find_model(name)))
        for name in _names(model)
    ]
    plans = _plans(checkpoints, rows, combinations(settings, parse_variations(vary or []), rows.task), opened, pairs)
    if dry_run:
        _print_plan(rows, plans, force)
    else:
        if is_own(dataset):
            # Where the pages look for the text of a run.
            keep_rows(rows.rows, rows.fingerprint)
        try:
            _work(plans, force, None if progress is None else partial(write_progress, progress))
        except KeyboardInterrupt:
            # The second Ctrl-C. Here the engine has ended its workers.
            raise Stopped(f"Stopped at once. {NEXT}") from None


def _names(model: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in model.split(",") if name.strip()))
    if not names:
        raise OptionError("--model names no model: give catalogue names, directories or hub ids with commas between.")
    catalogue = load_catalogue()
    # A worker of another computer, or one that starts elsewhere, has to find a folder too.
    return [name if name in catalogue or not Path(name).is_dir() else str(Path(name).resolve()) for name in names]


def _workforce(engine: str, device: str, workers: int | None, pair_workers: int | None, threads: int) -> Workforce:
    if engine not in ENGINES:
        raise OptionError(f"Unknown engine {engine!r}. Choose one of {', '.join(ENGINES)}.")
    for name, number in (("workers", workers), ("pair-workers", pair_workers), ("threads", threads)):
        if number is not None and number < 1:
            raise OptionError(f"--{name} {number} computes nothing. Use 1 or more.")
    if engine == "ray" and workers is None and os.environ.get("RAY_ADDRESS"):
        raise OptionError("How many workers the Ray cluster has room for is not known here: name it with --workers.")
    kind = resolve_device(device).type
    on_cores = max(min(_cores() // threads, MOST_WORKERS), 1)
    workers = workers or {"cuda": torch.cuda.device_count(), "mps": 1}.get(kind, on_cores)
    return Workforce(engine, kind, workers, pair_workers or (workers if kind == "cpu" else on_cores), threads)


def _plans(
    checkpoints: Sequence[Checkpoint], rows: RunData, varied: Sequence[Settings], store: Store, pairs: str
) -> list[CheckpointPlan]:
    """The plan of every checkpoint with all settings; a model is loaded once for those that share attributions."""
    plans: dict[tuple[int, int], CheckpointPlan] = {}
    for number, checkpoint in enumerate(checkpoints):
        narrate(f"{checkpoint.name}: loading")
        model = load(checkpoint)
        for at, settings in enumerate(varied):
            plans[at, number] = make_plan(model, checkpoint, rows, settings, store, pairs=pairs)
    if len(varied) > 1:
        narrate(f"{len(varied)} combinations of settings, each for {len(checkpoints)} checkpoints")
    alike = [list(group) for _, group in groupby(range(len(varied)), key=lambda at: attribution_of(varied[at]))]
    return [plans[at, number] for group in alike for number in range(len(checkpoints)) for at in group]


def _work(plans: Sequence[CheckpointPlan], force: Workforce, watch: Watch | None) -> None:
    """On a GPU, or where their number differs, the workers for pairs come last: linear programs know no GPU."""
    for plan in plans:
        pairs = pairs_from_stored(plan, force.pair_workers)
        if pairs is not None:
            narrate(
                f"{plan.name}: {pairs.rows - pairs.stored:,} pairs to compare from the stored attributions, about "
                f"{duration(pairs.seconds)}"
            )
    if force.device == "cpu" and force.pair_workers == force.workers:
        with _engine(force) as engine:
            for plan in plans:
                carry_out([plan], STEPS, engine, narrate, watch=watch)
        return
    with _engine(force) as on_device:
        carry_out(plans, TEXT_STEPS, on_device, narrate, watch=watch)
    with _engine(force.of_pairs()) as on_cores:
        carry_out([plan.on_cores() for plan in plans], PAIR_STEPS, on_cores, narrate, watch=watch)


def _engine(force: Workforce) -> Engine:
    if force.engine == "ray":
        load.cache_clear()
        return RayEngine(force.workers, gpus=int(force.device == "cuda"), threads=force.threads)
    if force.workers == 1:
        return InlineEngine()
    # The plan needed each model once; its workers load their own.
    load.cache_clear()
    gpus = visible_gpus(torch.cuda.device_count()) if force.device == "cuda" else []
    return ProcessEngine([gpus[worker % len(gpus)] if gpus else None for worker in range(force.workers)])


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_plan(rows: RunData, plans: Sequence[CheckpointPlan], force: Workforce) -> None:
    table = Table("checkpoint", "step", "in all", "stored", "to do", "jobs", "time", "disk")
    works = [(plan.name, estimate(plan, force.workers, force.pair_workers)) for plan in plans]
    for name, lines in works:
        for work in lines:
            table.add_row(name, *_cells(work))
    everything = [work for _, lines in works for work in lines]
    time, size = sum(work.seconds for work in everything), sum(work.bytes for work in everything)
    table.add_row("all", "", "", "", "", "", duration(time), _size(size))
    console = Console(width=120, highlight=False)
    console.print(f"{rows.title} {rows.split}: {len(rows.chosen):,} rows in {' '.join(rows.languages)}", markup=False)
    for plan in plans:
        spoken = " ".join(f"{source}-{target}" for source, target in plan.pairs)
        console.print(f"{plan.run.run_id}: pairs {spoken}", markup=False)
    console.print(table, markup=False)
    console.print(
        f"With {force.workers} workers on {force.device} and {force.pair_workers} for pairs, {force.threads} threads "
        "each; nothing is written."
    )


def _cells(work: Work) -> list[str]:
    numbers = [f"{number:,}" for number in (work.rows, work.stored, work.rows - work.stored, work.jobs)]
    return [work.step, *numbers, duration(work.seconds), _size(work.bytes)]


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.1f} MB"
