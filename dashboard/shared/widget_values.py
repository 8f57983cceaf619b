"""What a widget shows, said to the browser in every run.

Streamlit sends a value that the program has set only with the run that set it. A run that the next one interrupts takes
back what the browser has not received yet; the browser then shows the widget's first option, and with the user's next
click sends that back as a choice of theirs: the model of a link was another one after a click somewhere else.
"""

import streamlit as st


def hold(key: str, value: object) -> None:
    """Give the widget `key` its value; before the widget, in every run."""
    st.session_state[key] = value
