"""Two checkpoints side by side on the page "Translation pair", in a real Chromium with tiny random checkpoints."""

import pytest

from tests.world.browsers import (
    analyse,
    both_windows,
    complaints,
    consistency,
    eventually,
    flow,
    no_sideways_scroll,
    open_page,
    settle,
    small_texts,
    wait_for_change,
    wait_for_result,
)

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]

START = "?task=Natural+language+inference&model=tiny-nli&steps=20+nodes"
SPANISH = "Spanish, inference · tiny random nli"


def numbers(page):
    """C of A, C of B, and the difference, as they are drawn."""
    return [float(text.replace("−", "-")) for text in page.locator(".c-num").all_inner_texts()]


def shown(page, letter):
    page.get_by_role("radio", name=f"{letter} · ").click()
    settle(page)


def test_two_checkpoints_are_compared_switched_and_restored_by_link(new_visit, address):
    visit = new_visit()
    page = visit.page
    open_page(page, f"{address}/{START}")
    wait_for_result(page)
    alone = consistency(page)
    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name=SPANISH).click()
    wait_for_change(page)
    analyse(page)

    first, second, difference = numbers(page)
    assert first == alone
    assert first != second
    assert difference == pytest.approx(first - second, abs=0.0011)
    expect(page.get_by_role("img", name="C of A")).to_be_visible()
    expect(page.locator(".pair[tabindex]").first).to_be_visible()
    names = page.get_by_role("button", name="difference")
    assert names.count() == page.locator(".pair[tabindex]").count()

    ribbons = flow(page).inner_html()
    shown(page, "B")
    expect(flow(page)).to_be_visible()
    eventually(lambda: flow(page).inner_html() != ribbons)
    assert numbers(page) == [first, second, difference]
    shown(page, "A")
    eventually(lambda: flow(page).inner_html() == ribbons)

    assert "cmp=tiny-nli-es" in page.url
    other = new_visit()
    open_page(other.page, page.url)
    wait_for_result(other.page)
    assert numbers(other.page) == pytest.approx([first, second, difference], abs=0.0011)
    assert complaints(visit) == complaints(other) == []
    other.page.close()
    page.close()


@both_windows
def test_a_comparison_fits_the_window_and_reads_well(new_visit, address, viewport):
    visit = new_visit(viewport=viewport, scheme="dark")
    page = visit.page
    open_page(page, f"{address}/{START}&cmp=tiny-nli-es&src=en&tgt=ar")
    wait_for_result(page)
    assert no_sideways_scroll(page)
    assert small_texts(page, ".st-key-result") == []
    row = page.locator(".toks.pairs[lang=ar]").first
    words = row.locator(".pair[tabindex]")
    right = [words.nth(index).bounding_box() for index in range(2)]
    assert right[0]["x"] > right[1]["x"]
    # The same word twice, one under the other.
    chips = [words.first.locator(".w").nth(index).bounding_box() for index in range(2)]
    assert chips[0]["y"] < chips[1]["y"]
    assert abs(chips[0]["x"] - chips[1]["x"]) < 30
    assert complaints(visit) == []
    page.close()
