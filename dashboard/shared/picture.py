"""The picture component: mounts an SVG made by `dashboard.figures`, and reports clicks.

Streamlit's `st.html` removes SVG; `st.components.v2` does not sanitise. So the figures escape every token,
and the script parses the string as XML and drops scripts, foreign objects and event attributes.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.paths import ASSETS
from dashboard.figures.colours import css_variables

_HTML = '<div class="frame"><div class="wide"></div><div class="narrow"></div></div>'

_CSS = (
    css_variables(":host")
    + """
.frame{container-type:inline-size;color:var(--text)}
.wide,.narrow{overflow-x:auto;overscroll-behavior-x:contain}
.narrow{display:none}
.both .narrow svg{margin:0 auto}
@container (max-width:439px){.both.wide{display:none}.both.narrow{display:block}}
svg{display:block;max-width:none}
svg.scale{max-width:100%}
[data-click]{cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
"""
)

_SCRIPT = "".join((ASSETS / "scripts" / name).read_text(encoding="utf-8") for name in ("clean.js", "picture.js"))

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_picture", html=_HTML, css=_CSS, js=_SCRIPT)


def picture(
    wide: str,
    narrow: str | None = None,
    *,
    key: str,
    on_click: Callable[[], None] | None = None,
) -> str | None:
    """Mount a picture and return what was clicked in this run.

    Parameters
    ----------
    wide, narrow : str
        SVG from `dashboard.figures`; `narrow`, where given, replaces `wide` in frames under 440 px wide.
    key : str
        Streamlit key; clicks are also in `st.session_state[key].click` inside `on_click`.
    on_click : callable, optional
        Called before the rerun that a click starts.

    Returns
    -------
    str or None
        `data-click` of the clicked element, None when nothing was clicked.
    """
    result: Any = _COMPONENT(
        data={"wide": wide, "narrow": narrow or ""},
        key=key,
        on_click_change=on_click or _nothing,
    )
    clicked = result.click
    return None if clicked is None else str(clicked)


def _nothing() -> None:
    """A trigger needs a callback to be reported."""
