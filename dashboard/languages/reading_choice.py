"""The table of readings: one radio button a reading, whose choice the whole page follows.

The rows enter the page as text nodes, so that no name can be read as markup.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from core.report.readings import Reading, Readings
from core.statistics.leaders import LEADS_SHARE
from dashboard.figures.colours import css_variables
from dashboard.figures.numbers import percent
from dashboard.figures.words.readings import AGREEMENT, NOT_COMPUTED, ReadingRow
from dashboard.languages.computed import SAME_PAIRS
from dashboard.shared.address import Address, stay

PARAMETER, KEY = "reading", "languages-readings"
LABEL = "Reading: how the training languages are compared"

_HTML = '<div class="frame"><div class="rows" role="radiogroup"></div></div>'

_CSS = (
    css_variables(":host")
    + """
.frame{container-type:inline-size;color:var(--text);font-size:13px;line-height:17px}
.rd{display:grid;grid-template-columns:minmax(0,1.5fr) minmax(0,.85fr) minmax(0,.9fr) minmax(0,1fr) 38px;
align-items:center;column-gap:14px;box-sizing:border-box}
.head{font-size:12px;color:var(--muted);padding:0 10px 4px;border-bottom:1px solid var(--border)}
.head span:last-child,.paper{text-align:center}
button.rd{width:100%;text-align:start;border:0;border-bottom:1px solid var(--border);background:none;color:inherit;
font:inherit;padding:5px 10px;min-height:44px;cursor:pointer}
button.rd:last-of-type{border-bottom:0}
button.rd:hover:not(:disabled){background:color-mix(in srgb,var(--text) 4%,transparent)}
button.rd[aria-checked=true]{background:color-mix(in srgb,var(--accent) 10%,transparent);
box-shadow:inset 3px 0 var(--accent)}
button.rd:disabled{cursor:default;color:var(--muted)}
button.rd:disabled .lacks{grid-column:2/-1}
:focus-visible{outline:2px solid var(--accent);outline-offset:-2px;border-radius:4px}
.rd b{font-weight:600}
small{display:block;font-size:11.5px;line-height:14px;color:var(--muted)}
.first{display:grid;grid-template-columns:minmax(24px,1fr) 44px;gap:8px;align-items:center}
.first .track{display:block;height:8px;border-radius:2px;position:relative;overflow:hidden;
background:color-mix(in srgb,var(--text) 9%,transparent)}
.first .share{position:absolute;inset:0 auto 0 0;background:var(--c3)}
.settled .share{background:var(--c5)}
.first .tick{position:absolute;top:0;bottom:0;width:1.5px;background:var(--text);opacity:.55}
.first .number{text-align:end}
.paper{font-size:15px;color:var(--muted)}
.paper.same{color:var(--good)}
@container (max-width:560px){
.head{display:none}
.rd{grid-template-columns:minmax(0,1fr) auto;row-gap:3px}
.rd .name{grid-column:1;grid-row:1}.rd .leader{grid-column:2;grid-row:1;text-align:end}
.rd .first{grid-column:1;grid-row:2}.rd .paper{grid-column:2;grid-row:2;text-align:end}
.rd .up{grid-column:1/-1;grid-row:3;color:var(--muted)}
.rd .up .what::before{content:"minus "}
button.rd:disabled .lacks{grid-column:1/-1;grid-row:2}
button.rd{padding:9px 10px}
}
"""
)

_JS = r"""
const drawn = new WeakMap();

function element(tag, css, text) {
  const made = document.createElement(tag);
  if (css) made.className = css;
  if (text) made.textContent = text;
  return made;
}

function both(css, big, small) {
  const place = element("span", css);
  place.append(element("b", "what", big));
  for (const line of small) if (line) place.append(element("small", "", line));
  return place;
}

function bar(row, data) {
  const place = element("span", "first"), track = element("span", "track");
  const share = element("span", "share"), tick = element("span", "tick");
  share.style.width = `${100 * row.first}%`;
  tick.style.left = `${100 * data.tick}%`;
  track.append(share, tick);
  place.append(track, element("span", "number", row.share));
  return place;
}

function line(row, data) {
  const button = element("button", "rd");
  button.type = "button";
  button.dataset.name = row.name;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", row.spoken);
  button.classList.toggle("settled", row.settled);
  button.append(both("name", row.title, [row.note]));
  if (row.lacks) {
    button.disabled = true;
    button.append(element("span", "lacks", `${data.not_computed}: ${row.lacks}`));
    return button;
  }
  button.append(row.leader ? both("leader", row.leader, [row.standing])
    : both("leader", row.standing, [`largest: ${row.largest}`]));
  button.append(bar(row, data), both("up", row.runner_up, [row.difference, row.remark]));
  const paper = element("span", `paper ${row.agreement}`, row.mark);
  paper.title = row.paper;
  button.append(paper);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".rows");
  const rows = JSON.stringify(data.rows);
  if (drawn.get(parentElement) !== rows) {
    drawn.set(parentElement, rows);
    const head = element("div", "rd head");
    head.setAttribute("aria-hidden", "true");
    for (const name of data.heads) head.append(element("span", "", name));
    place.replaceChildren(head, ...data.rows.map((row) => line(row, data)));
    place.setAttribute("aria-label", data.label);
  }
  const buttons = [...place.querySelectorAll("button:not(:disabled)")];
  const check = (name) => {
    for (const button of buttons) {
      const is = button.dataset.name === name;
      button.setAttribute("aria-checked", String(is));
      button.tabIndex = is ? 0 : -1;
    }
  };
  check(data.chosen);
  const choose = (button) => {
    check(button.dataset.name);
    setTriggerValue("choice", button.dataset.name);
  };
  buttons.forEach((button, at) => {
    button.onclick = () => choose(button);
    button.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      choose(next);
    };
  });
}
"""

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_readings", html=_HTML, css=_CSS, js=_JS)
_HEADS = ("Reading", "Leader", "First in resamples", "Minus runner-up", "Paper")


def chosen_reading(address: Address, computed: Readings) -> Reading:
    """The reading that the address names; else the same pairs, or the first that there is."""
    names = [reading.definition.name for reading in computed.readings]
    return computed.by_name(address.one(PARAMETER, names, SAME_PAIRS))


def readings_table(address: Address, rows: Sequence[ReadingRow], chosen: str) -> None:
    """Draw the table; a click or an arrow key chooses a reading."""

    def choose() -> None:
        name = st.session_state[KEY].choice
        if name:
            stay()
            address.set(PARAMETER, str(name))

    data: dict[str, Any] = {
        "rows": [_plain(row) for row in rows],
        "chosen": chosen,
        "heads": _HEADS,
        "label": LABEL,
        "tick": LEADS_SHARE,
        "not_computed": NOT_COMPUTED,
    }
    _COMPONENT(data=data, key=KEY, on_choice_change=choose)


def _plain(row: ReadingRow) -> dict[str, Any]:
    mark, paper = AGREEMENT[row.agreement]
    return asdict(row) | {"share": percent(row.first), "spoken": row.spoken, "mark": mark, "paper": paper}
