"""Model and "Compare with" in the sidebar: names, what fits the task, and what the user chose for each task."""

from collections.abc import Mapping

import streamlit as st

from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL, ModelSpec, default_model, is_here, models_for_task
from core.settings import TASKS
from core.text.languages import LANGUAGES
from dashboard.figures.names import training_language
from dashboard.service.places import told
from dashboard.shared.address import Address

MODEL, COMPARE = "model", "cmp"
OFF = ""
ABSENT = "↓"
BRIEF_TASKS = {"nli": "inference", "paraphrase": "paraphrase", "qa": "answers"}


def choose_models(
    address: Address, task: str, source_language: str | None
) -> tuple[ModelSpec | None, ModelSpec | None]:
    """The model that is explained (None where the task has none), and the one it is compared with (None: off)."""
    try:
        options = model_options(task)
    except CctaError as error:
        st.error(told(error))
        address.keep(MODEL, COMPARE)
        return None, None
    if not options:
        st.selectbox("Model", ["none for this task"], disabled=True, key="no-model")
        return None, None
    name = _select(
        address,
        MODEL,
        "Model",
        options,
        task,
        fallback=default_model(task, source_language).name,
        help_="A task begins with the checkpoint trained in the language of the source text, else in English. "
        f"{ABSENT}: not on this computer, downloaded from the model hub on first use.",
    )
    others = {OFF: "off"} | {other: label for other, label in options.items() if other != name}
    second = _select(
        address,
        COMPARE,
        "Compare with",
        others,
        task,
        fallback=OFF,
        help_="Runs a second model on the same texts and shows both: C, the importance of the words, and the "
        "difference.",
    )
    # The default of a task with a head depends on the source text: there a link has to name the model.
    address.set(MODEL, name if task != "meaning" or name != DEFAULT_MODEL else "")
    address.set(COMPARE, second)
    address.keep(MODEL, COMPARE)
    specs = {spec.name: spec for spec in models_for_task(task)}
    return specs[name], specs.get(second)


def model_options(task: str) -> dict[str, str]:
    """Name -> label of the models that can explain a task: its own first, then by task and training language.

    Last, marked, come those that are not on this computer.
    """
    specs = models_for_task(task)
    here = {spec.name: is_here(spec) for spec in specs}
    ordered = sorted(specs, key=lambda spec: (not here[spec.name], spec.task != task, *_place(spec)))
    titles = [_label(spec) for spec in ordered]
    labels = {}
    for spec, title in zip(ordered, titles, strict=True):
        unique = title if titles.count(title) == 1 else f"{title} ({spec.name})"
        labels[spec.name] = unique if here[spec.name] else f"{ABSENT} {unique}"
    return labels


def _place(spec: ModelSpec) -> tuple[int, int]:
    """Where a model stands: by task, and by training language in the one order of all lists."""
    languages = list(LANGUAGES)
    language = spec.train_language or ""
    return list(TASKS).index(spec.task), languages.index(language) if language in languages else len(languages)


def _label(spec: ModelSpec) -> str:
    """`English, inference · e5-small`: the sidebar cuts a long name, and this is what tells checkpoints apart."""
    language = training_language(spec)
    if not language:
        return spec.title
    rest = spec.title.replace(f"trained in {language}", "").strip(" ,·")
    return f"{language}, {BRIEF_TASKS.get(spec.task, spec.task)} · {rest}"


def _select(
    address: Address, name: str, label: str, options: Mapping[str, str], task: str, *, fallback: str, help_: str
) -> str:
    """A select box over names that opens at the link's, else at what the user chose for this task, else at `fallback`.

    The fallback is settled when the task is entered: a model never changes while someone types.
    """
    chosen: dict[str, str] = st.session_state.setdefault(f"{name}-chosen", {})
    entered: dict[str, str] = st.session_state.setdefault(f"{name}-entered", {})
    if address.opened:
        chosen[task] = address.get(name)
    if entered.get("task") != task:
        entered.update(task=task, name=fallback)
    value = next(each for each in (chosen.get(task, OFF), entered["name"], fallback) if each in options)
    key = address.key(name)

    def keep() -> str:
        chosen[task] = str(st.session_state[key])
        return chosen[task]

    st.selectbox(label, list(options), format_func=options.__getitem__, help=help_, **address.widget(name, value, keep))
    return value
