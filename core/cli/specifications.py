"""`specifications`: in how many combinations of choices (`run --vary`) a training language is first."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.output import narrate
from core.cli.stored import results_reader
from core.errors import OptionError
from core.report.specification_files import save_specifications
from core.report.specifications import (
    READINGS,
    SpecificationCurve,
    specification_curve,
    specification_frame,
    specifications_of,
)

FORMATS = ("text", "json")


def specifications(  # noqa: PLR0917 - one parameter an option
    dataset: Annotated[str, typer.Option(help="Data set, such as paws-x.")],
    store: Annotated[
        list[str] | None, typer.Option(help="Store of results; once for each (default: CCTA_STORE; else shipped).")
    ] = None,
    model: Annotated[str, typer.Option(help="Model whose checkpoints are compared, such as e5-small-nli.")] = "",
    reading: Annotated[str, typer.Option(help=f"{', '.join(READINGS)}.")] = READINGS[0],
    language: Annotated[str, typer.Option(help="Training language (default: the first by default choices).")] = "",
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
    save: Annotated[Path | None, typer.Option(help="Parquet file for the values of every example.")] = None,
) -> None:
    """The difference of one training language from the strongest other one, under every combination of choices."""
    for name, value, known in (("format", format, FORMATS), ("reading", reading, READINGS)):
        if value not in known:
            raise OptionError(f"Unknown {name} {value!r}: choose one of {', '.join(known)}.")
    frame = specification_frame([results_reader(place) for place in store or [""]], dataset, model)
    curve = specification_curve(specifications_of(frame, reading), language=language or None)
    if save is not None:
        save_specifications(frame, save)
        narrate(f"{save}: {len(frame):,} values")
    sys.stdout.write(_to_text(curve) if format == "text" else json.dumps(_to_json(curve), indent=1) + "\n")


def _to_text(curve: SpecificationCurve) -> str:
    n = len(curve.leaders)
    lines = [
        f"{curve.specifications.reading}: {curve.language} is first in {curve.n_first} of {n} specifications; in "
        f"{curve.n_settled} the 95% interval of its difference from the strongest other language lies above 0 "
        f"({len(curve.specifications.examples)} examples)",
        "First in: " + ", ".join(f"{code} {count}" for code, count in curve.counts().items()),
    ]
    for name in curve.specifications.names:
        values = ", ".join(f"{value} {first} of {of}" for value, (first, of) in curve.first_with(name).items())
        lines.append(f"{name}: {values}")
    return "\n".join(lines) + "\n"


def _to_json(curve: SpecificationCurve) -> dict[str, Any]:
    chosen = curve.specifications
    return {
        "reading": chosen.reading,
        "language": curve.language,
        "leads": curve.n_first,
        "settled": curve.n_settled,
        "leaders": curve.counts(),
        "n": len(chosen.examples),
        "specifications": [
            {
                "choices": dict(chosen.choices[at]),
                "leader": curve.leaders[at],
                "lead": float(curve.lead[at]),
                "interval": curve.interval[at].tolist(),
                "values": dict(zip(chosen.languages, chosen.values[at].mean(axis=1).tolist(), strict=True)),
            }
            for at in curve.order.tolist()
        ],
    }
