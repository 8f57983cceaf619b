"""Where things lie: shipped assets, the user's cache, data and store folders, the operator's file."""

import os
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parent.parent / "assets"
# The store that ships with the product, once it holds runs.
SHIPPED_RESULTS = ASSETS / "results"


def cache_folder() -> Path:
    """Converted models and token tables: CCTA_CACHE, or the platform's user cache."""
    return Path(os.environ.get("CCTA_CACHE") or platformdirs.user_cache_dir("ccta-explorer")).expanduser()


def data_folder() -> Path | None:
    """Where the data sets lie: CCTA_DATA, or `../shared/data` beside the project; None when neither is there."""
    configured = os.environ.get("CCTA_DATA")
    folder = Path(configured).expanduser() if configured else ASSETS.parent.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def store_location() -> str | None:
    """Where precomputed results lie: CCTA_STORE, a folder or an object store's address; None when it is not set."""
    return os.environ.get("CCTA_STORE") or None


def results_location() -> str | None:
    """Where results are read from: CCTA_STORE, else the shipped store; None when there is neither.

    Commands that write ask `store_location`: nothing is computed into the shipped store.
    """
    return store_location() or (str(SHIPPED_RESULTS) if any(SHIPPED_RESULTS.glob("*/manifest.json")) else None)


def uploads_folder() -> Path:
    """Parallel files that were dropped into the dashboard, each in a folder named by its fingerprint."""
    return cache_folder() / "files"


def most_pairs() -> int:
    """How many pairs (rows x languages x checkpoints) a run of the dashboard may have: CCTA_RUNS, else none."""
    configured = os.environ.get("CCTA_RUNS", "").replace(",", "").replace("_", "").strip()
    return int(configured) if configured.isascii() and configured.isdigit() else 0


def operator_file() -> Path | None:
    """The operator's TOML file: CCTA_CONFIG, or None."""
    configured = os.environ.get("CCTA_CONFIG")
    return Path(configured).expanduser() if configured else None
