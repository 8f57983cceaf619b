"""What a new user stumbled over on the page "Translation pair", each as a test."""

from dataclasses import replace
from functools import partial

import pandas as pd
import pytest

from core.models.catalogue import models_for_task
from core.report.verdict import relative_to_equal, verdict
from core.settings import TASKS
from core.text.examples import load_examples
from core.text.languages import LANGUAGES, guess_language, is_sure_of_language
from dashboard.downloads.singles import single_files
from dashboard.figures.tables import quality_table
from dashboard.figures.words.sentences import explained_html
from dashboard.figures.words.two_models import which_is_higher
from dashboard.pair import session as pair_session
from dashboard.pair.model_choice import model_options
from tests.world import pages
from tests.world.analyses import REFERENCES, answers, retold, storm
from tests.world.pages import Page, address, checked, flows, press, state

visit = partial(pages.visit, "translation_pair")


@pytest.fixture(autouse=True)
def _alone(own_cache, monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG", raising=False)


class NoJob:
    """An analysis that never ends."""

    begun = finished = cancelling = False
    elapsed, result, stage = 0.0, None, None

    def __init__(self, work):
        self.work = work

    def start(self, at_end):
        self.begun = True

    def cancel(self, reason=None):
        pass


def go(app, query):
    """Go to an address, as Back and Forward do."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run())


def test_back_and_forward_bring_the_texts_of_their_address(monkeypatch):
    monkeypatch.setattr("dashboard.pair.actions.job_progress", lambda job, key: None)
    monkeypatch.setattr(pair_session, "BackgroundTask", NoJob)
    app = visit()
    before, first = address(app), [area.value for area in app.text_area]
    for area, text in zip(app.text_area, ("The road is closed.", "La carretera está cerrada."), strict=True):
        area.set_value(text)
    app = press(checked(app.run()), "Analyse")
    after, second = address(app), [area.value for area in app.text_area]
    assert after["h"] and after != before
    app = go(app, before)
    assert [area.value for area in app.text_area] == first and address(app) == before
    app = go(app, after)
    assert [area.value for area in app.text_area] == second and address(app) == after


def test_the_translation_shown_is_in_the_address():
    app = press(visit(), "Add a translation")
    assert address(app)["t"] == "2"
    app = go(app, {})
    assert state(app).draft.active == 0 and len(state(app).draft.translations) == 2
    assert state(go(app, {"t": "2"})).draft.active == 1


def test_single_files_are_offered_beside_the_zip():
    files = single_files(answers(), "light")
    assert {"report.html", "result.json", "flow-start.svg", "matrix-end.svg", "tokens-source-start.csv"} <= set(files)
    assert all(make() for _, make in files.values())


@pytest.mark.parametrize("task", TASKS)
def test_models_stand_by_task_and_by_language_and_differ_where_the_list_is_cut(task):
    options = model_options(task)
    specs = {spec.name: spec for spec in models_for_task(task)}
    order = list(LANGUAGES)
    here = [specs[name] for name in options if not options[name].startswith("↓")]
    places = [
        (spec.task != task, list(TASKS).index(spec.task), order.index(spec.train_language or "en")) for spec in here
    ]
    assert places == sorted(places)
    trained = [label[:24] for name, label in options.items() if specs[name].train_language]
    assert len(set(trained)) == len(trained)


@pytest.mark.parametrize(
    "text",
    ["Indira Gandhi met Charles Aznavour in Montreux", "Indira Gandhi met Margaret Thatcher in Montreux.", "Paris"],
)
def test_a_sentence_of_names_is_in_no_language_for_sure(text):
    assert not is_sure_of_language(text)
    app = visit()
    app.text_area[0].set_value(text)
    app = checked(app.run())
    (box,) = [entry for entry in app.selectbox if entry.label == "Language of the source"]
    assert "unsure, choose one" in box.options[0]


def test_sentences_of_the_examples_are_sure():
    for task in TASKS:
        for example in load_examples(task):
            for code in ("en", "es", "de", "fr", "tr", "ar", "zh"):
                text = " ".join(example.texts(code))
                assert guess_language(text) != code or is_sure_of_language(text), text


def test_printed_differences_add_up():
    references = replace(REFERENCES, uniform=0.3904)
    # 0.4636 - 0.3904 is 0.0732, but what is printed is 0.464 and 0.390.
    assert relative_to_equal(0.4636, 0.3904) == "0.074 above equal importance (0.390)"
    assert "C is 0.074 above equal importance (0.390)" in verdict(0.4636, references).equal
    one = storm()
    other = retold(one)
    told = which_is_higher(one, other, ("a", "b"))
    printed = abs(round(one.consistency, 3) - round(other.consistency, 3))
    assert f"{printed:.3f} higher" in told


def test_an_arabic_answer_is_isolated_from_its_probability():
    side = answers().analyses[0].source
    html = explained_html(replace(side, prediction={"في عام 1889": 0.53, "<b>": 0.1}))
    page = Page(f"<div>{html}</div>")
    assert html.startswith('predicts <bdi>في عام 1889</bdi> <span dir="ltr">0.53</span> · <bdi>&lt;b&gt;</bdi>')
    assert {tag for tag, _ in page.tags} == {"div", "bdi", "span"}


def test_the_text_boxes_are_named_for_screen_readers_and_the_page_has_a_title():
    app = visit()
    assert [area.label for area in app.text_area] == ["Source", "Translation"]
    assert [title.value for title in app.title] == ["Translation pair"]


def test_boxes_of_two_fields_say_which_text_and_which_field(monkeypatch):
    monkeypatch.setattr("dashboard.pair.actions.job_progress", lambda job, key: None)
    monkeypatch.setattr(pair_session, "BackgroundTask", NoJob)
    labels = [area.label for area in visit(task="nli").text_area]
    assert labels == ["Source: premise", "Source: hypothesis", "Translation: premise", "Translation: hypothesis"]


def test_percentages_of_a_column_have_equal_decimals():
    app = visit()
    cells = pd.Series(pages.linked(app)["html"]).str.findall(r'<td class="n">([\d.]+)%</td>').iloc[0]
    assert len(cells) == len(flows(app)) and {len(cell.partition(".")[2]) for cell in cells} == {1}


def test_special_tokens_are_counted_apart_and_explained():
    analysis = storm()
    sides = (analysis.source, analysis.target)
    for side, told in zip(sides, quality_table(sides)["Tokens"], strict=True):
        specials = int(side.text.special_mask.sum())
        assert told == f"{len(side.text.tokens) - specials} + {specials} special"
    assert any("prefix" in caption.value for caption in visit().caption)
