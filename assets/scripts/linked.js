// Lights one word, or one flow, in every part of a linked picture. Nothing is asked of the server while pointing.
//
// Every part that stands for units names them in data-on: "s3 s4" a word of the source, "s3 t4" a flow.

const views = new WeakMap();

const SIDES = ["s", "t"];
const LEAST_RIBBON = 60;
const sideOf = (unit) => unit[0];
const split = (key) => (key ? key.split(" ") : []);

function parts(root) {
  return [...root.querySelectorAll("[data-on]")].map((element) => {
    const units = split(element.getAttribute("data-on"));
    const here = { element, s: units.filter((unit) => sideOf(unit) === "s"), t: units.filter((unit) => sideOf(unit) === "t") };
    here.isFlow = here.s.length > 0 && here.t.length > 0;
    return here;
  });
}

const meets = (units, wanted) => units.some((unit) => wanted.has(unit));

function light(view) {
  const key = view.pinned || view.pointed;
  const units = split(key);
  const wanted = Object.fromEntries(SIDES.map((side) => [side, new Set(units.filter((unit) => sideOf(unit) === side))]));
  const isFlow = wanted.s.size > 0 && wanted.t.size > 0;
  const partners = new Set(isFlow ? [] : split(view.data.partners[key]));
  for (const part of view.parts) {
    const chosen = part.isFlow
      ? SIDES.every((side) => wanted[side].size === 0 || meets(part[side], wanted[side]))
      : SIDES.some((side) => meets(part[side], wanted[side]));
    const isPartner = !part.isFlow && SIDES.some((side) => meets(part[side], partners));
    const { classList } = part.element;
    classList.toggle("on", key !== "" && chosen);
    classList.toggle("mate", key !== "" && !chosen && isPartner);
    // A change moves every flow: none of them is put into the background.
    classList.toggle("dim", key !== "" && !chosen && !isPartner && !view.data.change);
    if (part.element.hasAttribute("aria-pressed"))
      part.element.setAttribute("aria-pressed", String(view.pinned !== "" && chosen));
  }
  view.frame.classList.toggle("lit", key !== "");
  view.frame.classList.toggle("pinned", view.pinned !== "" && !view.data.change);
  say(view, key);
  showRow(view);
}

function fill(place, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body;
  clean(parsed);
  place.replaceChildren(...parsed.childNodes);
}

function say(view, key) {
  const asked = view.frame.querySelector(".what-if");
  const told = (view.pinned && view.data.whatIf[view.pinned]) || "";
  if (asked) {
    asked.hidden = !told;
    fill(asked, told);
  }
  sayOf(view, key);
}

function sayOf(view, key) {
  const line = view.frame.querySelector(".said");
  if (!line) return;
  view.silent ??= line.cloneNode(true);
  const told = view.data.said[key];
  if (told) {
    fill(line, told);
  } else if (key) {
    const drawn = view.parts.find(({ element }) => element.getAttribute("data-on") === key && element.querySelector("title"));
    line.textContent = drawn ? drawn.element.querySelector("title").textContent : "";
  } else {
    line.replaceChildren(...view.silent.cloneNode(true).childNodes);
  }
}

// A lit row that the table's frame hides is brought into it; the page itself never moves.
function showRow(view) {
  const frame = view.frame.querySelector(".rows");
  const row = frame?.querySelector("tr.on");
  if (!row) return;
  const [outer, inner] = [frame.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.top < outer.top + 30 || inner.bottom > outer.bottom)
    frame.scrollTop += inner.top - outer.top - 34;
}

function pin(view, key) {
  // The rows of the other words go, the table's room stays: nothing below it moves.
  const rows = view.frame.querySelector(".rows");
  if (rows && !view.pinned) rows.style.minHeight = `${rows.offsetHeight}px`;
  view.pinned = key === view.pinned ? "" : key;
  view.place = places(view, view.pinned);
  light(view);
  const line = view.frame.querySelector(".said");
  const aloud = view.frame.querySelector(".aloud");
  if (aloud) aloud.textContent = view.pinned && line ? line.textContent : "";
  view.tell(view.pinned);
  // A change belongs to the word that was pinned.
  if (view.given.change) view.ask("");
}

