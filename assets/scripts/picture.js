// Mounts an SVG and reports clicks on the parts that carry data-click.

const seen = new WeakMap();

function mount(place, text) {
  if (!text) return place.replaceChildren();
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = parsed.documentElement;
  if (svg.localName !== "svg" || parsed.querySelector("parsererror")) return place.replaceChildren();
  clean(svg);
  place.replaceChildren(document.importNode(svg, true));
}

// A picture that is wider than its column can be scrolled with the keyboard.
const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  const [wide, narrow] = [parentElement.querySelector(".wide"), parentElement.querySelector(".narrow")];
  const state = seen.get(parentElement) ?? {};
  seen.set(parentElement, state);
  if (state.wide !== data.wide || state.narrow !== data.narrow) {
    mount(wide, data.wide);
    mount(narrow, data.narrow);
    Object.assign(state, { wide: data.wide, narrow: data.narrow });
    for (const place of [wide, narrow]) {
      place.classList.toggle("both", Boolean(data.narrow));
      reachable.unobserve(place);
      reachable.observe(place);
    }
  }

  const choose = (node) => setTriggerValue("click", node.getAttribute("data-click"));
  frame.onclick = (event) => {
    const node = event.target.closest("[data-click]");
    if (node) choose(node);
  };
  frame.onkeydown = (event) => {
    const node = event.target.closest("[data-click]");
    if (node && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(node);
    }
  };
}
