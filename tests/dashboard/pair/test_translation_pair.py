"""The page "Translation pair" as Streamlit runs it, with tiny random checkpoints; Chromium sees it in tests/browser."""

import os
import threading
from functools import partial
from pathlib import Path

import pytest
import streamlit as st

from core.consistency.pair import TextInput
from core.consistency.translations import AnalysisKey, analyze_translations
from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model
from core.report.first_pair import load_first_pair
from core.settings import TASKS, Settings
from core.text.examples import load_examples
from dashboard.pair import actions as pair_actions
from dashboard.pair import job as pair_job
from dashboard.pair import session as pair_session
from dashboard.service.limits import ServiceLimits
from dashboard.service.queue import JobQueue
from dashboard.shared.drafts import recall_texts
from tests.world import pages
from tests.world.pages import analysed, button, checked, html, lines, linked, press, state, typed, waited
from tests.world.sentences import CHINESE, ENGLISH, SPANISH
from tests.world.tiny import write_catalogue

visit = partial(pages.visit, "translation_pair")


@pytest.fixture(autouse=True)
def _alone(own_cache, monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG", raising=False)


@pytest.fixture
def catalogue(tiny_folder, tmp_path, monkeypatch, bare_catalogue):
    """An operator's file that lists a tiny checkpoint for every task but `paraphrase`; no other is listed."""
    models = [
        {"name": f"tiny-{task}", "task": task, "location": tiny_folder("bert", task)}
        for task in ("meaning", "nli", "qa")
    ]
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(tmp_path / "catalogue.toml", models)))


def only(app):
    """The one analysis of the result."""
    (analysis,) = state(app).result.analyses.values()
    return analysis


def analysed_translations(app):
    return [key.translation for key in state(app).result.analyses]


def tiny(app, task="meaning", *texts):
    """Choose the task and its tiny checkpoint, and type."""
    app.selectbox(key="pair-task").set_value(task)
    checked(app.run())
    waited(app)
    app.selectbox(key="pair-model").set_value(f"tiny-{task}")
    return typed(checked(app.run()), *texts) if texts else checked(app.run())


def test_the_first_visit_shows_the_example_and_computes_nothing(monkeypatch):
    monkeypatch.setattr(pair_session, "BackgroundTask", None)
    app = visit()
    shipped = {results.settings: results for results in load_first_pair()}
    (stored,) = shipped[Settings(level="word")].analyses.values()
    (tokens,) = shipped[Settings(level="token")].analyses.values()
    example = load_examples("meaning")[0]
    assert [area.value for area in app.text_area] == [*example.texts("en"), *example.texts("es")]
    assert f'<div class="c-num">{stored.consistency:.3f}</div>' in html(app)
    assert f"tokens, as in the paper: {tokens.consistency:.3f}" in html(app)
    assert "Above chance" in html(app)
    assert not lines(app)
    assert "Changed since the last analysis" not in [caption.value for caption in app.caption]
    assert [tab.label for tab in app.tabs] == [
        "Numerical quality",
        "All tokens",
        "Similarity to other translations",
        "Settings and versions",
    ]
    assert "Transport matrix" in linked(app)["html"]


def test_a_missing_first_result_is_computed(monkeypatch, catalogue, tmp_path):
    from core.report import first_pair as shipped

    monkeypatch.setattr(shipped, "FILE", tmp_path / "none.json")
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = visit()
    assert isinstance(state(app).job, FakeJob)
    assert not lines(app)


class FakeJob:
    """A job that never gets anywhere; `finish` ends it as a test wants."""

    def __init__(self, work):
        from dashboard.service.jobs import Stage

        self.stage, self.elapsed, self.seconds = Stage("attributing", 14, 40), 2.0, 3.14
        self.begun, self.finished, self.cancelled, self.cancelling = False, False, False, False
        self.began_at = None
        self.result = self.error = None
        self.cancel_asked = threading.Event()

    def start(self, at_end):
        self.begun, self.at_end = True, at_end

    def cancel(self, reason=None):
        self.cancel_asked.set()

    def finish(self, *, result=None, error=None, cancelled=False):
        self.finished, self.result, self.error, self.cancelled = True, result, error, cancelled
        self.at_end()


