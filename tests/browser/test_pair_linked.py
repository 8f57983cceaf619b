"""The linked picture in a real Chromium: one word lit everywhere, without a message to the server."""

import re

import pytest

from tests.world.browsers import PHONE, analyse, complaints, note_frames, open_page, settle, type_texts, wait_for_result

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]

LIT_MS = 100
# From the pointer's move to when chip, ribbon, node, matrix row and table row are lit; read in the page itself.
_POINT = """
async (name) => {
  const frame = document.querySelector(".linked");
  const chip = [...frame.querySelectorAll(".w")].find(each => each.textContent.startsWith(name));
  const lit = () => [".w.on", ".r.on", ".node.on", ".matrix g.on", "tr.on", ".w.mate"]
    .every(part => frame.querySelector(part));
  const box = chip.getBoundingClientRect();
  const begun = performance.now();
  chip.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, clientX: box.x + 3, clientY: box.y + 3 }));
  while (!lit() && performance.now() - begun < 2000) await new Promise(requestAnimationFrame);
  return { took: performance.now() - begun, lit: lit(), said: frame.querySelector(".said").textContent };
}
"""


_FILLS = """() => {
  const svg = [...document.querySelectorAll(".linked svg.flow")].find(each => each.checkVisibility());
  return Math.abs(svg.getBoundingClientRect().width - svg.parentElement.clientWidth) <= 1;
}"""


@pytest.fixture(scope="module")
def desk(new_visit, address):
    visit = new_visit()
    visit.sent = note_frames(visit.page)
    open_page(visit.page, address)
    return visit


@pytest.fixture
def page(desk):
    yield desk.page
    desk.page.keyboard.press("Escape")
    desk.page.mouse.move(2, 2)
    assert complaints(desk) == []


def lit(page, part):
    """The texts of the lit parts that are to be seen."""
    return page.locator(f".linked {part}:visible").all_inner_texts()


def test_pointing_at_a_word_lights_it_everywhere_and_tells_the_server_nothing(desk, page):
    settle(page)
    before = len(desk.sent)
    found = page.evaluate(_POINT, "rain")
    assert found["lit"] and found["took"] < LIT_MS
    assert found["said"].startswith("rain carries ") and "lluvia" in found["said"] and "to C" in found["said"]
    page.wait_for_timeout(500)
    assert len(desk.sent) == before
    page.locator(".linked .w", has_text="rain").hover()
    # What is lit is the word, its partners, and nothing else.
    chips = [text.split("\n")[0] for text in lit(page, ".w.on")]
    assert chips == ["rain"]
    assert {row.split("\t")[0] for row in lit(page, "tr.on")} == {"rain"}
    assert page.locator(".linked .w.dim").count() > 10
    page.mouse.move(2, 2)
    expect(page.locator(".linked .dim")).to_have_count(0)
    expect(page.locator(".said")).to_contain_text("Point at a word")


def test_a_press_pins_and_escape_frees(page):
    page.locator(".linked .w", has_text="rain").click()
    page.locator(".linked .w", has_text="road").hover()
    assert [text.split("\n")[0] for text in lit(page, ".w.on")] == ["rain"]
    assert {row.split("\t")[0] for row in lit(page, "tbody tr")} == {"rain"}
    expect(page.locator(".aloud")).to_contain_text("rain carries")
    expect(page.locator(".what-if")).to_contain_text("give it the importance of lluvias")
    page.keyboard.press("Escape")
    page.mouse.move(2, 2)
    expect(page.locator(".linked .dim")).to_have_count(0)
    expect(page.locator(".aloud")).to_be_empty()
    expect(page.locator(".what-if")).to_be_hidden()


