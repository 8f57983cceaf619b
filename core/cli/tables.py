"""`tables`: the paper's tables and figure 2, with our results and the paper's values."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from core.cli.output import narrate
from core.cli.seeds import seed_option
from core.errors import OptionError, StoreChoiceError
from core.paths import results_location
from core.report.grids import StoredGrid, stored_grids
from core.report.own_tables import OWN, own_tables
from core.report.pair_quantities import stored_readings
from core.report.paper import TABLES, paper_table
from core.report.reading_formats import readings_to_json, readings_to_text
from core.report.readings import Readings
from core.report.row_values import StoredRowValues
from core.report.tables import CorrelationFigure, RowValues, build_figure2, build_table, nothing_computed
from core.report.tables.figure2_svg import figure2_svg
from core.report.tables.formats import FIGURE2, Result, to_csv_table, to_json, to_latex, to_text
from core.store import open_store

# C by training language.
TRAINING_LANGUAGES = "5"
FORMATS = ("text", "csv", "latex", "json", "svg")


def tables(  # noqa: PLR0917 - one parameter an option
    table: Annotated[
        str, typer.Option(help=f"{', '.join(TABLES)}, {FIGURE2}, or {OWN}: texts of your own (default: all).")
    ] = "",
    format: Annotated[str, typer.Option(help=f"{', '.join(FORMATS)}; svg only for {FIGURE2}.")] = "text",
    resamples: Annotated[int, typer.Option(help="Number of bootstrap resamples.")] = 1000,
    seed: Annotated[int, seed_option("the resamples")] = 0,
    store: Annotated[
        str | None, typer.Option(help="Store of our results (default: CCTA_STORE, else the shipped one).")
    ] = None,
    run: Annotated[list[str] | None, typer.Option(help="Only this run of the store; may be repeated.")] = None,
    model: Annotated[
        str, typer.Option(help="Model of the checkpoints in tables 4 and 5, such as e5-small-paraphrase.")
    ] = "",
) -> None:
    """Print the paper's tables 1 to 5 and figure 2: our results with intervals, and the paper's values.

    Runs on texts of your own have tables of their own, after these.
    """
    names = [table] if table else [*TABLES, FIGURE2, OWN]
    if format not in FORMATS:
        raise OptionError(f"Unknown format {format!r}: choose one of {', '.join(FORMATS)}.")
    if not set(names) <= {*TABLES, FIGURE2, OWN}:
        raise OptionError(f"Unknown table {table!r}: choose one of {', '.join(TABLES)}, {FIGURE2}, {OWN}.")
    if format == "svg" and names != [FIGURE2]:
        raise OptionError(f"Only {FIGURE2} is a picture: add --table {FIGURE2}, or choose another format.")
    if resamples < 1:
        raise OptionError(f"{resamples} resamples give no interval: ask for 1,000.")
    values = open_row_values(store, run or [], model)
    results = [_build(name, values, resamples, seed) for name in names if name != OWN]
    if OWN in names and isinstance(values, StoredRowValues):
        results += own_tables(values.reader, values.runs, n_resamples=resamples, seed=seed)
    if not results:
        raise StoreChoiceError(
            "The store holds no pairs of texts of your own: compute them with `python -m core run --dataset FILE`, or "
            "name another --store."
        )
    if isinstance(values, StoredRowValues):
        # After the tables: damaged shards are only discovered when they are read.
        for line in values.reader.notices:
            narrate(line)
    below = {} if format not in ("text", "json") else _readings(names, values, resamples, seed)
    if format == "json":
        sys.stdout.write(_json(results, below))
    else:
        sys.stdout.write(_WRITERS[format](results) + "".join(readings_to_text(*each) for each in below.values()))


def open_row_values(store: str | None, runs: list[str], model: str) -> RowValues:
    """Return the values of single examples in the given store, else in the operator's, else in the shipped one.

    Raises StoreChoiceError for a run that is not in the store.
    """
    location = store or results_location()
    if location is None:
        return nothing_computed
    reader = open_store(location).read()
    for run in runs:
        if run not in reader.runs:
            raise StoreChoiceError(
                f"The store {location} has no run {run}. Its runs are {', '.join(reader.runs) or 'none'}."
            )
    return StoredRowValues(reader, tuple(runs), model)


def _build(name: str, values: RowValues, n_resamples: int, seed: int) -> Result:
    if name == FIGURE2:
        return build_figure2(values, n_resamples=n_resamples, seed=seed)
    return build_table(name, values, n_resamples=n_resamples, seed=seed)


def _readings(
    names: list[str], values: RowValues, n_resamples: int, seed: int
) -> dict[str, tuple[Readings, StoredGrid]]:
    """Table 5 -> every reading of its data set; empty for other tables, or where there is nothing to rank.

    The table's "Overall" is one of them: each checkpoint on pairs with its own language.
    """
    if TRAINING_LANGUAGES not in names or not isinstance(values, StoredRowValues):
        return {}
    data_set = paper_table(TRAINING_LANGUAGES).data_set
    for grid in stored_grids(values.reader):
        asked = not values.runs or set(grid.runs) <= set(values.runs)
        if grid.data_set == data_set and values.model in ("", grid.model) and asked and len(grid.trained_on) > 1:
            return {
                TRAINING_LANGUAGES: (stored_readings(values.reader, grid, n_resamples=n_resamples, seed=seed), grid)
            }
    return {}


def _json(results: list[Result], below: Mapping[str, tuple[Readings, StoredGrid]]) -> str:
    """A JSON object for one table, a list of them for several; table 5 has the readings of its data set."""
    objects = [to_json(result) for result in results]
    for plain in objects:
        if plain["table"] in below:
            plain["readings"] = readings_to_json(*below[plain["table"]])
    return (
        json.dumps(objects[0] if len(objects) == 1 else objects, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    )


def _svg(results: list[Result]) -> str:
    return "".join(figure2_svg(result) for result in results if isinstance(result, CorrelationFigure))


_WRITERS: dict[str, Callable[[list[Result]], str]] = {
    "text": lambda results: "\n".join(map(to_text, results)),
    "csv": to_csv_table,
    "latex": lambda results: "\n".join(map(to_latex, results)),
    "svg": _svg,
}
