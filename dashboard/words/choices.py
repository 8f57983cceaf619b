"""What the page "Words" is about: run, languages, what words are grouped by, and which one is selected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import streamlit as st

from core.report.words import CLASSES, WORDS, WordCell, cells_of
from core.store import ExampleFilter, RunIdentity
from dashboard.figures.names import dataset_title, language_name
from dashboard.shared.address import Address
from dashboard.shared.examples.run_choice import choose_run
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results

ALL = "all"
LEAST = (3, 5, 10, 20, 50)
USUAL_LEAST = 10
LINES = 8
# Code of the address -> how the table is ranked, in words, the column, and its direction.
RANKS: Mapping[str, tuple[str, str, bool]] = MappingProxyType(
    {
        "lost": ("lost consistency", "lost", True),
        "more": ("more mass than its partners", "difference", True),
        "less": ("less mass than its partners", "difference", False),
    }
)
# Parameters that another language or data set lets go of.
SELECTION = ("w", "line", "at")
FACETS = ("right", "gold", "agree", "size", "field")


@dataclass(frozen=True)
class WordsChoice:
    """What the page shows.

    Attributes
    ----------
    cells : the language pairs that are counted. pairs : all that can be, of the same words.
    by : a key of `CLASSES`. rank : a key of `RANKS`.
    least : examples below which a word comes last. contains : a part of the words shown.
    word : the name of the selected word or class; "" for the first of the table.
    at : other language of the pair whose lines are shown. line : the first line shown.
    """

    run: str
    identity: RunIdentity
    language: str
    pairs: tuple[WordCell, ...]
    cells: tuple[WordCell, ...]
    by: str
    rank: str
    least: int
    contains: str
    word: str
    at: str
    line: int

    @property
    def title(self) -> str:
        """`XNLI test`."""
        return f"{dataset_title(self.identity.dataset, self.identity.split)} {self.identity.split}"

    @property
    def others(self) -> str:
        """`Chinese`, or `12 languages`."""
        return language_name(self.cells[0].other) if len(self.cells) == 1 else f"{len(self.cells)} languages"

    def where(self, cell: WordCell) -> ExampleFilter:
        """All examples of a cell."""
        return ExampleFilter(*cell.stored, end=cell.end)


def choose_words(results: Results, address: Address) -> WordsChoice | None:
    """Draw the sidebar; None where no run holds flows between two languages."""
    chosen = choose_run(results, address, "Words", kind="flows", reset=("src", "tgt", "end", *SELECTION, *FACETS))
    if chosen is None:
        return None
    run, identity = chosen
    held = _languages(results, run)
    if not held:
        return None
    with st.sidebar:
        own = identity.train_language if identity.train_language in held else next(iter(held))
        names = {code: language_name(code) for code in held}
        language = address.select("src", "Words of", names, default=own, reset=("tgt", *SELECTION, *FACETS))
        options = {ALL: ALL} | {code: code for code in held[language]}
        other = address.segments("tgt", "Translations", options, reset=(*SELECTION, *FACETS))
        end = ""
        if identity.task == "qa":
            ends = {"start": "Answer start", "end": "Answer end"}
            end = address.segments("end", "Explained", ends, reset=SELECTION)
        rank = address.select(
            "rank",
            "Ranked by",
            {code: name for code, (name, _, _) in RANKS.items()},
            help=explained("Lost consistency, or the mass of a word minus that of the words it meets.", "words"),
            reset=("line",),
        )
        least = address.select(
            "least",
            "At least",
            {str(n): f"{n} examples" for n in LEAST},
            default=str(USUAL_LEAST),
            help=explained("Words in fewer examples come last and are not ranked.", "words"),
        )
        contains = address.text("q", "Contains", placeholder="word or part", reset=("w", "line"))
    pairs = cells_of(results.reader, run, language, held[language], end)
    cells = [cell for cell in pairs if other in (ALL, cell.other)]
    by = address.one("by", list(CLASSES))
    return WordsChoice(
        run=run,
        identity=identity,
        language=language,
        pairs=tuple(pairs),
        cells=tuple(cells),
        by=by,
        rank=rank,
        least=int(least),
        contains=contains,
        word=address.get("w"),
        at=other if other != ALL else address.get("at"),
        line=address.number("line", 0),
    )


def choose_class(address: Address, offered: Sequence[str]) -> None:
    """The switch between words and classes of words."""
    names: Mapping[str, str] = {by: "words" if by == WORDS else by for by in offered}
    address.segments("by", "Grouped by", names, reset=SELECTION, labelled=False)


def _languages(results: Results, run: str) -> dict[str, list[str]]:
    """Language -> the other languages with which its flows are stored, in the order of the coverage."""
    coverage = results.coverage().query("run == @run and kind == 'flows' and source_language != target_language")
    held: dict[str, list[str]] = {}
    for source, target in zip(coverage["source_language"], coverage["target_language"], strict=True):
        held.setdefault(source, []).append(target)
        held.setdefault(target, []).append(source)
    return {code: sorted(set(others)) for code, others in sorted(held.items())}
