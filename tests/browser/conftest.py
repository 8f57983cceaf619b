"""One server and one Chromium for all stories; where either is missing, the stories are skipped with the reason."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import WeightsError
from tests.world.browsers import ARGUMENTS, DESKTOP, find_chromium, serve
from tests.world.tiny import save_sibling, save_tiny, write_catalogue

# A page may be loading a model beside other work on two cores.
PATIENCE_MS = 30_000


@dataclasses.dataclass
class Visit:
    """A browser window and the errors on its console."""

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
    """An operator's file that lists two tiny random checkpoints to compare."""
    folder = tmp_path_factory.mktemp("catalogue")
    save_tiny(folder / "tiny-nli", "bert", "nli")
    save_sibling(folder / "tiny-nli-es", folder / "tiny-nli", seed=1, train_language="es")
    usual = {"title": "tiny random nli", "task": "nli"}
    models = [
        usual | {"name": "tiny-nli", "location": "tiny-nli"},
        usual | {"name": "tiny-nli-es", "location": "tiny-nli-es", "train_language": "es"},
    ]
    return write_catalogue(folder / "models.toml", models)


@pytest.fixture(scope="session")
def address(browser, catalogue, tmp_path_factory) -> Iterator[str]:
    try:
        with serve(tmp_path_factory.mktemp("server"), catalogue) as address:
            yield address
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def new_visit(browser) -> Iterator[NewVisit]:
    """Open a new window, without cookies, session or cache."""
    contexts = []

    def open_window(*, viewport: dict[str, int] = DESKTOP, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, accept_downloads=True)
        contexts.append(context)
        visit = Visit(context.new_page(), [])
        visit.page.set_default_timeout(PATIENCE_MS)
        visit.page.on(
            "console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None
        )
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        return visit

    yield open_window
    for context in contexts:
        context.close()
