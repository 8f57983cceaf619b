"""`store check|compact|export`: maintain a store of results."""

import json
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

_LOCATION = typer.Argument(metavar="[STORE]", help="Folder or object store's address (default: CCTA_STORE).")
_OPTION = typer.Option("--store", help="The same as the argument STORE.")


@store.command()
def check(
    location: Annotated[str | None, _LOCATION] = None,
    store_option: Annotated[str | None, _OPTION] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: rows and hash.")] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Set damaged shards aside, rewrite lost manifests, add checksums to old shards."),
    ] = False,
) -> None:
    """Read everything; print the number of rows and a hash of the scientific content. Exit 1 if anything is damaged."""
    opened = _open(location, store_option)
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
def compact(
    location: Annotated[str | None, _LOCATION] = None, store_option: Annotated[str | None, _OPTION] = None
) -> None:
    """Merge small shards into large ones; readers and workers may go on meanwhile."""
    opened = _open(location, store_option)
    with Console(stderr=True).status(f"Reading {opened.location}") as status:
        done = compact_store(
            opened, progress=lambda stage, done, of: status.update(f"{stage.capitalize()}: {done} of {of}")
        )
    typer.echo(f"{done.before} shards before, {done.after} now.")
    if done.notices:
        raise StoreError(" ".join(done.notices))


@store.command()
def export(
    output: Annotated[str, typer.Option(help="Folder or object store's address to write to.")],
    location: Annotated[str | None, _LOCATION] = None,
    store_option: Annotated[str | None, _OPTION] = None,
    scores_only: Annotated[
        bool, typer.Option("--scores-only", help="Leave out every text, so that the copy may be published.")
    ] = False,
    run: Annotated[list[str] | None, typer.Option(help="Only this run; may be repeated.")] = None,
) -> None:
    """Copy the store, or some of its runs, as few large shards; the hash stays the same."""
    opened = _open(location, store_option)
    with Console(stderr=True).status(f"Reading {opened.location}"):
        written = export_store(opened, open_store(output, create=True), scores_only=scores_only, runs=run)
    for name, shards in written.items():
        typer.echo(f"{name}: {shards} shards")
    typer.echo(f"Written to {output}")


def _open(location: str | None, option: str | None) -> Store:
    if location and option and location != option:
        raise OptionError(f"Two stores are given, {location} and {option}: give one.")
    return open_store(location or option)


def _as_text(report: StoreCheck) -> str:
    lines = []
    for name, content in [*report.runs.items(), ("all", report.total)]:
        counts = ", ".join(f"{n:,} {kind}" for kind, n in content.rows.items())
        lines.append(f"{name}: {counts}; hash {content.hash}")
    return "\n".join(lines)
