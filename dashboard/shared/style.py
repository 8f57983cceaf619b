"""The style sheet, the heights of tables, and the theme of the charts."""

from typing import Literal

import streamlit as st

from core.paths import ASSETS

# Streamlit's tables at a base font of 14 px.
_HEAD, _LINE = 34, 31


def load_style() -> None:
    """Load `assets/style.css` into the page."""
    st.html(ASSETS / "style.css")


def table_height(lines: int, most: int) -> int:
    """The height in px of a table that shows at most `most` of its lines at once and scrolls to the others."""
    return _HEAD + _LINE * min(lines, most)


def chart_theme() -> Literal["light", "dark"]:
    """The theme of this run, for Plotly and Altair; everything else follows it through CSS."""
    return "dark" if st.context.theme.type == "dark" else "light"
