"""Tracebacks in the server's log: where it failed, and nothing that was typed."""

import errno
import os
import subprocess
import sys

from dashboard.service.logs import without_messages
from tests.world.browsers import ROOT

SECRET = "The merger will be announced on Monday."
PROGRAM = """
import asyncio, logging, sys, threading
from dashboard.service.logs import keep_texts_out_of_logs
from streamlit.logger import get_logger
keep_texts_out_of_logs()
secret = sys.argv[1]

def fails():
    try:
        {}[secret]
    except KeyError as error:
        raise ValueError(f"cannot read {secret}") from error

try:
    fails()
except ValueError as error:
    get_logger("streamlit.error_util").error("Uncaught app execution", exc_info=error)
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
thread = threading.Thread(target=fails, name="ccta-job")
thread.start()
thread.join()

async def forgotten():
    task = asyncio.create_task(asyncio.to_thread(fails))
    await asyncio.sleep(0.2)
    del task

asyncio.run(forgotten())
fails()
"""


def test_no_traceback_of_a_server_quotes_a_text():
    words = [sys.executable, "-c", PROGRAM, SECRET]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    said = found.stdout + found.stderr
    assert found.returncode == 1
    assert "merger" not in said
    assert said.count("ValueError") >= 4 and said.count("KeyError") >= 4, said
    assert "in fails" in said and "Uncaught app execution" in said and "In ccta-job" in said


def test_what_the_operating_system_says_is_kept():
    try:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"/tmp/{SECRET}")
    except OSError as error:
        said = without_messages(error)
    assert f"[Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}" in said
    assert "merger" not in said
