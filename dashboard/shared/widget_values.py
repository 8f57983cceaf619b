"""What a widget shows, said to the browser in every run.

Streamlit sends a value that the program has set only with the run that set it. A run that the next one interrupts takes
back what the browser has not received yet; the browser then shows the widget's first option, and with the user's next
click sends that back as a choice of theirs: the model of a link was another one after a click somewhere else.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def hold(key: str, value: object) -> None:
    """Give the widget `key` its value; before the widget, in every run."""
    st.session_state[key] = value


def bound(key: str, options: Sequence[object] | None = None) -> dict[str, Any]:
    """`key` and `bind` of a widget whose value is in the address under its key.

    Parameters
    ----------
    options : what can be chosen, where that changes; a value that is not among them is left to Streamlit.
    """
    if key in st.session_state and (options is None or st.session_state[key] in options):
        hold(key, st.session_state[key])
    return {"key": key, "bind": "query-params"}
