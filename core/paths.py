"""Locations on disk: shipped assets, the user's cache, data and store folders, the operator's file."""

import os
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parent.parent / "assets"
# The store that ships with the product.
SHIPPED_RESULTS = ASSETS / "results"
# Shipped values of many combinations of choices, a file for each data set.
SPECIFICATIONS = ASSETS / "specifications"


def cache_folder() -> Path:
    """Converted models and token tables: CCTA_CACHE, or the platform's user cache."""
    return Path(os.environ.get("CCTA_CACHE") or platformdirs.user_cache_dir("ccta-explorer")).expanduser()


def data_folder() -> Path | None:
    """The folder of the data sets: CCTA_DATA, or `../shared/data` next to the project; None where neither exists."""
    configured = os.environ.get("CCTA_DATA")
    folder = typed_path(configured) if configured else ASSETS.parent.parent / "shared" / "data"
    return folder if is_folder(folder) else None


def missing_data_folder() -> str | None:
    """What CCTA_DATA names, if that is no folder; else None."""
    configured = os.environ.get("CCTA_DATA")
    return configured if configured and not is_folder(typed_path(configured)) else None


def store_location() -> str | None:
    """The operator's store of results: CCTA_STORE, a folder or an object store's address; None where it is not set."""
    return os.environ.get("CCTA_STORE") or None


def results_location() -> str | None:
    """The store that results are read from: CCTA_STORE, else the shipped one; None where there is neither.

    Commands that write use `store_location`: nothing is ever written to the shipped store.
    """
    return store_location() or (str(SHIPPED_RESULTS) if any(SHIPPED_RESULTS.glob("*/manifest.json")) else None)


def uploads_folder() -> Path:
    """Parallel files uploaded to the dashboard, each in a folder named by its fingerprint."""
    return cache_folder() / "files"


def most_pairs() -> int:
    """The most pairs (rows x language pairs x checkpoints) that the dashboard computes in a run: CCTA_RUNS, else 0."""
    configured = os.environ.get("CCTA_RUNS", "").replace(",", "").replace("_", "").strip()
    return int(configured) if configured.isascii() and configured.isdigit() else 0


def operator_file() -> Path | None:
    """The operator's TOML file: CCTA_CONFIG, or None."""
    configured = os.environ.get("CCTA_CONFIG")
    return typed_path(configured) if configured else None


def typed_path(text: str) -> Path:
    """The path that a user typed, with `~` expanded; the home of an unknown user is left as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder; False, too, for what can be no path: too long, or with a null character."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
