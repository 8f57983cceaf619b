"""Page "Translation pair": two texts in; C, the attributions and the flow behind it out."""

import streamlit as st

from dashboard.pair.actions import action_buttons, download_popover, progress_or_message
from dashboard.pair.beside import choices_section, compare_section
from dashboard.pair.choices import choose_settings, choose_task, comparison_bar
from dashboard.pair.classes import card_maker, class_pictures
from dashboard.pair.compare import choose_shown, compared_chips, comparison_cards
from dashboard.pair.inputs import example_gallery, text_inputs, what_is_this
from dashboard.pair.link import link_popover
from dashboard.pair.opening import pair_session
from dashboard.pair.pinned import act_on, remover
from dashboard.pair.result import choose_end, cost_line, grid_of_translations, result_lines, status_line
from dashboard.shared.address import Address
from dashboard.shared.pair_tables import details
from dashboard.shared.pair_view import END_NAMES, chips_of, pair_pictures

address = Address("pair")
session = pair_session(choose_task(address), address)
choice = choose_settings(address, session.task, session.draft.label, session.draft.source.resolved())
with st.spinner("Comparing the words in this space", show_time=True):
    session.compare(choice.settings)
# Its buttons come last on the page, after the link.
answer_end = address.one("end", END_NAMES)
address.write()

title, actions = st.columns([2, 3], vertical_alignment="center")
with title.container(horizontal=True, vertical_alignment="center", key="page-title"):
    st.title("Translation pair", anchor=False, width="content")
    what_is_this()
with actions.container(horizontal=True, horizontal_alignment="right", key="page-actions"):
    example_gallery(session.task, session.draft.version, lambda chosen: session.load_example(chosen, address))
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
    status.caption(status_line(session.shown_seconds) if is_current else "Changed since the last analysis")
with st.container(key="result" if is_current else "previous-result"):
    if session.job is not None:
        st.caption("previous result")
    result_lines(session.result, reports)
    analyses = choose_end(address, reports, answer_end)
    if len(reports) == 2:
        comparison_cards(*reports)
        place = choose_shown(*reports)
        shown, card, classes = analyses[place], None, None
        chips = compared_chips((analyses[0], analyses[1]), place, show_specials=choice.show_specials)
        grid_of_translations(session, shown.model.name)
    else:
        (shown,) = analyses
        card = card_maker(reports[0].analyses, session.on_other_level())
        chips = chips_of(shown, show_specials=choice.show_specials)
        classes = class_pictures(session, reports[0], show_specials=choice.show_specials)
    pair_pictures(
        shown,
        chips,
        card=card,
        classes=classes,
        remove=remover(shown),
        on_press=lambda pressed: act_on(session, address, pressed),
    )
    if len(reports) == 1:
        grid_of_translations(session, shown.model.name)
        compare_section(session, reports[0], shown)
        choices_section(session, shown)
    letters = "AB" if len(analyses) == 2 else [""]
    with st.expander("Details: numerical quality, all words, settings and versions", key="details"):
        st.caption(cost_line(reports, session.shown_seconds))
        details(dict(zip(letters, analyses, strict=True)), session.result.by_model(shown.model.name).values())
