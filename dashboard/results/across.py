"""The opened example word by word in every language, as one picture."""

from typing import Any

import streamlit as st

from core.errors import CctaError
from core.report.words import cells_of
from core.report.words.across import WordAcross, words_across
from dashboard.figures.colours import MASS
from dashboard.figures.legend import head_html, legend_html
from dashboard.figures.lost.across import across_html, largest_mass
from dashboard.figures.names import language_name
from dashboard.figures.numbers import percent
from dashboard.results.choices import ResultsChoice
from dashboard.shared.examples.texts import Texts
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim


def word_by_word(results: Results, choice: ResultsChoice, texts: Texts) -> None:
    """The words of the source, and what their partners carry in each translation; nothing with a single one."""
    key = (choice.run, choice.source, choice.end, int(choice.row or 0), bool(texts))
    words = _words(results.location, results.version, key, _results=results, _texts=texts)
    if isinstance(words, str):
        st.info(verbatim(words))
        return
    if len({code for word in words for code in word.received}) < 2:
        return
    legend = legend_html(MASS, "0", percent(largest_mass(words), 0), "share of the importance (square-root colour)")
    note = (
        f"Each word of the {language_name(choice.source)} text, and the importance of the words that it meets in each "
        "translation; a word met by several is divided among them."
    )
    st.html(head_html("Importance word by word, in every language", legend, note=note))
    st.html(across_html(words, choice.source, choice.target))


@st.cache_data(show_spinner=False, max_entries=64)
def _words(
    location: str, version: str, key: tuple[Any, ...], *, _results: Results, _texts: Texts
) -> tuple[WordAcross, ...] | str:
    run, source, end, row, _ = key
    try:
        cells = cells_of(_results.reader, run, source, end=end)
    except CctaError:
        return ()
    fields = _texts.fields(row) or {}
    try:
        return words_across(_results.reader, cells, row, fields.get(source))
    except CctaError as error:
        return str(error)
