"""Fixtures of the tests of `python -m core run`."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.attribution.lig import integrated_gradients
from core.cli.app import run
from core.runs import jobs
from tests.world.runs import QUICK
from tests.world.sentences import write_xnli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_cache(own_cache):
    """An empty cache folder, and no model kept from the test before."""
    jobs.load.cache_clear()
    return own_cache


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return write_xnli(tmp_path / "data", splits=["test"], copies=3)


@pytest.fixture(scope="session")
def whole(tiny_folder, tmp_path_factory):
    """The store of the usual run, carried out once; read it, never write into it."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        patch.setenv("CCTA_CACHE", str(folder / "cache"))
        jobs.load.cache_clear()
        data = write_xnli(folder / "data", splits=["test"], copies=3)
        assert run(run_words(folder / "store", tiny_folder("bert", "nli"), data)) == 0
        jobs.load.cache_clear()
    return folder / "store"


def run_words(store, model, data, *more, dataset="xnli", languages="en,es,zh"):
    """The words of a run on 12 rows of XNLI in three languages."""
    given = ["--dataset", dataset, "--model", model, "--data", data, "--languages", languages]
    return [str(word) for word in ["run", *given, "--store", store, *QUICK, *more]]


@pytest.fixture
def command(tiny_folder, data, tmp_path, run_cache):
    """The words of the usual run into a store of the test, but for some options."""

    def words(store, *more, model=None, **options):
        return run_words(tmp_path / store, model or tiny_folder("bert", "nli"), data, *more, **options)

    return words


@pytest.fixture
def begin(command, tmp_path):
    """Start a run as a process; it is killed when the test ends, if it has not ended itself."""
    begun = []

    def process(store, *more, **options):
        environment = os.environ | {"HF_DATASETS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-m", "core", *command(store, *more)]
        options = {"stderr": subprocess.PIPE, "text": True} | options
        begun.append(subprocess.Popen(words, cwd=ROOT, env=environment, **options))
        return begun[-1]

    yield process
    for left in begun:
        left.kill()
        left.wait()


@pytest.fixture
def attributed(monkeypatch):
    """(language, fields, explained target) -> how often its attribution was computed."""
    counted = Counter()

    def count(model, texts, targets, **options):
        counted.update((text.language, text.fields, target) for text, target in zip(texts, targets, strict=True))
        return integrated_gradients(model, texts, targets, **options)

    monkeypatch.setattr("core.attribution.methods.integrated_gradients", count)
    return counted
