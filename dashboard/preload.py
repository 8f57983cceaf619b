"""Import what the pages need while the server starts: else the first visitor waits seconds for PyTorch and the like.

The thread belongs to the server's process; without `start_preload`, as in a test, the pages import by themselves.
"""

import contextlib
import importlib
import threading

MODULES = ("core.consistency.pair", "core.store", "core.report.tables", "altair", "dashboard.figures.matrix.chart")


def _import_all() -> None:
    for name in MODULES:
        # A package or a shared library is missing: the page that imports it reports that.
        with contextlib.suppress(ImportError, OSError):
            importlib.import_module(name)


_thread = threading.Thread(target=_import_all, name="preload", daemon=True)


def start_preload() -> None:
    """Start importing `MODULES`; to be called once."""
    _thread.start()


def is_preloading() -> bool:
    return _thread.is_alive()


def wait_for_preload() -> None:
    """Return once everything is imported: two threads importing the same packages could see them half initialised."""
    if is_preloading():
        _thread.join()
