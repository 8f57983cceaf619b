"""`models`: the catalogue, and which of its models are on this computer."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from core.models.catalogue import ModelSpec, is_cached, is_here, load_catalogue
from core.models.families import FAMILIES
from core.settings import TASKS
from core.text.languages import LANGUAGES

HUB = "no, from the hub"
OTHERS = (
    "These are tested with random weights. Any other encoder of Transformers that takes embedding rows loads too: when "
    "a model is loaded, embedding rows must give what tokens give, and a model in which they do not is refused."
)


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    families: Annotated[
        bool, typer.Option("--families", help="List the kinds of encoder that a hub id or a directory may name.")
    ] = False,
) -> None:
    """List the models of the catalogue, and which of them are on this computer."""
    if families:
        _list_families(as_json)
        return
    specs = list(load_catalogue().values())
    if as_json:
        typer.echo(
            json.dumps([asdict(spec) | {"cached": is_cached(spec)} for spec in specs], ensure_ascii=False, indent=1)
        )
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for column in ("task", "trained in", "on this computer", "licence", "title"):
        table.add_column(column)
    for spec in sorted(specs, key=lambda spec: list(TASKS).index(spec.task)):
        table.add_row(spec.name, spec.task, trained_in(spec), _availability(spec), spec.licence, spec.title)
    Console().print(table, markup=False)


def _list_families(as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(family) for family in FAMILIES.values()], indent=1))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("family", no_wrap=True)
    for column in ("positions", "token types", "languages", "for example"):
        table.add_column(column)
    for family in FAMILIES.values():
        types, languages = ("yes" if has else "–" for has in (family.token_types, family.languages))
        table.add_row(family.name, family.positions or "–", types, languages, family.example)
    Console().print(table, markup=False)
    Console().print(OTHERS, markup=False, highlight=False)


def trained_in(spec: ModelSpec) -> str:
    """The name of the training language, the code of an unsupported one, or a dash for a model without task head."""
    code = spec.train_language
    if not code:
        return "–"
    return LANGUAGES[code].name if code in LANGUAGES else code


def _availability(spec: ModelSpec) -> str:
    if is_here(spec):
        return "yes"
    return HUB if spec.source == "hub" else "no"
