"""An empty component on every page that reruns the page when the theme changes.

Streamlit itself does not rerun: CSS follows the theme at once, but a chart keeps the colours it was drawn with.
"""

import streamlit as st

_JS = r"""
const seen = new WeakMap();

export default function ({ parentElement, setTriggerValue }) {
  const span = parentElement.querySelector("span");
  const background = getComputedStyle(span).getPropertyValue("--st-background-color").trim();
  const before = seen.get(parentElement);
  if (before !== undefined && before !== background) setTriggerValue("theme", background);
  seen.set(parentElement, background);
}
"""

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_theme", html="<span></span>", js=_JS)


def report_theme() -> None:
    """Mount the component; called by the app's entry, before the page runs."""
    _COMPONENT(key="theme-reporter", on_theme_change=_nothing)


def _nothing() -> None:
    """Streamlit reports a trigger only if it has a callback."""
