"""Stories on the page "Translation pair", in a real Chromium with the embedded model."""

import io
import json
import re
import zipfile

import pytest

from core.text.examples import load_examples
from tests.world.browsers import (
    COMMITTEE,
    DESKTOP,
    analyse,
    both_windows,
    complaints,
    consistency,
    flow,
    no_sideways_scroll,
    open_page,
    settle,
    small_texts,
    type_texts,
    wait_for_change,
    wait_for_result,
)

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [pytest.mark.browser, pytest.mark.model]

ROAD = "Heavy rain closed the road."
ROAD_ES, ROAD_AR, ROAD_ZH = "La lluvia cerró la carretera.", "أغلقت الأمطار الغزيرة الطريق.", "大雨封闭了道路。"
HOSTILE = (
    "<script>window.broken=1</script> The cat \u202eslept.",
    "<img src=x onerror=window.broken=1> El gato durmió.",
)


@pytest.fixture(scope="module")
def desk(new_visit, address):
    """One window on a desktop that the stories share, open at the first visit."""
    visit = new_visit()
    open_page(visit.page, address)
    return visit


@pytest.fixture
def page(desk):
    """The shared window; no story may leave a complaint on its console."""
    yield desk.page
    assert complaints(desk) == []


def box(locator):
    found = locator.bounding_box()
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def chips(page, side):
    """The words of a side as they are drawn, first to last."""
    return page.locator(".toks").nth(side).locator(".w bdi").all_inner_texts()


def alerts(page):
    return [text.strip() for text in page.get_by_test_id("stAlert").all_inner_texts()]


