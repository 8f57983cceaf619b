"""The one style sheet, and which theme the charts are drawn for."""

from typing import Literal

import streamlit as st

from core.paths import ASSETS


def load_style() -> None:
    """Load `assets/style.css` into the page."""
    st.html(ASSETS / "style.css")


def chart_theme() -> Literal["light", "dark"]:
    """The theme of this run, for Plotly and Altair; everything else follows CSS by itself."""
    return "dark" if st.context.theme.type == "dark" else "light"