def test_typing_says_changed_and_undoing_it_does_not():
    app = visit()
    original = app.text_area[1].value
    typed(app, app.text_area[0].value, "La lluvia.")
    assert "Changed since the last analysis" in [caption.value for caption in app.caption]
    assert button(app, "Analyse").proto.type == "primary"
    typed(app, app.text_area[0].value, original)
    assert "Changed since the last analysis" not in [caption.value for caption in app.caption]
    assert button(app, "Analyse").proto.type == "secondary"


def test_a_typed_pair_is_analysed(catalogue):
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    result = state(app).result
    assert result.source == TextInput("en", ENGLISH)
    assert result.translations == (TextInput("es", SPANISH),)
    assert list(result.analyses) == [AnalysisKey("tiny-meaning", 0)]
    assert f'<div class="c-num">{only(app).consistency:.3f}</div>' in html(app)
    for word in ENGLISH.split():
        assert word in html(app)
    assert not app.error
    assert button(app, "Analyse").proto.type == "secondary"
    assert recall_texts(app.query_params["h"], 0).source == state(app).draft.source


def test_the_settings_end_up_in_the_request(catalogue):
    app = tiny(visit(), "meaning", ENGLISH, SPANISH)
    app.selectbox(key="pair-steps").set_value("20")
    app.segmented_control(key="pair-space").set_value("static")
    app.segmented_control(key="pair-mass").set_value("positive")
    app.segmented_control(key="pair-level").set_value("token")
    app.selectbox(key="pair-method").set_value("occlusion")
    app.toggle(key="pair-procrustes").set_value(False)
    app = analysed(checked(app.run()))
    assert not lines(app)
    assert state(app).result.settings == Settings(
        steps=20, space="static", mass="positive", level="token", method="occlusion", procrustes=False
    )
    tokens = [token for token in only(app).source.text.tokens if not token.special]
    assert len(only(app).source.units) == len(tokens)


def test_level_mass_and_space_are_compared_at_once_as_an_analysis_would(catalogue, monkeypatch):
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    monkeypatch.setattr(pair_session, "BackgroundTask", None)  # Nothing is attributed from here on.
    texts = TextInput("en", ENGLISH), [TextInput("es", SPANISH)]
    model = load_model("tiny-meaning", device="cpu")
    wanted = Settings(level="word")
    for key, value in (("level", "token"), ("mass", "positive"), ("space", "static"), ("level", "word")):
        app.segmented_control(key=f"pair-{key}").set_value(value)
        wanted = wanted.with_changes(**{key: value})
        app = checked(app.run())
        (expected,) = analyze_translations(model, *texts, wanted).analyses.values()
        assert only(app).settings == wanted
        assert only(app).consistency == pytest.approx(expected.consistency, abs=1e-6)
        assert only(app).references.shuffled_mean == pytest.approx(expected.references.shuffled_mean, abs=1e-6)
        assert f'<div class="c-num">{expected.consistency:.3f}</div>' in html(app)
        assert "Changed since the last analysis" not in [caption.value for caption in app.caption]
        assert button(app, "Analyse").proto.type == "secondary"


def test_identical_texts_are_said_to_be(catalogue):
    app = analysed(tiny(visit(), "meaning", ENGLISH, ENGLISH))
    assert any("Both texts are identical" in line for line in lines(app))
    assert '<div class="c-num">1.000</div>' in html(app)


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (("", SPANISH), "Type or paste a sentence, or load an example."),
        ((ENGLISH, " \n "), "Type or paste a sentence, or load an example."),
        (("?!…", SPANISH), "There is no word in this text."),
        ((ENGLISH, "¿¡…"), "There is no word in this text."),
        (("word " * 20_000, SPANISH), "99,999 characters; at most 20,000 are read. Shorten the text."),
    ],
)
def test_a_text_that_cannot_be_read_is_one_line_and_keeps_the_result(catalogue, texts, line):
    app = analysed(tiny(visit(), "meaning", *texts))
    # Under its field, and beside the button that was pressed.
    assert app.error
    assert {error.value for error in app.error} == {line}
    assert [area.value for area in app.text_area] == list(texts)
    assert state(app).result.models == (DEFAULT_MODEL,)
    # The next one that can be read takes the line away.
    assert not analysed(typed(app, ENGLISH, SPANISH)).error


