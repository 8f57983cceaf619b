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
from dashboard.shared.widget_values import hold

FIELD_NAMES = {"sentence1": "sentence 1", "sentence2": "sentence 2"}


def text_inputs(draft: Draft, task: str, show: Callable[[int], None]) -> Draft:
    """Which translation is shown, where there are several; the source on the left, the translation on the right.

    `show` is called with the index of a translation that someone chooses, before the run that this starts.
    """
    names = numbered_names([side.resolved() for side in draft.translations])
    if len(names) > 1:
        key = f"active-{len(names)}"

        def chosen() -> None:
            stay()
            show(int(st.session_state[key]))

        hold(key, draft.active)
        st.pills(
            "Translation shown",
            range(len(names)),
            format_func=names.__getitem__,
            required=True,
            key=key,
            on_change=chosen,
        )
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
    # What is typed in this run is in the boxes' state, not yet in the draft.
    typed = [str(st.session_state.get(f"{key}-{task}-{index}", text)) for index, text in enumerate(side.texts)]
    now = SideDraft(side.language, (typed[0], typed[1]))
    detected, unsure = now.detected(), now.is_unsure()
    options = [DETECT, *LANGUAGES]
    language = choice.selectbox(
        f"Language of the {title.lower()}",
        options,
        index=options.index(side.language),
        format_func=lambda code: _language_name(code, detected, unsure=unsure),
        key=f"{key}-language",
        on_change=stay,
        label_visibility="collapsed",
    )
    texts = list(side.texts)
    fields = get_task(task).fields
    for index, name in enumerate(fields):
        # The title above names the only field; a screen reader hears it with the box.
        several = len(fields) > 1
        texts[index] = st.text_area(
            f"{title}: {FIELD_NAMES.get(name, name)}" if several else title,
            label_visibility="visible" if several else "collapsed",
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


def _language_name(code: str, detected: str | None, *, unsure: bool) -> str:
    if code != DETECT:
        return LANGUAGES[code].name
    if not detected:
        return "Detect language"
    return f"{get_language(detected).name} · {'unsure, choose one' if unsure else 'detected'}"


def examples_popover(task: str, version: int, load: Callable[[Draft], None]) -> None:
    """Examples of the task by topic, in any two or more of the paper's languages."""
    # Another draft is another popover, which is closed: it makes way for what it has loaded.
    with st.popover("Examples", width="content", key=f"examples-{version}"):
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
