"""Where things lie: shipped assets, the user's cache, data and store folders, the operator's file."""

import os
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parent.parent / "assets"


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


def operator_file() -> Path | None:
    """The operator's TOML file: CCTA_CONFIG, or None."""
    configured = os.environ.get("CCTA_CONFIG")
    return Path(configured).expanduser() if configured else None
