"""The table of examples as a component: headings that sort all rows, an Open button and a star in each line.

Streamlit's own table sorts only the rows it was sent, and is drawn on a canvas that screen readers cannot read.
Text enters the page by `textContent` alone.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.figures.colours import css_variables

_HTML = '<div class="frame"></div>'

_CSS = (
    css_variables(":host")
    + """
.frame{overflow-x:auto;border:1px solid var(--border);border-radius:8px;color:var(--text);
 font-variant-numeric:tabular-nums;overscroll-behavior-x:contain}
table{border-collapse:collapse;width:100%;font-size:13px}
th{padding:0;background:var(--surface);border-bottom:1px solid var(--border);text-align:start;font-weight:400}
th button{border:0;background:none;padding:7px 6px;font:inherit;font-size:12px;color:var(--muted);width:100%;
 text-align:inherit;white-space:nowrap;cursor:pointer}
th span.head{display:block;padding:7px 6px;font-size:12px;color:var(--muted)}
th[aria-sort] button{color:var(--text);font-weight:600}
th button:hover{color:var(--text)}
td{padding:3px 6px;height:25px;border-bottom:1px solid var(--border);white-space:nowrap}
tr:last-child td{border-bottom:0}
th.number,td.number{text-align:end}
td.text{width:100%;max-width:0;overflow:hidden;text-overflow:ellipsis}
th.text{min-width:130px}
tr.back td{background:var(--surface)}tr.back td:first-child{box-shadow:inset 3px 0 var(--accent)}
.open,.star{font:inherit;font-size:12px;line-height:20px;border:1px solid var(--border);border-radius:6px;
 background:var(--raised);color:var(--accent);cursor:pointer;padding:0 9px}
.star{border-color:transparent;background:none;padding:0 4px;font-size:14px;color:var(--muted)}
.star[aria-pressed=true]{color:var(--accent)}
.open:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.bar{display:inline-block;width:44px;height:6px;border-radius:3px;background:var(--border);overflow:hidden;
 margin-inline-end:6px;vertical-align:middle}
.bar i{display:block;height:6px;background:var(--c5)}
.ok{color:var(--good)}.no{color:var(--error)}
"""
)

_JS = r"""
const PLACE = "ccta-results-scroll";

function element(name, css, text) {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text !== undefined) made.textContent = text;
  return made;
}

function scroller() { return document.querySelector('[data-testid="stMain"]'); }

function heading(column, choose) {
  const made = element("th", column.css);
  made.scope = "col";
  if (!column.next) { made.append(element("span", "head", column.label)); return made; }
  const arrow = { ascending: " ↑", descending: " ↓" }[column.sorted] ?? "";
  const button = element("button", "", column.label + arrow);
  button.title = `Sort all examples by ${column.label}`;
  if (column.sorted) made.setAttribute("aria-sort", column.sorted);
  button.onclick = () => choose(column.next);
  made.append(button);
  return made;
}

function cell(one, column) {
  const made = element("td", column.css);
  if (one.bar !== undefined) {
    const bar = element("span", "bar");
    bar.setAttribute("aria-hidden", "true");
    const inside = element("i");
    inside.style.width = `${100 * one.bar}%`;
    bar.append(inside);
    made.append(bar);
  }
  if (one.right !== undefined) {
    const mark = element("span", one.right ? "ok" : "no", one.right ? "✓" : "✗");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", one.right ? "right" : "wrong");
    made.append(mark, " ");
  }
  made.append(one.text);
  if (column.css === "text") { made.title = one.text; made.dir = "auto"; }
  return made;
}

function line(one, data, send) {
  const made = element("tr", one.row === data.back ? "back" : "");
  const first = element("td");
  const open = element("button", "open", "Open");
  open.setAttribute("aria-label", `Open example ${one.row}`);
  open.onclick = () => {
    sessionStorage.setItem(PLACE, JSON.stringify([data.place, scroller()?.scrollTop ?? 0]));
    send("open", one.row);
  };
  const star = element("button", "star", one.starred ? "★" : "☆");
  star.setAttribute("aria-label", `Star example ${one.row}`);
  star.setAttribute("aria-pressed", String(one.starred));
  star.onclick = () => send("star", one.row);
  first.append(open, star);
  made.append(first, ...one.cells.map((entry, at) => cell(entry, data.columns[at])));
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", data.label);
  const table = element("table");
  const head = element("tr");
  const actions = element("th");
  actions.append(element("span", "head", ""));
  actions.setAttribute("aria-label", "Open and star");
  head.append(actions, ...data.columns.map((column) => heading(column, (code) => setTriggerValue("sort", code))));
  const top = element("thead"), body = element("tbody");
  top.append(head);
  body.append(...data.rows.map((one) => line(one, data, setTriggerValue)));
  table.append(top, body);
  frame.replaceChildren(table);
  if (data.back === null) return;
  const [place, at] = JSON.parse(sessionStorage.getItem(PLACE) ?? "[null, 0]");
  if (place !== data.place) return;
  sessionStorage.removeItem(PLACE);
  // The page below is drawn after the table: the place exists once it is.
  let left = 20;
  const restore = () => {
    const main = scroller();
    if (main) main.scrollTop = at;
    if (main && main.scrollTop < at && left--) setTimeout(restore, 100);
  };
  restore();
}
"""

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_examples", html=_HTML, css=_CSS, js=_JS)


def show_table(
    data: dict[str, Any],
    *,
    key: str,
    on_open: Callable[[int], None],
    on_sort: Callable[[str], None],
    on_star: Callable[[int], None],
) -> None:
    """Mount the table; the callbacks are called before the rerun that a press starts."""

    def opened() -> None:
        row = st.session_state[key].open
        if row is not None:
            on_open(int(row))

    def sorted_() -> None:
        code = st.session_state[key].sort
        if code:
            on_sort(str(code))

    def starred() -> None:
        row = st.session_state[key].star
        if row is not None:
            on_star(int(row))

    _COMPONENT(data=data, key=key, on_open_change=opened, on_sort_change=sorted_, on_star_change=starred)
