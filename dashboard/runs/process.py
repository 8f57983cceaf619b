"""A run started from the page Runs: `python -m core run` in its own process, one at a time per server.

It belongs to the server, not to a browser session: it continues when pages change and tabs close. Ctrl-C on the
server, like Cancel on the page, stops it after the current chunk; everything computed so far is in the store.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit import runtime

from core.errors import CctaError
from core.runs.progress import read_progress
from core.runs.request import RunRequest
from core.runs.session import RunProgress
from core.store.manifest import Manifest
from dashboard.__main__ import ROOT
from dashboard.service.visitors import RUN_THREAD, login_rules, visitor

PROGRAM = (sys.executable, "-m", "core")
MOST_SECONDS = 600.0
# The exit code of a run that was interrupted.
STOPPED = 130
BUSY = "A run is in progress on this server: wait until it ends, or cancel it."


class BusyError(CctaError):
    """Another run is running on this server."""


class CostError(CctaError):
    """What a run costs could not be measured."""


@dataclass
class RunProcess:
    """A run that was started from the page.

    Attributes
    ----------
    lines : the last lines of its output. stops : how often it was asked to stop.
    owner : the visitor who started it; "" where none did. at_end : called when it has ended.
    """

    request: RunRequest
    process: "subprocess.Popen[str]"
    progress_file: Path
    begun: float = field(default_factory=time.monotonic)
    ended: float | None = None
    stops: int = 0
    lines: list[str] = field(default_factory=list)
    owner: str = ""
    at_end: Callable[["RunProcess"], None] | None = None

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def stopped(self) -> bool:
        return self.process.poll() == STOPPED or (self.stops > 0 and not self.running)

    @property
    def failed(self) -> bool:
        return not self.running and not self.stopped and self.process.returncode != 0

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.begun

    def progress(self) -> RunProgress | None:
        return read_progress(self.progress_file)

    def cancel(self) -> None:
        """Ask it to stop after the current chunk; the second call stops it at once."""
        self.stops += 1
        if self.running:
            self.process.send_signal(signal.SIGINT)

    def follow(self) -> None:
        """Read the output of the process until it ends."""
        for line in self.process.stdout or ():
            self.lines = [*self.lines[-19:], line.rstrip()]
        self.process.wait()
        self.ended = time.monotonic()
        if self.at_end is not None:
            self.at_end(self)

    @property
    def outcome(self) -> str:
        """How it ended, in a word."""
        return "failed" if self.failed else "stopped" if self.stopped else "done"


class RunDesk:
    """The current run of this server, or the last one."""

    def __init__(self) -> None:
        self.last: RunProcess | None = None
        self._lock = threading.Lock()

    def start(
        self,
        request: RunRequest,
        *,
        owner: str = "",
        at_end: Callable[[RunProcess], None] | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> RunProcess:
        """Start a run of a visitor's. Raises BusyError while another one is running."""
        with self._lock:
            if self.last is not None and self.last.running:
                raise BusyError(BUSY)
            progress_file = Path(tempfile.mkdtemp(prefix="ccta-run-")) / "progress.json"
            process = subprocess.Popen(
                [*program, *request.arguments(), "--workers", "1", "--progress", str(progress_file)],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            self.last = RunProcess(request, process, progress_file, owner=owner, at_end=at_end)
            threading.Thread(target=self.last.follow, daemon=True, name=RUN_THREAD).start()
            return self.last


@st.cache_resource(show_spinner=False)
def run_desk() -> RunDesk:
    """The desk of the server, shared by all sessions."""
    return RunDesk()


def may_cancel(run: RunProcess) -> bool:
    """Whether this visitor may cancel a run: who started it may.

    Where nobody logs in, a visitor is a browser session, and a run whose session is gone belongs to everybody.
    """
    if run.owner in ("", visitor()):
        return True
    if login_rules() is not None:
        return False
    return runtime.exists() and not runtime.get_instance().is_active_session(run.owner)


def measured_cost(request: RunRequest, *, program: Sequence[str] = PROGRAM) -> str:
    """Time one row with `--dry-run`, which writes nothing; returns time and disk of the whole run in words.

    Raises CostError where that cannot be done.
    """
    words = [*program, *request.arguments(), "--workers", "1", "--dry-run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "160", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CostError(f"Timing one row took more than {MOST_SECONDS:.0f} s: choose fewer checkpoints.") from error
    lines = [[cell.strip() for cell in line.split("│") if cell.strip()] for line in done.stdout.splitlines()]
    totals = [cells for cells in lines if cells[:1] == ["all"]]
    if done.returncode or not totals:
        raise CostError((done.stderr.strip().splitlines() or ["The cost could not be measured."])[-1])
    return f"about {totals[-1][-2]}, {totals[-1][-1]}"


def at_work(run: RunProcess | None, runs: Mapping[str, Manifest]) -> set[str]:
    """The runs of a store that are being computed."""
    return run.request.computed(runs) if run is not None and run.running else set()
