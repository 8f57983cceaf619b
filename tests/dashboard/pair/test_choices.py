import pytest

from core.models.catalogue import DEFAULT_MODEL
from core.setting import settings_of
from core.settings import METHODS, TASKS, Settings
from tests.world import pages
from tests.world.pages import checked
from tests.world.tiny import write_catalogue

# Words are the page's level, tokens the commands'.
DEFAULTS = Settings(level="word")
NLI = TASKS["nli"].title


def sidebar(gold=None):
    """The app under test: the settings alone; what they say is left in the session state."""
    import streamlit as st

    from dashboard.pair.choices import choose_settings, choose_task, comparison_bar
    from dashboard.shared.address import Address

    address = Address("pair")
    task = choose_task(address)
    st.session_state["choice"] = choose_settings(address, task, gold)
    comparison_bar(address, task, gold)
    address.write()


def show(gold=None, **query):
    return pages.show(sidebar, {"gold": gold}, **query)


def chosen(app):
    return app.session_state["choice"]


def address(app):
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


@pytest.fixture
def catalogue(tiny_folder, tmp_path, monkeypatch, bare_catalogue):
    """An operator's file that lists a tiny checkpoint for every task with a head; no other is listed."""
    models = [
        {"name": f"tiny-{task}", "task": task, "location": tiny_folder("bert", task)}
        for task in ("nli", "paraphrase", "qa")
    ]
    path = write_catalogue(tmp_path / "catalogue.toml", models)
    monkeypatch.setenv("CCTA_CONFIG", str(path))
    return path


@pytest.fixture(autouse=True)
def _no_operator_file(monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG", raising=False)


def test_untouched_the_sidebar_says_the_defaults():
    # Otherwise the shipped first result would not be what Analyse computes.
    choice = chosen(show())
    assert choice.settings == DEFAULTS
    assert choice.model.name == DEFAULT_MODEL
    assert not choice.show_specials


def test_what_the_page_offers_is_what_the_engine_takes():
    for setting in settings_of(Settings):
        for task in TASKS:
            codes = list(setting.offered(task, "known"))
            for code in codes:
                setting.validate(setting.value(code))
                assert setting.code(setting.value(code)) == code
            if setting.values and setting.name != "task":
                assert not codes or setting.code(setting.default) in codes
    (method,) = [setting for setting in settings_of(Settings) if setting.name == "method"]
    assert tuple(method.offered("nli", None)) == METHODS


@pytest.mark.parametrize(
    ("kind", "key", "value", "linked", "expected"),
    [
        ("selectbox", "steps", "50", ("50", "50 nodes"), 50),
        ("segmented_control", "space", "static", ("static", "static, input embeddings"), "static"),
        ("selectbox", "method", "occlusion", ("occlusion", "occlusion"), "occlusion"),
        ("selectbox", "method", "input-x-gradient", ("input-x-gradient", "input × gradient"), "input-x-gradient"),
        ("selectbox", "precision", "bf16", ("bf16", "bf16"), "bf16"),
        ("toggle", "centred", False, ("0", "false"), False),
        ("toggle", "procrustes", False, ("0", "false"), False),
        ("segmented_control", "mass", "positive", ("positive", "positive only"), "positive"),
        ("segmented_control", "level", "token", ("token", "token"), "token"),
    ],
)
def test_every_choice_ends_in_the_settings_and_in_the_address(kind, key, value, linked, expected):
    app = show()
    getattr(app, kind)(key=f"pair-{key}").set_value(value)
    settings = chosen(checked(app.run())).settings
    assert settings == DEFAULTS.with_changes(**{key: expected})
    assert address(app) == {key: linked[0]}
    # Links made before codes have the label.
    for code_or_label in linked:
        opened = show(**{key: code_or_label})
        assert chosen(opened).settings == settings
        assert address(opened) == {key: linked[0]}


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("What each side predicts", "own"),
        ("The gold label", "gold"),
        ("Class: neutral", "neutral"),
    ],
)
def test_what_an_old_link_explains_is_still_explained(label, code, catalogue):
    app = show(gold="neutral", task=NLI, explain=label)
    assert (chosen(app).settings.task, chosen(app).settings.explain) == ("nli", code)
    assert address(app) == {"task": "nli", "explain": code, "model": "tiny-nli"}


