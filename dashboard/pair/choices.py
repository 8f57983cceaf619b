"""The sidebar of the page "Translation pair": every setting once, most used first, bound to the URL."""

from dataclasses import dataclass

import streamlit as st

from core.models.catalogue import ModelSpec
from core.settings import LEVELS, MASS_RULES, METHODS, TASKS, Settings, get_task, parse_steps
from dashboard.pair.model_choice import choose_models
from dashboard.shared.help_texts import explained
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
from dashboard.shared.widget_values import bound


@dataclass(frozen=True)
class Choice:
    """What the sidebar says: settings, the model (None where the task has none), one beside it, a display switch."""

    settings: Settings
    model: ModelSpec | None
    compare: ModelSpec | None
    show_specials: bool


@dataclass(frozen=True)
class _More:
    """The settings behind "More"."""

    method: str
    precision: str
    centred: bool
    procrustes: bool
    show_specials: bool


def choose_task() -> str:
    """The task, first in the sidebar: the inputs depend on it."""
    st.sidebar.markdown("**Settings**")
    return st.sidebar.selectbox(
        "Task",
        list(TASKS),
        format_func=lambda name: TASKS[name].title,
        **bound("task"),
        help=explained(
            "What the model does with the text. Meaning needs no trained head: it asks which words the sentence's "
            "own encoding rests on.",
            "explain",
        ),
    )


def choose_settings(task: str, gold: str | None, source_language: str | None = None) -> Choice:
    """The other settings; the source text's language decides which model a task begins with."""
    with st.sidebar:
        model, compare = choose_models(task, source_language)
        explain = _choose_explain(task, gold)
        steps = st.selectbox(
            "Attribution steps",
            STEPS,
            format_func=lambda name: STEP_NAMES.get(name, f"{name} nodes"),
            **bound("steps"),
            help=explained(
                "auto adds gradient evaluations where the output moves until the estimated token error is under 1%. "
                "A number is plain Gauss-Legendre, without an error estimate.",
                "steps",
            ),
        )
        mass, space, level = _choose_comparison()
        more = _choose_more()
    settings = Settings(
        task=task,
        explain=explain,
        steps=parse_steps(steps),
        mass=mass,
        space=space,
        level=level,
        gold=gold,
        method=more.method,
        precision=more.precision,
        centred=more.centred,
        procrustes=more.procrustes,
    )
    return Choice(settings, model, compare, show_specials=more.show_specials)


def _choose_comparison() -> tuple[str, str, str]:
    """Mass rule, shared space and level: how two attributed texts are compared."""
    mass = st.segmented_control(
        "Mass",
        MASS_RULES,
        format_func=MASS_NAMES.__getitem__,
        default="abs",
        required=True,
        **bound("mass"),
        help=explained(
            "absolute: tokens that lower the prediction count too. positive only: they count nothing.", "mass"
        ),
    )
    space = st.selectbox(
        "Shared space",
        PAGE_SPACES,
        format_func=SPACE_NAMES.__getitem__,
        **bound("space"),
        help=explained(
            "Where the similarity of two tokens is measured. contextual breaks the paper's definition: there a "
            "token's vector depends on its sentence.",
            "space",
        ),
    )
    level = st.segmented_control(
        "Level",
        LEVELS,
        default="token",
        required=True,
        **bound("level"),
        help=explained("token: the model's own pieces, as in the paper. word: the pieces of a word together.", "level"),
    )
    # An address that ends in `?mass=` leaves even a required control empty.
    return mass or MASS_RULES[0], space, level or LEVELS[0]


def _choose_explain(task: str, gold: str | None) -> str:
    if task == "meaning":
        return "source"
    names = dict(EXPLAIN_NAMES)
    options = ["own"] if task == "qa" else ["source", "own"]
    options += ["gold"] if gold else []
    options += list(get_task(task).classes)
    if task == "qa":
        names["own"] = "The answer found in each text"
    return st.selectbox(
        "Explain",
        options,
        format_func=lambda name: names.get(name, f"Class: {name}"),
        **bound("explain", options),
        help=explained(
            "Which output the importance refers to. One fixed output for both sides makes them comparable.", "explain"
        ),
    )


def _choose_more() -> _More:
    with st.expander("More"):
        method = st.selectbox(
            "Method",
            METHODS,
            format_func=METHOD_NAMES.__getitem__,
            **bound("method"),
            help=explained(
                "Integrated gradients is the paper's. The others show whether C depends on the method.", "method"
            ),
        )
        precision = st.selectbox(
            "Precision",
            PAGE_PRECISIONS,
            **bound("precision"),
            help=explained("bf16 moves the attributions by some percent; fp32 is exact.", "method"),
        )
        centred = st.toggle(
            "Centre each language",
            value=True,
            **bound("centred"),
            help=explained("Without it everything is close to everything.", "space"),
        )
        procrustes = st.toggle(
            "Rotate into English (Procrustes)",
            value=True,
            **bound("procrustes"),
            help=explained("Where a map learned from a bilingual lexicon is shipped.", "space"),
        )
        specials = st.toggle("Show special tokens", **bound("specials"))
    return _More(method, precision, centred, procrustes, specials)
