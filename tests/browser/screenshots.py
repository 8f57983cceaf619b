"""`python -m tests.browser.screenshots`: draw the README's picture, docs/pair.png, again."""

import sys
import tempfile
from pathlib import Path

from dashboard.__main__ import ROOT
from tests.browser.driving import ARGUMENTS, find_chromium, open_page, serve

PICTURE = ROOT / "docs" / "pair.png"
# Wide as a small laptop; high enough for the whole flow picture.
WINDOW = {"width": 1280, "height": 1200}
FONTS_AND_CHARTS_MS = 2500


def main() -> None:
    """Serve the dashboard, open its first visit in light colours, and write the picture."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium on this computer: apt install chromium")
    from playwright.sync_api import sync_playwright

    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        open_page(page, address)
        page.locator(".js-plotly-plot").wait_for()
        page.wait_for_timeout(FONTS_AND_CHARTS_MS)
        page.screenshot(path=PICTURE)
        browser.close()
    print(PICTURE)


if __name__ == "__main__":
    main()
