"""Import what the pages need while the server starts: PyTorch and its like take seconds, which the first visitor waits.

The thread belongs to the server's process; without `start_preload`, as in a test, the pages import by themselves.
"""

import contextlib
import importlib
import threading

MODULES = ("core.consistency.pair", "core.store", "core.report.tables", "altair", "dashboard.figures.matrix.chart")


def _import_all() -> None:
    for name in MODULES:
        # A page that imports it too says what is wrong.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


_thread = threading.Thread(target=_import_all, name="preload", daemon=True)


def start_preload() -> None:
    """Begin to import `MODULES`; to be called once."""
    _thread.start()


def is_preloading() -> bool:
    return _thread.is_alive()


def wait_for_preload() -> None:
    """Return once everything is imported: two threads that import the same packages could see them half done."""
    if is_preloading():
        _thread.join()
