"""The settings of the page "Translation pair", each in one place, made from the list of settings.

What needs new attributions is in the sidebar; what is compared from attributions at hand is in a bar over the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.models.catalogue import ModelSpec
from core.setting import COMPARISON, Setting, settings_of
from core.settings import Settings
from dashboard.pair.model_choice import choose_models
from dashboard.shared.address import Address
from dashboard.shared.help_texts import explained
from dashboard.shared.pair_link import PAGE_DEFAULTS, page_default

TASK, GOLD, EXPLAIN = "task", "gold", "explain"


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


def set_task(address: Address, task: str, record: type[Settings] = Settings) -> None:
    """Choose a task from elsewhere than the sidebar; for a callback."""
    address.set(TASK, task)
    address.drop(*(setting.name for setting in settings_of(record) if callable(setting.labels)))


def hold_class(address: Address, label: str) -> None:
    """Explain a class from now on, pressed elsewhere than in the sidebar."""
    address.set(EXPLAIN, label)


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
        values = {setting.name: _chosen(address, setting, task, gold) for setting in main if _in_bar(setting)}
        values |= {setting.name: _choose(address, setting, task, gold) for setting in main if not _in_bar(setting)}
        with st.expander("More"):
            more = [setting for setting in declared if setting.place == "more"]
            values |= {setting.name: _choose(address, setting, task, gold) for setting in more}
            specials = address.toggle("specials", "Show special tokens")
    settings = record(**{TASK: task, GOLD: gold} | values)
    return Choice(settings, model, compare, show_specials=specials)


def comparison_bar(address: Address, task: str, gold: str | None, record: type[Settings] = Settings) -> None:
    """The settings that are compared at once, from attributions at hand, as rows of buttons."""
    with st.container(horizontal=True, vertical_alignment="center", key="comparison-bar"):
        # What the page begins with otherwise than the commands comes first.
        for setting in sorted(settings_of(record), key=lambda setting: setting.name not in PAGE_DEFAULTS):
            if options := setting.offered(task, gold) if _in_bar(setting) else {}:
                default = setting.code(page_default(setting))
                ordered = {default: options[default]} | dict(options)
                address.segments(
                    setting.name,
                    setting.title,
                    {code: _brief(label) for code, label in ordered.items()},
                    default=default,
                    help=explained(setting.help, setting.anchor),
                )


def _in_bar(setting: Setting) -> bool:
    return setting.group == COMPARISON and setting.place == "main"


def _chosen(address: Address, setting: Setting, task: str, gold: str | None) -> Any:
    """The value of a setting whose buttons come further down the page."""
    options = setting.offered(task, gold)
    if not options:
        return setting.default
    code = address.one(setting.name, options, setting.code(page_default(setting)))
    # The buttons have brief labels, and old links the whole ones.
    address.set(setting.name, code)
    return setting.value(code)


def _brief(label: str) -> str:
    """`isolated` of `isolated, each token alone`; the help says the rest."""
    return label.split(",", maxsplit=1)[0]


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
