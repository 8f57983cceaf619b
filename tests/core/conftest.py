"""Fixtures of the tests of `python -m core run`."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.attribution.lig import integrated_gradients
from core.runs import jobs
from tests.world.runs import QUICK
from tests.world.sentences import write_xnli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_cache(own_cache):
    """No test leaves vectors of a random model in the user's cache, and none meets the model of the one before."""
    jobs.load.cache_clear()
    return own_cache


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return write_xnli(tmp_path / "data", splits=["test"], copies=3)


@pytest.fixture
def command(tiny_folder, data, tmp_path, run_cache):
    """The words of a run on 12 rows of XNLI in three languages."""

    def words(store, *more, model=None, dataset="xnli", languages="en,es,zh"):
        model = model or tiny_folder("bert", "nli")
        given = ["--dataset", dataset, "--model", model, "--data", data, "--languages", languages]
        return [str(word) for word in ["run", *given, "--store", tmp_path / store, *QUICK, *more]]

    return words


@pytest.fixture
def begin(command, tmp_path):
    """Begin a run as a process of its own; what is left of it when the test ends is killed."""
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
    """(language, fields, explained target) -> how often it was integrated."""
    counted = Counter()

    def count(model, texts, targets, **options):
        counted.update((text.language, text.fields, target) for text, target in zip(texts, targets, strict=True))
        return integrated_gradients(model, texts, targets, **options)

    monkeypatch.setattr("core.attribution.methods.integrated_gradients", count)
    return counted
