"""The inputs of the page "Translation pair": texts, languages, examples, and more translations."""

from collections.abc import Callable

import streamlit as st

from core.errors import TextError
from core.settings import get_task
from core.text.cleaning import clean_text
from core.text.examples import load_examples
from core.text.languages import LANGUAGES, PAPER_LANGUAGES, get_language
from dashboard.figures.names import numbered_names
from dashboard.service.visitors import service_limits
from dashboard.shared.address import stay
from dashboard.shared.drafts import DETECT, Draft, SideDraft, example_draft

FIELD_NAMES = {"text": "Text", "sentence1": "Sentence 1", "sentence2": "Sentence 2"}


def text_inputs(draft: Draft, task: str) -> Draft:
    """Which translation is shown, where there are several; the source on the left, the translation on the right."""
    names = numbered_names([side.resolved() for side in draft.translations])
    if len(names) > 1:
        active = st.pills(
            "Translation shown",
            range(len(names)),
            format_func=names.__getitem__,
            default=draft.active,
            required=True,
            key=f"active-{draft.version}-{len(names)}",
            on_change=stay,
        )
        draft = draft.show(active)
    left, right = st.columns(2)
    with left:
        source = _side_inputs("Source", draft.source, task, key=f"source-{draft.version}")
    with right:
        title = "Translation" if len(names) == 1 else f"Translation {draft.active + 1}"
        target = _side_inputs(title, draft.target, task, key=f"target-{draft.version}-{draft.active}")
    return draft.with_source(source).with_target(target)


def _side_inputs(title: str, side: SideDraft, task: str, *, key: str) -> SideDraft:
    head, choice = st.columns([3, 2], vertical_alignment="center")
    head.markdown(f"**{title}**")
    detected = side.detected()
    options = [DETECT, *LANGUAGES]
    language = choice.selectbox(
        f"Language of the {title.lower()}",
        options,
        index=options.index(side.language),
        format_func=lambda code: _language_name(code, detected),
        key=f"{key}-language",
        on_change=stay,
        label_visibility="collapsed",
    )
    texts = list(side.texts)
    for index, name in enumerate(get_task(task).fields):
        texts[index] = st.text_area(
            FIELD_NAMES.get(name, name.capitalize()),
            value=side.texts[index],
            height="content",
            key=f"{key}-{task}-{index}",
            on_change=stay,
            placeholder="Type or paste a sentence, or load an example.",
        )
        _say_problem(texts[index])
    return SideDraft(language, (texts[0], texts[1]))


def _say_problem(text: str) -> None:
    """Show under a field why its text cannot be read, or what was removed from it."""
    if not text.strip():
        return
    try:
        for line in clean_text(text).notices:
            st.caption(line)
    except TextError as error:
        st.error(str(error))


def _language_name(code: str, detected: str | None) -> str:
    if code != DETECT:
        return LANGUAGES[code].name
    return f"{get_language(detected).name} · detected" if detected else "Detect language"


def examples_popover(task: str, version: int, load: Callable[[Draft], None]) -> None:
    """Examples of the task by topic, in any two or more of the paper's languages."""
    with st.popover("Examples", width="content"):
        examples = {example.id: example for example in load_examples(task)}
        chosen = st.selectbox(
            "Example",
            list(examples),
            format_func=lambda id_: f"{examples[id_].topic}: {next(iter(examples[id_].fields.values()))['en']}",
            key=f"example-{task}",
        )
        source = st.selectbox(
            "Source language", PAPER_LANGUAGES, format_func=lambda code: get_language(code).name, key="example-source"
        )
        targets = st.multiselect(
            "Translations",
            [code for code in PAPER_LANGUAGES if code != source],
            default=[next(code for code in ("es", "en") if code != source)],
            format_func=lambda code: get_language(code).name,
            max_selections=service_limits().translations,
            key=f"example-targets-{source}",
        )
        if st.button("Load", type="primary", disabled=not targets, key="load-example", on_click=stay):
            load(example_draft(examples[chosen], source, targets, version + 1))
