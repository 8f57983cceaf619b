"""`python -m tests.browser.screenshots`: draw the pictures under docs/ again.

Lists and grids are those of the shipped results, as far as there are any. The opened example is one of our own
sentences, run on the spot: the sentences of a data set are not ours to publish, so the dashboard finds no data here.
"""

import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.cli.app import run as core_command
from core.data.local import keep_file
from core.examples import Example, load_examples
from core.paths import results_location
from dashboard.__main__ import ROOT
from tests.browser.driving import ARGUMENTS, LOAD_MS, find_chromium, own_cache, serve, settle

FOLDER = ROOT / "docs"
FONTS_AND_CHARTS_MS = 2500
MODEL, LANGUAGES = "e5-small-nli-en", ("en", "ar", "de", "es", "fr", "hi", "ru", "th", "tr", "vi", "zh")


@dataclass(frozen=True)
class Picture:
    """A page to draw: wide as a small laptop unless said otherwise, and high enough for what it is about."""

    name: str
    address: str
    ready: str
    height: int
    width: int = 1280
    scheme: str = "light"

    def draw(self, browser: Any, address: str) -> None:
        """Open the page, wait for its charts, and write the picture."""
        window = {"width": self.width, "height": self.height}
        page = browser.new_page(viewport=window, color_scheme=self.scheme)
        page.goto(f"{address}/{self.address}")
        page.locator(self.ready).first.wait_for(timeout=LOAD_MS)
        settle(page)
        page.wait_for_timeout(FONTS_AND_CHARTS_MS)
        path = FOLDER / f"{self.name}.png"
        page.screenshot(path=path)
        page.close()
        print(path)


FLOW, CHART = ".js-plotly-plot", ".vega-embed canvas, .vega-embed svg"
ON_SHIPPED = (
    Picture("pair", "", FLOW, 1200),
    Picture("results", "results?tgt=es", CHART, 900),
    Picture("source-languages", "source_languages", CHART, 900),
    Picture("source-languages-dark", "source_languages", CHART, 900, scheme="dark"),
    Picture("source-languages-phone", "source_languages", CHART, 844, width=390),
    Picture("correlation", "correlation", CHART, 900),
)
OWN_EXAMPLE = Picture("example", "results?src=en&tgt=es&row=0", ".c-num", 1200)


def main() -> None:
    """Serve the dashboard twice, over the shipped results and over our own sentences, and draw every picture."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium on this computer: apt install chromium")
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        folder = Path(made)
        os.environ |= {"CCTA_DATA": str(folder / "no-data"), "CCTA_STORE": ""}
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with serve(folder / "shipped") as address:
            for picture in ON_SHIPPED:
                if picture.name != "results" or results_location() is not None:
                    picture.draw(browser, address)
        store = run_own_sentences(folder / "own")
        with serve(folder / "own", store=store) as address:
            OWN_EXAMPLE.draw(browser, address)
        browser.close()


def run_own_sentences(folder: Path) -> Path:
    """Run the shipped checkpoint on our example sentences, as a file that someone dropped; returns the store."""
    os.environ["CCTA_CACHE"] = str(own_cache(folder))
    file = folder / "sentences.csv"
    write_examples(load_examples("nli"), file)
    kept = keep_file(file.name, file.read_bytes())
    words = ["run", "--dataset", str(kept), "--model", MODEL, "--languages", ",".join(LANGUAGES)]
    if core_command([*words, "--store", str(folder / "store")]) != 0:
        sys.exit("The example sentences could not be computed.")
    return folder / "store"


def write_examples(examples: tuple[Example, ...], file: Path) -> None:
    """Write examples as a parallel file: a line each, a column a field and language, and the label."""
    columns = [f"{field}.{language}" for field in examples[0].fields for language in LANGUAGES]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*columns, "label"])
        for example in examples:
            texts = [example.fields[field][language] for field in example.fields for language in LANGUAGES]
            writer.writerow([*texts, example.label])


if __name__ == "__main__":
    main()
