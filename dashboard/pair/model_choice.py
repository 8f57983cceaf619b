"""Model and "Compare with" in the sidebar: readable names, what fits the task, and what the user chose for each task.

Both are in the address under their names (`model`, `cmp`), written here and not bound to the widgets: Streamlit
would write the label of the option, and links must outlive a better label.
"""

from collections.abc import Mapping

import streamlit as st

from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL, ModelSpec, default_model, is_here, models_for_task
from core.settings import TASKS
from dashboard.figures.names import training_language
from dashboard.shared.widget_values import hold

MODEL, COMPARE = "model", "cmp"
OFF = ""
ABSENT = "↓"


def choose_models(task: str, source_language: str | None) -> tuple[ModelSpec | None, ModelSpec | None]:
    """The model that is explained (None where the task has none), and the one beside it (None: off)."""
    try:
        options = model_options(task)
    except CctaError as error:
        st.error(str(error))
        return None, None
    if not options:
        st.selectbox("Model", ["none for this task"], disabled=True, key="no-model")
        _write_address(MODEL, "")
        _write_address(COMPARE, "")
        return None, None
    name = _select(
        MODEL,
        "Model",
        options,
        task,
        fallback=default_model(task, source_language).name,
        help_="At a change of task: the checkpoint trained in the source text's language, else in English. "
        f"{ABSENT}: not on this computer, fetched from the model hub on first use.",
    )
    others = {OFF: "off"} | {other: label for other, label in options.items() if other != name}
    beside = _select(
        COMPARE,
        "Compare with",
        others,
        task,
        fallback=OFF,
        help_="Runs a second model on the same texts and shows both: C, the words' importance, and the difference.",
    )
    _write_address(MODEL, name if task != "meaning" or name != DEFAULT_MODEL else "")
    _write_address(COMPARE, beside)
    specs = {spec.name: spec for spec in models_for_task(task)}
    return specs[name], specs.get(beside)


def model_options(task: str) -> dict[str, str]:
    """Name -> label of the models that can explain a task: those made for it first; last, marked, those not here."""
    specs = models_for_task(task)
    here = {spec.name: is_here(spec) for spec in specs}
    ordered = sorted(specs, key=lambda spec: (not here[spec.name], spec.task != task, list(TASKS).index(spec.task)))
    titles = [_label(spec) for spec in ordered]
    labels = {}
    for spec, title in zip(ordered, titles, strict=True):
        unique = title if titles.count(title) == 1 else f"{title} ({spec.name})"
        labels[spec.name] = unique if here[spec.name] else f"{ABSENT} {unique}"
    return labels


def _label(spec: ModelSpec) -> str:
    """`trained in English · e5-small, NLI`: the sidebar cuts a long name, and this is what tells checkpoints apart."""
    language = training_language(spec)
    trained = f"trained in {language}"
    return f"{trained} · {spec.title.replace(trained, '').strip(' ,·')}" if language else spec.title


def _select(key: str, label: str, options: Mapping[str, str], task: str, *, fallback: str, help_: str) -> str:
    """A select box over names that opens at what the user chose for this task, else at the link's, else at `fallback`.

    The fallback is settled when the task is entered: a model never changes while someone types.
    """
    chosen: dict[str, str] = st.session_state.setdefault(f"{key}-chosen", {})
    entered: dict[str, str] = st.session_state.setdefault(f"{key}-entered", {})
    if f"{key}-linked" not in st.session_state:
        st.session_state[f"{key}-linked"] = True
        if st.query_params.get(key) in options:
            chosen[task] = st.query_params[key]
    if entered.get("task") != task:
        entered.update(task=task, name=fallback)
    wanted = next(name for name in (chosen.get(task), entered["name"], fallback) if name in options)
    hold(key, wanted)

    def keep() -> None:
        chosen[task] = st.session_state[key]

    return st.selectbox(
        label, list(options), format_func=lambda name: options[name], key=key, on_change=keep, help=help_
    )


def _write_address(key: str, value: str) -> None:
    """Keep a parameter of the address as it should be; "" leaves it out."""
    if value and st.query_params.get(key) != value:
        st.query_params[key] = value
    elif not value and key in st.query_params:
        del st.query_params[key]
