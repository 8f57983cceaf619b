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
    fill_runs(folder / "store", dataset="paws-x", task="paraphrase", model="tiny-para", trained=PAWS, languages=PAWS)
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


def pick(page, label, option):
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()
    settle(page)


def test_compare_training_languages_and_share_what_was_read(new_visit, languages_address):
    visit = new_visit()
    page = visit.page
    opened(visit, f"{languages_address}/source_languages")
    assert "Spanish has the highest mean C" in answer(page)
    for place in ("p.answer", ".st-key-grid-card-0", ".st-key-grid-card-1"):
        box = page.locator(place).bounding_box()
        assert box["y"] + box["height"] <= DESKTOP["height"], place

    pick(page, "Data set", "PAWS-X, test")
    expect(page.get_by_text("Spanish is first in the paper’s Table 5")).to_be_visible()
    drawn(page)
    # The third row and the last but one column: trained on Spanish, evaluated on Korean.
    picture = page.locator(".st-key-languages-grid-0 .vega-embed")
    frame = picture.bounding_box()
    cell = frame["width"] / (6 + 1.18 + 0.95)
    page.mouse.click(frame["x"] + (0.95 + 4.5) * cell, frame["y"] + (0.9 + 2.5) * 40)
    expect(page.locator("p.cell-line")).to_contain_text("Spanish → Korean: C 0.")
    # The address is written at the end of a run, the line before.
    expect(page).to_have_url(re.compile("src=es|tgt=ko"))

    read, line, address = answer(page), page.locator("p.cell-line").inner_text(), copied_link(page)
    other = new_visit()
    opened(other, address)
    assert (answer(other.page), other.page.locator("p.cell-line").inner_text()) == (read, line)

    page.get_by_role("link", name="Open these examples").click()
    for part in ("/results", "ckpt=tiny-para-es", "src=es", "tgt=ko"):
        expect(page).to_have_url(re.compile(part), timeout=LOAD_MS)
    page.get_by_text("Mean C", exact=True).wait_for(timeout=LOAD_MS)
    settle(page)
    page.go_back()
    expect(page.locator("p.cell-line")).to_contain_text("Spanish → Korean")
    assert complaints(visit) == complaints(other) == []


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
