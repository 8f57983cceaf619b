"""The sentences that hold the selected word, with its partners; a line opens its example on the page "Results"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.report.words import WordCell
from core.report.words.lines import Line, LineWord
from core.text.display import display_text
from core.text.languages import get_language
from dashboard.figures.colours import MASS
from dashboard.figures.legend import head_html, legend_html
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, decimal, percent
from dashboard.figures.words.lost import quoted
from dashboard.shared.address import Address
from dashboard.shared.examples.facets import Facets
from dashboard.shared.examples.run_choice import run_code
from dashboard.shared.navigation import page_titled
from dashboard.shared.store import Results
from dashboard.words.answers import Answers
from dashboard.words.choices import LINES
from dashboard.words.lines_component import show_lines

FULL_MASS = 0.12
_AROUND, _OTHERS, _SHORT, _NEAR = 14, 18, 9, 4
_SIDES = {"both": (True, True), "source": (True, False), "target": (False, True), "neither": (False, False)}


@dataclass(frozen=True)
class Selected:
    """The word or class that is selected, its key as (a key of `CLASSES`, a value), and the pair of its lines."""

    name: str
    only: tuple[str, Any]
    cell: WordCell


def lines_section(results: Results, answers: Answers, facets: Facets, selected: Selected, address: Address) -> None:
    """Draw a page of lines, most lost first."""
    cell, only = selected.cell, selected.only
    title = f"Lines with {quoted(selected.name)}, {language_name(cell.language)} → {language_name(cell.other)}"
    legend = legend_html(MASS, "mass 0", percent(FULL_MASS, 0))
    st.html(
        head_html(title, legend, note="Partners are framed: they receive a tenth of the word’s importance or more.")
    )
    lines = answers.lines(cell, only)
    if not lines:
        st.info("No line is left in these examples.")
        return
    opened = show_lines(lines_data(lines, cell, facets), key="word-lines")
    if opened is not None:
        open_example(results, cell, opened)
    counted = answers.table([cell], only[0], only=only)
    _pager(answers.choice.line, len(lines), int(counted["n"].sum()), address)


def open_example(results: Results, cell: WordCell, row: int) -> None:
    """Go to an example on the page "Results"."""
    source, target = cell.stored
    link = run_code(results, cell.run, "pairs") | {"src": source, "tgt": target, "row": str(row)}
    page = page_titled("Results")
    if page is not None:
        st.switch_page(page, query_params=link | ({"end": cell.end} if cell.end else {}))


def lines_data(lines: Sequence[Line], cell: WordCell, facets: Facets) -> dict[str, Any]:
    """What the component draws."""
    right = dict(zip(facets.table["row"].tolist(), facets.table["right"], strict=True))
    sides = [
        {"lang": code, "dir": get_language(code).direction, "name": language_name(code)}
        for code in (cell.language, cell.other)
    ]
    return {
        "label": f"Lines in {sides[0]['name']} and {sides[1]['name']}",
        "ours": sides[0],
        "theirs": sides[1] | {"name": f"{sides[1]['name']}, partners framed"},
        "lines": [_line(line, _marks(right.get(line.row, ""), cell)) for line in lines],
    }


def _line(line: Line, marks: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = {"row": line.row, "met": decimal(line.met, 2), "lost": decimal(line.lost), "marks": marks}
    word = line.words[line.at]
    if not word.text:
        return numbers | {"word": None, "others": [], "before": [], "after": []}
    before = [one for one in line.words[: line.at] if one.field == word.field and one.text]
    after = [one for one in line.words[line.at + 1 :] if one.field == word.field and one.text]
    others = [one for one in line.others if one.text]
    first = _first_shown(others)
    return numbers | {
        "word": _word(word),
        "before": [_word(one) for one in before[-_AROUND:]],
        "after": [_word(one) for one in after[:_AROUND]],
        "cut_before": len(before) > _AROUND,
        "cut_after": len(after) > _AROUND,
        "others": [_word(one) for one in others[first : first + _OTHERS]],
        "others_cut": first > 0,
    }


def _first_shown(others: Sequence[LineWord]) -> int:
    """Where a long translation is cut, so that the largest partner is among the words that fit."""
    if len(others) <= _SHORT:
        return 0
    largest = max(range(len(others)), key=lambda at: others[at].share)
    return max(largest - 2, 0) if largest > _NEAR else 0


def _word(word: LineWord) -> dict[str, Any]:
    title = f"{percent(word.mass)} of the importance"
    if word.share > 0:
        title += f", receives {percent(word.share)} of the word’s, similarity {decimal(word.similarity, 2)}"
    stop = MASS.stop(min(word.mass / FULL_MASS, 1.0))
    return {"text": display_text(word.text), "stop": stop, "partner": word.is_partner, "title": title}


def _marks(right: str, cell: WordCell) -> list[dict[str, Any]]:
    if right not in _SIDES:
        return []
    names = (language_name(cell.language), language_name(cell.other))
    return [
        {"right": correct, "said": f"{'right' if correct else 'wrong'} in {name}"}
        for correct, name in zip(_SIDES[right], names, strict=True)
    ]


def _pager(first: int, shown: int, total: int, address: Address) -> None:
    def turn(to: int) -> None:
        address.set("line", "" if to <= 0 else str(to))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{count(first + 1)}–{count(first + shown)} of {count(total)} lines, most lost first", width="content"
        )
        st.button("‹ Previous lines", disabled=first <= 0, on_click=turn, args=(first - LINES,))
        st.button("Next lines ›", disabled=first + shown >= total, on_click=turn, args=(first + LINES,))
