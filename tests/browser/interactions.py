"""What somebody does on a page, timed from the click or key to the end of the run that it starts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import TimeoutError

from benchmarks.store import LANGUAGES
from benchmarks.words import LANGUAGES as WORD_LANGUAGES
from tests.world.browsers import LOAD_MS, settle

MOST_ROUNDS = len(LANGUAGES) * (len(LANGUAGES) - 1)
OPENINGS, OPEN_MS = 5, 500
ATTEMPTS, ANSWER_MS = 3, 20_000
GRIDS = "source_languages?data=xnli-test&grids=1"
REFERENCES = ("shuffled", "equal", "mismatched")
OPEN = re.compile(r"^Open example \d+$")
WORD_FACETS = ("both", "neither", "agree", "differ")
# Shipped grids, each with what another is called; a round has one.
SHIPPED_GRIDS = (("xnli-test", "PAWS-X, test"), ("paws-x-test", "XNLI, test"))

# From the last click or key to when `text` is on the page and, if `ends`, the run is over that it starts.
_ARM = """
([text, ends]) => {
  window.took = undefined;
  let clicked, ran;
  const note = () => { clicked = performance.now(); ran = false };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, note, { capture: true });
  const looking = new MutationObserver(() => {
    if (clicked === undefined) return;
    const idle = document.querySelector('[data-test-script-state="notRunning"]');
    if (!idle) ran = true;
    if (ends && (!idle || !ran) || !document.querySelector(".stMain").textContent.includes(text)) return;
    window.took = performance.now() - clicked;
    looking.disconnect();
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, note, { capture: true });
  });
  looking.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
}
"""


@dataclass(frozen=True)
class Interaction:
    """`act` on the page at `address`.

    Attributes
    ----------
    text : on the page afterwards. ends : whether the end of the run is waited for too.
    before : done first, and not timed.
    """

    name: str
    address: str
    act: Callable[[Any], None]
    text: str = ""
    ends: bool = True
    before: Callable[[Any], None] | None = None

    def seconds(self, page: Any) -> float:
        """Do it on a page that stands at `address`, and wait for what it brings."""
        if self.before is not None:
            self.before(page)
            settle(page)
        page.evaluate(_ARM, [self.text, self.ends])
        for attempt in range(ATTEMPTS):
            # What a page still draws may take a click away; the time is that of the last one.
            self.act(page)
            try:
                page.wait_for_function("window.took !== undefined", timeout=ANSWER_MS)
                break
            except TimeoutError as error:
                error.add_note(f"While timing: {self.name}, on {self.address}")
                if attempt == ATTEMPTS - 1:
                    raise
        settle(page)
        return float(page.evaluate("window.took")) / 1000


def _choose(label: str, option: str) -> Callable[[Any], None]:
    """Choose from a list."""

    def act(page: Any) -> None:
        wanted = page.get_by_role("option", name=option, exact=True)
        for _ in range(OPENINGS):
            # What a page still draws may close the list again.
            page.get_by_role("combobox", name=label).click()
            page.wait_for_timeout(OPEN_MS)
            if wanted.is_visible():
                break
        wanted.click()

    return act


def _press(name: str) -> Callable[[Any], None]:
    """Press a button."""
    return lambda page: page.get_by_role("button", name=name).click()


def _narrow(page: Any) -> None:
    """Move the lower end of the range of C by one step."""
    end = page.locator('input[aria-label="C — start"]').first
    end.focus()
    end.press("ArrowRight")


def _open_row(page: Any) -> None:
    """Open the second of the examples."""
    page.get_by_role("button", name=OPEN).nth(1).click()


def _choose_reading(page: Any) -> None:
    """Choose the last reading that was computed."""
    page.locator("[role=radiogroup] [role=radio]:not(:disabled)").last.click()


def _press_in_sidebar(name: str) -> Callable[[Any], None]:
    """Press one of several in a row of the sidebar."""
    return lambda page: page.get_by_test_id("stSidebar").get_by_text(name, exact=True).first.click()


def _press_one(name: str) -> Callable[[Any], None]:
    """Press one of several in a row: a pill, or a segment."""
    return lambda page: page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()


def _press_facet(name: str) -> Callable[[Any], None]:
    """Press a pill of a facet, which ends in its number of examples."""
    wanted = re.compile(rf"^{re.escape(name)} · [\d,]+$")
    return lambda page: page.locator(".st-key-facets").get_by_text(wanted).first.click()


def _open_first(page: Any) -> None:
    _open_row(page)
    page.locator("svg.matrix").first.wait_for(timeout=LOAD_MS)


def on_a_million(round_: int) -> list[Interaction]:
    """What is timed on a million pairs, on what no round before has asked for: no answer is in the server's caches."""
    trained, target = _pair(round_)
    examples = f"results?data=xnli-test&ckpt=generated-{trained}&src={trained}&tgt={target}"
    row = 4 * round_
    found = [
        Interaction("next page of 50", examples, _press("›"), "51–100"),
        Interaction("filter", examples, _press_facet("both"), "Filters (1)"),
        Interaction("range of C", examples, _narrow, "Filters (1)"),
        Interaction("sort", examples, _choose("Sort by", "most consistent first"), "most consistent first"),
        Interaction("open an example", examples, _open_row, "← Examples"),
        Interaction("next example", f"{examples}&sort=row&row={row}", _press("Next ›"), f"row {row + 1}"),
    ]
    if round_ < len(REFERENCES):
        value = f"minus {REFERENCES[round_]}"
        found.append(Interaction("grid minus a reference", GRIDS, _choose("Values", value), f"C {value}"))
    return found