// Where a pinned word stands in its text, to find it again when the texts are cut into units in another way.
function places(view, key) {
  return split(key).map((unit) => ({ side: sideOf(unit), at: view.data.places[sideOf(unit)][Number(unit.slice(1))] }));
}

function found(view, place) {
  const overlaps = ([field, start, end]) => field === place.at[0] && start < place.at[2] && place.at[1] < end;
  return view.data.places[place.side].flatMap((at, index) => (overlaps(at) ? [`${place.side}${index}`] : []));
}

function keepPin(view, before) {
  if (!view.pinned) return;
  const stays = view.place.every(({ side, at }) => at && view.data.texts[side] === before.texts[side]);
  const units = stays ? [...new Set(view.place.flatMap((place) => found(view, place)))] : [];
  const key = units.join(" ");
  view.pinned = view.parts.some(({ element }) => element.getAttribute("data-on") === key) ? key : units[0] ?? "";
  view.place = places(view, view.pinned);
}

// The ribbons of a flow fill its column; the words keep their size.
function stretch(view) {
  for (const svg of view.frame.querySelectorAll("svg[data-span]")) {
    const column = svg.parentElement.clientWidth;
    if (!column) continue;
    const [left, right] = svg.dataset.span.split(" ").map(Number);
    const drawn = (svg.dataset.drawn ??= svg.getAttribute("width"));
    const more = Math.max(left - right + LEAST_RIBBON, column - Number(drawn));
    const height = svg.getAttribute("height");
    svg.setAttribute("width", Number(drawn) + more);
    svg.setAttribute("viewBox", `0 0 ${Number(drawn) + more} ${height}`);
    const scale = (right - left + more) / (right - left);
    svg.querySelector(".ribbons").setAttribute("transform", `translate(${left}) scale(${scale} 1) translate(${-left})`);
    svg.querySelector(".far").setAttribute("transform", `translate(${more})`);
  }
}

// One stop of the Tab key in each group of words; arrows move inside it.
function groups(view) {
  const within = [".toks", "svg.flow"].flatMap((place) => [...view.frame.querySelectorAll(place)]);
  for (const group of within) {
    const stops = [...group.querySelectorAll('[tabindex][data-on]')];
    stops.forEach((stop, index) => stop.setAttribute("tabindex", index === 0 ? "0" : "-1"));
  }
}

function walk(view, event) {
  const from = event.target.closest("[tabindex][data-on]");
  const group = from?.closest(".toks, svg.flow");
  if (!group) return;
  const isTurned = group.getAttribute("dir") === "rtl";
  const step = { ArrowRight: isTurned ? -1 : 1, ArrowLeft: isTurned ? 1 : -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [...group.querySelectorAll("[tabindex][data-on]")];
  const to = stops[stops.indexOf(from) + step];
  if (!to) return;
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  if (view.pinned) pin(view, to.getAttribute("data-on"));
  to.focus();
}

function listen(view) {
  const { frame } = view;
  const named = (event) => event.target.closest?.("[data-on]")?.getAttribute("data-on") ?? "";
  const point = (key) => {
    if (view.pointed === key) return;
    view.pointed = key;
    if (!view.pinned) light(view);
  };
  const classOf = (event) => event.target.closest?.("[data-class]")?.dataset.class ?? "";
  frame.onpointerover = (event) => {
    point(named(event));
    if (event.pointerType !== "touch") preview(view, classOf(event));
  };
  frame.onpointerleave = () => {
    point("");
    preview(view, "");
  };
  frame.addEventListener("focusin", (event) => {
    if (!event.target.matches(":focus-visible")) return;
    point(named(event));
    preview(view, classOf(event));
  });
  frame.addEventListener("focusout", () => {
    point("");
    preview(view, "");
  });
  frame.onclick = (event) => {
    const option = event.target.closest("[data-switch]");
    if (option) return choose(view, option);
    const kind = event.target.closest("[data-kind]");
    if (kind) return view.choose(kind.dataset.kind);
    const ask = event.target.closest("[data-ask]");
    if (ask) return view.ask(ask.dataset.ask && view.pinned ? `${ask.dataset.ask} ${view.pinned}` : "");
    if (event.target.closest("[data-again]")) return view.again();
    const card = event.target.closest("[data-class]");
    if (card) return hold(view, card.dataset.class);
    const key = named(event);
    if (key && !event.target.closest("summary")) pin(view, key);
  };
  frame.onkeydown = (event) => {
    const key = event.target.hasAttribute?.("data-on") ? named(event) : "";
    if (key && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      pin(view, key);
    } else walk(view, event);
  };
  // Before the page's own shortcuts: Escape frees a pinned word and does nothing else.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !view.pinned || !frame.isConnected) return;
    event.stopPropagation();
    pin(view, view.pinned);
  }, { capture: true, signal: view.ended.signal });
  view.watch = new ResizeObserver(() => stretch(view));
  view.watch.observe(frame);
}

