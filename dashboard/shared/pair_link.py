"""The address at which the page "Translation pair" opens with the settings of a stored run."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.setting import Setting, settings_of
from core.settings import Settings

# What the page begins with, other than the commands: words read better than tokens, which are the paper's.
PAGE_DEFAULTS: Mapping[str, Any] = MappingProxyType({"level": "word"})


def page_default(setting: Setting) -> Any:
    """The value of a setting that the page begins with, and that its link leaves out."""
    return PAGE_DEFAULTS.get(setting.name, setting.default)


def settings_link(settings: Settings) -> dict[str, str]:
    """Return the parameters of the task, and of those settings that the page offers and has otherwise by default."""
    changed = {
        setting.name: setting.code(value)
        for setting, value in _changing_c(settings)
        if value != page_default(setting) and _is_offered(setting, value, settings)
    }
    return {"task": settings.task} | changed


def not_offered(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return name and value of every setting that changes C and that the page cannot take over."""
    return tuple(
        (setting.name, str(value))
        for setting, value in _changing_c(settings)
        if not _is_offered(setting, value, settings)
    )


def _changing_c(settings: Settings) -> list[tuple[Setting, object]]:
    declared = settings_of(type(settings))
    return [(setting, getattr(settings, setting.name)) for setting in declared if setting.changes_c(settings)]


def _is_offered(setting: Setting, value: object, settings: Settings) -> bool:
    if setting.place is None:
        return bool(value == setting.default)
    # A stored example brings its class along, but not the gold answers of its texts.
    gold = None if settings.task == "qa" else "known"
    return setting.code(value) in setting.offered(settings.task, gold)
