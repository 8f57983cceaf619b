"""Fixtures of all tests: tiny random models of the three families, and the embedded model if its wheel is installed."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that reaches for the network fails at once instead of hanging

import fsspec
import pytest
import torch

from core.errors import WeightsError
from core.models import catalogue
from core.models.catalogue import DEFAULT_MODEL
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import ASSETS
from tests.world.buckets import S3, new_bucket, serve_s3
from tests.world.tiny import save_tiny

torch.set_num_threads(1)


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def _main_is_restored():
    """Streamlit's AppTest makes its page the main module, which every process that a later test spawns would run."""
    yield
    sys.modules["__main__"] = MAIN


TinyFolder = Callable[[str, str], Path]
TinyModel = Callable[[str, str], LoadedModel]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> TinyFolder:
    """(family, task) -> the folder of a tiny random checkpoint; read it, never write into it."""

    @functools.cache
    def folder(family: str, task: str) -> Path:
        return save_tiny(tmp_path_factory.mktemp("tiny") / f"{family}-{task}", family, task)

    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_folder) -> TinyModel:
    """(family, task) -> a tiny random model, loaded once a session."""

    @functools.cache
    def model(family: str, task: str) -> LoadedModel:
        return load_model(str(tiny_folder(family, task)), device="cpu")

    return model


@pytest.fixture
def bare_catalogue(tmp_path, monkeypatch) -> None:
    """The shipped catalogue without its task checkpoints: a test lists its own."""
    blocks = (ASSETS / "models.toml").read_text(encoding="utf-8").split("[[model]]")
    kept = [block for block in blocks[1:] if 'task = "meaning"' in block]
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "models.toml").write_text("".join(f"[[model]]{block}" for block in kept), encoding="utf-8")
    monkeypatch.setattr(catalogue, "ASSETS", tmp_path / "bare")


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """An empty cache folder for one test."""
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def embedded_model() -> LoadedModel:
    """The embedded default, converted in the user's own cache."""
    try:
        return load_model(DEFAULT_MODEL, device="cpu")
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """An S3-compatible server on the loopback address."""
    with serve_s3() as s3:
        yield s3


@pytest.fixture
def s3(s3_server, monkeypatch) -> Iterator[S3]:
    """An empty bucket, with the variables that lead to it; nothing is remembered of the one before."""
    own = new_bucket(s3_server.endpoint)
    for name, value in own.environment().items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    yield own
    fsspec.get_filesystem_class("s3").clear_instance_cache()
