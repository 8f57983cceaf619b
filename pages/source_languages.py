"""Page "Source languages": which training language gives the most consistent model, and where."""

import streamlit as st

from core.errors import DataError
from dashboard.languages.choices import VALUES, choose_languages
from dashboard.languages.files import languages_files
from dashboard.languages.grids import left_panel, right_panel
from dashboard.languages.view import (
    answer_card,
    cell_line,
    choose_cell,
    grids,
    numbers_table,
    open_examples,
    overall,
    the_answer,
)
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import grids_of
from dashboard.shared.page_actions import copy_link, download_files, title_row
from dashboard.shared.store import find_results, paper_alone
from dashboard.shared.style import chart_theme

address = Address("languages")
_, actions = title_row("Source languages")


def show_link() -> None:
    """Every state of the page has it."""
    with actions:
        copy_link()


results = find_results(show_link)
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
    show_link()
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
show_link()
with actions:
    download_files(languages_files(choice, panels, chart_theme()))

# Whoever has read this asks for what is left above a reference next.
for value in VALUES if choice.value == "c" else ():
    choice.source.consistency(value)
