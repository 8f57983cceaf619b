"""`readings`: which training language is the most consistent, in every reading of the question."""

import json
import sys
from typing import Annotated

import typer

from core.errors import OptionError, StoreChoiceError
from core.paths import results_location
from core.report.grids import StoredGrid, stored_grids
from core.report.pair_quantities import pair_quantities, paper_leader
from core.report.reading_json import readings_plain
from core.report.readings import DEFINITIONS, Readings, compute_readings
from core.statistics.leaders import STANDING_WORDS
from core.store import Reader, open_store

FORMATS = ("text", "json")


def readings(  # noqa: PLR0917 - one parameter an option
    dataset: Annotated[str, typer.Option(help="Data set, such as xnli.")],
    store: Annotated[str | None, typer.Option(help="Store of results (default: CCTA_STORE; else shipped).")] = None,
    format: Annotated[str, typer.Option(help=f"{' or '.join(FORMATS)}.")] = "text",
    model: Annotated[str, typer.Option(help="Model whose checkpoints are compared, such as e5-small-nli.")] = "",
    end: Annotated[str, typer.Option(help="start or end, for question answering.")] = "",
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
) -> None:
    """Rank the training languages in every reading, with the uncertainty of each."""
    if format not in FORMATS:
        raise OptionError(f"Unknown format {format!r}: choose one of {', '.join(FORMATS)}.")
    place = store or results_location()
    if place is None:
        raise StoreChoiceError("No store of results is configured: name one with --store.")
    reader = open_store(place).read()
    grid = _choose_grid(reader, dataset, model)
    part = end or ("start" if grid.task == "qa" else "")
    computed = compute_readings(
        pair_quantities(reader, grid, part),
        paper_leader=paper_leader(dataset),
        n_resamples=resamples,
        seed=seed,
    )
    sys.stdout.write(_to_json(computed, grid) if format == "json" else _to_text(computed, grid))


def _choose_grid(reader: Reader, data_set: str, model: str) -> StoredGrid:
    grids = [grid for grid in stored_grids(reader) if grid.data_set == data_set and model in ("", grid.model)]
    if not grids:
        known = sorted({f"{grid.data_set} ({grid.model})" for grid in stored_grids(reader)})
        raise StoreChoiceError(
            f"The store compares no checkpoints on {data_set}. It holds {', '.join(known) or 'none'}."
        )
    return grids[0]


def _to_json(computed: Readings, grid: StoredGrid) -> str:
    plain = readings_plain(computed, data_set=grid.data_set, split=grid.split, model=grid.model)
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def _to_text(computed: Readings, grid: StoredGrid) -> str:
    lines = [
        f"{grid.data_set}, {grid.split}, {grid.model}: {len(computed.values.examples)} examples, "
        f"{int(computed.values.shared.sum())} pairs under every checkpoint"
    ]
    for reading in computed.readings:
        ranking, difference = reading.ranking, reading.ranking.difference
        lines.append(
            f"{reading.definition.title}: {ranking.leader} {STANDING_WORDS[ranking.standing]}, first in "
            f"{ranking.first_share:.0%} of resamples; {ranking.leader} minus {ranking.runner_up} "
            f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
        )
    titles = {definition.name: definition.title for definition in DEFINITIONS}
    lines += [f"{titles[name]}: not computed, {lacking}" for name, lacking in computed.absent.items()]
    if computed.variance is not None:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in computed.variance.shares.items())
        lines.append(f"Variance of the cells' means: {shares}")
    return "\n".join(lines) + "\n"
