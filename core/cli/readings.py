"""`readings`: which training language has the most consistent checkpoint, in every reading of the question."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.cli.seeds import seed_option
from core.cli.stored import results_reader
from core.errors import OptionError, StoreChoiceError
from core.report.grids import StoredGrid, stored_grids
from core.report.pair_quantities import stored_readings
from core.report.reading_formats import readings_to_json, readings_to_text
from core.settings import LEVELS, MASS_RULES, SPACES, Settings
from core.store import Reader

FORMATS = ("text", "json")
# The choices that a run can change without computing an attribution again.
CHOICES = {"mass": MASS_RULES, "space": SPACES, "level": LEVELS}


def readings(  # noqa: PLR0917 - one parameter an option
    dataset: Annotated[str, typer.Option(help="Data set, such as xnli.")],
    store: Annotated[str | None, typer.Option(help="Store of results (default: CCTA_STORE; else shipped).")] = None,
    format: Annotated[str, typer.Option(help=f"{' or '.join(FORMATS)}.")] = "text",
    model: Annotated[str, typer.Option(help="Model whose checkpoints are compared, such as e5-small-nli.")] = "",
    end: Annotated[str, typer.Option(help="start or end, for question answering.")] = "",
    mass: Annotated[str, typer.Option(help=f"Mass rule of the runs: {', '.join(MASS_RULES)}.")] = Settings().mass,
    space: Annotated[str, typer.Option(help=f"Space of the runs: {', '.join(SPACES)}.")] = Settings().space,
    level: Annotated[str, typer.Option(help=f"Level of the runs: {', '.join(LEVELS)}.")] = Settings().level,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 1000,
    seed: Annotated[int, seed_option("the resamples")] = 0,
) -> None:
    """Rank the training languages in every reading, with the uncertainty of each."""
    chosen = {"mass": mass, "space": space, "level": level}
    for name, value, known in (("format", format, FORMATS), *((name, chosen[name], CHOICES[name]) for name in chosen)):
        if value not in known:
            raise OptionError(f"Unknown {name} {value!r}: choose one of {', '.join(known)}.")
    if end not in ("", "start", "end"):
        raise OptionError(f"Unknown end {end!r}: choose start or end.")
    if resamples < 1:
        raise OptionError(f"{resamples} resamples give no interval: ask for 1,000.")
    reader = results_reader(store)
    grid = _choose_grid(reader, dataset, model, chosen)
    if end and grid.task != "qa":
        raise OptionError(f"{dataset} has no answers with a start and an end: leave --end out.")
    part = end or ("start" if grid.task == "qa" else "")
    computed = stored_readings(reader, grid, part, n_resamples=resamples, seed=seed)
    if format == "json":
        plain = json.dumps(readings_to_json(computed, grid) | chosen, ensure_ascii=False, indent=1, allow_nan=False)
        sys.stdout.write(plain + "\n")
    else:
        sys.stdout.write(readings_to_text(computed, grid))


def _choose_grid(reader: Reader, data_set: str, model: str, chosen: dict[str, str]) -> StoredGrid:
    """Return the grid of a data set with these settings; of several models, that of most training languages."""
    grids = stored_grids(reader)
    named = [grid for grid in grids if grid.data_set == data_set and model in ("", grid.model)]
    if not named:
        known = sorted({f"{grid.data_set} ({grid.model})" for grid in grids})
        raise StoreChoiceError(
            f"The store compares no checkpoints on {data_set}{f' ({model})' if model else ''}. It holds "
            f"{', '.join(known) or 'none'}. Choose another --dataset, --model or --store."
        )
    by_options = {_options(reader.runs[grid.runs[0]].identity.settings): grid for grid in reversed(named)}
    asked = _options(chosen)
    if asked in by_options:
        return by_options[asked]
    raise StoreChoiceError(
        f"The store has no pairs of {data_set} with {asked}, but with {'; '.join(by_options)}. Add them to a store "
        f"that holds the attributions with `python -m core run --dataset {data_set} --pairs all {asked}`: no "
        "attribution is computed again."
    )


def _options(settings: Mapping[str, Any]) -> str:
    return " ".join(f"--{name} {settings.get(name)}" for name in CHOICES)
