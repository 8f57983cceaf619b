"""Classes and what-ifs in a real Chromium: pointing asks nothing of the server, pressing does once."""

import re

import pytest

from tests.world.browsers import complaints, note_frames, open_page, settle, wait_for_result

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]

START = "?task=nli&model=tiny-nli&steps=20"


@pytest.fixture(scope="module")
def desk(new_visit, address):
    visit = new_visit()
    visit.sent = note_frames(visit.page)
    open_page(visit.page, f"{address}/{START}")
    wait_for_result(visit.page)
    settle(visit.page)
    yield visit
    assert complaints(visit) == []


def c_of(page):
    return page.locator(".linked .c-num").inner_text()


def card_c(card):
    return card.locator(".cc").inner_text()


def test_pointing_at_a_class_shows_it_and_pressing_keeps_it(desk):
    page = desk.page
    cards = page.locator(".linked .classes button")
    expect(cards).to_have_count(3)
    held = page.locator('.linked .classes button[aria-pressed="true"]')
    other = page.locator('.linked .classes button[aria-pressed="false"]').first
    label, before = other.get_attribute("data-class"), len(desk.sent)
    assert c_of(page) == card_c(held)
    other.hover()
    expect(page.locator(".linked .c-num")).to_have_text(card_c(other))
    expect(page.locator(".linked .legend").first).to_contain_text(f"the {label} logit")
    page.mouse.move(2, 2)
    expect(page.locator(".linked .c-num")).to_have_text(card_c(held))
    page.wait_for_timeout(500)
    assert len(desk.sent) == before
    other.click()
    expect(page.locator('.linked .classes button[aria-pressed="true"]')).to_have_attribute("data-class", label)
    expect(page).to_have_url(re.compile(f"explain={label}"))
    settle(page)
    page.mouse.move(2, 2)
    assert c_of(page) == card_c(page.locator('.linked .classes button[aria-pressed="true"]'))


def test_a_removed_word_leaves_its_flows_as_ghosts_until_escape(desk):
    page = desk.page
    page.locator(".linked .w", has_text="storm").click()
    page.locator(".linked").get_by_role("button", name="remove it").click()
    expect(page.locator(".what-if")).to_contain_text("Without storm")
    expect(page.locator(".what-if")).to_contain_text("shuffles of this importance give less")
    expect(page.locator(".what-if")).to_contain_text("The prediction in English")
    expect(page.locator(".linked .moved:visible").first).to_be_visible()
    assert page.locator(".linked .ghost").count() > 0
    page.keyboard.press("Escape")
    expect(page.locator(".linked .ghost")).to_have_count(0)
    page.locator(".linked .w", has_text="storm").click()
    page.locator(".linked").get_by_role("button", name="remove it").click()
    page.locator(".linked").get_by_role("button", name="Attribute again without it").click()
    expect(page.locator("textarea").first).not_to_have_value(re.compile("storm"))
    wait_for_result(page)
    expect(page.locator(".linked .w", has_text="storm")).to_have_count(0)
