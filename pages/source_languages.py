"""Page "Source languages": C and performance by training language and language evaluated on."""

import streamlit as st

from core.errors import DataError
from dashboard.languages.choices import VALUES, choose_languages
from dashboard.languages.files import languages_files
from dashboard.languages.grids import left_panel, right_panel
from dashboard.languages.numbers import numbers_table
from dashboard.languages.view import (
    answer_card,
    cell_line,
    choose_cell,
    grids,
    open_examples,
    overall,
    the_answer,
)
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import grids_of
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import find_results, paper_alone
from dashboard.shared.style import chart_theme

address = Address("languages")
head = page_head("Source languages")
results = find_results(head.link)
choice = choose_languages(address, results)
if not grids_of(results):
    paper_alone(results)

try:
    left = left_panel(choice)
    right = right_panel(choice)
except DataError as error:
    st.error(str(error))
    left = None
if left is None:
    if choice.compare is None:
        st.info("This reference was not computed for these runs. Choose other values in the sidebar.")
    address.write()
    head.link()
    st.stop()

panels = (left, right)
answer_card(the_answer(choice, left))
shown = st.container()
boxes, line, link = st.columns([3, 6, 2], vertical_alignment="bottom")
with boxes:
    selected = choose_cell(address, left)
with shown:
    grids(address, panels, selected)
with line:
    cell_line(choice, panels, selected)
with link:
    open_examples(choice, left, selected)

dots, numbers = st.columns(2)
with dots:
    overall(choice, left)
with numbers:
    numbers_table(choice, panels)

address.write()
head.link()
head.files(languages_files(choice, panels, chart_theme()))

# C minus a reference is usually asked for next: this fills the cache after the page is drawn.
for value in VALUES if choice.value == "c" else ():
    choice.source.consistency(value)