// What a switch shows: parts named data-view (of the switch "show"), data-size or data-flowsize; kept while the picture changes.
function choose(view, option) {
  view.chosen[option.dataset.switch] = option.value;
  showChosen(view);
}

function showChosen(view) {
  for (const [name, part] of [["show", "view"], ["size", "size"], ["flowsize", "flowsize"]]) {
    const options = [...view.frame.querySelectorAll(`[data-switch="${name}"]`)];
    if (!options.length) continue;
    const value = options.some((option) => option.value === view.chosen[name]) ? view.chosen[name] : options[0].value;
    for (const option of options) option.setAttribute("aria-pressed", String(option.value === value));
    for (const shown of view.frame.querySelectorAll(`[data-${part}]`)) shown.hidden = shown.dataset[part] !== value;
  }
  stretch(view);
}

// Another class while it is pointed at; the one that is held otherwise.
function preview(view, label) {
  const other = label !== view.held && view.given.previews?.[label];
  show(view, other ? { ...view.given, ...other } : view.given);
}

// The picture of the class pressed stays until the server has sent its own.
function hold(view, label) {
  if (label === view.held) return;
  preview(view, label);
  view.held = label;
  if (view.data !== view.given) view.given = { ...view.given, ...view.data };
  for (const card of view.frame.querySelectorAll("[data-class]"))
    card.setAttribute("aria-pressed", String(card.dataset.class === label));
  view.hold(label);
}

function show(view, data) {
  const before = view.data;
  view.data = data;
  if (view.html === data.html) return;
  view.html = data.html;
  mount(view, data.html);
  keepPin(view, before);
  light(view);
}

function mount(view, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body;
  clean(parsed);
  const open = [...view.frame.querySelectorAll("details.skip")].map((details) => details.open);
  view.picture.replaceChildren(...parsed.childNodes);
  [...view.frame.querySelectorAll("details.skip")].forEach((details, index) => (details.open = Boolean(open[index])));
  view.silent = undefined;
  view.pointed = "";
  view.parts = parts(view.frame);
  groups(view);
  showChosen(view);
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = { frame: parentElement.querySelector(".linked"), pinned: "", pointed: "", place: [], chosen: {}, ended: new AbortController() };
    views.set(parentElement, view);
    view.cards = view.frame.appendChild(document.createElement("div"));
    view.picture = view.frame.appendChild(document.createElement("div"));
    view.data = view.given = data;
    listen(view);
  }
  view.tell = (key) => data.tells && setStateValue("pin", key);
  view.choose = (kind) => setStateValue("kind", kind);
  view.ask = (change) => setStateValue("change", change);
  view.again = () => setTriggerValue("again", true);
  view.hold = (label) => setTriggerValue("hold", label);
  view.given = data;
  view.held = data.held ?? "";
  const cards = data.cards ?? "";
  if (view.cardsHtml !== cards) {
    view.cardsHtml = cards;
    fill(view.cards, cards);
  }
  show(view, data);
  // The change that the server shows is of a word that is not pinned any more, such as one of another text.
  if (data.change && data.change.split(" ").slice(1).join(" ") !== view.pinned) view.ask("");
  return () => {
    if (view.frame.isConnected) return;
    view.ended.abort();
    view.watch.disconnect();
    views.delete(parentElement);
  };
}
