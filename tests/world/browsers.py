"""Start the dashboard and a Chromium, and the few moves that every story makes on the page "Translation pair"."""

import contextlib
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from core.models.catalogue import embedded_folder
from core.models.embedded import ensure_converted
from dashboard.__main__ import ROOT, choose_port, server_environment, streamlit_command
from dashboard.service.limits import ServiceLimits

ADDRESS = "localhost"
COMMITTEE = (
    "The committee rejected the proposal because it was too expensive.",
    "El comité rechazó la propuesta porque era demasiado cara.",
)
START_SECONDS, LOAD_MS, ANALYSIS_MS = 120.0, 90_000, 120_000
DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
# Every page in both windows is a long product; what overflows does so on a phone first.
both_windows = pytest.mark.parametrize(
    "viewport", [pytest.param(DESKTOP, id="desktop", marks=pytest.mark.slow), pytest.param(PHONE, id="phone")]
)
# Nothing here may leave the machine, and a container has no sandbox.
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def find_chromium() -> str | None:
    """Return the Chromium or Chrome of this computer."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@contextlib.contextmanager
def serve(
    folder: Path, catalogue: Path | None = None, store: Path | None = None, port: int | None = None
) -> Iterator[str]:
    """Serve the dashboard from a cache of its own in `folder`, with results from `store`; yields its address."""
    # Threads that wait for each other on a busy machine cost more than they bring.
    environment = {"OMP_NUM_THREADS": "1"}
    if store is not None:
        environment["CCTA_STORE"] = str(store)
    if catalogue is not None:
        environment["CCTA_CONFIG"] = str(catalogue)
    with running_server(folder, environment, port=port) as (address, _):
        yield address


@contextlib.contextmanager
def running_server(
    folder: Path, environment: Mapping[str, str], *, limits: ServiceLimits = ServiceLimits(), port: int | None = None
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run the dashboard with `folder`/cache and `folder`/server.log; yields its address and process.

    `environment` says what differs from this process's, where no store and no operator's file is taken over.
    """
    port = choose_port(ADDRESS, port or free_port())
    address, log_file = f"http://{ADDRESS}:{port}", folder / "server.log"
    inherited = server_environment({k: v for k, v in os.environ.items() if k not in ("CCTA_CONFIG", "CCTA_STORE")})
    own = {"CCTA_CACHE": str(own_cache(folder)), "HF_HUB_OFFLINE": "1"}
    command = streamlit_command(port, ADDRESS, limits, headless=True)
    with log_file.open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=inherited | own | environment, stdout=log, stderr=log)
        try:
            wait_for_server(server, address, log_file)
            yield address, server
        finally:
            server.terminate()
            server.wait(60)


def own_cache(folder: Path) -> Path:
    """Make a cache in `folder`; the converted model is the user's own, linked, so that no run converts it again."""
    cache = folder / "cache"
    if not cache.is_dir():
        models = ensure_converted(embedded_folder()).parent
        cache.mkdir(parents=True)
        (cache / "models").symlink_to(models, target_is_directory=True)
    return cache


def free_port() -> int:
    """Return a port that is free now, away from the one a user's own dashboard takes."""
    import socket

    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def wait_for_server(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    """Return once the server answers. Raises RuntimeError with its log if it ends or does not answer."""
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
            return
        time.sleep(0.2)
    raise RuntimeError(f"The dashboard did not start:\n{log.read_text()[-2000:]}")


def open_page(page: Any, address: str) -> None:
    """Open an address of the page "Translation pair", named or not, and wait until it has been drawn to its end."""
    whole = urlsplit(address)
    page.goto(urlunsplit(whole._replace(path=whole.path if whole.path.strip("/") else "/translation_pair")))
    # While a page is drawn anew the old one may still be there.
    end = page.get_by_role("tab", name="Settings and versions").or_(page.locator(".linked .say"))
    end.first.wait_for(timeout=LOAD_MS)
    settle(page)


def note_frames(page: Any) -> list[Any]:
    """Return a list that gets every message that the page sends to the server from now on."""
    sent: list[Any] = []

    # A function of its own: Playwright asks for the number of its parameters, which `list.append` does not say.
    def note(frame: Any) -> None:
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    return sent


def settle(page: Any) -> None:
    """Wait until Streamlit has nothing left to do."""
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached", timeout=ANALYSIS_MS)


def type_texts(page: Any, *texts: str) -> None:
    """Type texts other than those analysed into the fields, source first, and wait until the page has taken them."""
    for index, text in enumerate(texts):
        page.locator("textarea").nth(index).fill(text)
        page.locator("textarea").nth(index).blur()
        settle(page)
    wait_for_change(page)


def wait_for_change(page: Any) -> None:
    """Wait until the page has noticed that what is shown is not the result of what is typed."""
    page.locator(".st-key-previous-result").wait_for()
    settle(page)


def analyse(page: Any) -> None:
    """Press Analyse and wait for the result; something must have changed since the last one."""
    page.get_by_role("button", name="Analyse").click()
    wait_for_result(page)


def complaints(visit: Any) -> list[str]:
    """What the console says of our pages. Under an address of a page Streamlit first looks for its server there."""
    return [line for line in visit.complaints if "404 (Not Found)" not in line]


def small_texts(page: Any, within: str) -> list[str]:
    """The texts drawn smaller than 11 px in an element; formulas are left out, their indices are small by nature."""
    found: list[str] = page.evaluate(
        """within => [...document.querySelectorAll(`${within} *`)]
        .filter(it => [...it.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
        .filter(it => it.checkVisibility() && !it.closest('.katex') && parseFloat(getComputedStyle(it).fontSize) < 11)
        .map(it => `${it.className}: ${it.textContent.slice(0, 40)}`)""",
        within,
    )
    return found


def copied_link(page: Any) -> str:
    """The address that "Copy link" shows."""
    page.get_by_role("button", name="Copy link").click()
    link = page.get_by_test_id("stPopoverBody").locator("code").inner_text()
    page.keyboard.press("Escape")
    return str(link).strip()


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for what a page draws without saying so. Raises AssertionError if it never does."""
    until = time.monotonic() + LOAD_MS / 1000
    while not holds():
        assert time.monotonic() < until, "The page did not get there."
        time.sleep(0.1)


def wait_for_result(page: Any) -> None:
    """Wait until what is shown is the result of what is typed, without an analysis at work."""
    page.locator(".st-key-result").wait_for(timeout=ANALYSIS_MS)
    settle(page)


def no_sideways_scroll(page: Any) -> bool:
    """Whether the page is as wide as its window."""
    fits: bool = page.evaluate(
        """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
        .every(place => place.scrollWidth <= place.clientWidth)"""
    )
    return fits


def consistency(page: Any) -> float:
    """C as it is drawn, the first of the page."""
    return float(page.locator(".c-num").first.inner_text())


def flow(page: Any) -> Any:
    """The flow picture that is visible; it is in a shadow root, which Playwright's selectors see through."""
    return page.locator("svg:visible").filter(has=page.locator(".r"))


def press_row(page: Any, number: int) -> None:
    """Open the example in a row of the list, counted from 1."""
    page.get_by_role("button", name=re.compile(r"^Open example \d+$")).nth(number - 1).click()
    page.get_by_role("button", name="← Examples").wait_for()
    settle(page)