def test_removed_characters_are_said(catalogue):
    app = analysed(tiny(visit(), "meaning", ENGLISH, "la tor\u202ementa\x07 el ferri"))
    assert "Spanish: 2 control characters were removed." in lines(app)
    assert "\u202e" not in html(app)


def test_markup_is_shown_as_text(catalogue):
    app = analysed(tiny(visit(), "meaning", "<script>alert(1)</script> the storm", "<img src=x onerror=alert(1)> la"))
    assert "<script" not in html(app)
    assert "<img" not in html(app)
    assert "&lt;" in html(app)


def test_a_task_without_a_checkpoint_says_so_and_loses_nothing(catalogue):
    app = typed(visit(), ENGLISH, SPANISH)
    app.selectbox(key="pair-task").set_value("paraphrase")
    checked(app.run())
    (error,) = app.error
    assert "No checkpoint for this task" in error.value
    assert button(app, "Analyse").disabled
    assert state(app).result.models == (DEFAULT_MODEL,)
    app.selectbox(key="pair-task").set_value("meaning")
    checked(app.run())
    assert [area.value for area in app.text_area] == [ENGLISH, SPANISH]
    assert not app.error
    assert not button(app, "Analyse").disabled


def test_switching_the_task_with_an_untouched_example_loads_the_tasks_own(catalogue):
    app = visit()
    app.selectbox(key="pair-task").set_value("nli")
    app = waited(checked(app.run()))
    example = load_examples("nli")[0]
    assert [area.value for area in app.text_area] == [*example.texts("en"), *example.texts("es")]
    assert state(app).result.settings.task == "nli"


def test_inference_shows_predictions_and_explains_the_class_chosen(catalogue):
    texts = (ENGLISH, "the boat sailed on time", SPANISH, "el barco zarpó")
    app = tiny(visit(), "nli", *texts)
    app = analysed(app)
    analysis = only(app)
    predicted = max(analysis.source.prediction, key=analysis.source.prediction.get)
    assert analysis.source.attribution.target.label == analysis.target.attribution.target.label == predicted
    assert f"predicts <bdi>{predicted}</bdi>" in html(app)
    app.selectbox(key="pair-explain").set_value("neutral")
    app = analysed(checked(app.run()))
    analysis = only(app)
    assert analysis.target.attribution.target.label == "neutral"
    assert "share of all attribution to the neutral logit" in html(app)


def test_question_answering_has_a_start_and_an_end(catalogue):
    texts = ("the storm", "the boat sailed on time", "la tormenta", "el barco zarpó a la hora")
    app = analysed(tiny(visit(), "qa", *texts))
    start, end = state(app).result.analyses.values()
    for analysis in (start, end):
        assert f'<div class="c-num">{analysis.consistency:.3f}</div>' in html(app)
    assert "the logit of the answer’s start" in html(app)
    app.segmented_control(key="pair-end").set_value("end")
    assert "the logit of the answer’s end" in html(checked(app.run()))


def test_an_example_is_loaded_and_analysed(monkeypatch):
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = visit()
    example = load_examples("meaning")[2]
    app.selectbox(key="example-source").set_value("de")
    checked(app.run())
    app.multiselect(key="example-targets-de").set_value(["ar", "zh"])
    checked(app.run())
    app.button(key=f"example-{example.id}").click()
    checked(app.run())
    assert [area.value for area in app.text_area] == [*example.texts("de"), *example.texts("ar")]
    assert isinstance(state(app).job, FakeJob)
    assert len(state(app).draft.translations) == 2


