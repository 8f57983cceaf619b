"""The story: compare training languages, read the answer, follow a cell to its examples, share the view."""

import re

import pytest

from tests.world.browsers import (
    DESKTOP,
    LOAD_MS,
    both_windows,
    complaints,
    copied_link,
    no_sideways_scroll,
    serve,
    settle,
    small_texts,
)
from tests.world.stores import fill_runs

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser]

PAWS = ("en", "de", "es", "fr", "ko", "zh")


@pytest.fixture(scope="module")
def languages_address(browser, tmp_path_factory):
    """A dashboard over a small store of two data sets."""
    folder = tmp_path_factory.mktemp("languages")
    fill_runs(folder / "store", trained=("en", "es", "ar", "zh"))
    usual = {"dataset": "paws-x", "task": "paraphrase", "model": "tiny-para", "spread": 0.03}
    fill_runs(folder / "store", trained=PAWS, languages=PAWS, every_pair=True, advantages={"zh": 0.02}, **usual)
    with serve(folder, store=folder / "store") as address:
        yield address


def opened(visit, address):
    visit.page.goto(address)
    visit.page.locator("p.answer").wait_for(timeout=LOAD_MS)
    drawn(visit.page)


def drawn(page):
    """Wait for the pictures, and until the page has nothing left to do."""
    page.locator(".vega-embed canvas, .vega-embed svg").first.wait_for(timeout=LOAD_MS)
    settle(page)


def answer(page):
    return page.locator("p.answer").inner_text()


def test_compare_training_languages_and_share_what_was_read(new_visit, languages_address):
    visit = new_visit()
    page = visit.page
    opened(visit, f"{languages_address}/source_languages?data=paws-x-test")
    verdict = answer(page)
    box = page.locator("p.answer").bounding_box()
    assert box["y"] + box["height"] <= DESKTOP["height"]

    same = page.get_by_role("radio", name=re.compile("^Same pairs: "))
    expect(same).to_have_attribute("aria-checked", "true")
    same.press("ArrowUp")
    expect(page.locator("p.chosen")).to_contain_text("Own pairs")
    page.get_by_role("radio", name=re.compile("^As in the paper: ")).click()
    expect(page.locator("p.chosen")).to_contain_text("As in the paper")
    expect(page).to_have_url(re.compile("reading=paper"))
    assert answer(page) == verdict

    triangle = page.locator(".st-key-map-pairs .vega-embed")
    triangle.scroll_into_view_if_needed()
    settle(page)
    # A point in the lowest row of the triangle, which has no empty cells.
    box = triangle.bounding_box()
    triangle.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.8})
    expect(page).to_have_url(re.compile("pair="))
    read, line, address = page.locator("p.chosen").inner_text(), cell_line(page), copied_link(page)
    other = new_visit()
    opened(other, address)
    assert (other.page.locator("p.chosen").inner_text(), cell_line(other.page)) == (read, line)
    assert complaints(visit) == complaints(other) == []


def cell_line(page):
    return page.locator("p.cell-line").first.inner_text()


def test_a_cell_of_the_grids_leads_to_its_examples(new_visit, languages_address):
    visit = new_visit()
    page = visit.page
    opened(visit, f"{languages_address}/source_languages?data=paws-x-test&grids=1")
    # The third row and the last but one column: trained on Spanish, evaluated on Korean.
    picture = page.locator(".st-key-languages-grid-0 .vega-embed")
    picture.scroll_into_view_if_needed()
    settle(page)
    cell = picture.bounding_box()["width"] / (6 + 1.18 + 0.95)
    picture.click(position={"x": (0.95 + 4.5) * cell, "y": (0.9 + 2.5) * 40})
    expect(page.locator("p.cell-line").last).to_contain_text("Spanish → Korean: C 0.")
    # The address is written at the end of a run, the line before.
    expect(page).to_have_url(re.compile("src=es|tgt=ko"))
    page.get_by_role("link", name="Open these examples").click()
    for part in ("/results", "ckpt=tiny-para-es", "src=es", "tgt=ko"):
        expect(page).to_have_url(re.compile(part), timeout=LOAD_MS)
    page.get_by_text("Mean C", exact=True).wait_for(timeout=LOAD_MS)
    settle(page)
    page.go_back()
    expect(page.locator("p.cell-line").last).to_contain_text("Spanish → Korean")
    assert complaints(visit) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["source_languages", "correlation?data=paws-x-test", "about"])
@both_windows
def test_pages_fit_the_window_with_readable_text(new_visit, languages_address, name, viewport):
    visit = new_visit(viewport=viewport, scheme="dark")
    page = visit.page
    page.goto(f"{languages_address}/{name}")
    page.locator(".vega-embed").first.wait_for(timeout=LOAD_MS)
    settle(page)
    assert no_sideways_scroll(page)
    assert small_texts(page, '[data-testid="stMain"]') == []
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert complaints(visit) == []
