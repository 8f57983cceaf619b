"""A run started from the page Runs: `python -m core run` in a process of its own, one at a time on a server.

It belongs to the server, not to a browser session: it goes on while pages change and tabs close. Ctrl-C on the
server, like Cancel on the page, stops it after what it has begun; everything computed is in the store.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from core.errors import CctaError
from core.runs.progress import read_progress
from core.runs.request import RunRequest
from core.runs.session import RunProgress
from core.store.manifest import Manifest
from dashboard.__main__ import ROOT

STOPPED = 130


class BusyError(CctaError):
    """Another run is at work on this server."""


@dataclass
class RunProcess:
    """A run that was started here.

    Attributes
    ----------
    lines : what it said, the last lines of it. asked : how often it was asked to stop.
    """

    request: RunRequest
    process: "subprocess.Popen[str]"
    progress_file: Path
    begun: float = field(default_factory=time.monotonic)
    ended: float | None = None
    asked: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def stopped(self) -> bool:
        return self.process.poll() == STOPPED or (self.asked > 0 and not self.running)

    @property
    def failed(self) -> bool:
        return not self.running and not self.stopped and self.process.returncode != 0

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.begun

    def progress(self) -> RunProgress | None:
        return read_progress(self.progress_file)

    def cancel(self) -> None:
        """Ask it to stop after what has begun; once more: at once."""
        self.asked += 1
        if self.running:
            self.process.send_signal(signal.SIGINT)

    def follow(self) -> None:
        """Read what the process says until it ends."""
        for line in self.process.stdout or ():
            self.lines = [*self.lines[-19:], line.rstrip()]
        self.process.wait()
        self.ended = time.monotonic()


class RunDesk:
    """The one run at work on this server, or the last one."""

    def __init__(self) -> None:
        self.last: RunProcess | None = None
        self._lock = threading.Lock()

    def start(self, request: RunRequest, *, program: Sequence[str] = (sys.executable, "-m", "core")) -> RunProcess:
        """Start a run. Raises BusyError while another one is at work."""
        with self._lock:
            if self.last is not None and self.last.running:
                raise BusyError("A run is at work on this server: wait for its end, or cancel it.")
            place = Path(tempfile.mkdtemp(prefix="ccta-run-"))
            words = [*program, *request.arguments(), "--workers", "1", "--progress", str(place / "progress.json")]
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            self.last = RunProcess(request, process, place / "progress.json")
            threading.Thread(target=self.last.follow, daemon=True, name="ccta-run").start()
            return self.last


@st.cache_resource(show_spinner=False)
def run_desk() -> RunDesk:
    """The server's desk, shared by all sessions."""
    return RunDesk()


def at_work(run: RunProcess | None, runs: Mapping[str, Manifest]) -> set[str]:
    """Which runs of a store are being computed."""
    return run.request.computed(runs) if run is not None and run.running else set()
