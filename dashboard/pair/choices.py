"""The sidebar of the page "Translation pair": every setting once, most used first, made from the list of settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.models.catalogue import ModelSpec
from core.setting import Setting, settings_of
from core.settings import Settings
from dashboard.pair.model_choice import choose_models
from dashboard.shared.address import Address
from dashboard.shared.help_texts import explained

TASK, GOLD = "task", "gold"


@dataclass(frozen=True)
class Choice:
    """What the sidebar says: settings, the model (None where the task has none), a second model, a display switch."""

    settings: Settings
    model: ModelSpec | None
    compare: ModelSpec | None
    show_specials: bool


def choose_task(address: Address, record: type[Settings] = Settings) -> str:
    """The task, first in the sidebar: the inputs depend on it."""
    declared = settings_of(record)
    (task,) = [setting for setting in declared if setting.name == TASK]
    # What one task explains, another one may not have.
    dependent = [setting.name for setting in declared if callable(setting.labels)]
    with st.sidebar:
        st.markdown("**Settings**")
        return str(_choose(address, task, "", None, reset=dependent))


def choose_settings(
    address: Address,
    task: str,
    gold: str | None,
    source_language: str | None = None,
    record: type[Settings] = Settings,
) -> Choice:
    """The other settings, and the models; the source text's language decides which model a task begins with.

    Parameters
    ----------
    gold : the label of the texts, where it is known.
    record : the settings that are chosen.
    """
    declared = [setting for setting in settings_of(record) if setting.name != TASK]
    with st.sidebar:
        model, compare = choose_models(address, task, source_language)
        main = [setting for setting in declared if setting.place == "main"]
        values = {setting.name: _choose(address, setting, task, gold) for setting in main}
        with st.expander("More"):
            more = [setting for setting in declared if setting.place == "more"]
            values |= {setting.name: _choose(address, setting, task, gold) for setting in more}
            specials = address.toggle("specials", "Show special tokens")
    settings = record(**{TASK: task, GOLD: gold} | values)
    return Choice(settings, model, compare, show_specials=specials)


def _choose(address: Address, setting: Setting, task: str, gold: str | None, *, reset: Sequence[str] = ()) -> Any:
    """Draw a setting's widget and return its value; the default where the task does not offer the setting."""
    options = setting.offered(task, gold)
    if not options:
        return setting.default
    help_ = explained(setting.help, setting.anchor)
    if setting.kind is bool:
        return address.toggle(setting.name, setting.title, default=setting.default, help=help_)
    draw = address.segments if setting.buttons else address.select
    default = setting.code(setting.default)
    return setting.value(draw(setting.name, setting.title, options, default=default, help=help_, reset=reset))
