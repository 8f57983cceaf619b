"""The concordance as a component: lines with the word in the middle, masses as fill, partners framed, Open at the left.

Text enters the page by `textContent` alone.
"""

from typing import Any

import streamlit as st

from dashboard.figures.colours import css_variables

_HTML = '<div class="lines" role="table"></div>'

_CSS = (
    css_variables(":host")
    + """
.lines{color:var(--text);font-size:13px;line-height:24px;font-variant-numeric:tabular-nums}
.line{display:grid;grid-template-columns:62px minmax(0,1fr) minmax(0,.72fr) 128px;gap:12px;align-items:center;
 min-height:34px;border-top:1px solid var(--border)}
.line.head{min-height:26px;border-top:0;color:var(--muted);font-size:12px}
.ours{display:grid;grid-template-columns:minmax(0,1fr) auto minmax(0,1fr);gap:5px;align-items:center}
.before,.after,.theirs{display:flex;gap:3px;overflow:hidden;white-space:nowrap}
.before{justify-content:flex-end}
.head .before{justify-content:center}
.theirs{border-inline-start:1px solid var(--border);padding-inline-start:10px}
span.w{padding:0 3px;border-radius:3px;flex:none;line-height:22px}
.key{font-weight:600;box-shadow:inset 0 0 0 1px var(--text)}
.partner{box-shadow:inset 0 0 0 1.5px var(--text)}
.gap{color:var(--muted);flex:none}
.end{text-align:end;white-space:nowrap;color:var(--text)}
.end b{font-weight:600}.ok{color:var(--good)}.no{color:var(--error)}
button{font:inherit;font-size:12px;line-height:20px;padding:1px 10px;border:1px solid var(--border);border-radius:6px;
 background:var(--raised);color:var(--accent);cursor:pointer}
button:hover{border-color:var(--accent)}
button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[lang=ar]{font-family:"Noto Naskh Arabic","Noto Sans Arabic","Geeza Pro",sans-serif;font-size:15px}
[lang=ur]{font-family:"Noto Nastaliq Urdu","Noto Naskh Arabic",sans-serif}
[lang=hi]{font-family:"Noto Sans Devanagari","Nirmala UI",sans-serif}
[lang=th]{font-family:"Noto Sans Thai","Leelawadee UI",sans-serif}
[lang=zh]{font-family:"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
[lang=ja]{font-family:"Noto Sans CJK JP","PingFang SC","Microsoft YaHei",sans-serif}
[lang=ko]{font-family:"Noto Sans CJK KR","PingFang SC","Microsoft YaHei",sans-serif}
.lines{container-type:inline-size}
@container (max-width:700px){
 .line{grid-template-columns:auto minmax(0,1fr);gap:2px 12px;padding:6px 0}
 .line.head{display:none}
 .ours,.theirs{grid-column:1/-1}
 .theirs{border:0;padding:0}
 .open{grid-row:3}.end{grid-row:3}
}
"""
)

_JS = r"""
function element(name, css, text) {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text !== undefined) made.textContent = text;
  return made;
}

function word(one, css) {
  const made = element("span", `w ${css ?? ""} ${one.partner ? "partner" : ""}`, one.text);
  made.style.background = `var(--m${one.stop})`;
  made.style.color = `var(--m${one.stop}t)`;
  made.title = one.title;
  return made;
}

function part(css, side, words, cut) {
  const made = element("div", css);
  if (cut === "before") made.append(element("span", "gap", "…"));
  for (const one of words) made.append(word(one));
  if (cut === "after") made.append(element("span", "gap", "…"));
  return made;
}

function cell(css, side) {
  const made = element("div", css);
  made.setAttribute("role", "cell");
  if (side) { made.lang = side.lang; made.dir = side.dir; }
  return made;
}

function line(one, data, open) {
  const made = element("div", "line");
  made.setAttribute("role", "row");
  const first = cell("open");
  const button = element("button", "", "Open");
  button.setAttribute("aria-label", `Open example ${one.row}`);
  button.onclick = () => open(one.row);
  first.append(button);
  const ours = cell("ours", data.ours);
  if (one.word) {
    ours.append(part("before", data.ours, one.before, one.cut_before ? "before" : ""));
    ours.append(word(one.word, "key"));
    ours.append(part("after", data.ours, one.after, one.cut_after ? "after" : ""));
  } else ours.append(element("span", "gap", `row ${one.row}`));
  const theirs = cell("theirs", data.theirs);
  if (one.others_cut) theirs.append(element("span", "gap", "…"));
  for (const other of one.others) theirs.append(word(other));
  const end = cell("end");
  end.append(`${one.met} · `, element("b", "", one.lost), " ");
  for (const mark of one.marks) {
    const shown = element("span", mark.right ? "ok" : "no", mark.right ? "✓" : "✗");
    shown.setAttribute("role", "img");
    shown.setAttribute("aria-label", mark.said);
    end.append(shown);
  }
  made.append(first, ours, theirs, end);
  return made;
}

function head(data) {
  const made = element("div", "line head");
  made.setAttribute("role", "row");
  const names = [["open", "Example"], ["before", data.ours.name], ["theirs", data.theirs.name], ["end", "met · lost"]];
  for (const [css, text] of names) {
    const one = element("div", css, text);
    one.setAttribute("role", "columnheader");
    made.append(one);
  }
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".lines");
  place.setAttribute("aria-label", data.label);
  place.replaceChildren(head(data), ...data.lines.map((one) => line(one, data, (row) => setTriggerValue("open", row))));
}
"""

# Registered once, at import: a second registration under the same name would replace the first.
_COMPONENT = st.components.v2.component("ccta_lines", html=_HTML, css=_CSS, js=_JS)


def show_lines(data: dict[str, Any], *, key: str) -> int | None:
    """Mount the lines; return the row that was opened in this run."""
    result: Any = _COMPONENT(data=data, key=key, on_open_change=_nothing)
    return None if result.open is None else int(result.open)


def _nothing() -> None:
    """A trigger needs a callback to be reported."""
