"""Page "Translation pair": two texts in, and what their consistency rests on, on the screen."""

from dataclasses import replace

import streamlit as st

from dashboard.choices import choose_settings, choose_task
from dashboard.figures.sentences import cost_line
from dashboard.pair_actions import copy_link, download_popover, progress_fragment
from dashboard.pair_inputs import examples_popover, source_inputs, target_inputs, translation_names
from dashboard.pair_session import pair_session
from dashboard.pair_view import attribution_cards, consistency_cards, consistency_grid, details, flow_and_matrix

task = choose_task()
session = pair_session(task)
session.collect()
session.change_task(task)
choice = choose_settings(session.task, session.draft.label)

title, actions = st.columns([2, 3], vertical_alignment="center")
title.header("Translation pair", anchor=False)
with actions.container(horizontal=True, horizontal_alignment="right", key="page-actions"):
    examples_popover(session.task, session.draft.version, lambda draft: session.load(draft, is_example=True))
    copy_link()
    download_popover(session.shown, session.draft.active)

if session.link_error:
    st.error(session.link_error)
names = translation_names(session.draft)
if len(names) > 1:
    active = st.pills(
        "Translation shown",
        range(len(names)),
        format_func=names.__getitem__,
        default=session.draft.active,
        required=True,
        key=f"active-{session.draft.version}-{len(names)}",
    )
    session.draft = session.draft.show(active)
left, right = st.columns(2)
with left:
    session.draft = session.draft.with_source(source_inputs(session.draft, session.task))
with right:
    session.draft = session.draft.with_target(target_inputs(session.draft, session.task))

request = session.request(choice)
changed = request != session.shown_request
with st.container(horizontal=True, vertical_alignment="center", key="pair-buttons"):
    if st.button(
        "Analyse", type="primary" if changed else "secondary", shortcut="Ctrl+Enter", disabled=choice.model is None
    ):
        session.run_at_once, session.link_error = True, ""
    if st.button("Add a translation", disabled=not session.draft.can_add()):
        session.draft = session.draft.add_translation()
        st.rerun()
    if len(names) > 1 and st.button("Remove this translation"):
        session.draft = session.draft.remove_active()
        st.rerun()
    status = st.container()
if choice.model is None:
    st.error(
        "No checkpoint for this task is listed. Choose the task Meaning, or list one in the file CCTA_CONFIG names."
    )

if session.run_at_once and choice.model is not None:
    session.start(choice)
if session.job is not None:
    progress_fragment(session.job)
elif session.message is not None:
    line, is_error = session.message
    (st.error if is_error else st.info)(line)

found, active = session.shown, session.draft.active
if found is None:
    st.stop()
report = found.reports.get(active + 1) or next(iter(found.reports.values()))
if session.job is None:
    status.caption(
        "Changed since the last analysis"
        if changed
        else cost_line(replace(report.analyses[0], seconds=session.shown_seconds))
    )
with st.container(key="previous-result" if session.job is not None or changed else "result"):
    if session.job is not None:
        st.caption("previous result")
    for index, line in found.failures.items():
        st.error(f"Translation {index}: {line}")
    for line in report.notices:
        st.warning(line)
    analysis = report.analyses[0]
    if len(report.analyses) > 1:
        ends = {str(entry.end): entry for entry in report.analyses}
        chosen = st.segmented_control(
            "Answer", list(ends), default="start", required=True, format_func=lambda end: f"Answer {end}", key="end"
        )
        analysis = ends[chosen]
    consistency_cards(report.analyses)
    if len(found.reports) > 1 and session.open_picked(consistency_grid(found)):
        st.rerun()
    attribution_cards(analysis, show_specials=choice.show_specials)
    flow_and_matrix(analysis)
    details(analysis, found)
