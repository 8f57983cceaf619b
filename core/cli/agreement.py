"""`agreement`: rank correlation and overlap of scores over the links of stored plans, beside C."""

import csv
import io
import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.stored import part_of, results_reader
from core.consistency.agreement import TOP
from core.errors import OptionError
from core.report.agreement import PairAgreement, stored_agreements
from core.report.words.choice import choose_run
from core.statistics.intervals import Estimate

FORMATS = ("text", "csv", "json")
MEASURES = ("consistency", "spearman", "overlap")


def agreement(  # noqa: PLR0917 - one parameter an option
    dataset: Annotated[str, typer.Option(help="Data set (default: the first that the store holds).")] = "",
    store: Annotated[str | None, typer.Option(help="Store of results (default: CCTA_STORE; else shipped).")] = None,
    model: Annotated[str, typer.Option(help="Checkpoint (default: the one trained in English).")] = "",
    run: Annotated[str, typer.Option(help="Run of the store, where several fit.")] = "",
    end: Annotated[str, typer.Option(help="start or end, for question answering.")] = "",
    top: Annotated[int, typer.Option(help="How many units of each side the overlap compares.")] = TOP,
    format: Annotated[str, typer.Option(help="text, csv or json.")] = "text",
) -> None:
    """Spearman correlation and top-k overlap of the two sides' scores over the links of the plan, by language pair."""
    if format not in FORMATS:
        raise OptionError(f"Unknown format {format!r}: choose one of {', '.join(FORMATS)}.")
    if top < 1:
        raise OptionError(f"--top {top} compares nothing: use 1 or more.")
    reader = results_reader(store)
    chosen = choose_run(reader, data_set=dataset, checkpoint=model, run=run)
    found = stored_agreements(reader, chosen, part_of(end, reader.runs[chosen].identity.task), top=top)
    sys.stdout.write({"text": _to_text, "csv": _to_csv, "json": _to_json}[format](found, top))


def _to_text(found: list[PairAgreement], top: int) -> str:
    lines = [
        f"{found[0].run}: means over examples with 95% intervals; overlap of the {top} largest scores of each side"
    ]
    for pair in found:
        values = "  ".join(f"{name} {_written(getattr(pair, name))}" for name in MEASURES)
        lines.append(f"{pair.languages[0]}-{pair.languages[1]}  {values}  n {pair.consistency.n}")
    return "\n".join(lines) + "\n"


def _written(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _to_csv(found: list[PairAgreement], top: int) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    parts = ("", "_low", "_high", "_n")
    writer.writerow(["source", "target", "top", *(f"{name}{part}" for name in MEASURES for part in parts)])
    for pair in found:
        numbers = [number for name in MEASURES for number in _numbers(getattr(pair, name))]
        writer.writerow([*pair.languages, top, *numbers])
    return buffer.getvalue()


def _numbers(estimate: Estimate) -> tuple[float, float, float, int]:
    return estimate.value, estimate.low, estimate.high, estimate.n


def _to_json(found: list[PairAgreement], top: int) -> str:
    pairs: list[dict[str, Any]] = [
        {"source": pair.languages[0], "target": pair.languages[1]}
        | {name: asdict(getattr(pair, name)) for name in MEASURES}
        for pair in found
    ]
    plain = {"run": found[0].run, "top": top, "pairs": pairs}
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"
