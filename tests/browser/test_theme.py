"""Switching the theme draws charts again by itself, also on pages without a picture of ours."""

import pytest

from tests.world.browsers import DESKTOP, LOAD_MS, complaints, eventually, serve, settle
from tests.world.stores import fill_nli

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A chart's text has its colour written into it; what is drawn as HTML follows the style of the page.
TEXT_COLOUR = "it => it.getAttribute('fill') ?? getComputedStyle(it).color"
# Where each thing on a page begins, from the top.
TOPS = """() => [...document.querySelector(".stMainBlockContainer > div").children]
    .filter(it => getComputedStyle(it).position !== "absolute").map(it => it.getBoundingClientRect().top)"""


@pytest.fixture(scope="module")
def stored_address(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("theme")
    fill_nli(folder / "store")
    with serve(folder, store=folder / "store") as address:
        yield address


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("results?data=xnli-test&ckpt=tiny-nli-en&src=en&tgt=es", "td:visible"),
        ("source_languages", ".vega-embed svg text"),
    ],
)
def test_a_switch_of_the_theme_redraws_charts_without_a_click(new_visit, stored_address, name, text):
    visit = new_visit(scheme="light")
    page = visit.page
    page.goto(f"{stored_address}/{name}")
    shown = page.locator(text).first
    shown.wait_for(timeout=LOAD_MS)
    settle(page)
    light = shown.evaluate(TEXT_COLOUR)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: shown.evaluate(TEXT_COLOUR) != light)
    settle(page)
    assert complaints(visit) == []


def test_what_sees_the_theme_takes_no_place(new_visit, stored_address):
    page = new_visit().page
    page.goto(f"{stored_address}/runs")
    page.locator(".coverage").first.wait_for(timeout=LOAD_MS)
    settle(page)
    box = page.locator(".st-key-theme-reporter").bounding_box()
    assert box["height"] == 0 and box["x"] + box["width"] < DESKTOP["width"]
    first = page.evaluate(TOPS)[0]
    assert first == page.locator(".stMainBlockContainer > div").bounding_box()["y"], "the title is not pushed down"
