"""AppTest runs a page as the program's main module; processes that are spawned later must not find it there."""

import sys

import pytest

from dashboard import matrix_chart


@pytest.fixture(autouse=True)
def _main_stays():
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True)
def _no_browser_paints(monkeypatch):
    """AppTest has no browser that a pause could help."""
    monkeypatch.setattr(matrix_chart, "PAINT_SECONDS", 0.0)