def test_an_example_of_another_task_brings_its_task(monkeypatch, catalogue):
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = visit()
    app.pills(key="gallery-task").set_value("nli")
    example = load_examples("nli")[1]
    checked(app.run())
    app.button(key=f"example-{example.id}").click()
    checked(app.run())
    assert [area.value for area in app.text_area] == [*example.texts("en"), *example.texts("es")]
    assert app.selectbox(key="pair-task").value == "nli" and app.query_params["task"] in ("nli", ["nli"])


def test_paste_your_own_empties_the_boxes_and_keeps_the_result():
    app = press(visit(), "Paste your own")
    assert [area.value for area in app.text_area] == ["", ""]
    assert state(app).result is not None
    assert not [button for button in app.button if button.label == "Paste your own"]


def test_translations_are_added_compared_and_removed(catalogue):
    app = tiny(visit(), "meaning", ENGLISH, SPANISH)
    press(app, "Add a translation")
    assert state(app).draft.active == 1
    typed(app, ENGLISH, CHINESE)
    app = analysed(app)
    result = state(app).result
    assert [text.texts for text in (result.source, *result.translations)] == [(ENGLISH,), (SPANISH,), (CHINESE,)]
    assert result.grids["tiny-meaning"].shape == (3, 3)
    assert len(app.get("vega_lite_chart")) == 1
    press(app, "Remove this translation")
    assert [side.texts[0] for side in state(app).draft.translations] == [SPANISH]
    assert [area.value for area in app.text_area] == [ENGLISH, SPANISH]
    app = analysed(app)
    assert len(state(app).result.analyses) == 1
    assert not app.get("vega_lite_chart")


def test_a_result_of_several_stays_on_the_screen_while_the_draft_changes(catalogue):
    app = tiny(visit(), "meaning", ENGLISH, SPANISH)
    press(app, "Add a translation")
    app = analysed(typed(app, ENGLISH, CHINESE))
    for label in ("Add a translation", "Remove this translation", "Remove this translation"):
        app = press(app, label)
        assert len(state(app).result.analyses) == 2
        assert len(app.get("vega_lite_chart")) == 1


def test_a_translation_that_fails_leaves_the_others(catalogue):
    app = tiny(visit(), "meaning", ENGLISH, SPANISH)
    press(app, "Add a translation")
    app = analysed(typed(app, ENGLISH, "…"))
    assert analysed_translations(app) == [0]
    assert "Translation 2: There is no word in this text." in lines(app)
    press(app, "Add a translation")
    app = analysed(typed(app, ENGLISH, CHINESE))
    assert analysed_translations(app) == [0, 2]


def test_cancel_keeps_the_previous_result_and_says_so(monkeypatch):
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = press(typed(visit(), ENGLISH, SPANISH), "Analyse")
    assert "previous result" in [caption.value for caption in app.caption]
    job = state(app).job
    button(app, "Cancel").click()
    checked(app.run())
    assert job.cancel_asked.is_set()
    job.finish(cancelled=True)
    checked(app.run())
    (line,) = lines(app)
    assert line.startswith("Cancelled after 3.1 s") and "previous result" in line
    assert "previous result" not in [caption.value for caption in app.caption]
    assert state(app).result.models == (DEFAULT_MODEL,)


def test_a_second_analysis_stops_the_first(monkeypatch):
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = press(typed(visit(), ENGLISH, SPANISH), "Analyse")
    first = state(app).job
    press(app, "Analyse")
    assert first.cancel_asked.is_set()
    assert state(app).job is not first


def test_a_link_brings_texts_and_task_back(catalogue):
    texts = (ENGLISH, "the boat sailed on time", SPANISH, "el barco zarpó")
    app = analysed(tiny(visit(), "nli", *texts))
    token, first = app.query_params["h"], state(app).result
    opened = waited(visit(h=token, task=TASKS["nli"].title))
    assert [area.value for area in opened.text_area] == list(texts)
    again = state(opened).result
    assert (again.source, again.translations, again.settings) == (first.source, first.translations, first.settings)
    assert only(opened).consistency == pytest.approx(only(app).consistency, abs=1e-6)
    assert not opened.error