def on_shipped(round_: int) -> list[Interaction]:
    """What is timed on the shipped results, as `on_a_million`."""
    trained, target = _pair(round_)
    examples = f"results?data=xnli-test&ckpt=e5-small-nli-{trained}&src={trained}&tgt={target}"
    found = [
        Interaction("next page of 50", examples, _press("›"), "51–100"),
        Interaction("filter", examples, _press_facet("both"), "Filters (1)"),
        Interaction("range of C", examples, _narrow, "Filters (1)"),
        Interaction("sort", examples, _choose("Sort by", "most consistent first"), "most consistent first"),
        Interaction("open an example", examples, _open_row, "Transport matrix", ends=False),
        Interaction("next example", examples, _press("Next ›"), "Transport matrix", before=_open_first),
    ]
    if round_ < len(SHIPPED_GRIDS):
        data, other = SHIPPED_GRIDS[round_]
        grids, scatters = f"source_languages?data={data}&grids=1", f"correlation?data={data}"
        found += [
            Interaction("another reading", f"source_languages?data={data}", _choose_reading),
            Interaction("words of another pair", f"words?data={data}", _press_in_sidebar("zh"), "English → Chinese"),
            Interaction("words of a facet", f"words?data={data}", _press_facet("both"), "both"),
            Interaction("words by length", f"words?data={data}", _press_one("length"), "Lengths by"),
            Interaction("grid minus a reference", grids, _choose("Values", "minus shuffled"), "C minus shuffled"),
            Interaction("grid without diagonal", grids, _press_one("left out")),
            Interaction("grid in another order", grids, _choose("Order", "by clustering")),
            Interaction("cell of the grid", grids, _choose("Evaluated on", "French")),
            Interaction("grid of other data", grids, _choose("Data set", other)),
            Interaction("another scatter", scatters, _press_one("Spanish")),
            Interaction("scatter with diagonal", scatters, _press_one("shown")),
            Interaction("scatter of other data", scatters, _choose("Data set", other)),
        ]
    return found


def on_million_words(round_: int) -> list[Interaction]:
    """What is timed on the words of a million pairs, without their texts, as `on_a_million`."""
    other, facet = WORD_LANGUAGES[1 + round_ % (len(WORD_LANGUAGES) - 1)], WORD_FACETS[round_ % len(WORD_FACETS)]
    found = [Interaction("words of one pair", "words", _press_in_sidebar(other), "partners")]
    if round_ < len(WORD_FACETS):
        found += [
            Interaction("words of a facet", "words", _press_facet(facet)),
            Interaction("words of a facet of one pair", f"words?tgt={other}", _press_facet(facet)),
        ]
    if not round_:
        found.append(Interaction("words by length", "words", _press_one("length"), "Lengths by"))
    return found


def _pair(round_: int) -> tuple[str, str]:
    """A training language and another language, others in every round."""
    shift, place = divmod(round_, len(LANGUAGES))
    return LANGUAGES[place], LANGUAGES[(place + shift + 1) % len(LANGUAGES)]
