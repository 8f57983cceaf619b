"""`doctor`: check that everything an analysis needs works on this computer."""

import os
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from rich.console import Console

from core.errors import CctaError, DataError, StoreError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model, resolve_device
from core.paths import cache_folder, data_folder, missing_data_folder, results_location
from core.store import open_store
from core.versions import library_versions


def doctor(model: Annotated[str, typer.Option(help="Model to load.")] = DEFAULT_MODEL) -> None:
    """Check versions, device, cache, model, data and store; exit 1 if a check fails."""
    console = Console(highlight=False)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("versions", lambda: ", ".join(f"{name} {version}" for name, version in library_versions().items())),
        ("device", lambda: f"{resolve_device('auto')}, {torch.get_num_threads()} threads"),
        ("cache", _cache),
        ("model", lambda: _model(model)),
        ("data", _data),
        ("store", _store),
    ]
    failed = [name for name, check in checks if not _report(console, name, check)]
    if failed:
        raise typer.Exit(1)


def _report(console: Console, name: str, check: Callable[[], str]) -> bool:
    try:
        line, mark, style = check(), "ok", "green"
    except CctaError as error:
        line, mark, style = str(error), "failed", "red"
    console.print(f"{name:<9} {mark:<7} {line}", style=style if mark == "failed" else None, markup=False)
    return mark == "ok"


def _cache() -> str:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}); set CCTA_CACHE to another folder.") from error
    if not os.access(folder, os.W_OK):
        raise DataError(f"{folder} cannot be written; set CCTA_CACHE to another folder.")
    return str(folder)


def _model(name: str) -> str:
    loaded = load_model(name)
    size = sum(parameter.numel() for parameter in loaded.module.parameters())
    unread = f"; its tokenizer does not know {', '.join(loaded.unread_scripts)}" if loaded.unread_scripts else ""
    return f"{loaded.info.title}, {size / 1e6:.0f} million parameters, {loaded.info.revision}{unread}"


def _data() -> str:
    missing = missing_data_folder()
    if missing is not None:
        raise DataError(f"CCTA_DATA names {missing}, which is no folder. Correct or unset it.")
    folder = data_folder()
    return str(folder) if folder else "none configured (optional; set CCTA_DATA)"


def _store() -> str:
    location = results_location()
    if location is None:
        return "none configured (optional; set CCTA_STORE)"
    store = open_store(location)
    snapshot = store.snapshot()
    if snapshot.notices():
        raise StoreError(" ".join(snapshot.notices()))
    return f"{store.location}, {len(snapshot.runs)} runs, {len(snapshot.shards)} shards"
