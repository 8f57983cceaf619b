"""Fixtures of the tests of pages: a store of results, with and without its texts."""

import pytest

from dashboard.results import opened as results_opened
from dashboard.service.visitors import job_queue
from dashboard.shared.examples import texts as results_texts
from tests.world.sentences import write_shown
from tests.world.stores import fill_nli, fill_qa


@pytest.fixture(scope="session")
def results_folder(tmp_path_factory):
    """Data sets, and a store of two checkpoints on XNLI and one on XQuAD; read it, never write into it."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        data = write_shown(folder / "data")
        fill_nli(folder / "store", data)
        fill_qa(folder / "store", data)
    return folder


@pytest.fixture(autouse=True)
def own_queue():
    """A queue of each test's own: what one leaves unfinished would hold up the next."""
    job_queue.clear()


@pytest.fixture
def results_served(results_folder, monkeypatch, own_cache, bare_catalogue):
    """The page "Results" of that store, with the texts at hand and no checkpoint listed."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", results_folder / "hf")
    monkeypatch.setenv("CCTA_STORE", str(results_folder / "store"))
    monkeypatch.setenv("CCTA_DATA", str(results_folder / "data"))
    monkeypatch.delenv("CCTA_CONFIG", raising=False)
    for cached in (results_texts._local_text, results_opened._rebuilt):
        cached.clear()


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """No data set is on this computer."""
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))
