"""`store check|compact|export`: look after a store of results."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import OptionError, StoreError
from core.store import Store, open_store
from core.store.check import StoreCheck
from core.store.check import check as check_store
from core.store.check import repair as repair_store
from core.store.compact import compact as compact_store
from core.store.export import export as export_store

store = typer.Typer(help="Check, compact or export a store of results.", no_args_is_help=True, rich_markup_mode=None)

_PLACE = typer.Argument(metavar="[STORE]", help="Folder or object store's address (default: CCTA_STORE).")
_OPTION = typer.Option("--store", help="The same as an option.")


@store.command()
def check(
    place: Annotated[str | None, _PLACE] = None,
    store_option: Annotated[str | None, _OPTION] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: rows and hash.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Set damaged shards aside and write lost manifests anew.")
    ] = False,
) -> None:
    """Read everything; print the number of rows and a hash of the science. Exit 1 where something is damaged."""
    opened = _open(place, store_option)
    with Console(stderr=True).status(f"Reading {opened.location}"):
        report = check_store(opened)
        if repair:
            for line in repair_store(opened, report):
                typer.echo(line, err=True)
            report = check_store(opened)
    typer.echo(json.dumps(report.to_json()) if as_json else _as_text(report))
    if report.notices:
        raise StoreError(" ".join(report.notices))


@store.command()
def compact(place: Annotated[str | None, _PLACE] = None, store_option: Annotated[str | None, _OPTION] = None) -> None:
    """Merge small shards into large ones; may run beside readers and workers."""
    opened = _open(place, store_option)
    with Console(stderr=True).status(f"Reading {opened.location}") as status:
        done = compact_store(
            opened, progress=lambda stage, done, of: status.update(f"{stage.capitalize()}: {done} of {of}")
        )
    typer.echo(f"{done.before} shards before, {done.after} now.")
    if done.notices:
        raise StoreError(" ".join(done.notices))


@store.command()
def export(
    output: Annotated[Path, typer.Option(help="Folder to write to.")],
    place: Annotated[str | None, _PLACE] = None,
    store_option: Annotated[str | None, _OPTION] = None,
    scores_only: Annotated[
        bool, typer.Option("--scores-only", help="Leave out every text: what may be published.")
    ] = False,
    run: Annotated[list[str] | None, typer.Option(help="Only this run; may be repeated.")] = None,
) -> None:
    """Copy the store, or some of its runs, as few large shards; the hash stays the same."""
    opened = _open(place, store_option)
    with Console(stderr=True).status(f"Reading {opened.location}"):
        written = export_store(opened, open_store(output, create=True), scores_only=scores_only, runs=run)
    for name, shards in written.items():
        typer.echo(f"{name}: {shards} shards")
    typer.echo(f"Written to {output}")


def _open(place: str | None, option: str | None) -> Store:
    if place and option and place != option:
        raise OptionError(f"Two stores are named, {place} and {option}: give one.")
    return open_store(place or option)


def _as_text(report: StoreCheck) -> str:
    lines = []
    for name, content in [*report.runs.items(), ("all", report.total)]:
        counts = ", ".join(f"{n:,} {kind}" for kind, n in content.rows.items())
        lines.append(f"{name}: {counts}; hash {content.hash}")
    return "\n".join(lines)
