"""`models`: the catalogue, and what of it is on this computer."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.models.catalogue import is_cached, load_catalogue


def models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models that can be loaded, with what is cached."""
    specs = list(load_catalogue().values())
    if as_json:
        typer.echo(
            json.dumps([asdict(spec) | {"cached": is_cached(spec)} for spec in specs], ensure_ascii=False, indent=1)
        )
        return
    table = Table("name", "task", "trained on", "family", "source", "on this computer", "licence", "title")
    for spec in specs:
        table.add_row(
            spec.name,
            spec.task,
            spec.train_language or "–",
            spec.family,
            spec.source,
            "yes" if is_cached(spec) else "no",
            spec.licence,
            spec.title,
        )
    Console().print(table, markup=False)
