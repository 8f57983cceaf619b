"""The address at which the page "Translation pair" opens with the settings of a stored run.

Its widgets are bound to the address, which therefore holds the labels they show and not the codes behind them.
"""

from core.settings import TASKS, Settings
from dashboard.shared.setting_names import (
    EXPLAIN_NAMES,
    MASS_NAMES,
    METHOD_NAMES,
    PAGE_PRECISIONS,
    PAGE_SPACES,
    SPACE_NAMES,
    STEP_NAMES,
    STEPS,
)


def settings_link(settings: Settings) -> dict[str, str]:
    """Return the parameters of those settings that differ from the page's own, and of the task; what it offers."""
    usual, steps = Settings(), str(settings.steps)
    labels = {
        "explain": EXPLAIN_NAMES.get(settings.explain, f"Class: {settings.explain}"),
        "steps": STEP_NAMES.get(steps, f"{steps} nodes"),
        "mass": MASS_NAMES[settings.mass],
        "space": SPACE_NAMES.get(settings.space, ""),
        "level": settings.level,
        "method": METHOD_NAMES[settings.method],
        "precision": settings.precision,
        "centred": str(settings.centred).lower(),
        "procrustes": str(settings.procrustes).lower(),
    }
    left_out = {name for name, _ in not_offered(settings)} | ({"explain"} if settings.task == "qa" else set())
    changed = {name for name in labels if getattr(settings, name) != getattr(usual, name)}
    given = {name: label for name, label in labels.items() if name in changed - left_out}
    return {"task": TASKS[settings.task].title, **given}


def not_offered(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return name and value of every setting that changes C and that the page cannot take over."""
    usual = Settings()
    offered = {
        "explain": settings.task != "qa" or settings.explain != "gold",
        "steps": str(settings.steps) in STEPS,
        "tolerance": settings.tolerance == usual.tolerance or settings.steps != "auto",
        "space": settings.space in PAGE_SPACES,
        "precision": settings.precision in PAGE_PRECISIONS,
        "seed": settings.seed == usual.seed or settings.method != "gradient-shap",
    }
    return tuple((name, str(getattr(settings, name))) for name, is_offered in offered.items() if not is_offered)
