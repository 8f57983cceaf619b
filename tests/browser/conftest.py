"""One server and one Chromium for all stories; skipped with the reason where either cannot be had."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import WeightsError
from tests.world.browsers import ARGUMENTS, DESKTOP, find_chromium, serve
from tests.world.tiny import save_sibling, save_tiny

# A page may be loading a model beside other work on two cores.
PATIENCE_MS = 30_000


@dataclasses.dataclass
class Visit:
    """A browser window of its own, and what its console complained about."""

    page: Any
    complaints: list[str]


NewVisit = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this computer (apt install chromium)")
    playwright.expect.set_options(timeout=PATIENCE_MS)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory) -> Path:
    """An operator's file that lists tiny random checkpoints for two tasks with heads, and two more to compare."""
    folder = tmp_path_factory.mktemp("catalogue")
    for task in ("nli", "qa"):
        save_tiny(folder / f"tiny-{task}", "bert", task)
    save_sibling(folder / "tiny-nli-es", folder / "tiny-nli", seed=1, train_language="es")
    entries = [("tiny-nli", "nli", ""), ("tiny-qa", "qa", ""), ("tiny-nli-es", "nli", 'train_language = "es"\n')]
    path = folder / "models.toml"
    path.write_text(
        "\n".join(
            f'[[model]]\nname = "{name}"\ntitle = "tiny random {task}"\nsource = "directory"\nfamily = "bert"\n'
            f'task = "{task}"\nlocation = "{name}"\n{trained}'
            for name, task, trained in entries
        ),
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def address(browser, catalogue, tmp_path_factory) -> Iterator[str]:
    try:
        with serve(tmp_path_factory.mktemp("server"), catalogue) as address:
            yield address
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def new_visit(browser) -> Iterator[NewVisit]:
    """Open a window of its own: no cookies, no session, no cache."""
    contexts = []

    def visit(*, viewport: dict[str, int] = DESKTOP, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, accept_downloads=True)
        contexts.append(context)
        found = Visit(context.new_page(), [])
        found.page.set_default_timeout(PATIENCE_MS)
        found.page.on(
            "console", lambda message: found.complaints.append(message.text) if message.type == "error" else None
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        return found

    yield visit
    for context in contexts:
        context.close()
