"""`python -m core run`: the same bits whoever does the jobs, and whichever of them is lost."""

import multiprocessing
import subprocess
import sys

import pytest

from core.cli.app import run
from core.errors import WorkerError
from core.runs.engines import ProcessEngine
from core.runs.jobs import Checkpoint
from core.store import blocks
from tests.world.runs import DeadlyJob, content

pytestmark = pytest.mark.usefixtures("run_cache")

KILLED_WITH_A_BAR = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from core.runs.engines import _begin_worker
from tqdm import trange

pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_begin_worker, initargs=(None,))
pool.submit(trange, 1).exception()
for process in multiprocessing.active_children():
    process.kill()
pool.shutdown()
"""


def test_two_workers_give_the_bits_of_one(command, tmp_path, monkeypatch):
    more = ["--limit", "6", "--space", "isolated"]
    assert run(command("one", *more)) == 0
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "another cache"))
    assert run(command("two", *more, "--workers", "2", languages="zh,es,en")) == 0
    assert content(tmp_path / "one") == content(tmp_path / "two")


@pytest.mark.slow
def test_pairs_can_have_workers_of_their_own(command, tmp_path, whole):
    assert run(command("other", "--pair-workers", "2")) == 0
    assert content(whole) == content(tmp_path / "other")


@pytest.mark.slow
def test_processes_that_are_killed_are_replaced(command, tmp_path, monkeypatch, whole):
    results, killed = ProcessEngine.results, []

    def kill_all_once(self, jobs, should_stop):
        for done in results(self, jobs, should_stop):
            yield done
            if not killed:
                killed.extend(multiprocessing.active_children())
                for process in killed:
                    process.kill()
                    process.join()

    monkeypatch.setattr(ProcessEngine, "results", kill_all_once)
    assert run(command("two", "--workers", "2")) == 0
    assert len(killed) == 2
    assert content(whole) == content(tmp_path / "two")


@pytest.mark.slow
def test_a_killed_worker_that_showed_progress_is_not_missed_aloud():
    ended = subprocess.run([sys.executable, "-c", KILLED_WITH_A_BAR], capture_output=True, text=True, check=True)
    assert "leaked" not in ended.stderr


@pytest.mark.slow
def test_a_job_that_ends_every_worker_ends_the_run_with_its_name(tiny_folder, monkeypatch):
    path = str(tiny_folder("bert", "nli"))
    (unit,) = blocks("predictions", ["es"], [1], size=4)
    job = DeadlyJob(Checkpoint(path, "cpu", "fp32", 1, ""), unit)
    with ProcessEngine([None]) as engine, pytest.raises(WorkerError, match=r"3 times at predictions es of .*nli"):
        list(engine.results(iter([job]), lambda: False))
