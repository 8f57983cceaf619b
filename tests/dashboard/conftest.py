"""AppTest runs a page as the program's main module; processes that are spawned later must not find it there."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _main_stays():
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
