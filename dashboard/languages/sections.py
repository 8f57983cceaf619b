"""The two sections of the page: the readings, and below them the grids, language by language."""

import streamlit as st

from core.errors import DataError
from core.report.readings import Reading
from dashboard.languages import story
from dashboard.languages.choices import LanguagesChoice
from dashboard.languages.computed import Computed, computed_of
from dashboard.languages.grids import Panel, left_panel, right_panel
from dashboard.languages.numbers import numbers_table
from dashboard.languages.pair_maps import cell_line, choose_pair, maps, open_pair
from dashboard.languages.reading_choice import chosen_reading
from dashboard.languages.reading_tables import numbers_below
from dashboard.languages.specifications import specification_section
from dashboard.languages.view import (
    answer_card,
    choose_cell,
    grids,
    grids_note,
    has_answer,
    open_examples,
    overall,
    the_answer,
)
from dashboard.languages.view import cell_line as grid_cell_line
from dashboard.service.places import told
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import StoredSource

_COMPUTED = "languages-computed"
Shown = tuple[Computed, Reading | None]
"""What was computed, and the reading that is chosen; None where there is nothing to rank."""


def readings_section(address: Address, choice: LanguagesChoice, source: StoredSource) -> Shown | None:
    """Draw the readings; None where the runs share nothing that could be read."""
    place = st.empty()
    if st.session_state.get(_COMPUTED) != (source.results.version, source.grid.runs, source.part):
        with place:
            story.skeleton()
    try:
        computed = computed_of(source)
    except DataError as error:
        place.info(str(error))
        return None
    st.session_state[_COMPUTED] = (source.results.version, source.grid.runs, source.part)
    with st.sidebar:
        story.amount_line(computed, source.grid.updated)
    with place.container():
        return computed, _readings(address, choice, source, computed)


def _readings(address: Address, choice: LanguagesChoice, source: StoredSource, computed: Computed) -> Reading | None:
    """Draw what was computed; returns the chosen reading."""
    readings = computed.readings
    if readings is None or not readings.readings:
        story.nothing_to_rank(computed.cells)
        reading = None
    else:
        reading = chosen_reading(address, readings)
        story.answer_card(address, computed, reading)
        story.variance(computed)
    shown = st.container()
    boxes, line, link = st.columns([4, 6, 2], vertical_alignment="bottom")
    with boxes:
        selected = choose_pair(address, computed.cells, _first(reading))
    with shown:
        maps(address, choice, computed, reading, selected)
    with line:
        cell_line(computed, selected)
    with link:
        open_pair(source, selected)
    if reading is not None:
        left, right = st.columns(2)
        with left:
            story.dots(computed, reading, choice.data.data_set)
        with right:
            story.lead(computed, reading)
        numbers_below(computed, reading)
        specification_section(source, reading.definition.name)
    return reading


def _first(reading: Reading | None) -> str:
    """The training language that is shown where none is chosen."""
    return "" if reading is None else reading.ranking.leader


def grid_section(address: Address, choice: LanguagesChoice, shown: Shown | None) -> tuple[Panel, Panel | None] | None:
    """Draw C and performance language by language; None where the values chosen were not computed."""
    try:
        left, right = left_panel(choice), right_panel(choice)
    except DataError as error:
        st.error(told(error))
        return None
    if left is None:
        if choice.compare is None:
            st.info("This reference was not computed for these runs. Choose other values in the sidebar.")
        return None
    panels = (left, right)
    if has_answer(choice):
        answer_card(the_answer(choice, left))
    readings = shown[0].readings if shown is not None else None
    grids_note(readings.variance if readings is not None else None, choice.data.data_set)
    place = st.container()
    boxes, line, link = st.columns([3, 6, 2], vertical_alignment="bottom")
    with boxes:
        selected = choose_cell(address, left, _first(shown[1]) if shown is not None else "")
    with place:
        grids(address, panels, selected)
    with line:
        grid_cell_line(choice, panels, selected)
    with link:
        open_examples(choice, left, selected)
    if has_answer(choice):
        dots, numbers = st.columns(2)
        with dots:
            overall(choice, left)
        with numbers:
            numbers_table(choice, panels)
    return panels
