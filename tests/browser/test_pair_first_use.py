"""What a new user stumbled over, where only a browser shows it."""

import re

import pytest

from core.text.examples import load_examples
from tests.world.browsers import open_page, serve, settle, wait_for_result

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_the_popover_of_examples_closes_after_load_and_back_brings_texts_and_result(new_visit, address):
    visit = new_visit()
    page = visit.page
    open_page(page, address)
    first, before = page.locator("textarea").first.input_value(), page.locator(".c-num").first.inner_text()
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("combobox", name="Example", exact=True).click()
    other = load_examples("meaning")[1].texts("en")[0]
    page.get_by_role("option", name=re.compile(re.escape(other))).click()
    settle(page)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("button", name="Load", exact=True)).to_have_count(0)
    expect(page.locator("textarea").first).to_have_value(other)
    wait_for_result(page)
    loaded = page.locator(".c-num").first.inner_text()
    page.go_back()
    expect(page.locator("textarea").first).to_have_value(first)
    wait_for_result(page)
    expect(page.locator(".c-num").first).to_have_text(before)
    page.go_forward()
    expect(page.locator("textarea").first).to_have_value(other)
    wait_for_result(page)
    expect(page.locator(".c-num").first).to_have_text(loaded)
    assert visit.complaints == []
    page.close()


@pytest.mark.slow
def test_a_server_that_is_gone_is_told_in_our_own_words(new_visit, tmp_path):
    visit = new_visit()
    with serve(tmp_path) as address:
        open_page(visit.page, address)
    expect(visit.page.get_by_role("dialog")).to_contain_text("The server does not answer")
    expect(visit.page.get_by_role("dialog")).to_contain_text("python -m dashboard")
    expect(visit.page.get_by_text("streamlit run")).to_be_hidden()
    visit.page.close()
