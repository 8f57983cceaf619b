"""The parts of the page "Words" in their order."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from core.settings import get_task
from dashboard.figures.legend import head_html
from dashboard.figures.names import language_name
from dashboard.figures.words.lost import NOUNS
from dashboard.shared.address import Address
from dashboard.shared.examples.facets import Facets, choose_facets, facets_of, facets_row
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim
from dashboard.words.answers import Answers, word_index
from dashboard.words.choices import FACETS, RANKS, WordsChoice, choose_class
from dashboard.words.lines import Selected, lines_section
from dashboard.words.view import classes_offered, figures, selected_word, shown_table, words_table


def show_words(results: Results, choice: WordsChoice, address: Address) -> tuple[WordsChoice, pd.DataFrame] | None:
    """Draw the page; returns what its files hold, None where no example is left."""
    identity = choice.identity
    st.caption(
        verbatim(
            f"Where consistency is lost: importance that meets no similar word in the translation. {choice.title} · "
            f"{identity.checkpoint} · {language_name(choice.language)} with {choice.others}"
        )
    )
    reason = word_index(results.location, results.version, _results=results).reason(choice.cells[0])
    offered = classes_offered(with_text=not reason)
    if reason:
        st.info(verbatim(f"{reason} Without the text, words are shown by {', '.join(offered)}."))
        choice = replace(choice, by=choice.by if choice.by in offered else offered[0], contains="")
    facets = {cell: facets_of(results, cell.run, choice.where(cell), swapped=cell.reversed) for cell in choice.pairs}
    with facets_row():
        chosen = choose_facets(_together([facets[cell] for cell in choice.cells]), address, reset=("line",))
        field = _choose_field(choice, address)
    answers = Answers(results, choice, facets, chosen, field)
    if not any(len(answers.rows(cell)) for cell in choice.cells):
        st.info("No example matches these facets.")
        st.button("Clear facets", on_click=lambda: address.drop(*FACETS))
        return None
    table = answers.table(choice.cells, choice.by)
    figures(answers, table)
    left, right = st.columns([64, 36], gap="medium")
    shown = shown_table(table, answers)
    with left:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(head_html(f"{NOUNS[choice.by][1]} by {RANKS[choice.rank][0]}"))
            choose_class(address, offered)
        if shown.empty:
            st.info("No word contains this.")
            return choice, table
        words_table(shown, answers, address)
    named = shown[shown["name"] == choice.word]
    line = (named if len(named) else shown).iloc[0]
    with right:
        cell = selected_word(results, answers, line, address)
    selected = Selected(str(line["name"]), (choice.by, line["key"]), cell)
    lines_section(results, answers, facets[cell], selected, address)
    return choice, shown


def _choose_field(choice: WordsChoice, address: Address) -> int | None:
    """One of the task's fields; None for all."""
    fields = get_task(choice.identity.task).fields
    if len(fields) < 2:
        return None
    options = {"": "both"} | {str(at): field for at, field in enumerate(fields)}
    with st.container(width="content"):
        value = address.segments("field", "Field", options, reset=("line",))
    return int(value) if value else None


def _together(facets: list[Facets]) -> Facets:
    """The facets of several language pairs: sizes of source texts differ between pairs, so they are left out."""
    if len(facets) == 1:
        return facets[0]
    first = facets[0]
    names = {name: dict(groups) for name, groups in first.names.items() if name != "size"}
    if "right" in names:
        names["right"] |= {"target": "translation only"}
    return Facets(pd.concat([one.table for one in facets], ignore_index=True), names, first.labels)
