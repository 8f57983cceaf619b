"""The versions of the libraries that numbers depend on."""

import importlib.metadata
import sys
from functools import cache

VERSIONED = ("torch", "transformers", "captum", "pot", "numpy")


@cache
def version_of(name: str) -> str:
    """Return the version of an installed library. Raises PackageNotFoundError where it is not installed."""
    # A copy of `sys.path`: Streamlit adds a folder for every run of a page and removes it afterwards. Another thread
    # that iterates over the list itself, as `importlib.metadata.version` does, can then skip an entry.
    distribution = next(iter(importlib.metadata.distributions(name=name, path=[*sys.path])), None)
    if distribution is None:
        raise importlib.metadata.PackageNotFoundError(name)
    return distribution.version


def library_versions() -> dict[str, str]:
    """The versions of the `VERSIONED` libraries, by name."""
    return {name: version_of(name) for name in VERSIONED}
