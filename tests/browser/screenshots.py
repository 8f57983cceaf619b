"""`python -m tests.browser.screenshots`: draw the README's pictures, under docs/, again.

Lists and grids are those of the shipped results. The opened example is one of our own sentences, run on the spot:
those of a data set are not ours to publish, so the dashboard finds no data set here.
"""

import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.cli.app import run as core_command
from core.data.uploads import Uploaded, keep_files
from core.text.examples import Example, load_examples
from dashboard.__main__ import ROOT
from tests.world.browsers import ARGUMENTS, LOAD_MS, find_chromium, own_cache, serve, settle

FOLDER = ROOT / "docs"
FONTS_AND_CHARTS_MS = 2500
MODEL, LANGUAGES = "e5-small-nli-en", ("en", "ar", "de", "es", "fr", "hi", "ru", "th", "tr", "vi", "zh")
# The flow is drawn for several widths, of which one is shown.
FLOW, CHART = "[aria-label^='Flow of importance']:visible", ".vega-embed canvas, .vega-embed svg"


@dataclass(frozen=True)
class Picture:
    """A view to draw: `name` of its file, `address` below the server's, and the element that is drawn last."""

    name: str
    address: str
    ready: str
    height: int
    width: int = 1280
    scheme: str = "light"

    def draw(self, browser: Any, server: str) -> None:
        """Open the view, wait for its pictures and fonts, and write the file."""
        window = {"width": self.width, "height": self.height}
        page = browser.new_page(viewport=window, color_scheme=self.scheme)
        page.goto(f"{server}/{self.address}")
        page.locator(self.ready).first.wait_for(timeout=LOAD_MS)
        settle(page)
        page.wait_for_timeout(FONTS_AND_CHARTS_MS)
        path = FOLDER / f"{self.name}.png"
        page.screenshot(path=path)
        page.close()
        print(path)


# Each wide as a small laptop and high enough for what it is about, and one on a phone at night.
ON_SHIPPED_RESULTS = (
    Picture("pair", "translation_pair", FLOW, height=1200),
    Picture("results", "results?src=en&tgt=es", CHART, height=900),
    Picture("source-languages", "source_languages", CHART, height=900),
    Picture("source-languages-phone", "source_languages", CHART, height=844, width=390, scheme="dark"),
    Picture("correlation", "correlation", CHART, height=900),
)
OF_OWN_SENTENCES = (Picture("example", "results?src=en&tgt=es&row=0", FLOW, height=1200),)


def main() -> None:
    """Draw the pages on the shipped results, and an example opened from results of our own sentences."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium on this computer: apt install chromium")
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        folder = Path(made)
        os.environ["CCTA_DATA"] = str(folder / "none")
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with serve(folder / "shipped") as server:
            for picture in ON_SHIPPED_RESULTS:
                picture.draw(browser, server)
        with serve(folder / "own", store=run_own_sentences(folder / "own")) as server:
            for picture in OF_OWN_SENTENCES:
                picture.draw(browser, server)
        browser.close()


def run_own_sentences(folder: Path) -> Path:
    """Run the shipped checkpoint on our example sentences, as a file that someone dropped; returns the store."""
    os.environ["CCTA_CACHE"] = str(own_cache(folder))
    file = folder / "sentences.csv"
    write_examples(load_examples("nli"), file)
    kept = keep_files([Uploaded(file.name, file.read_bytes())]).path
    words = ["run", "--dataset", str(kept), "--model", MODEL, "--languages", ",".join(LANGUAGES)]
    if core_command([*words, "--store", str(folder / "store")]) != 0:
        sys.exit("The example sentences could not be computed.")
    return folder / "store"


def write_examples(examples: tuple[Example, ...], file: Path) -> None:
    """Write examples as a parallel file: a line each, a column a field and language, and the label."""
    columns = [(field, language) for field in examples[0].fields for language in LANGUAGES]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*(f"{field}.{language}" for field, language in columns), "label"])
        for example in examples:
            writer.writerow([*(example.fields[field][language] for field, language in columns), example.label])


if __name__ == "__main__":
    main()
