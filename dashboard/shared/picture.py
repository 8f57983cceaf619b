"""The picture component: mounts an SVG made by `dashboard.figures`, and reports clicks.

Streamlit's `st.html` removes SVG; `st.components.v2` does not sanitise. So the figures escape every token,
and the script parses the string as XML and drops scripts, foreign objects and event attributes.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

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
.node:focus-visible{outline:none}
"""
)

_JS = r"""
const FORBIDDEN = new Set(["script", "foreignobject", "iframe", "object", "embed", "animate", "set"]);
const seen = new WeakMap();

function clean(node) {
  for (const child of [...node.children]) {
    if (FORBIDDEN.has(child.localName.toLowerCase())) child.remove();
    else clean(child);
  }
  for (const { name, value } of [...node.attributes]) {
    const link = /(^|:)(href|src)$/i.test(name) && !value.startsWith("#");
    if (/^on/i.test(name) || link) node.removeAttribute(name);
  }
}

function mount(place, text) {
  if (!text) return place.replaceChildren();
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = parsed.documentElement;
  if (svg.localName !== "svg" || parsed.querySelector("parsererror")) return place.replaceChildren();
  clean(svg);
  place.replaceChildren(document.importNode(svg, true));
}

function pin(root, name) {
  for (const node of root.querySelectorAll(".node"))
    node.classList.toggle("pinned", name !== "" && node.classList.contains(name));
  for (const ribbon of root.querySelectorAll(".r"))
    ribbon.classList.toggle("dim", name !== "" && !ribbon.classList.contains(name));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  const [wide, narrow] = [parentElement.querySelector(".wide"), parentElement.querySelector(".narrow")];
  const state = seen.get(parentElement) ?? { pinned: "" };
  seen.set(parentElement, state);
  if (state.wide !== data.wide || state.narrow !== data.narrow) {
    mount(wide, data.wide);
    mount(narrow, data.narrow);
    Object.assign(state, { wide: data.wide, narrow: data.narrow, pinned: "" });
    for (const place of [wide, narrow]) place.classList.toggle("both", Boolean(data.narrow));
  }

  const choose = (name) => {
    state.pinned = data.pins && name === state.pinned ? "" : name;
    if (data.pins) pin(frame, state.pinned);
    setTriggerValue("click", state.pinned);
  };
  frame.onclick = (event) => {
    const node = event.target.closest("[data-click]");
    if (node) choose(node.getAttribute("data-click"));
  };
  frame.onkeydown = (event) => {
    const node = event.target.closest("[data-click]");
    if (node && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(node.getAttribute("data-click"));
    } else if (event.key === "Escape" && state.pinned !== "") {
      choose(state.pinned);
    }
  };
  if (data.pins) pin(frame, state.pinned);
}
"""

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_picture", html=_HTML, css=_CSS, js=_JS)


def picture(
    wide: str,
    narrow: str | None = None,
    *,
    key: str,
    pins: bool = False,
    on_click: Callable[[], None] | None = None,
) -> str | None:
    """Mount a picture and return what was clicked in this run.

    Parameters
    ----------
    wide, narrow : str
        SVG from `dashboard.figures`; `narrow`, where given, replaces `wide` in frames under 440 px wide.
    key : str
        Streamlit key; clicks are also in `st.session_state[key].click` inside `on_click`.
    pins : bool
        A clicked node stays highlighted until a second click or Escape (flow picture).
    on_click : callable, optional
        Called before the rerun that a click starts.

    Returns
    -------
    str or None
        `data-click` of the clicked element, "" when a pinned one was let go, None when nothing was clicked.
    """
    result: Any = _COMPONENT(
        data={"wide": wide, "narrow": narrow or "", "pins": pins},
        key=key,
        on_click_change=on_click or _nothing,
    )
    clicked = result.click
    return None if clicked is None else str(clicked)


def _nothing() -> None:
    """A trigger needs a callback to be reported."""
