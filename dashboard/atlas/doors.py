"""The doors of the first screen: an example, the answer with its readings, the words lost most, one's own pair."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL
from core.report.first_pair import load_first_pair
from core.report.grids import StoredGrid, stored_grids
from core.report.pair_quantities import paper_leader, stored_readings
from core.report.readings import Readings
from core.report.words import WORDS, WordIndex, cells_of
from core.report.words.choice import choose_run
from core.report.words.losses import ranked
from core.store import RunIdentity
from dashboard.figures.lost.doors import readings_html, words_html
from dashboard.figures.names import dataset_title, language_name
from dashboard.figures.numbers import decimal
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.words.lost import NOUNS
from dashboard.figures.words.readings import reading_rows
from dashboard.figures.words.verdict import verdict
from dashboard.shared.drafts import Draft, SideDraft, hold_texts
from dashboard.shared.navigation import link_to, page_titled
from dashboard.shared.picture import picture
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim

PAIR, LANGUAGES, WORDS_PAGE = "Translation pair", "Source languages", "Words"
MOST_WORDS, LEAST = 6, 10


@dataclass(frozen=True)
class LostWords:
    """The words that lose most in one run: the table's first lines, and what they are of."""

    lines: pd.DataFrame
    identity: RunIdentity
    language: str
    others: tuple[str, ...]
    by: str


def example_door() -> None:
    """The shipped example: its C between its references."""
    st.subheader("One sentence and its translation", anchor=False)
    try:
        (analysis,) = load_first_pair()[0].analyses.values()
    except CctaError as error:
        st.info(str(error))
        return
    source, target = analysis.source, analysis.target
    st.markdown(
        f"“{verbatim(source.text.fields[0][1])}” and its {language_name(target.language)} translation: which words "
        f"does the model rely on, and do they match? C is {decimal(analysis.consistency)}."
    )
    picture(scale_svg(analysis.consistency, analysis.references, identity="atlas-scale"), key="atlas-scale")
    st.html(scale_keys_html(analysis.consistency, analysis.references))
    link_to(PAIR, "Open the example", {})


def answer_door(results: Results | None) -> None:
    """The answer to "which training language", with every reading."""
    st.subheader("Which training language is the most consistent?", anchor=False)
    grid = next(iter(stored_grids(results.reader)), None) if results is not None else None
    if results is None or grid is None:
        st.markdown("No run compares training languages yet; the page shows the paper’s own tables.")
    else:
        _answer(results, grid)
    link_to(LANGUAGES, "Open the readings", {})


def _answer(results: Results, grid: StoredGrid) -> None:
    try:
        computed = _readings(results.location, results.version, grid.runs, _results=results, _grid=grid)
    except CctaError as error:
        st.info(verbatim(str(error)))
        return
    said = verdict(computed, paper_leader=paper_leader(grid.data_set))
    title = dataset_title(grid.data_set, grid.split)
    st.markdown(f"**{verbatim(said.headline)}** {verbatim(f'{title}, {grid.model}, in every reading:')}")
    st.html(readings_html(reading_rows(computed)))
    st.caption("The language with the largest mean in each reading, and the share of resamples in which it is first.")


def words_door(results: Results | None) -> None:
    """The words that lose most consistency."""
    st.subheader("Which words lose most?", anchor=False)
    found = None if results is None else _lost(results.location, results.version, _results=results)
    if found is None:
        st.markdown("No run with the flows of two languages is stored yet.")
    else:
        title = dataset_title(found.identity.dataset, found.identity.split)
        against = language_name(found.others[0]) if len(found.others) == 1 else f"{len(found.others)} languages"
        st.markdown(
            verbatim(
                f"{NOUNS[found.by][1]} by lost importance, {title}, "
                f"{language_name(found.language)} against {against}. Green adds to C, orange is lost."
            )
        )
        st.html(words_html(found.lines, found.language if found.by == WORDS else "en"))
    link_to(WORDS_PAGE, "Open the words", {})


def own_door() -> None:
    """Two fields for one's own texts; they open on the page "Translation pair"."""
    st.subheader("Your own pair", anchor=False)
    st.markdown("Paste a sentence and its translation; the languages are detected, and nothing leaves this server.")
    source = st.text_area("Sentence", height=68, key="atlas-source", placeholder="The ferry was cancelled.")
    target = st.text_area("Translation", height=68, key="atlas-target", placeholder="Se canceló el ferri.")
    if not st.button("Compare them", type="primary"):
        return
    if source.strip() and target.strip():
        draft = Draft(SideDraft(texts=(source, "")), (SideDraft(texts=(target, "")),))
        link = {"task": "meaning", "model": DEFAULT_MODEL, "h": hold_texts(draft)}
        st.session_state.pop("pair", None)
        page = page_titled(PAIR)
        if page is not None:
            st.switch_page(page, query_params=link)
    else:
        st.info("Type or paste a text into both fields.")


def show_doors(results: Results | None) -> None:
    """Two rows of two; what is computed comes last, so that the others do not wait."""
    places = [*st.columns(2), *st.columns(2)]
    boxes = [place.container(border=True, height="stretch") for place in places]
    for at, draw in (
        (0, example_door),
        (3, own_door),
        (2, partial(words_door, results)),
        (1, partial(answer_door, results)),
    ):
        with boxes[at]:
            draw()


def pair_link(parameters: Mapping[str, str]) -> bool:
    """Whether an address without a page is one of the page "Translation pair", which was the first one before."""
    return bool({"task", "model", "h", "src", "tgt", "cmp"} & parameters.keys())


@st.cache_resource(show_spinner="Comparing the training languages", max_entries=4)
def _readings(location: str, version: str, runs: tuple[str, ...], *, _results: Results, _grid: StoredGrid) -> Readings:
    return stored_readings(_results.reader, _grid, "start" if _grid.task == "qa" else "")


@st.cache_resource(show_spinner="Reading the words", max_entries=4)
def _lost(location: str, version: str, *, _results: Results) -> LostWords | None:
    reader = _results.reader
    try:
        run = choose_run(reader)
        identity = reader.runs[run].identity
        language = identity.train_language or "en"
        cells = cells_of(reader, run, language, end="start" if identity.task == "qa" else "")
        index = WordIndex(reader)
        by = "position" if index.reason(cells[0]) else WORDS
        table = ranked(index.losses(cells, by), least=LEAST)
    except CctaError:
        return None
    return LostWords(table.head(MOST_WORDS), identity, language, tuple(cell.other for cell in cells), by)
