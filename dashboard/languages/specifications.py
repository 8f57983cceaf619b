"""How much the ranking depends on choices: the specification curve of the page "Source languages"."""

import streamlit as st

from core.errors import DataError
from core.paths import SPECIFICATIONS
from core.report.grids import stored_grids
from core.report.specification_files import read_specifications
from core.report.specifications import (
    READINGS,
    SpecificationCurve,
    specification_curve,
    specification_frame,
    specifications_of,
)
from dashboard.figures.legend import head_html
from dashboard.figures.specifications.curve import NARROW, curve_svg
from dashboard.figures.words.specifications import curve_note, curve_sentence
from dashboard.shared.grid_sources import StoredSource
from dashboard.shared.picture import picture


def specification_section(source: StoredSource, reading: str) -> None:
    """Draw the curve of the chosen reading; nothing where a data set has one specification alone."""
    wanted = reading if reading in READINGS else READINGS[0]
    grid = source.grid
    curve = _curve(source.results.location, source.results.version, grid.data_set, grid.model, wanted, _source=source)
    if curve is None:
        return
    with st.container(border=True, key="specification-card"):
        st.html(head_html("Other choices"))
        st.markdown(curve_sentence(curve))
        picture(curve_svg(curve), curve_svg(curve, width=NARROW, identity="specifications-n"), key="specifications")
        st.caption(curve_note(curve))


@st.cache_resource(show_spinner="Reading every combination of choices", max_entries=16)
def _curve(
    location: str, version: str, data_set: str, model: str, reading: str, _source: StoredSource
) -> SpecificationCurve | None:
    """The curve of a store's own runs, else of the shipped values; None where there is nothing to compare."""
    del location, version
    reader = _source.results.reader
    alike = [grid for grid in stored_grids(reader) if (grid.data_set, grid.model) == (data_set, model)]
    try:
        if len(alike) > 1:
            frame = specification_frame([reader], data_set, model)
        else:
            frame = read_specifications(SPECIFICATIONS / f"{data_set}.parquet")
        return None if frame is None else specification_curve(specifications_of(frame, reading))
    except DataError:
        return None
