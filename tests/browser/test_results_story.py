"""The story: browse from the list of examples to one of them and back by link, on a desktop and on a phone."""

import re

import pytest

from core.cli.app import run as core_command
from tests.world.browsers import (
    DESKTOP,
    LOAD_MS,
    PHONE,
    both_windows,
    complaints,
    copied_link,
    no_sideways_scroll,
    press_row,
    serve,
    settle,
    small_texts,
)
from tests.world.runs import QUICK
from tests.world.sentences import write_shown
from tests.world.stores import fill_nli
from tests.world.tiny import save_tiny, write_catalogue

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def results_address(browser, tmp_path_factory):
    """A dashboard over a store that a tiny checkpoint has computed, with the data set at hand."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        patch.setenv("HF_DATASETS_CACHE", str(folder / "hf"))
        data = write_shown(folder / "data")
        save_tiny(folder / "tiny-nli", "bert", "nli")
        model = {"name": "tiny-nli", "task": "nli", "train_language": "en", "location": "tiny-nli"}
        catalogue = write_catalogue(folder / "models.toml", [model])
        patch.setenv("CCTA_CONFIG", str(catalogue))
        patch.setenv("CCTA_CACHE", str(folder / "computing"))
        words = ["run", "--dataset", "xnli", "--model", "tiny-nli", "--languages", "en,es,ar,zh", "--limit", "20"]
        assert core_command([*words, "--data", str(data), "--store", str(folder / "store"), *QUICK]) == 0
        fill_nli(folder / "store", data)
        patch.setenv("CCTA_DATA", str(data))
        with serve(folder, catalogue, folder / "store") as address:
            yield address


def opened(visit, address):
    visit.page.goto(address)
    visit.page.get_by_role("heading", name=re.compile("Results|row")).first.wait_for(timeout=LOAD_MS)
    settle(visit.page)


@pytest.mark.parametrize(
    "viewport", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone", marks=pytest.mark.slow)]
)
def test_from_the_list_to_an_example_and_back_by_link(new_visit, results_address, viewport):
    visit = new_visit(viewport=viewport)
    page = visit.page
    opened(visit, f"{results_address}/results?data=xnli-test&ckpt=tiny-nli&src=en&tgt=ar")
    expect(page.get_by_text("Mean C", exact=True)).to_be_visible()
    assert no_sideways_scroll(page)

    press_row(page, 2)
    expect(page.get_by_text("2 of 20")).to_be_visible()
    row = re.search(r"row=(\d+)", page.url)[1]
    expect(page.get_by_role("heading", name=f"XNLI test, row {row}")).to_be_visible()
    expect(page.get_by_role("group", name="Arabic attributions")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("Flow of importance from English to Arabic"))).to_be_visible()
    assert no_sideways_scroll(page)

    page.get_by_role("button", name=re.compile("^Chinese, C")).first.click()
    expect(page.get_by_role("group", name=re.compile("Flow of importance from English to Chinese"))).to_be_visible()
    settle(page)
    link, c = copied_link(page), page.locator(".c-num").inner_text()
    assert "tgt=zh" in link

    other = new_visit(viewport=viewport)
    opened(other, link)
    expect(other.page.locator(".c-num")).to_have_text(c)
    expect(other.page.get_by_role("heading", name=f"XNLI test, row {row}")).to_be_visible()

    page.get_by_role("button", name="Next ›").click()
    expect(page.get_by_role("heading", name=f"XNLI test, row {row}")).to_have_count(0)
    settle(page)
    page.go_back()
    expect(page.get_by_role("heading", name=f"XNLI test, row {row}")).to_be_visible()
    page.get_by_role("button", name="← Examples").click()
    expect(page.get_by_text("Examples: 20 of 20")).to_be_visible()
    settle(page)
    assert "row=" not in page.url
    assert complaints(visit) == complaints(other) == []


def test_keys_lead_from_example_to_example_and_back(new_visit, results_address):
    visit = new_visit()
    page = visit.page
    opened(visit, f"{results_address}/results?data=xnli-test&ckpt=tiny-nli&src=en&tgt=ar")
    press_row(page, 2)
    for key, place in (("j", "3 of 20"), ("k", "2 of 20"), ("k", "1 of 20")):
        page.keyboard.press(key)
        expect(page.get_by_text(place, exact=True)).to_be_visible()
        settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Examples: 20 of 20")).to_be_visible()
    assert complaints(visit) == []


def test_examples_are_filtered_on_a_phone(new_visit, results_address):
    visit = new_visit(viewport=PHONE)
    page = visit.page
    opened(visit, f"{results_address}/results?data=xnli-test&ckpt=tiny-nli&src=en&tgt=ar")
    page.get_by_role("button", name=re.compile(r"^both · \d+$")).click()
    expect(page.get_by_text(re.compile(r"Examples: 1?\d of 20"))).to_be_visible()
    settle(page)
    assert "right=both" in page.url
    assert no_sideways_scroll(page)
    assert complaints(visit) == []


def test_state_survives_changing_pages(new_visit, results_address):
    visit = new_visit()
    page = visit.page
    opened(visit, f"{results_address}/results?data=xnli-test&ckpt=tiny-nli&src=en&tgt=zh&sort=most")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    page.get_by_text("Coverage").wait_for(timeout=LOAD_MS)
    settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Results").click()
    page.get_by_text("most consistent first").first.wait_for()
    settle(page)
    assert "tgt=zh" in page.url and "sort=most" in page.url
    assert complaints(visit) == []


def test_a_copied_link_shows_the_same_run_to_others(new_visit, results_address):
    visit, other = new_visit(), new_visit()
    visit.page.goto(f"{results_address}/runs")
    visit.page.get_by_role("combobox", name="Run shown").click()
    visit.page.get_by_role("option", name=re.compile("tiny-nli-es")).click()
    heading = re.compile("Run xnli-test-tiny-nli-es-")
    visit.page.get_by_text(heading).wait_for(timeout=LOAD_MS)
    settle(visit.page)
    other.page.goto(copied_link(visit.page))
    other.page.get_by_text(heading).wait_for(timeout=LOAD_MS)
    assert complaints(visit) == complaints(other) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["results", "results?ckpt=tiny-nli-en&tgt=ar&row=3", "runs"])
@both_windows
def test_pages_fit_the_window_with_readable_text(new_visit, results_address, name, viewport):
    visit = new_visit(viewport=viewport, scheme="dark")
    page = visit.page
    page.goto(f"{results_address}/{name}")
    page.get_by_role("table").or_(page.get_by_test_id("stDataFrame")).first.wait_for(timeout=LOAD_MS)
    settle(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert no_sideways_scroll(page)
    assert page.evaluate("() => window.broken") is None
    assert small_texts(page, '[data-testid="stMain"]') == []
    assert complaints(visit) == []
