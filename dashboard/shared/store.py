"""The store of results behind the pages: opened once for all sessions, looked at again when it may have changed.

A page asks `open_results()`, which ends the page with a line where there is nothing to show. Answers are cached by
the store's version, so that an interaction never asks the same question twice, and a run at work is seen.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import CctaError
from core.paths import results_location
from core.store import ExampleFilter, Page, Reader, Scope, open_store
from core.store.manifest import Manifest
from core.store.reader import EVERYTHING

# Looking again lists the whole store: quick in a folder, a request or two in an object store.
LOOK_AGAIN_SECONDS = 5.0
MOST_ANSWERS = 512
HOW_TO_RUN = "python -m core run --dataset xnli --model e5-small-nli-en --languages en,de,es --limit 50 --store results"


@dataclass(frozen=True)
class Results:
    """A store at one moment. Its answers are those of `core.store.Reader`, cached for all sessions."""

    location: str
    version: str
    reader: Reader

    @property
    def runs(self) -> dict[str, Manifest]:
        return self.reader.runs

    def pair_values(self, column: str, scope: Scope = EVERYTHING, where: ExampleFilter | None = None) -> pd.DataFrame:
        return self._answer("pair_values", column, scope, where)

    def histogram(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None, **given: Any) -> pd.DataFrame:
        return self._answer("histogram", scope, where, **given)

    def examples(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None, **given: Any) -> Page:
        """`sort`, `descending`, `offset` and `limit` as the reader takes them."""
        return self._answer("examples", scope, where, **given)

    def coverage(self) -> pd.DataFrame:
        return self._answer("coverage")

    def problems(self, kind: str, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._answer("problems", kind, scope)

    def _answer(self, question: str, *given: Any, **named: Any) -> Any:
        return _cached(self.location, self.version, question, given, named, self.reader)


Close = Callable[[], object]


def nothing() -> None:
    """The close of a page that has nothing to draw in every state."""


def open_results(close: Close = nothing) -> Results:
    """Return what the store holds now; ends the page with a line where there is nothing, or nothing can be read.

    `close` draws what the page has in every state, such as its link; it is called before the page ends.
    """
    found = find_results(close)
    if found is None:
        no_results()
        close()
        st.stop()
    return found


def find_results(close: Close = nothing) -> Results | None:
    """Return what the store holds now; None without a store, or where it is empty.

    A store that cannot be read ends the page with a line, after `close`; what of it cannot be read is said in one.
    """
    place = results_location()
    if place is None:
        return None
    try:
        # The first run makes the folder that CCTA_STORE names; until then it is an empty store.
        if not open_store(place, create=True).files.exists():
            return None
        reader = _shared(place).look()
    except CctaError as error:
        st.error(str(error))
        close()
        st.stop()
    for line in reader.notices:
        st.warning(line)
    return Results(place, reader.version, reader) if reader.runs else None


def no_results(line: str = "") -> None:
    """The state without results: what is missing, and the command that computes it."""
    place = results_location()
    line = line or ("No results yet." if place is None else f"There are no results in {place} yet.")
    st.info(f"{line} Compute some with this command, then start the dashboard with `CCTA_STORE=results`:")
    st.code(HOW_TO_RUN, language="sh", wrap_lines=True)
    st.caption("The same command again continues; more languages, rows or checkpoints are added to what is there.")


def paper_alone(results: Results | None) -> None:
    """The line above pages that can show the paper's own tables while there is no grid of ours."""
    missing = "No results of ours are stored yet"
    if results is not None:
        missing = "No run of this store compares translations with a checkpoint whose training language is known"
    st.info(
        f"{missing}: these are the paper’s own tables. Compute results with "
        f"`{HOW_TO_RUN}`, then start the dashboard with `CCTA_STORE=results`."
    )


class _Shared:
    """One reader for all sessions, refreshed at most every few seconds."""

    def __init__(self, place: str) -> None:
        self._reader = open_store(place).read()
        self._looked = time.monotonic()
        self._lock = threading.Lock()

    def look(self) -> Reader:
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_AGAIN_SECONDS:
                self._reader.refresh()
                self._looked = time.monotonic()
        return self._reader


@st.cache_resource(show_spinner=False)
def _shared(place: str) -> _Shared:
    return _Shared(place)


@st.cache_data(show_spinner=False, max_entries=MOST_ANSWERS)
def _cached(
    place: str, version: str, question: str, given: tuple[Any, ...], named: dict[str, Any], _reader: Reader
) -> Any:
    return getattr(_reader, question)(*given, **named)