def test_a_choice_set_back_leaves_the_address():
    app = show(steps="50", specials="true")
    assert chosen(app).show_specials
    assert address(app) == {"steps": "50", "specials": "1"}
    app.selectbox(key="pair-steps").set_value("auto")
    app.toggle(key="pair-specials").set_value(False)
    assert address(checked(app.run())) == {}


def test_going_back_to_an_address_restores_what_it_says(catalogue):
    app = show(task="nli", steps="50")
    before = address(app)
    app.segmented_control(key="pair-level").set_value("token")
    app.selectbox(key="pair-explain").set_value("neutral")
    checked(app.run())
    app.query_params.clear()
    for name, value in before.items():
        app.query_params[name] = value
    settings = chosen(checked(app.run())).settings
    assert settings == DEFAULTS.with_changes(task="nli", steps=50)
    assert address(app) == before


def test_special_tokens_change_the_display_alone():
    app = show()
    app.toggle(key="pair-specials").set_value(True)
    choice = chosen(checked(app.run()))
    assert choice.show_specials
    assert choice.settings == DEFAULTS


@pytest.mark.parametrize("key", ["task", "model", "steps", "mass", "space", "level", "method", "precision", "centred"])
@pytest.mark.parametrize("value", ["<script>nonsense", ""])
def test_a_link_with_an_unknown_value_falls_back_to_the_default(key, value):
    assert chosen(show(**{key: value})).settings == DEFAULTS


@pytest.mark.parametrize("task", ["nli", "paraphrase", "qa"])
def test_a_task_without_a_checkpoint_has_no_model(task, bare_catalogue):
    choice = chosen(show(task=TASKS[task].title))
    assert choice.settings.task == task
    assert choice.model is None


@pytest.mark.parametrize("task", ["nli", "paraphrase", "qa"])
def test_an_operators_checkpoint_serves_its_task(catalogue, task):
    app = show(task=TASKS[task].title)
    assert chosen(app).model.name == f"tiny-{task}"
    brief = {"nli": "inference", "qa": "answers"}.get(task, task)
    assert app.selectbox(key="pair-model").options == [f"English, {brief} · tiny"]  # as the folder's card says


def test_what_is_explained_depends_on_the_task(catalogue):
    keys = [widget.key for widget in show().selectbox]
    assert "pair-explain" not in keys
    nli, qa = show(task=NLI), show(task=TASKS["qa"].title)
    assert chosen(nli).settings.explain == "source"
    assert chosen(qa).settings.explain == "own"
    assert len(nli.selectbox(key="pair-explain").options) == 2 + len(TASKS["nli"].classes)
    nli.selectbox(key="pair-explain").set_value("neutral")
    assert chosen(checked(nli.run())).settings.explain == "neutral"


def test_the_gold_label_is_offered_where_it_is_known(catalogue):
    known, unknown = show(gold="neutral", task=NLI), show(task=NLI)
    assert "The gold label" in known.selectbox(key="pair-explain").options
    assert "The gold label" not in unknown.selectbox(key="pair-explain").options
    known.selectbox(key="pair-explain").set_value("gold")
    settings = chosen(checked(known.run())).settings
    assert (settings.explain, settings.gold) == ("gold", "neutral")


def test_a_class_of_one_task_does_not_stay_for_the_next(catalogue):
    app = show(task=NLI)
    app.selectbox(key="pair-explain").set_value("neutral").run()
    app.selectbox(key="pair-task").set_value("paraphrase")
    settings = chosen(checked(app.run())).settings
    assert (settings.task, settings.explain) == ("paraphrase", "source")


@pytest.mark.parametrize("content", ["not = [toml", "[[model]]\nname = 'x'\n", None])
def test_a_broken_operators_file_is_one_line(catalogue, content):
    if content is None:
        catalogue.unlink()
    else:
        catalogue.write_text(content, encoding="utf-8")
    app = show()
    assert chosen(app).model is None
    assert len(app.error) == 1
    assert "\n" not in app.error[0].value
    # No page shows a path of the server.
    assert "CCTA_CONFIG" in app.error[0].value and str(catalogue) not in app.error[0].value