@pytest.mark.parametrize("token", ["0123456789abcdef", "../../etc/passwd", "<script>"])
def test_an_unknown_link_is_one_line_and_the_example(token):
    app = visit(h=token)
    (error,) = app.error
    assert "not on this server" in error.value
    assert app.text_area[0].value == load_examples("meaning")[0].texts("en")[0]
    assert "Above chance" in html(app)


def kept_files(cache):
    return [path for path in (cache / "texts").glob("*") if path.suffix == ".json"]


def test_texts_are_written_only_where_a_link_is_asked_for_and_are_erased_again(catalogue, own_cache):
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    assert not kept_files(own_cache)
    app = press(app, "Keep the texts for 90 days")
    (kept,) = kept_files(own_cache)
    assert kept.stem == app.query_params["h"]
    assert ENGLISH in kept.read_text(encoding="utf-8")
    assert any("Whoever has the link can read them" in caption.value for caption in app.caption)
    press(app, "Erase the texts")
    assert not kept_files(own_cache)


def test_a_server_without_links_offers_none(catalogue, own_cache):
    with Path(os.environ["CCTA_CONFIG"]).open("a", encoding="utf-8") as file:
        file.write("\n[service]\nlinks = false\n")
    st.cache_resource.clear()
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    assert not [button for button in app.button if button.label.startswith("Keep the texts")]
    assert any("This server keeps no texts" in caption.value for caption in app.caption)


def test_a_busy_server_says_so_and_keeps_the_result(monkeypatch):
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    monkeypatch.setattr(pair_session, "submit", lambda job, deed: full.submit(job, "this one"))
    full = JobQueue(ServiceLimits(jobs=1, waiting=1))
    full.submit(FakeJob(None), "another")
    app = press(typed(visit(), ENGLISH, SPANISH), "Analyse")
    monkeypatch.setattr(pair_actions, "job_queue", lambda: full)
    assert "Waiting: yours is next" in app.run().get("progress")[0].proto.text
    press(app, "Analyse")
    (line,) = lines(app)
    assert "its queue is full: try again" in line


def test_a_press_right_after_typing_counts(monkeypatch):
    """The button changes its looks in the run that takes the texts, and must stay the same button."""
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = visit()
    app.text_area[0].set_value(ENGLISH)
    app.text_area[1].set_value(SPANISH)
    (button,) = [entry for entry in app.button if entry.label == "Analyse"]
    checked(button.click().run())
    assert state(app).job is not None


def test_own_texts_need_an_account_where_the_operator_says_so(monkeypatch):
    monkeypatch.setattr(pair_session, "lacks_login", lambda what: what == "texts")
    monkeypatch.setattr(pair_session, "BackgroundTask", FakeJob)
    app = press(typed(visit(), ENGLISH, SPANISH), "Analyse")
    (line,) = lines(app)
    assert line.startswith("Log in to analyse texts of your own")
    assert state(app).job is None


def test_more_tokens_than_the_server_allows_are_one_line(catalogue, monkeypatch):
    limits = ServiceLimits(job_tokens=10)
    monkeypatch.setattr(pair_session, "service_limits", lambda: limits)
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    (error,) = app.error
    assert "this server analyses 10 at once" in error.value


@pytest.mark.parametrize("task", ["nonsense", "", "nli"])
def test_a_link_with_another_task_opens(task):
    assert state(visit(task=task)).result is not None


def test_an_unexpected_fault_is_one_line(monkeypatch, catalogue):
    def faulty(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    monkeypatch.setattr(pair_job, "analyze_translations", faulty)
    app = analysed(tiny(visit(), "meaning", ENGLISH, SPANISH))
    (error,) = app.error
    assert "the server's log says why" in error.value
