"""What the server does before its first visitor comes, and what a page sends last."""

import subprocess
import sys
from pathlib import Path

from dashboard import preload

ROOT = Path(__file__).resolve().parents[3]


def test_everything_slow_is_imported_ahead_and_a_page_waits_for_it():
    script = """
import sys
from dashboard import preload
preload.start_preload()
preload.wait_for_preload()
assert not preload.is_preloading()
before = set(sys.modules)
import dashboard.pair.session, dashboard.shared.store, dashboard.languages.view, dashboard.runs.form
late = {name.partition('.')[0] for name in set(sys.modules) - before}
print(*sorted(late & {'torch', 'captum', 'ot', 'scipy', 'pandas', 'pyarrow', 'duckdb', 'altair'}))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_broken_package_is_left_to_the_page_that_needs_it(monkeypatch):
    monkeypatch.setattr(preload, "MODULES", ("no_such_package", "core.errors"))
    preload._import_all()


def test_nothing_waits_where_nothing_was_started():
    assert not preload.is_preloading()
    preload.wait_for_preload()
