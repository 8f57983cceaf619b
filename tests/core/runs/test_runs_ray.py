"""`python -m core run --engine ray`: the same bits as in one process, whichever process is killed."""

import os
import signal
import time
from contextlib import suppress
from itertools import chain

import psutil
import pytest

from core.cli.app import run
from tests.world.runs import content, until
from tests.world.stores import shard_files

pytestmark = pytest.mark.slow

# Ray's own helpers look for their raylet only now and then, and follow it a minute later.
RAY_AGENTS = {"ray::DashboardAgent", "ray::RuntimeEnvAgent"}


def test_ray_gives_the_bits_of_one_process_even_when_a_worker_is_killed(command, tmp_path, monkeypatch, whole):
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    from core.runs.ray_engine import RayEngine

    killed = []
    results = RayEngine.results

    def kill_all_once(self, jobs, should_stop):
        # One actor has just given its job, the other one is at work.
        processes = self._ray.get([actor.process.remote() for actor in self.actors])
        for done in results(self, jobs, should_stop):
            yield done
            while len(killed) < len(processes):
                killed.append(processes[len(killed)])
                os.kill(killed[-1], signal.SIGKILL)

    monkeypatch.setattr(RayEngine, "results", kill_all_once)
    assert run(command("ray", "--engine", "ray", "--workers", "2")) == 0
    assert len(set(killed)) == 2
    assert content(whole) == content(tmp_path / "ray")


def living(session):
    """The processes of a session, by name; what has ended and waits for its parent does not count."""
    found = {}
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.setdefault(process.name(), []).append(process)
    return found


def test_ray_ends_with_the_command_that_was_killed_and_the_same_command_continues(begin, command, tmp_path, whole):
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    driver = begin("killed", "--engine", "ray", "--workers", "2", start_new_session=True)
    try:
        until(driver, lambda: shard_files(tmp_path / "killed"))
        assert driver.poll() is None
        assert any(name.startswith("ray::_Worker") for name in living(driver.pid))
        driver.kill()
        driver.wait()
        end = time.monotonic() + 60
        while left := living(driver.pid).keys() - RAY_AGENTS:
            assert time.monotonic() < end, left
            time.sleep(0.1)
    finally:
        for process in chain(*living(driver.pid).values()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    assert 0 < len(shard_files(tmp_path / "killed")) < len(shard_files(whole))
    assert run(command("killed")) == 0
    assert content(tmp_path / "killed") == content(whole)
