"""The memory ceiling: refuse, finish, end; and the supervisor that starts a server again."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dashboard.service.jobs import BackgroundTask
from dashboard.service.limits import GIGABYTE, ServiceLimits
from dashboard.service.memory import RESTART, MemoryWatch, give_back, resident_bytes
from dashboard.service.queue import BusyError, JobQueue
from tests.world.browsers import ROOT

SOON = 20.0


def test_the_memory_of_this_process_is_read():
    before = resident_bytes()
    held = bytearray(b"x") * 64_000_000
    assert resident_bytes() - before > 48_000_000
    del held
    give_back()


def test_above_the_ceiling_nothing_new_is_taken_and_the_server_ends_when_it_is_idle():
    used, ended, queue = [GIGABYTE], [], JobQueue(ServiceLimits())
    idle = [False]
    limits = ServiceLimits(memory_gigabytes=2.0)
    watch = MemoryWatch(limits, lambda: idle[0], queue.close, used=lambda: used[0], end=ended.append)
    watch.look()
    assert not ended
    used[0] = 3 * GIGABYTE
    watch.look()
    with pytest.raises(BusyError, match="about to start again"):
        queue.submit(BackgroundTask(lambda progress, should_cancel: None), "ada")
    assert not ended, "an analysis is at work"
    used[0], idle[0] = GIGABYTE, True
    watch.look()
    assert ended == [RESTART]


def test_memory_that_can_be_given_back_closes_nothing():
    readings = iter([3 * GIGABYTE, GIGABYTE])
    watch = MemoryWatch(
        ServiceLimits(memory_gigabytes=2.0),
        lambda: True,
        lambda: pytest.fail("closed"),
        used=lambda: next(readings),
        end=lambda code: pytest.fail("ended"),
    )
    watch.look()


def supervised(tmp_path, body):
    """Start the supervisor over a program that counts its starts in a file."""
    program = tmp_path / "server.py"
    program.write_text(
        "import os, signal, sys, time\n"
        f"place = {str(tmp_path / 'starts')!r}\n"
        "with open(place, 'a') as file: file.write('x')\n"
        f"starts = os.path.getsize(place)\n{body}\n",
        encoding="utf-8",
    )
    code = (
        "import os, sys; from dashboard.service.supervisor import supervise; "
        f"sys.exit(supervise([sys.executable, {str(program)!r}, '--server.headless=false'], os.environ))"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("body", "starts", "code", "said"),
    [
        (f"sys.exit({RESTART} if starts < 3 else 0)", 3, 0, "its memory ceiling"),
        ("os.kill(os.getpid(), signal.SIGKILL) if starts < 3 else sys.exit(0)", 3, 0, "a crash (signal 9)"),
        ("sys.exit(2)", 1, 2, ""),
        ("os.kill(os.getpid(), signal.SIGSEGV)", 6, 1, "The server crashed 6 times"),
    ],
)
def test_a_server_starts_again_after_its_ceiling_or_a_crash_and_not_after_its_end(tmp_path, body, starts, code, said):
    process = supervised(tmp_path, body)
    _, errors = process.communicate(timeout=SOON)
    assert (tmp_path / "starts").stat().st_size == starts
    assert process.returncode == code
    assert said in errors and "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_server_and_ends_both(tmp_path, number):
    process = supervised(tmp_path, "time.sleep(60)")
    until = time.monotonic() + SOON
    while not (tmp_path / "starts").exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, number)
    process.communicate(timeout=SOON)
    assert process.returncode == 0
    assert (tmp_path / "starts").stat().st_size == 1
