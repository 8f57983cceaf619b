"""`python -m tests.browser.timings`: how long the pages take in Chromium, on shipped results and on a million pairs.

Times are taken inside the browser: from the start of a navigation, or from the click that starts an interaction, to
the change of the page that answers it. The same two cores serve and draw, so nothing else may run meanwhile.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from core.bench.store import ROWS, make_store
from tests.browser.driving import ARGUMENTS, DESKTOP, LOAD_MS, find_chromium, serve, settle

VISITS = 5
OPENINGS, OPEN_MS = 5, 500
HEADING = ".stMainBlockContainer h2"
# The element for which somebody opens the page; all but "About" compute or read something for it.
PAGES = {
    "": ".c-num",
    "results": ".vega-embed",
    "source_languages": ".answer",
    "correlation": ".vega-embed",
    "runs": ".coverage",
    "about": ".katex",
}
NO_DATA = "/nonexistent"

# When each of the awaited elements was first there, in ms since the navigation began.
_WATCH = """
window.found = {};
new MutationObserver(() => {
  for (const css of %s)
    if (!(css in window.found) && document.querySelector(css)) window.found[css] = performance.now();
}).observe(document, { childList: true, subtree: true });
"""
# From the last click to the end of the run that it starts, with `text` on the page.
_ARM = """
text => {
  window.took = undefined;
  let clicked, ran;
  const note = () => { clicked = performance.now(); ran = false };
  document.addEventListener("pointerdown", note, { capture: true });
  const looking = new MutationObserver(() => {
    if (clicked === undefined) return;
    const idle = document.querySelector('[data-test-script-state="notRunning"]');
    if (!idle) ran = true;
    if (!idle || !ran || !document.querySelector(".stMain").textContent.includes(text)) return;
    window.took = performance.now() - clicked;
    looking.disconnect();
    document.removeEventListener("pointerdown", note, { capture: true });
  });
  looking.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
}
"""


@dataclass(frozen=True)
class Interaction:
    """`act` on the page at `address`; `text` is on the page afterwards."""

    name: str
    address: str
    act: Callable[[Any], None]
    text: str

    def seconds(self, page: Any) -> float:
        page.evaluate(_ARM, self.text)
        self.act(page)
        page.wait_for_function("window.took !== undefined", timeout=LOAD_MS)
        settle(page)
        return float(page.evaluate("window.took")) / 1000


def _choose(label: str, option: str) -> Callable[[Any], None]:
    """Choose from a list."""

    def act(page: Any) -> None:
        wanted = page.get_by_role("option", name=option, exact=True)
        for _ in range(OPENINGS):
            # What a page still draws may close the list again.
            page.get_by_role("combobox", name=label).click()
            page.wait_for_timeout(OPEN_MS)
            if wanted.is_visible():
                break
        wanted.click()

    return act


EXAMPLES = "results?data=xnli-test&ckpt=generated-en&src=en&tgt=es"
GRIDS = "source_languages?data=xnli-test"
ON_A_MILLION = (
    Interaction("next page of 50", EXAMPLES, lambda page: page.get_by_role("button", name="›").click(), "51–100"),
    Interaction("filter", EXAMPLES, lambda page: page.get_by_text("both", exact=True).click(), "Examples: "),
    Interaction("sort", EXAMPLES, _choose("Sort by", "most consistent first"), "most consistent first"),
    Interaction("grid minus shuffled", GRIDS, _choose("Values", "minus shuffled"), "C minus shuffled"),
    Interaction("grid by family", GRIDS, _choose("Order", "by language family"), ""),
)


def time_pages(browser: Any, server: str, visits: int) -> dict[str, float]:
    """Seconds to the heading and to the content of each page: the first visit of the server, the median of others."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
    for _ in range(visits + 1):
        for name, content in PAGES.items():
            # A new context is a new profile: nothing is kept from the visit before.
            context = browser.new_context(viewport=DESKTOP)
            context.add_init_script(_WATCH % json.dumps([HEADING, content]))
            page = context.new_page()
            page.goto(f"{server}/{name}")
            page.wait_for_function("css => css in window.found", arg=content, timeout=LOAD_MS)
            settle(page)
            times = page.evaluate("window.found")
            found[name].append((times[HEADING] / 1000, times[content] / 1000))
            context.close()
    results = {}
    for name, times in found.items():
        title = name or "translation_pair"
        for what, at in (("heading", 0), ("content", 1)):
            results[f"{title}_{what}_first_visit"] = times[0][at]
            results[f"{title}_{what}"] = statistics.median(pair[at] for pair in times[1:])
    return results


def time_interactions(browser: Any, server: str, rounds: int) -> dict[str, float]:
    """Median seconds of each interaction on a store of a million pairs, in a page that is open already."""
    found: dict[str, list[float]] = {one.name: [] for one in ON_A_MILLION}
    for _ in range(rounds + 1):
        for one in ON_A_MILLION:
            context = browser.new_context(viewport=DESKTOP)
            page = context.new_page()
            page.goto(f"{server}/{one.address}")
            page.locator(PAGES[one.address.partition("?")[0]]).first.wait_for(timeout=LOAD_MS)
            settle(page)
            found[one.name].append(one.seconds(page))
            context.close()
    # The first of each fills the server's caches.
    return {f"million: {name}": statistics.median(times[1:]) for name, times in found.items()}


def main() -> None:
    """Print every figure in a table, then all of them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--folder", type=Path, help="keep the generated store here")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is needed: install Debian's package chromium, or Google Chrome.")
    os.environ["CCTA_DATA"] = NO_DATA
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        shipped, million = Path(temporary) / "shipped", Path(temporary) / "million"
        shipped.mkdir()
        million.mkdir()
        with serve(shipped) as server:
            results |= time_pages(browser, server, options.visits)
        store = options.folder or Path(temporary) / "store"
        make_store(store, ROWS, data_set="xnli")
        with serve(million, store=store) as server:
            results |= time_interactions(browser, server, options.visits)
    table = Table("figure", "seconds", "target")
    for name, value in results.items():
        target = "under 0.5" if name.startswith("million") else "under 2" if name.endswith("_heading") else ""
        table.add_row(name, f"{value:.2f}", target)
    Console().print(table)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
