"""Every combination of some choices, each as the settings of a run of its own."""

from collections.abc import Mapping, Sequence
from itertools import product

from core.attribution.methods import has_norms
from core.errors import OptionError
from core.setting import ATTRIBUTION, RUN, Setting, settings_of
from core.settings import LOCAL_METHODS, Settings, get_task

# The same for all runs of a command: what decides which rows are computed and how models are loaded, and what changes
# no C.
FIXED = ("seed", "vectors", "precision", "permutations")


def parse_variations(entries: Sequence[str]) -> dict[str, tuple[object, ...]]:
    """Return the values of each setting to vary, from NAME=VALUE,VALUE entries.

    Raises
    ------
    OptionError : no such setting, no value, a setting twice, or a value that it does not take.
    """
    offered = {one.name: one for one in settings_of(Settings) if RUN in one.commands and one.name not in FIXED}
    variations: dict[str, tuple[object, ...]] = {}
    for entry in entries:
        name, _, listed = entry.partition("=")
        codes = list(dict.fromkeys(code.strip() for code in listed.split(",") if code.strip()))
        if name not in offered or name in variations or not codes:
            raise OptionError(
                f"--vary {entry!r} is not understood: give a setting once with its values, such as baseline=pad,mask. "
                f"Settings: {', '.join(offered)}."
            )
        variations[name] = tuple(_value(offered[name], code) for code in codes)
    return variations


def _value(setting: Setting, code: str) -> object:
    if setting.kind is bool:
        if code not in ("yes", "no"):
            raise OptionError(f"{setting.name} takes yes or no, not {code!r}.")
        return code == "yes"
    try:
        value = setting.kind(code) if setting.kind in (int, float) else setting.value(code)
    except ValueError:
        raise OptionError(f"{setting.name} takes no {code!r}.") from None
    setting.validate(value)
    return value


def combinations(settings: Settings, variations: Mapping[str, Sequence[object]], task: str) -> tuple[Settings, ...]:
    """Return the settings of every combination; of several that must give the same result, the first.

    The mass rule changes nothing for norms, which have no sign, the baseline nothing for methods without one, and of
    two classes the log-odds are the contrast. Norms of a method without dimensions are left out. Settings that share
    their attributions follow each other, so that a checkpoint is loaded once for them.

    Parameters
    ----------
    task : of the data.

    Raises
    ------
    OptionError : nothing is left.
    """
    distinct: dict[Settings, Settings] = {}
    for values in product(*variations.values()):
        chosen = settings.with_changes(task=task, **dict(zip(variations, values, strict=True)))
        if chosen.aggregate == "sum" or has_norms(chosen.method):
            distinct.setdefault(_without_effect(chosen), chosen)
    if not distinct:
        raise OptionError(f"{settings.method} has no norms: vary the aggregate of another method.")
    return tuple(sorted(distinct.values(), key=lambda chosen: _position(chosen, variations)))


def _without_effect(settings: Settings) -> Settings:
    """Return the settings with the default of what changes no result beside the others."""
    changes: dict[str, str] = {}
    if settings.aggregate != "sum":
        changes["mass"] = "abs"
    if settings.method in LOCAL_METHODS:
        changes["baseline"] = "pad"
    if settings.output == "log-odds" and len(get_task(settings.task).classes) == 2:
        changes["output"] = "contrast"
    return settings.with_changes(**changes)


def attribution_of(settings: Settings) -> tuple[object, ...]:
    """Return the choices that decide the attributions: equal for settings that share them."""
    return tuple(getattr(settings, one.name) for one in settings_of(Settings) if one.group == ATTRIBUTION)


def _position(settings: Settings, variations: Mapping[str, Sequence[object]]) -> list[int]:
    """By the choices that need attributions of their own, then by the others; each in the order given."""
    names = [one.name for one in settings_of(Settings) if one.name in variations]
    return [list(variations[name]).index(getattr(settings, name)) for name in names]
