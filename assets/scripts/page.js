// On every page: reports another theme, and says in our own words that the server is gone.

const seen = new WeakMap();
const TITLE = "The server does not answer";
const WORDS =
  "It has stopped, or cannot be reached. On your own computer, start it again with “make run” or “python -m dashboard”; " +
  "elsewhere, ask whoever runs it. This page connects again by itself, and what you have typed stays in this window.";

function tellOfServer() {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    const body = dialog.querySelector('[data-testid="stErrorCodeBlock"]')?.parentElement;
    const title = dialog.querySelector("h2");
    if (!body || title?.textContent !== "Connection error") continue;
    title.textContent = TITLE;
    for (const child of body.children) child.style.display = "none";
    const words = document.createElement("p");
    words.className = "server-gone";
    words.textContent = WORDS;
    body.append(words);
  }
}

if (!window.cctaWatch) {
  window.cctaWatch = new MutationObserver(tellOfServer);
  window.cctaWatch.observe(document.body, { childList: true, subtree: true });
}

export default function ({ parentElement, setTriggerValue }) {
  const span = parentElement.querySelector("span");
  const background = getComputedStyle(span).getPropertyValue("--st-background-color").trim();
  const before = seen.get(parentElement);
  if (before !== undefined && before !== background) setTriggerValue("theme", background);
  seen.set(parentElement, background);
}
