"""Every page but "Translation pair" as axe-core sees it, with the shipped results; the pair's has tests of its own."""

import pytest

from core.errors import WeightsError
from tests.world.axe import axe_script, violations
from tests.world.browsers import PHONE, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.slow]

PAGES = ("", "words", "results", "source_languages", "correlation", "runs", "about")


@pytest.fixture(scope="module")
def shipped(browser, tmp_path_factory):
    try:
        with serve(tmp_path_factory.mktemp("shipped")) as address:
            yield address
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_wrong(new_visit, shipped, page, scheme):
    axe_script()
    visit = new_visit(scheme=scheme)
    visit.page.goto(f"{shipped}/{page}")
    visit.page.get_by_test_id("stMain").locator("h2, h1").first.wait_for()
    settle(visit.page)
    assert violations(visit.page) == []
    visit.page.set_viewport_size(PHONE)
    settle(visit.page)
    assert violations(visit.page) == []
    visit.page.close()


def test_formulas_scroll_nowhere_even_before_the_style_sheet_is_there(new_visit, shipped):
    """The style sheet comes with the page's content, and is replaced with it: what needs it is wrong for a moment."""
    axe_script()
    visit = new_visit(viewport=PHONE)
    visit.page.goto(f"{shipped}/about")
    visit.page.locator(".katex").first.wait_for()
    settle(visit.page)
    visit.page.evaluate("document.querySelectorAll('body style').forEach(style => style.remove())")
    assert violations(visit.page, "scrollable-region-focusable") == []
    visit.page.close()
