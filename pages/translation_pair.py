"""Page "Translation pair": two texts in, and what their consistency rests on, on the screen."""

from dataclasses import replace

import streamlit as st

from dashboard.figures.words.sentences import cost_line
from dashboard.figures.words.two_models import compare_cost_line
from dashboard.pair.actions import download_popover, progress_fragment
from dashboard.pair.choices import choose_settings, choose_task
from dashboard.pair.compare import choose_shown, compared_chips, comparison_cards
from dashboard.pair.inputs import examples_popover, source_inputs, target_inputs, translation_names
from dashboard.pair.session import pair_session
from dashboard.shared.address import Address
from dashboard.shared.page_actions import copy_link
from dashboard.shared.pair_tables import details
from dashboard.shared.pair_view import (
    END_NAMES,
    attribution_cards,
    consistency_cards,
    consistency_grid,
    flow_and_matrix,
)

PAIR_LINK = "The link holds the settings and a fingerprint of the texts. It opens on this server only."

address = Address("pair")
task = choose_task(address)
session = pair_session(task, address)
session.collect()
session.change_task(task)
choice = choose_settings(address, session.task, session.draft.label, session.draft.source.resolved())
# Its buttons come last on the page, after the link.
answer_end = address.one("end", END_NAMES)
address.write()

title, actions = st.columns([2, 3], vertical_alignment="center")
title.header("Translation pair", anchor=False)
with actions.container(horizontal=True, horizontal_alignment="right", key="page-actions"):
    examples_popover(session.task, session.draft.version, lambda draft: session.load(draft, is_example=True))
    copy_link(PAIR_LINK)
    download_popover(session.result, session.draft.active)

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
    session.start(choice, address)
if session.job is not None:
    progress_fragment(session.job)
elif session.message is not None:
    line, is_error = session.message
    (st.error if is_error else st.info)(line)

result, active = session.result, session.draft.active
if result is None:
    st.stop()
reports = result.reports(active)
compared = len(reports) > 1
if session.job is None:
    first = reports[0].analyses[0]
    status.caption(
        "Changed since the last analysis"
        if changed
        else compare_cost_line(first, reports[1].analyses[0], session.shown_seconds)
        if compared
        else cost_line(replace(first, seconds=session.shown_seconds))
    )
with st.container(key="previous-result" if session.job is not None or changed else "result"):
    if session.job is not None:
        st.caption("previous result")
    for name, line in result.failures.items():
        st.error(f"{name}: {line}")
    for index, line in {at: line for found in result.sets for at, line in found.failures.items()}.items():
        st.error(f"Translation {index}: {line}")
    for line in dict.fromkeys(line for report in reports for line in report.notices):
        st.warning(line)
    end = 0
    if len(reports[0].analyses) > 1:
        address.segments("end", "Answer", END_NAMES)
        end = list(END_NAMES).index(answer_end)
    analyses = [report.analyses[end] for report in reports]
    shown = 0
    if compared:
        comparison_cards(reports[0], reports[1])
        compared_chips(analyses[0], analyses[1], show_specials=choice.show_specials)
        shown = choose_shown(reports[0], reports[1])
    else:
        consistency_cards(reports[0].analyses)
    found = result.set_of(reports[shown])
    if len(found.reports) > 1 and session.open_picked(consistency_grid(found)):
        st.rerun()
    if not compared:
        attribution_cards(analyses[0], show_specials=choice.show_specials)
    matrix = flow_and_matrix(analyses[shown])
    details({"A": analyses[0], "B": analyses[1]} if compared else {"": analyses[0]}, found)
    matrix.draw()
