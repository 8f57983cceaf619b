"""The store of results behind the pages: opened once for all sessions, refreshed when it may have changed.

A page calls `open_results()`, which ends the page with a line if there is nothing to show. Answers are cached under
the store's version, so that no interaction repeats a query, and new rows of a current run still appear.
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
from dashboard.service.places import told

# A refresh lists the whole store: quick in a folder, a request or two in an object store.
REFRESH_SECONDS = 5.0
MOST_ANSWERS = 512
HOW_TO_RUN = "python -m core run --dataset xnli --model e5-small-nli-en --languages en,de,es --limit 50 --store results"


@dataclass(frozen=True)
class Results:
    """A store at one version. Its answers are those of `core.store.Reader`, cached for all sessions."""

    location: str
    version: str
    reader: Reader

    @property
    def runs(self) -> dict[str, Manifest]:
        return self.reader.runs

    def pair_values(self, column: str, scope: Scope = EVERYTHING, where: ExampleFilter | None = None) -> pd.DataFrame:
        return self._answer("pair_values", column, scope, where)

    def histogram(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None, **options: Any) -> pd.DataFrame:
        """`of`, as the reader takes it."""
        return self._answer("histogram", scope, where, **options)

    def examples(self, scope: Scope = EVERYTHING, where: ExampleFilter | None = None, **options: Any) -> Page:
        """`sort`, `descending`, `offset` and `limit`, as the reader takes them."""
        return self._answer("examples", scope, where, **options)

    def coverage(self) -> pd.DataFrame:
        return self._answer("coverage")

    def problems(self, kind: str, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._answer("problems", kind, scope)

    def _answer(self, query: str, *arguments: Any, **options: Any) -> Any:
        return _cached(self.location, self.version, query, arguments, options, self.reader)


Close = Callable[[], object]


def open_results(close: Close) -> Results:
    """Return the store's results; ends the page with a line if there are none, or if the store cannot be read.

    `close` draws what the page has in every state, such as its link; it is called before the page ends.
    """
    results = find_results(close)
    if results is None:
        no_results()
        close()
        st.stop()
    return results


def find_results(close: Close) -> Results | None:
    """Return the store's results; None without a store, or if it is empty.

    A store that cannot be read ends the page with a line, after `close`. Parts that cannot be read give a warning.
    """
    location = results_location()
    if location is None:
        return None
    try:
        # The first run makes the folder that CCTA_STORE names; until then it is an empty store.
        if not open_store(location, create=True).files.exists():
            return None
        reader = _shared_reader(location).current()
    except CctaError as error:
        st.error(told(error))
        close()
        st.stop()
    for line in reader.notices:
        st.warning(told(line))
    return Results(location, reader.version, reader) if reader.runs else None


def no_results(line: str = "") -> None:
    """The state without results: what is missing, and the command that computes it."""
    location = results_location()
    line = line or ("No results yet." if location is None else f"There are no results in {told(location)} yet.")
    st.info(f"{line} Compute some with this command, then start the dashboard with `CCTA_STORE=results`:")
    st.code(HOW_TO_RUN, language="sh", wrap_lines=True)
    st.caption("The same command continues an unfinished run; further languages, rows or checkpoints are added to it.")


def paper_alone(results: Results | None) -> None:
    """The line above the paper's own tables, shown while the store has no grid."""
    missing = "No results of ours are stored yet"
    if results is not None:
        missing = "No run in this store compares translations with a checkpoint whose training language is known"
    st.info(
        f"{missing}: these are the paper’s own tables. Compute results with "
        f"`{HOW_TO_RUN}`, then start the dashboard with `CCTA_STORE=results`."
    )


class _SharedReader:
    """One reader for all sessions, refreshed at most every few seconds."""

    def __init__(self, location: str) -> None:
        self._reader = open_store(location).read()
        self._refreshed = time.monotonic()
        self._lock = threading.Lock()

    def current(self) -> Reader:
        with self._lock:
            if time.monotonic() - self._refreshed >= REFRESH_SECONDS:
                self._reader.refresh()
                self._refreshed = time.monotonic()
        return self._reader


@st.cache_resource(show_spinner=False)
def _shared_reader(location: str) -> _SharedReader:
    return _SharedReader(location)


@st.cache_data(show_spinner=False, max_entries=MOST_ANSWERS)
def _cached(
    location: str, version: str, query: str, arguments: tuple[Any, ...], options: dict[str, Any], _reader: Reader
) -> Any:
    return getattr(_reader, query)(*arguments, **options)
