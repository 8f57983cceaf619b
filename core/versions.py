"""The versions of the libraries that numbers depend on."""

import importlib.metadata
import sys
from functools import cache

VERSIONED = ("torch", "transformers", "captum", "pot", "numpy")


@cache
def version_of(name: str) -> str:
    """Return the version of an installed library. Raises PackageNotFoundError where there is none.

    Streamlit adds a folder to `sys.path` for every run of a page and removes it after. Who goes through the list at
    that moment misses an entry, as `importlib.metadata.version` does in a thread, so a copy is gone through.
    """
    found = next(iter(importlib.metadata.distributions(name=name, path=[*sys.path])), None)
    if found is None:
        raise importlib.metadata.PackageNotFoundError(name)
    return found.version


def library_versions() -> dict[str, str]:
    """The versions of all of them, by name."""
    return {name: version_of(name) for name in VERSIONED}
