"""The questions that Words and Results answer, asked in Chromium of the shipped results."""

import re

import pytest

from core.paths import SHIPPED_RESULTS, data_folder
from core.report.facets import group_difference
from core.store import ExampleFilter, Scope, open_store
from dashboard.figures.numbers import signed_interval
from tests.world.browsers import LOAD_MS, PHONE, complaints, no_sideways_scroll, serve, settle, small_texts

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN = next(SHIPPED_RESULTS.glob("xnli-*-nli-en-*")).name
OPEN = re.compile(r"^Open example \d+$")


@pytest.fixture(scope="module")
def shipped(browser, tmp_path_factory):
    """The shipped results, with the texts of XNLI."""
    folder = data_folder()
    if folder is None or not (folder / "xnli").is_dir():
        pytest.skip("XNLI is not on this computer")
    with serve(tmp_path_factory.mktemp("words")) as address:
        yield address


def rows(page):
    return page.get_by_role("button", name=OPEN).evaluate_all("all => all.map(it => it.getAttribute('aria-label'))")


def test_from_the_words_lost_most_to_a_sentence(new_visit, shipped):
    """Which words lose most between English and Chinese on XNLI: two moves from the page to such a sentence."""
    visit = new_visit()
    page = visit.page
    page.goto(f"{shipped}/words")
    page.get_by_role("button", name=OPEN).first.wait_for(timeout=LOAD_MS)
    settle(page)
    page.locator('[data-testid="stSidebar"]').get_by_text("zh", exact=True).click()
    expect(page.get_by_text("English → Chinese", exact=False).first).to_be_visible()
    settle(page)
    expect(page.locator(".word-line")).to_contain_text("carries")
    page.get_by_role("button", name=OPEN).first.click()
    page.get_by_role("button", name="← Examples").wait_for(timeout=LOAD_MS)
    settle(page)
    assert "src=en&tgt=zh" in page.url
    expect(page.get_by_role("region", name=re.compile("Importance in English"))).to_be_visible()
    assert complaints(visit) == []


def test_wrong_predictions_are_compared_as_pandas_does(new_visit, shipped):
    page = new_visit().page
    page.goto(f"{shipped}/results?data=xnli-test&ckpt=e5-small-nli-en&src=en&tgt=zh")
    page.get_by_role("button", name=OPEN).first.wait_for(timeout=LOAD_MS)
    pairs = open_store(SHIPPED_RESULTS).read().values(Scope(runs=(RUN,)), ExampleFilter("en", "zh"))
    found = group_difference(pairs["consistency"], ~pairs["target_correct"].astype(bool), pairs["cluster"])
    expect(page.locator("p.cell-line")).to_contain_text(signed_interval(found.value, found.low, found.high))


def test_back_is_the_page_and_place_it_was_left_at(new_visit, shipped):
    page = new_visit().page
    page.goto(f"{shipped}/results?data=xnli-test&ckpt=e5-small-nli-en&src=en&tgt=zh")
    page.get_by_role("button", name=OPEN).first.wait_for(timeout=LOAD_MS)
    settle(page)
    page.get_by_role("button", name="Gold", exact=True).click()
    page.wait_for_url(re.compile("sort=gold"))
    for number in (2, 3):
        settle(page)
        page.get_by_role("button", name="Next ›").click()
        page.wait_for_url(re.compile(f"page={number}"))
    settle(page)
    listed, place = rows(page), "document.querySelector('[data-testid=stMain]').scrollTop"
    page.get_by_role("button", name=OPEN).nth(30).scroll_into_view_if_needed()
    left_at = page.evaluate(place)
    page.get_by_role("button", name=OPEN).nth(30).press("Enter")
    page.get_by_role("button", name="← Examples").wait_for(timeout=LOAD_MS)
    page.get_by_role("button", name=re.compile("^German")).first.click(timeout=LOAD_MS)
    page.wait_for_url(re.compile("tgt=de"))
    settle(page)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("tgt=zh&sort=gold&page=3$"))
    page.get_by_role("button", name=OPEN).first.wait_for()
    settle(page)
    assert rows(page) == listed
    page.wait_for_function(f"at => Math.abs({place} - at) < 40", arg=left_at)


@pytest.mark.parametrize("name", ["", "words?tgt=ar", "results?data=xnli-test&tgt=ar&src=en"])
def test_nothing_is_cut_or_too_small_on_a_phone(new_visit, shipped, name):
    visit = new_visit(viewport=PHONE, scheme="dark")
    visit.page.goto(f"{shipped}/{name}")
    visit.page.locator(".door, .word-line, .figures").first.wait_for(timeout=LOAD_MS)
    settle(visit.page)
    assert no_sideways_scroll(visit.page)
    assert small_texts(visit.page, "section.stMain") == []
    assert complaints(visit) == []
