"""What somebody does on a page, timed from the click or key to the end of the run that it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import TimeoutError

from benchmarks.store import LANGUAGES
from tests.world.browsers import LOAD_MS, settle

MOST_ROUNDS = len(LANGUAGES) * (len(LANGUAGES) - 1)
OPENINGS, OPEN_MS = 5, 500
ATTEMPTS, ANSWER_MS = 3, 20_000
GRIDS = "source_languages?data=xnli-test&grids=1"
REFERENCES = ("shuffled", "equal", "mismatched")
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
    """Press the second row of the examples; the table is drawn on a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 120, box["y"] + 80)


def _press_one(name: str) -> Callable[[Any], None]:
    """Press one of several in a row: a pill, or a segment."""
    return lambda page: page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()


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
        Interaction("filter", examples, _press_one("both"), "Filters (1)"),
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
        Interaction("filter", examples, _press_one("both"), "Filters (1)"),
        Interaction("range of C", examples, _narrow, "Filters (1)"),
        Interaction("sort", examples, _choose("Sort by", "most consistent first"), "most consistent first"),
        Interaction("open an example", examples, _open_row, "Transport matrix", ends=False),
        Interaction("next example", examples, _press("Next ›"), "Transport matrix", before=_open_first),
    ]
    if round_ < len(SHIPPED_GRIDS):
        data, other = SHIPPED_GRIDS[round_]
        grids, scatters = f"source_languages?data={data}&grids=1", f"correlation?data={data}"
        found += [
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


def _pair(round_: int) -> tuple[str, str]:
    """A training language and another language, others in every round."""
    shift, place = divmod(round_, len(LANGUAGES))
    return LANGUAGES[place], LANGUAGES[(place + shift + 1) % len(LANGUAGES)]
