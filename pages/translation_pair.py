"""Page "Translation pair": two texts in; C, the attributions and the flow behind it out."""

import streamlit as st

from dashboard.pair.actions import action_buttons, download_popover, progress_or_message
from dashboard.pair.choices import choose_settings, choose_task, comparison_bar
from dashboard.pair.compare import choose_shown, compared_chips, comparison_cards
from dashboard.pair.inputs import examples_popover, text_inputs
from dashboard.pair.link import link_popover
from dashboard.pair.result import choose_end, grid_of_translations, result_lines, status_line
from dashboard.pair.session import pair_session
from dashboard.shared.address import Address
from dashboard.shared.pair_tables import details
from dashboard.shared.pair_view import END_NAMES, chips_of, consistency_cards, pair_pictures

address = Address("pair")
session = pair_session(choose_task(address), address)
choice = choose_settings(address, session.task, session.draft.label, session.draft.source.resolved())
with st.spinner("Comparing the words in this space", show_time=True):
    session.compare(choice.settings)
# Its buttons come last on the page, after the link.
answer_end = address.one("end", END_NAMES)
address.write()

title, actions = st.columns([2, 3], vertical_alignment="center")
title.title("Translation pair", anchor=False)
with actions.container(horizontal=True, horizontal_alignment="right", key="page-actions"):
    examples_popover(session.task, session.draft.version, lambda draft: session.load(draft, is_example=True))
    link_popover(session)
    download_popover(session.shown_reports())

if session.link_error:
    st.error(session.link_error)
session.draft = text_inputs(session.draft, session.task, session.show_translation)
with st.container(horizontal=True, vertical_alignment="center", key="pair-buttons"):
    action_buttons(session, choice)
    status = st.container()
if choice.model is None:
    st.error(
        "No checkpoint for this task is listed. Choose the task Meaning, or list one in the file CCTA_CONFIG names."
    )
elif session.run_at_once:
    session.start(choice, address)
progress_or_message(session)

if session.result is None:
    st.stop()
comparison_bar(address, session.task, session.draft.label)
if session.comparison_error:
    st.error(session.comparison_error)
reports = session.shown_reports()
is_current = session.job is None and not session.is_changed(choice)
if session.job is None:
    status.caption(status_line(reports, session.shown_seconds) if is_current else "Changed since the last analysis")
with st.container(key="result" if is_current else "previous-result"):
    if session.job is not None:
        st.caption("previous result")
    result_lines(session.result, reports)
    analyses = choose_end(address, reports, answer_end)
    if len(reports) == 2:
        comparison_cards(*reports)
        compared_chips(*analyses, show_specials=choice.show_specials)
        chips = ""
        shown = analyses[choose_shown(*reports)]
        grid_of_translations(session, shown.model.name)
    else:
        (shown,) = analyses
        consistency_cards(reports[0].analyses, session.on_other_level())
        grid_of_translations(session, shown.model.name)
        chips = chips_of(shown, show_specials=choice.show_specials)
    pair_pictures(shown, chips)
    letters = "AB" if len(analyses) == 2 else [""]
    details(dict(zip(letters, analyses, strict=True)), session.result.by_model(shown.model.name).values())
