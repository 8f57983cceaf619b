"""The page "Translation pair" for readers of screens and keyboards, as axe-core sees it."""

import pytest

from tests.world.axe import axe_script, violations
from tests.world.browsers import PHONE, open_page, settle, wait_for_result

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(new_visit, address, scheme):
    axe_script()
    visit = new_visit(scheme=scheme)
    open_page(visit.page, address)
    assert violations(visit.page) == []
    visit.page.set_viewport_size(PHONE)
    settle(visit.page)
    assert violations(visit.page) == []
    visit.page.close()


def test_axe_finds_nothing_wrong_with_two_fields_and_arabic(new_visit, address):
    axe_script()
    visit = new_visit()
    open_page(visit.page, f"{address}/?task=nli&src=en&tgt=ar")
    wait_for_result(visit.page)
    assert violations(visit.page) == []
    visit.page.close()


def test_nothing_moves_for_those_who_asked_for_less_motion(new_visit, address):
    visit = new_visit()
    visit.page.emulate_media(reduced_motion="reduce")
    open_page(visit.page, address)
    assert visit.page.locator(".linked .w").first.evaluate("it => getComputedStyle(it).transitionDuration") == "0s"
    visit.page.close()
