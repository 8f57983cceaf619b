"""The three stories on what everybody has at first: the shipped checkpoints and the shipped results."""

import csv
import io
import json
import re
import zipfile

import pytest

from core.errors import WeightsError
from core.paths import SHIPPED_RESULTS
from tests.world.browsers import (
    COMMITTEE,
    DESKTOP,
    LOAD_MS,
    PHONE,
    analyse,
    complaints,
    copied_link,
    no_sideways_scroll,
    open_page,
    press_row,
    serve,
    settle,
    type_texts,
)

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.slow]

CHART = ".vega-embed canvas, .vega-embed svg"
# Each page with what is drawn last on it, what must be the same for whoever follows its link, and words of it that
# the page shows only where the address chose them.
ANSWER = "p.answer, .answer-notes"
PAGES = {
    "?task=Natural+language+inference": (".st-key-result .c-num", ".c-num", ""),
    "results?data=paws-x-test&ckpt=e5-small-paraphrase-de&tgt=zh&sort=above": (
        CHART,
        ".figures, .head h2",
        "C − shuffled, highest first",
    ),
    "source_languages?data=paws-x-test&reading=paper": (CHART, "p.answer, p.chosen", "As in the paper"),
    "correlation?data=paws-x-test&src=de,zh": (CHART, ANSWER, "of 2 checkpoints"),
    "runs": (".note", ".head h2, .note", ""),
    "about": (CHART, '[data-testid="stMain"] h2', ""),
}
each_window = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def shipped(browser, tmp_path_factory):
    """A dashboard as it is after its installation; texts are there where the data sets are."""
    try:
        with serve(tmp_path_factory.mktemp("shipped")) as address:
            yield address
    except WeightsError as error:
        pytest.skip(str(error))


def opened(visit, address, ready):
    visit.page.goto(address)
    visit.page.locator(ready).first.wait_for(timeout=LOAD_MS)
    settle(visit.page)
    expect(visit.page.get_by_test_id("stException")).to_have_count(0)


def test_paste_a_pair_and_export_on_a_phone(new_visit, shipped):
    visit = new_visit(viewport=PHONE)
    page = visit.page
    open_page(page, shipped)
    type_texts(page, *COMMITTEE)
    analyse(page)
    assert no_sideways_scroll(page)
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download(timeout=LOAD_MS) as download:
        page.get_by_role("button", name="Everything (zip)").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as files:
        result = json.loads(files.read("result.json"))
    assert f"{result['consistency']:.3f}" == page.locator(".c-num").first.inner_text()
    assert complaints(visit) == []


@each_window
def test_browse_from_the_grid_to_an_example_and_back_by_link(new_visit, shipped, viewport):
    visit, other = new_visit(viewport=viewport), new_visit(viewport=viewport)
    page = visit.page
    opened(visit, f"{shipped}/source_languages?data=paws-x-test&grids=1", CHART)
    for label, option in (("Trained on", "German"), ("Evaluated on", "Chinese")):
        # A list closes when the page is scrolled under it, so first there, then open it.
        page.get_by_role("combobox", name=label).scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option).click()
        settle(page)
    line = page.locator("p.cell-line").last
    expect(line).to_contain_text("German → Chinese: C 0.")
    mean = re.search(r"C (0\.\d{3})", line.inner_text())[1]
    page.get_by_role("link", name="Open these examples").click()
    page.get_by_text("Mean C").first.wait_for(timeout=LOAD_MS)
    settle(page)
    expect(page.get_by_test_id("stMain")).to_contain_text(mean)
    expect(page.get_by_text("Examples: 100 of 100")).to_be_visible()
    assert no_sideways_scroll(page)

    press_row(page, 1)
    expect(page.get_by_role("heading", name=re.compile("PAWS-X test, row"))).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("Flow of importance from German to Chinese"))).to_be_visible()
    assert no_sideways_scroll(page)
    page.get_by_role("button", name=re.compile("^Korean, C")).first.click()
    expect(page.get_by_role("group", name=re.compile("Flow of importance from German to Korean"))).to_be_visible()
    settle(page)
    c = page.locator(".c-num").first.inner_text()

    opened(other, copied_link(page), ".c-num")
    expect(other.page.locator(".c-num").first).to_have_text(c)
    other.page.get_by_role("button", name="← Examples").click()
    expect(other.page.get_by_text("Examples: 100 of 100")).to_be_visible()
    settle(other.page)
    assert complaints(visit) == complaints(other) == []


@pytest.mark.parametrize(("viewport", "data_set"), [(DESKTOP, "xnli"), (PHONE, "paws-x")], ids=["desktop", "phone"])
def test_compare_training_languages_and_read_the_answer(new_visit, shipped, viewport, data_set):
    visit = new_visit(viewport=viewport)
    page = visit.page
    opened(visit, f"{shipped}/source_languages?data={data_set}-test&grids=1", CHART)
    chosen = page.locator("p.chosen").inner_text()
    assert re.search(r"0\.\d{3}\s\[\S+\d{3},\s\S+\d{3}\]", chosen)
    expect(page.get_by_role("radio", name=re.compile("^Same pairs: "))).to_be_visible()
    assert no_sideways_scroll(page)
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Both grids (CSV)").click()
    lines = csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig")))
    assert {line["trained_on"] for line in lines} >= {
        folder.name.split("-")[-2] for folder in SHIPPED_RESULTS.glob(f"{data_set}-*")
    }
    assert "Not ranked" not in page.get_by_test_id("stMain").inner_text()
    assert complaints(visit) == []


@each_window
def test_a_grid_of_many_languages_keeps_its_row_labels(new_visit, shipped, viewport):
    visit = new_visit(viewport=viewport)
    page = visit.page
    opened(visit, f"{shipped}/source_languages?data=xquad-validation-start", CHART)
    frame = page.locator('.st-key-grid-card-0 [class*="st-key-scroll-languages-wide"]')
    hidden = frame.evaluate("frame => frame.scrollWidth - frame.clientWidth")
    assert hidden > 50 if viewport is PHONE else hidden <= 1
    label = frame.locator(".rowlabels span", has_text="en")
    # Only what is in the window can be under a point of it.
    label.scroll_into_view_if_needed()
    before = label.bounding_box()
    frame.evaluate("frame => { frame.scrollLeft = frame.scrollWidth }")
    assert label.bounding_box() == before
    assert label.evaluate(
        "span => { const box = span.getBoundingClientRect();"
        "return document.elementFromPoint(box.x + 2, box.y + 8) === span }"
    )
    assert complaints(visit) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_link_of_a_page_shows_the_same_to_others(new_visit, shipped, name):
    ready, same, chosen = PAGES[name]
    visit, other = new_visit(), new_visit(viewport=PHONE, scheme="dark")
    opened(visit, f"{shipped}/{name}", ready)
    link = copied_link(visit.page)
    opened(other, link, ready)
    read = visit.page.locator(same).all_text_contents()
    assert read
    assert chosen in " ".join(read)
    expect(other.page.locator(same)).to_have_text(read)
    assert no_sideways_scroll(other.page)
    assert complaints(visit) == complaints(other) == []