def test_a_word_is_pinned_and_walked_by_keyboard(page):
    page.locator(".linked .w").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".linked .w:focus")).to_contain_text("rain")
    page.keyboard.press("Enter")
    expect(page.locator('.linked .w[aria-pressed="true"]')).to_contain_text("rain")
    page.keyboard.press("ArrowRight")
    expect(page.locator('.linked .w[aria-pressed="true"]')).to_contain_text("closed")
    expect(page.locator(".said")).to_contain_text("closed carries")
    page.keyboard.press("Escape")
    expect(page.locator('.linked .w[aria-pressed="true"]')).to_have_count(0)
    # One stop of the Tab key for each text.
    assert page.locator('.linked .toks .w[tabindex="0"]').count() == 2


def test_a_cell_of_the_matrix_pins_its_pair(page):
    cell = page.locator('.linked .matrix:visible .cell[data-on="s1 t2"]')
    cell.click()
    assert {row.split("\t")[0] for row in lit(page, "tbody tr")} == {"rain"}
    assert len(lit(page, "tbody tr")) == 1
    expect(page.locator(".said")).to_contain_text("rain → lluvia")
    expect(page.locator(".linked .r.on:visible")).to_have_count(1)


def test_the_similarity_matrix_is_one_press_away_and_the_pinned_word_stays(page):
    page.locator(".linked .w", has_text="rain").click()
    page.locator(".linked").get_by_role("button", name="similarity").click()
    expect(page.locator(".linked .matrix:visible")).to_have_attribute("aria-label", re.compile("Similarity matrix"))
    expect(page.locator('.linked .w[aria-pressed="true"]')).to_contain_text("rain")
    page.locator(".linked").get_by_role("button", name="transport").click()
    settle(page)


def test_a_flow_fills_its_column_at_every_width(page):
    for width in (1920, 1280, 900, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(_FILLS)
        within = "it => it.scrollWidth <= it.clientWidth + 1"
        assert page.locator(".linked").evaluate(within)
    page.set_viewport_size({"width": 1280, "height": 720})


def test_a_pinned_word_stays_lit_when_the_translation_changes_and_arabic_walks_to_the_left(desk, page):
    type_texts(page, "Heavy rain closed the road.", "La lluvia cerró la carretera.")
    page.get_by_role("button", name="Add a translation").click()
    page.get_by_text("Translation 2", exact=True).first.wait_for()
    type_texts(page, "Heavy rain closed the road.", "أغلقت الأمطار الغزيرة الطريق.")
    analyse(page)
    page.locator(".linked .w", has_text="rain").click()
    page.get_by_test_id("stButtonGroup").get_by_text("Spanish", exact=True).click()
    expect(page.locator(".linked .side2").nth(1)).to_contain_text("Spanish")
    settle(page)
    expect(page.locator('.linked .w[aria-pressed="true"]')).to_contain_text("rain")
    expect(page.locator(".said")).to_contain_text("lluvia")
    page.get_by_test_id("stButtonGroup").get_by_text("Arabic", exact=True).click()
    expect(page.locator(".linked .side2").nth(1)).to_contain_text("Arabic")
    settle(page)
    page.keyboard.press("Escape")
    before = len(desk.sent)
    found = page.evaluate(_POINT, "الأمطار")
    assert found["lit"] and found["took"] < LIT_MS and len(desk.sent) == before
    row = page.locator(".linked .toks").nth(1)
    row.locator(".w").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(row.locator(".w:focus")).to_contain_text("الأمطار")


def test_a_context_of_a_question_is_linked_too(new_visit, address, tmp_path):
    visit = new_visit(viewport=PHONE)
    open_page(visit.page, f"{address}/?task=qa&src=en&tgt=es")
    wait_for_result(visit.page)
    word = visit.page.locator(".linked .toks").nth(1).locator(".w").first.locator("bdi").inner_text()
    found = visit.page.evaluate(_POINT, word)
    assert found["took"] < LIT_MS and found["said"].startswith(word)
    visit.page.locator(".linked .node:visible").nth(3).click()
    expect(visit.page.locator(".linked .node.on:visible")).to_have_count(1)
    assert complaints(visit) == []
    visit.page.close()
