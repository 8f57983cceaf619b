"""The address at which the page "Translation pair" opens with the settings of a stored run."""

from core.setting import Setting, settings_of
from core.settings import Settings


def settings_link(settings: Settings) -> dict[str, str]:
    """Return the parameters of the task, and of those settings that the page offers and has otherwise by default."""
    changed = {
        setting.name: setting.code(value)
        for setting, value in _changing_c(settings)
        if value != setting.default and _is_offered(setting, value, settings)
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
