"""How much a pair depends on choices, in words: what was changed, and over which range C runs."""

from collections.abc import Sequence

from core.consistency.sensitivity import Variant
from core.results import PairAnalysis
from core.setting import settings_of
from core.settings import LOCAL_METHODS, Settings
from dashboard.figures.numbers import counted, decimal


def change_title(variant: Variant) -> str:
    """`Baseline: mask token`."""
    declared = {setting.name: setting for setting in settings_of(Settings)}
    setting = declared[variant.name]
    if setting.kind is bool:
        return f"{setting.title}: {'yes' if variant.value else 'no'}"
    code = setting.code(variant.value)
    label = setting.offered(variant.settings.task, variant.settings.gold).get(code, code)
    return f"{setting.title}: {label.split(',', maxsplit=1)[0]}"


def is_offered(variant: Variant) -> bool:
    """Whether the page has the value among its choices, and it can give a result."""
    setting = {one.name: one for one in settings_of(Settings)}[variant.name]
    if variant.settings.task == "meaning" and variant.value in LOCAL_METHODS:
        return False
    return setting.code(variant.value) in setting.offered(variant.settings.task, variant.settings.gold)


def range_sentence(shown: PairAnalysis, variants: Sequence[Variant]) -> str:
    """`C runs from 0.394 (…) to 0.710 (…); it is above the shuffles under 8 of 12 changes.`

    Changes without a result are counted apart. "" without any result.
    """
    found = [
        (analysis.consistency, change_title(variant), analysis)
        for variant in variants
        for analysis in variant.analyses
        if analysis.end == shown.end
    ]
    if not found:
        return ""
    every = [(shown.consistency, "as on this page", shown), *found]
    low, high = min(every, key=lambda one: one[0]), max(every, key=lambda one: one[0])
    above = sum(each.references.place_of(c) == "above" for c, _, each in found)
    failed = len(variants) - len(found)
    missing = f" {counted(failed, 'change has', 'changes have')} no result." if failed else ""
    return (
        f"C runs from {decimal(low[0])} ({low[1]}) to {decimal(high[0])} ({high[1]}). It is above the range of the "
        f"shuffles under {above} of {counted(len(found), 'change')}.{missing}"
    )
