"""Model and "Compare with" in the sidebar: labels, what a task begins with, what is kept, and the address."""

import pytest

from core.models.catalogue import DEFAULT_MODEL
from core.settings import TASKS
from dashboard.figures.names import short_names
from dashboard.pair.model_choice import model_options
from tests.world import pages
from tests.world.analyses import storm
from tests.world.pages import checked
from tests.world.tiny import write_catalogue

NLI, QA, MEANING = (TASKS[task].title for task in ("nli", "qa", "meaning"))


def sidebar(source=None):
    """The app under test: the sidebar alone; the source language comes from the session, as from a draft."""
    import streamlit as st

    from dashboard.pair.choices import choose_settings, choose_task
    from dashboard.shared.address import Address

    address = Address("pair")
    source = st.session_state.get("source", source)
    st.session_state["choice"] = choose_settings(address, choose_task(address), None, source)
    address.write()


def show(source=None, **query):
    return pages.show(sidebar, {"source": source}, **query)


def switch(app, key, value):
    app.selectbox(key=f"pair-{key}").set_value(value)
    return checked(app.run())


def names(app):
    choice = app.session_state["choice"]
    return choice.model.name, choice.compare.name if choice.compare else ""


def address(app, key):
    found = app.query_params.get(key)
    return found[0] if isinstance(found, list) else found


@pytest.fixture(autouse=True)
def catalogue(tmp_path, monkeypatch, bare_catalogue):
    """NLI in German, English and Spanish, one of them in a folder that is not there; question answering in English."""
    entries = [
        ("nli-de", "nli", "de", True),
        ("nli-far", "nli", "fr", False),
        ("nli-en", "nli", "en", True),
        ("nli-es", "nli", "es", True),
        ("qa-en", "qa", "en", True),
    ]
    for name, _, _, here in entries:
        if here:
            (tmp_path / name).mkdir()
    models = [
        {
            "name": name,
            "title": f"e5-small, {task.upper()}",
            "task": task,
            "train_language": language,
            "location": name,
        }
        for name, task, language, _ in entries
    ]
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(tmp_path / "operator.toml", models)))


def test_labels_begin_with_what_tells_checkpoints_apart_and_those_not_here_come_last():
    assert list(model_options("nli").values()) == [
        "English, inference · e5-small, NLI",
        "German, inference · e5-small, NLI",
        "Spanish, inference · e5-small, NLI",
        "↓ French, inference · e5-small, NLI",
    ]
    meaning = list(model_options("meaning"))
    assert meaning[:2] == [DEFAULT_MODEL, "nli-en"]
    assert meaning[-1] not in ("nli-de", "qa-en")


def test_equal_labels_are_told_apart_by_name(tmp_path, monkeypatch):
    path = tmp_path / "operator.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"es"', '"en"'), encoding="utf-8")
    labels = model_options("nli")
    assert labels["nli-en"] == "English, inference · e5-small, NLI (nli-en)"
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize(
    ("source", "expected"), [("es", "nli-es"), ("ar", "nli-en"), ("fr", "nli-en"), (None, "nli-en")]
)
def test_a_task_begins_with_the_checkpoint_of_the_source_language(source, expected):
    app = show(source, task=NLI)
    assert names(app) == (expected, "")
    assert address(app, "model") == expected
    assert address(app, "cmp") is None


def test_typing_another_language_does_not_change_the_model():
    app = show("es", task=NLI)
    app.session_state["source"] = "de"
    assert names(checked(app.run())) == ("nli-es", "")
    app = switch(switch(app, "task", "qa"), "task", "nli")
    assert names(app) == ("nli-de", "")


def test_a_choice_is_kept_for_its_task():
    app = switch(show("es", task=NLI), "model", "nli-de")
    app = switch(app, "cmp", "nli-en")
    assert names(app) == ("nli-de", "nli-en")
    app = switch(app, "task", "qa")
    assert names(app) == ("qa-en", "")
    assert (address(app, "model"), address(app, "cmp")) == ("qa-en", None)
    app = switch(app, "task", "meaning")
    assert names(app) == (DEFAULT_MODEL, "")
    assert address(app, "model") is None
    app = switch(app, "task", "nli")
    assert names(app) == ("nli-de", "nli-en")
    assert (address(app, "model"), address(app, "cmp")) == ("nli-de", "nli-en")


def test_a_link_wins_over_the_source_language():
    app = show("es", task=NLI, model="nli-de", cmp="nli-en")
    assert names(app) == ("nli-de", "nli-en")
    assert names(checked(app.run())) == ("nli-de", "nli-en")


def test_the_browser_is_told_what_a_link_chose_in_every_run():
    # Told once it could miss it: a run that is interrupted takes its messages back.
    app = show("es", task=NLI, model="nli-de", cmp="nli-en", steps="20")
    for _ in range(2):
        app = checked(app.run())
        told = [app.selectbox(key=f"pair-{key}").proto for key in ("task", "model", "cmp", "steps")]
        assert all(proto.set_value for proto in told)
        assert [proto.raw_value for proto in told][::3] == [NLI, "20 nodes"]


@pytest.mark.parametrize("value", ["", "nonsense", "qa-en", "nli-es"])
def test_a_link_that_compares_with_what_is_not_offered_compares_nothing(value):
    app = show("es", task=NLI, cmp=value)
    assert names(app) == ("nli-es", "")
    assert address(app, "cmp") is None


def test_a_model_is_not_compared_with_itself():
    app = switch(show("en", task=NLI), "cmp", "nli-es")
    assert names(app) == ("nli-en", "nli-es")
    app = switch(app, "model", "nli-es")
    assert names(app) == ("nli-es", "")
    assert "Spanish, inference · e5-small, NLI" not in app.selectbox(key="pair-cmp").options


def test_two_models_are_told_apart_by_their_language_else_by_name():
    from dataclasses import replace

    english = storm().model
    spanish = replace(english, name="other", train_language="es")
    assert short_names(english, spanish) == ("trained in English", "trained in Spanish")
    assert short_names(english, replace(english, name="other")) == ("e5-small-nli-en", "other")
