"""`python -m tests.browser.screenshots`: draw the README's pictures, under docs/, again.

The opened example is one of our own sentences, run on the spot: those of a data set are not ours to publish.
"""

import csv
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from core.cli.app import run as core_command
from core.data.local import keep_file
from core.examples import Example, load_examples
from dashboard.__main__ import ROOT
from tests.browser.driving import ARGUMENTS, LOAD_MS, find_chromium, own_cache, serve, settle

FOLDER = ROOT / "docs"
# Wide as a small laptop; high enough for the whole flow picture.
WINDOW = {"width": 1280, "height": 1200}
FONTS_AND_CHARTS_MS = 2500
MODEL, LANGUAGES = "e5-small-nli-en", ("en", "ar", "de", "es", "fr", "hi", "ru", "th", "tr", "vi", "zh")


def main() -> None:
    """Draw the page "Translation pair" on a first visit, and an example opened from stored results."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium on this computer: apt install chromium")
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        store = run_own_sentences(Path(folder))
        with serve(Path(folder), store=store) as address:
            browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            draw(browser, address, FOLDER / "pair.png")
            draw(browser, f"{address}/results?src=en&tgt=es&row=0", FOLDER / "example.png")
            browser.close()


def draw(browser: Any, address: str, path: Path) -> None:
    """Open an address in light colours, wait for its flow, and write the picture."""
    page = browser.new_page(viewport=WINDOW, color_scheme="light")
    page.goto(address)
    page.get_by_role("group", name="Flow of importance").wait_for(timeout=LOAD_MS)
    settle(page)
    page.wait_for_timeout(FONTS_AND_CHARTS_MS)
    page.screenshot(path=path)
    page.close()
    print(path)


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
    columns = [(field, language) for field in examples[0].fields for language in LANGUAGES]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*(f"{field}.{language}" for field, language in columns), "label"])
        for example in examples:
            writer.writerow([*(example.fields[field][language] for field, language in columns), example.label])


if __name__ == "__main__":
    main()
