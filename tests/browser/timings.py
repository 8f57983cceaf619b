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
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from benchmarks.store import ROWS, make_store
from benchmarks.words import make_store as make_word_store
from tests.browser.interactions import MOST_ROUNDS, Interaction, on_a_million, on_million_words, on_shipped
from tests.world.browsers import ARGUMENTS, DESKTOP, LOAD_MS, find_chromium, serve, settle

VISITS = 5
HEADING = ".stMainBlockContainer h2"
# The element for which somebody opens the page; all but "About" compute or read something for it.
PAGES = {
    "": ".door",
    "translation_pair": ".c-num",
    "words": ".partners, .word-line",
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
        title = name or "atlas"
        for what, at in (("heading", 0), ("content", 1)):
            results[f"{title}_{what}_first_visit"] = times[0][at]
            results[f"{title}_{what}"] = statistics.median(pair[at] for pair in times[1:])
    return results


def time_interactions(
    browser: Any, server: str, rounds: int, interactions: Callable[[int], list[Interaction]], results: str
) -> dict[str, float]:
    """Median seconds of each interaction on the `results` that are served, in a page that is open already.

    Each is done twice: what it asks for is "new" to the server the first time, and cached when asked "again".
    """
    found: dict[str, list[float]] = {}
    for round_ in range(min(rounds, MOST_ROUNDS)):
        for one in interactions(round_):
            for asked in ("new", "again"):
                context = browser.new_context(viewport=DESKTOP)
                page = context.new_page()
                page.goto(f"{server}/{one.address}")
                page.locator(_content(one.address)).first.wait_for(timeout=LOAD_MS)
                settle(page)
                found.setdefault(f"{results}: {one.name}, {asked}", []).append(one.seconds(page))
                context.close()
    return {name: statistics.median(times) for name, times in found.items()}


def _content(address: str) -> str:
    """What a page is opened for; of an opened example, its card."""
    return ".c-num" if "row=" in address else PAGES[address.partition("?")[0]]


def main() -> None:
    """Print every figure in a table, then all of them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--folder", type=Path, help="keep the generated stores here")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is needed: install Debian's package chromium, or Google Chrome.")
    os.environ["CCTA_DATA"] = NO_DATA
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        shipped, million, words = (Path(temporary) / name for name in ("shipped", "million", "words"))
        for folder in (shipped, million, words):
            folder.mkdir()
        with serve(shipped) as server:
            results |= time_pages(browser, server, options.visits)
            results |= time_interactions(browser, server, options.visits, on_shipped, "shipped")
        store = options.folder / "pairs" if options.folder else Path(temporary) / "store"
        make_store(store, ROWS, data_set="xnli")
        with serve(million, store=store) as server:
            results |= time_interactions(browser, server, options.visits, on_a_million, "million")
        words_store = options.folder / "words" if options.folder else Path(temporary) / "words-store"
        make_word_store(words_store, ROWS)
        with serve(words, store=words_store) as server:
            results |= time_interactions(browser, server, options.visits, on_million_words, "million")
    table = Table("figure", "seconds", "target")
    for name, value in results.items():
        target = "under 0.5" if ": " in name else "under 2" if name.endswith("_heading") else ""
        table.add_row(name, f"{value:.2f}", target)
    Console().print(table)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
