"""The way from a stored run to the page "Translation pair": its sidebar opens with the run's settings."""

import pytest

from core.settings import LEVELS, MASS_RULES, METHODS, TASKS, Settings
from dashboard.shared.pair_link import not_offered, settings_link
from tests.world import pages


def sidebar():
    import streamlit as st

    from dashboard.pair.choices import choose_settings, choose_task
    from dashboard.shared.address import Address

    address = Address("pair")
    st.session_state["choice"] = choose_settings(address, choose_task(address), "neutral")
    address.write()


def opened(settings):
    """The settings of the page, opened by the link of others."""
    found = pages.show(sidebar, {}, **settings_link(settings)).session_state["choice"].settings
    return found.with_changes(gold=None)


DIFFERENT = [{"explain": explain} for explain in ("own", "gold", *TASKS["nli"].classes)] + [
    *({"steps": steps} for steps in ("auto", 20, 30, 50, 100, 300)),
    *({"mass": mass} for mass in MASS_RULES),
    *({"space": space} for space in ("isolated", "static", "contextual")),
    *({"level": level} for level in LEVELS),
    *({"method": method} for method in METHODS),
    *({"precision": precision} for precision in ("fp32", "bf16")),
    {"centred": False},
    {"procrustes": False},
    {"explain": "contradiction", "steps": 50, "mass": "positive", "space": "static", "level": "word", "centred": False},
]


@pytest.mark.parametrize("changes", DIFFERENT, ids=str)
def test_the_page_opens_with_the_settings_of_the_run(changes, bare_catalogue):
    settings = Settings(task="nli", **changes)
    assert opened(settings) == settings
    assert not_offered(settings) == ()


@pytest.mark.parametrize("task", TASKS)
def test_the_usual_settings_are_those_of_the_page(task, bare_catalogue):
    # A run takes tokens, the page words: so a link to the page says which.
    assert settings_link(Settings(task=task)) == {"task": task, "level": "token"}
    assert settings_link(Settings(task=task, level="word")) == {"task": task}
    assert opened(Settings(task=task)).task == task


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings("nli", steps=8), ("steps", "8")),
        (Settings("nli", tolerance=0.02), ("tolerance", "0.02")),
        (Settings("nli", precision="tf32"), ("precision", "tf32")),
        (Settings("qa", explain="gold"), ("explain", "gold")),
        (Settings("nli", method="gradient-shap", seed=3), ("seed", "3")),
    ],
)
def test_what_the_page_does_not_offer_is_named_and_left_out(settings, missing, bare_catalogue):
    assert not_offered(settings) == (missing,)
    assert missing[0] not in settings_link(settings)
    assert not_offered(Settings("nli", steps=50, tolerance=0.02, seed=3)) == ()
