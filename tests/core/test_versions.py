"""Versions of libraries, while another thread changes where Python looks for them."""

import importlib.metadata
import sys
import threading
import time

import pytest

from core.versions import VERSIONED, library_versions, version_of

SECONDS = 0.5


def test_versions_are_those_of_the_installed_libraries():
    assert library_versions() == {name: importlib.metadata.version(name) for name in VERSIONED}
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        version_of("no-such-library")


def test_a_page_that_starts_or_ends_meanwhile_hides_no_library(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    done = threading.Event()

    def run_pages():
        while not done.is_set():
            sys.path.insert(0, "/pages")
            sys.path.remove("/pages")

    often = sys.getswitchinterval()
    pages = threading.Thread(target=run_pages)
    pages.start()
    sys.setswitchinterval(1e-5)
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            version_of.cache_clear()
            assert version_of("numpy")
    finally:
        sys.setswitchinterval(often)
        done.set()
        pages.join()
