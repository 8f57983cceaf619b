"""An empty component on every page: it reruns the page when the theme changes, and says when the server is gone.

Streamlit itself does not rerun: CSS follows the theme at once, but a chart keeps the colours it was drawn with. And its
own words for a server that does not answer name a command that nobody here has run.
"""

import streamlit as st

from core.paths import ASSETS

_SCRIPT = (ASSETS / "scripts" / "page.js").read_text(encoding="utf-8")

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_theme", html="<span></span>", js=_SCRIPT)


def report_theme() -> None:
    """Mount the component; called by the app's entry, before the page runs."""
    _COMPONENT(key="theme-reporter", on_theme_change=_nothing)


def _nothing() -> None:
    """Streamlit reports a trigger only if it has a callback."""