def choose(page, setting, option):
    """Pick an option of a select box in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("combobox", name=setting).click()
    page.get_by_role("option", name=option).click()
    wait_for_change(page)


def choose_level(page, name):
    page.get_by_test_id("stMain").get_by_role("radio", name=name).click()
    settle(page)


def detected(page, name):
    language = page.get_by_role("combobox", name=re.compile("Language of the translation"))
    expect(language).to_have_value(f"{name} · detected")


def test_the_first_visit_shows_a_result_above_the_fold(page):
    example = load_examples("meaning")[0]
    expect(page.locator("textarea").nth(0)).to_have_value(example.texts("en")[0])
    expect(page.locator("textarea").nth(1)).to_have_value(example.texts("es")[0])
    expect(page.get_by_text("Above chance.")).to_be_visible()
    expect(flow(page)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert 0 < consistency(page) < 1
    for place in ("textarea", ".c-num", ".toks"):
        for index in range(page.locator(place).count()):
            assert box(page.locator(place).nth(index))[3] <= DESKTOP["height"], place


def test_every_picture_says_what_it_is(page):
    expect(page.get_by_role("img", name=re.compile("C 0.*shuffled importance"))).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("Flow of importance from English to Spanish"))).to_be_visible()
    expect(page.get_by_role("group", name="Spanish attributions")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Transport matrix, rows English, columns Spanish"))).to_be_visible()


def test_no_text_is_smaller_than_11_pixels(page):
    assert small_texts(page, ".st-key-result") == []


def test_a_pasted_pair_is_analysed_and_downloaded(page):
    type_texts(page, *COMMITTEE)
    expect(page.get_by_text("Changed since the last analysis")).to_be_visible()
    analyse(page)
    assert "".join(chips(page, 0)).startswith("Thecommittee")
    assert 0.3 < consistency(page) < 0.95
    assert re.search(r"Analysed in \d", page.locator(".st-key-pair-buttons").inner_text())
    page.locator(".st-key-details summary").click()
    cost = page.locator(".st-key-details").get_by_text(re.compile(r"\d nodes.* · token error ≤ \d\.\d%"))
    expect(cost).to_be_visible()
    expect(flow(page)).to_be_visible()
    assert flow(page).locator(".r").count() > 8
    expect(page.get_by_role("img", name=re.compile("Transport matrix"))).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Everything (zip)").click()
    page.keyboard.press("Escape")
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as files:
        assert files.testzip() is None
        names = set(files.namelist())
        assert {"result.json", "report.html", "README.txt", "flow.svg", "matrix.svg"} <= names
        assert any(name.endswith(".csv") for name in names)
        result = json.loads(files.read("result.json"))
    assert f"{result['consistency']:.3f}" == f"{consistency(page):.3f}"
    assert result["source"]["language"] == "en"
    assert result["target"]["language"] == "es"


def test_the_link_restores_texts_settings_and_result(page, new_visit):
    # Goes on from the pair of the story before, with other settings.
    before = consistency(page)
    choose_level(page, "token")
    choose(page, "Attribution steps", "20 nodes")
    analyse(page)
    assert consistency(page) != before
    page.get_by_role("button", name="Copy link").click()
    link = page.get_by_test_id("stCode").inner_text().strip()
    page.keyboard.press("Escape")
    assert link.split("?")[1] == page.url.split("?")[1]
    assert "committee" not in link

    other = new_visit()
    open_page(other.page, link)
    wait_for_result(other.page)
    for index, text in enumerate(COMMITTEE):
        expect(other.page.locator("textarea").nth(index)).to_have_value(text)
    assert consistency(other.page) == pytest.approx(consistency(page), abs=0.001)
    assert chips(other.page, 0) == chips(page, 0)
    assert "level=token" in other.page.url
    assert "steps=20" in other.page.url
    assert complaints(other) == []
    other.page.close()
    choose_level(page, "word")


def test_markup_and_overrides_are_text(page):
    type_texts(page, *HOSTILE)
    expect(page.get_by_text("1 control character was removed.")).to_have_count(1)
    analyse(page)
    assert page.evaluate("() => window.broken") is None
    assert "<script>" in "".join(chips(page, 0))
    assert "<img" in "".join(chips(page, 1))
    drawn = flow(page).evaluate("it => it.textContent")
    assert "script" in drawn
    expect(page.locator(".st-key-result script, .st-key-result img")).to_have_count(0)
    shown = page.locator(".st-key-result").inner_text() + drawn
    assert "\u202e" not in shown


def test_control_and_enter_analyse_from_within_a_field(page):
    type_texts(page, ROAD, "Cerraron la carretera.")
    field = page.locator("textarea").nth(1)
    field.fill(ROAD_ES)
    field.press("Control+Enter")
    wait_for_result(page)
    assert chips(page, 1)[:2] == ["La", "lluvia"]


def test_the_tab_key_reaches_fields_button_and_chips_in_reading_order(page):
    now = """() => {
      const it = document.activeElement;
      return it.matches('textarea') ? 'field' : it.matches('.w') ? 'chip' : (it.innerText ?? '').split('\\n')[0];
    }"""
    page.locator("textarea").first.focus()
    reached = [page.evaluate(now)]
    while reached[-1] != "chip" and len(reached) < 30:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(now))
    wanted = iter(["field", "field", "Analyse", "Add a translation", "chip"])
    missing = next(wanted)
    for name in reached:
        if name == missing:
            missing = next(wanted, None)
    assert missing is None, reached
    ring = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none"


@pytest.fixture(scope="module")
def several(desk):
    """The shared window with four translations, the last of which cannot be read; the Arabic one is shown."""
    page = desk.page
    type_texts(page, f"{ROAD} ", "La lluvia cerró el camino.")
    for number, text in enumerate((ROAD_AR, ROAD_ZH, "¡…!"), start=2):
        page.get_by_role("button", name="Add a translation").click()
        page.get_by_text(f"Translation {number}", exact=True).first.wait_for()
        type_texts(page, ROAD, text)
    analyse(page)
    show_translation(page, "Arabic")
    return page


def show_translation(page, name):
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    expect(page.locator(".side2").nth(1)).to_contain_text(name)
    settle(page)


def test_a_failing_translation_leaves_the_others(page, several):
    assert "Translation 4: There is no word in this text." in alerts(page)
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    expect(page.locator("textarea").nth(1)).to_have_value(ROAD_AR)


def test_arabic_runs_from_right_to_left(page, several):
    detected(page, "Arabic")
    row = page.locator(".toks").nth(1)
    assert row.get_attribute("dir") == "rtl"
    assert row.get_attribute("lang") == "ar"
    words = [row.locator(".w").nth(index) for index in range(3)]
    assert words[0].locator("bdi").inner_text() == ROAD_AR.split(maxsplit=1)[0]
    right_edges = [box(word)[2] for word in words]
    assert right_edges == sorted(right_edges, reverse=True)
    assert right_edges[0] > box(row)[2] - 20
    assert page.locator(".toks").nth(0).get_attribute("dir") == "ltr"
    # A sign stays left of its number.
    assert row.locator(".num").first.get_attribute("dir") == "ltr"


def test_chinese_is_cut_into_words(page, several):
    show_translation(page, "Chinese")
    detected(page, "Chinese")
    assert page.locator(".toks").nth(1).get_attribute("lang") == "zh"
    assert "".join(chips(page, 1)) == ROAD_ZH
    assert "道路" in chips(page, 1)
    shown = page.locator(".st-key-result").inner_text() + flow(page).evaluate("it => it.textContent")
    assert not [marker for marker in ("▁", "##", "Ġ") if marker in shown]


def test_cancel_stops_soon_and_keeps_the_previous_result(page, new_visit, address):
    visit = new_visit()
    open_page(visit.page, address)
    choose(visit.page, "Attribution steps", "300 nodes")
    before = consistency(visit.page)
    type_texts(visit.page, *COMMITTEE)
    visit.page.get_by_role("button", name="Analyse").click()
    visit.page.get_by_text(re.compile(r"\d+ of \d+ gradients")).wait_for(timeout=60_000)
    expect(visit.page.get_by_text("previous result", exact=True)).to_be_visible()
    visit.page.get_by_role("button", name="Cancel").click()
    line = visit.page.get_by_text(re.compile(r"Cancelled after .+ s\. The previous result is shown\."))
    line.wait_for(timeout=15_000)
    settle(visit.page)
    assert consistency(visit.page) == before
    expect(visit.page.get_by_text("Changed since the last analysis")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert complaints(visit) == []
    visit.page.close()


@both_windows
def test_light_and_dark_fit_the_window(new_visit, address, viewport):
    colours, pictures = [], []
    visit = new_visit(viewport=viewport)
    open_page(visit.page, address)
    for scheme in ("light", "dark"):
        # The switch alone recolours what is drawn; nothing has to be computed or clicked.
        visit.page.emulate_media(color_scheme=scheme)
        visit.page.wait_for_timeout(700)
        settle(visit.page)
        assert no_sideways_scroll(visit.page), scheme
        chip = visit.page.locator(".toks .t").first
        ribbon = flow(visit.page).locator(".rib").first
        background = "it => getComputedStyle(it)"
        colours.append(
            (
                chip.evaluate(f"{background}.backgroundColor"),
                ribbon.evaluate(f"{background}.fill"),
                visit.page.get_by_test_id("stApp").evaluate(f"{background}.backgroundColor"),
            )
        )
        pictures.append(visit.page.screenshot())
    for light, dark in zip(*colours, strict=True):
        assert light != dark
    assert all(len(picture) > 20_000 for picture in pictures)
    assert pictures[0] != pictures[1]
    assert complaints(visit) == []
    visit.page.close()
