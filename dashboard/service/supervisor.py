"""Runs the server as a process and starts it again when it ends by itself: at its memory ceiling, or by a crash."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from dashboard.service.memory import RESTART

# A server that dies so often so fast would die again.
MOST_CRASHES = 5
WITHIN_SECONDS = 300.0


def supervise(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command until it ends for good, and return its exit code; signals that end a server are passed on.

    It is started again after the exit code RESTART, and after a crash (a signal, such as the kernel's SIGKILL where
    memory is out), at most `MOST_CRASHES` times within `WITHIN_SECONDS`.
    """
    stopped = False
    process: subprocess.Popen[bytes] | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        if process is not None and process.poll() is None:
            # Ctrl-C reaches both processes; a second SIGINT would cut the server's end short.
            process.send_signal(signal.SIGTERM if number == signal.SIGINT else number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    crashes: list[float] = []
    while True:
        process = subprocess.Popen(list(command), env=dict(environment))
        if stopped:
            process.terminate()
        code = process.wait()
        if stopped or (code >= 0 and code != RESTART):
            return max(code, 0)
        if code < 0:
            now = time.monotonic()
            crashes = [moment for moment in crashes if now - moment < WITHIN_SECONDS] + [now]
            if len(crashes) > MOST_CRASHES:
                print(f"The server crashed {len(crashes)} times in {WITHIN_SECONDS:.0f} s; see above.", file=sys.stderr)
                return 1
        cause = "its memory ceiling" if code == RESTART else f"a crash (signal {-code})"
        print(f"The server starts again after {cause}.", file=sys.stderr, flush=True)
        # A restarted server opens no second browser window.
        environment = {**environment, "STREAMLIT_SERVER_HEADLESS": "true"}
        command = [word for word in command if not word.startswith("--server.headless")]
