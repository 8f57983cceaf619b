"""The first screen as Streamlit runs it: its doors, with results and without."""

from functools import partial

import pytest

from core.report.first_pair import load_first_pair
from dashboard.atlas import doors
from tests.world import pages
from tests.world.pages import checked, html, said
from tests.world.stores import fill_runs
from tests.world.word_stores import fill_words

visit = partial(pages.visit, "atlas")


def texts(app):
    return " ".join(entry.value for entry in app.markdown).replace("\\", "")


def test_every_door_is_there_without_any_result(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "nothing"))
    app = visit()
    assert len(app.subheader) == 4
    (analysis,) = load_first_pair().analyses.values()
    assert f"C is {analysis.consistency:.3f}" in texts(app)
    assert "No run compares training languages yet" in texts(app)
    assert "No run with the flows of two languages is stored yet" in texts(app)


def test_the_answer_is_never_one_reading_alone(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", every_pair=True)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert html(app).count('class="track"') > 1
    assert "in every reading" in texts(app)


def test_without_text_the_words_are_classes_of_position(tmp_path, monkeypatch):
    fill_words(tmp_path / "store")
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert "Positions in the text by lost importance" in texts(app)
    assert "first fifth" in html(app)


def test_own_texts_are_kept_for_the_page_of_a_pair(tmp_path, monkeypatch, own_cache):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "nothing"))
    kept = []
    monkeypatch.setattr(doors, "keep_texts", lambda draft, task: kept.append((draft, task)) or "abc")
    app = visit()
    checked(app.button[0].click().run())
    assert "Type or paste a text into both fields." in said(app)
    for area, text in zip(app.text_area, ("The ferry sailed.", "El ferri zarpó."), strict=True):
        area.set_value(text)
    checked(app.run())
    checked(app.button[0].click().run())
    ((draft, task),) = kept
    assert (draft.source.texts[0], draft.target.texts[0], task) == ("The ferry sailed.", "El ferri zarpó.", "meaning")


@pytest.mark.parametrize(("given", "expected"), [({"task": "nli"}, True), ({"h": "ab"}, True), ({}, False)])
def test_links_without_a_page_lead_to_the_pair(given, expected):
    assert doors.pair_link(given) is expected
