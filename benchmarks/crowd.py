"""What each visitor of a soak does, in a web socket or in Chromium, and what is noted of it."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.visitors import SocketError, SocketVisitor
from core.settings import get_task
from dashboard.__main__ import ROOT
from tests.world.browsers import ARGUMENTS, find_chromium

MODELS = {
    "multilingual-e5-small": "meaning",
    "e5-small-nli-en": "nli",
    "e5-small-nli-es": "nli",
    "e5-small-paraphrase-en": "paraphrase",
}
PAGES = ("words", "results", "source_languages", "correlation", "runs", "about", "")
BUSY = "its queue is full"
# What is computed twice differs by the order of sums in a batch, and a page shows three digits.
TOLERANCE = 0.0015
PATIENCE = 600.0
_FIELDS = {"sentence1": "sentence 1", "sentence2": "sentence 2"}
_IDLE = '[data-test-script-state="notRunning"]'


@dataclass(frozen=True)
class Assignment:
    """One visitor's texts and model, and the C that they have."""

    name: str
    model: str
    texts: tuple[tuple[str, str], tuple[str, str]]
    consistency: float = float("nan")

    @property
    def task(self) -> str:
        return MODELS[self.model]

    @property
    def query(self) -> str:
        return f"task={self.task}&model={self.model}"


@dataclass
class Findings:
    """What happened, over all visitors."""

    analyses: int = 0
    refused: int = 0
    pages: int = 0
    wrong: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    deepest_place: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)


@dataclass
class Crowd:
    """All visitors of one server, until `end` (`time.monotonic`)."""

    address: str
    assignments: Sequence[Assignment]
    end: float
    chance: random.Random
    findings: Findings

    async def visit(self, browsers: int) -> None:
        """Let everybody come at once, the first ones in Chromium, and return when all have left."""
        sockets = [self._in_sockets(given) for given in self.assignments[browsers:]]
        await asyncio.gather(*sockets, *([self._in_browsers(self.assignments[:browsers])] if browsers else []))

    async def _in_sockets(self, given: Assignment) -> None:
        while time.monotonic() < self.end:
            try:
                async with SocketVisitor(self.address, patience=PATIENCE) as visitor:
                    await visitor.open("translation_pair", given.query)
                    await self._analyse(visitor, given)
                    self._look(visitor.received, given)
                    for page in self.chance.sample(PAGES, 2):
                        await visitor.open(page)
                        self.findings.pages += 1
                        self._look(visitor.received, given)
                    self.findings.deepest_place = max([self.findings.deepest_place, *visitor.places])
            except (SocketError, OSError) as error:
                self.findings.broken[f"{type(error).__name__}: {error}"[:80]] += 1
            await asyncio.sleep(self.chance.uniform(0.0, 3.0))

    async def _analyse(self, visitor: SocketVisitor, given: Assignment) -> None:
        """Type the texts, press Analyse, wait, and compare C."""
        fields = get_task(given.task).fields
        for title, texts in zip(("Source", "Translation"), given.texts, strict=True):
            for name, text in zip(fields, texts, strict=False):
                label = f"{title}: {_FIELDS.get(name, name)}" if len(fields) > 1 else title
                await visitor.type(label, text)
        await visitor.press("Analyse")
        if visitor.says(BUSY):
            self.findings.refused += 1
            return
        await visitor.finish()
        self._compare(visitor.consistency(), given)

    async def _in_browsers(self, assignments: Sequence[Assignment]) -> None:
        from playwright.async_api import Error, async_playwright

        async with async_playwright() as driver:
            chromium = await driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)

            async def visit(given: Assignment) -> None:
                while time.monotonic() < self.end:
                    context = await chromium.new_context()
                    try:
                        await self._in_browser(await context.new_page(), given)
                    except Error as error:
                        self.findings.broken[f"Chromium: {str(error).splitlines()[0]}"[:80]] += 1
                    finally:
                        await context.close()

            await asyncio.gather(*map(visit, assignments))
            await chromium.close()

    async def _in_browser(self, page: Any, given: Assignment) -> None:
        page.set_default_timeout(PATIENCE * 1000)
        idle = page.locator(_IDLE)
        await page.goto(f"{self.address}/translation_pair?{given.query}")
        boxes = page.locator("textarea")
        await boxes.first.wait_for()
        await idle.wait_for(state="attached")
        n_fields = len(get_task(given.task).fields)
        for side, texts in enumerate(given.texts):
            for at, text in enumerate(texts[:n_fields]):
                await boxes.nth(side * n_fields + at).fill(text)
                await boxes.nth(side * n_fields + at).blur()
                await idle.wait_for(state="attached")
        # What was shown before is marked as such as soon as the page has taken the texts; nothing was shown where the
        # example that a page opens with was refused.
        taken = page.locator(".st-key-previous-result").or_(page.get_by_text("Changed since"))
        await taken.or_(page.get_by_text(BUSY)).first.wait_for()
        await page.get_by_role("button", name="Analyse").click()
        await page.locator(".st-key-result").or_(page.get_by_text(BUSY)).first.wait_for()
        await idle.wait_for(state="attached")
        if await page.get_by_text(BUSY).count():
            self.findings.refused += 1
        else:
            self._compare(float(await page.locator(".c-num").first.inner_text()), given)
        self._look([await page.content()], given)
        await page.goto(f"{self.address}/{self.chance.choice(PAGES)}")
        await idle.wait_for(state="attached")
        self.findings.pages += 1
        self._look([await page.content()], given)

    def _compare(self, found: float | None, given: Assignment) -> None:
        self.findings.analyses += 1
        if found is None or abs(found - given.consistency) > TOLERANCE:
            self.findings.wrong.append(f"{given.name} under {given.model}: C {found}, alone {given.consistency:.4f}")

    def _look(self, received: Sequence[str], given: Assignment) -> None:
        """Note every text of somebody else's in what a visitor received."""
        whole = "\n".join(received)
        others = (other.name for other in self.assignments if other.name != given.name)
        self.findings.foreign += [f"{given.name} received {name}" for name in others if name in whole]
        if "Traceback" in whole or str(ROOT) in whole:
            self.findings.broken["a traceback or a path on a page"] += 1
