"""What a new user stumbled over, where only a browser shows it."""

import re

import pytest

from core.text.examples import load_examples
from tests.world.browsers import complaints, open_page, serve, wait_for_result

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_the_popover_of_examples_closes_after_load_and_back_brings_texts_and_result(new_visit, address):
    visit = new_visit()
    page = visit.page
    open_page(page, address)
    expect(page.locator("textarea").first).to_have_value(load_examples("meaning")[0].texts("en")[0])
    first, before = page.locator("textarea").first.input_value(), page.locator(".c-num").first.inner_text()
    page.get_by_role("button", name="Examples").click()
    other = load_examples("meaning")[1].texts("en")[0]
    page.get_by_role("button", name=re.compile(re.escape(other))).click()
    expect(page.get_by_role("combobox", name="Source language")).to_have_count(0)
    expect(page.locator("textarea").first).to_have_value(other)
    # The earlier result stays until the new one is there.
    expect(page.locator(".c-num").first).not_to_have_text(before)
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
    assert complaints(visit) == []
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
