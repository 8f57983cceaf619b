"""The page "Words" from top to bottom: figures, table of words, the selected word in every language, its lines."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import StoreChoiceError
from core.report.coverage import group_runs
from core.report.words import CLASSES, WORDS, WordCell, cells_of
from core.report.words.losses import ranked
from core.text.display import display_text
from dashboard.figures.legend import head_html
from dashboard.figures.lost.bars import histogram_svg, loss_bar
from dashboard.figures.lost.tiles import LossMark, dots_svg, tiles_svg
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted
from dashboard.figures.words.lost import BAR, NOUNS, card_html, partners_html, quoted, word_html
from dashboard.shared.address import Address
from dashboard.shared.picture import picture
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme, table_height
from dashboard.words.answers import Answers
from dashboard.words.choices import RANKS

MOST_LINES, MOST_WORDS = 20, 2_000
TOP = 13
TILES = (452, 322)
_LARGEST = 1.02
APART = "Apart"


def figures(answers: Answers, table: pd.DataFrame) -> None:
    """The card of figures with the distribution of C."""
    choice = answers.choice
    summary = answers.summary()
    chosen, everything, n_all = answers.histograms()
    top = None
    if choice.by == WORDS and len(table):
        leading = ranked(table, sort="share").head(TOP)
        top = (float(leading["share"].sum()), len(leading))
    other = choice.cells[0].other if len(choice.cells) == 1 else "others"
    with st.container(border=True, key="headline"):
        left, right = st.columns([3, 1.2], vertical_alignment="center")
        left.html(card_html(summary, (choice.language, other), top, n_all))
        with right:
            picture(histogram_svg(chosen, everything, summary.consistency.value), key="words-histogram")


def shown_table(table: pd.DataFrame, answers: Answers) -> pd.DataFrame:
    """The ranked lines of the table that contain what was typed."""
    choice = answers.choice
    part = choice.contains.casefold()
    kept = table[[part in str(name).casefold() for name in table["name"]]] if part else table
    _, column, descending = RANKS[choice.rank]
    return ranked(kept, sort=column, descending=descending, least=choice.least)


def words_table(shown: pd.DataFrame, answers: Answers, address: Address) -> None:
    """The table; pressing a line selects its word."""
    choice = answers.choice
    one, _ = NOUNS[choice.by]
    lines = shown.head(MOST_WORDS)
    other = choice.cells[0].other
    mass, partners = f"Mass {choice.language} %", f"Partners {other} %" if len(choice.cells) == 1 else "Partners %"
    frame = _table_frame(lines, choice.least, one, mass, partners)
    key = f"words-table-{hash((choice.run, choice.cells, choice.by, choice.contains, choice.rank, choice.least))}"

    def select() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        address.set("w", str(lines["name"].iloc[rows[0]]) if rows else "")
        address.drop("line", "at")

    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=table_height(len(frame), MOST_LINES),
        column_config={
            one: st.column_config.TextColumn(pinned=True, width=76 if choice.by == WORDS else 128),
            "n": number(format="localized", width=44),
            "Lost": number(format="%.3f", width=56),
            "Importance": st.column_config.ImageColumn(width=116),
            "Adds to C": number(format="%.3f", width=68),
            mass: number(format="%.1f", width=70),
            partners: number(format="%.1f", width=82),
            APART: number(
                format="%+.1f",
                width=52,
                help="Points of importance that the word has more than its partners, where negative less.",
            ),
        },
        selection_mode="single-row",
        on_select=select,
        key=key,
        alt=f"{NOUNS[choice.by][1]} of {choice.title}, ranked by {RANKS[choice.rank][0]}",
    )
    few = int((shown["examples"] < choice.least).sum())
    left_out = f" {counted(few, 'line')} in fewer than {choice.least} examples come last, pale." if few else ""
    cut = f" The first {count(MOST_WORDS)} of {count(len(shown))} are listed." if len(shown) > MOST_WORDS else ""
    st.caption(f"{BAR}{left_out}{cut}")


def _table_frame(lines: pd.DataFrame, least: int, one: str, mass: str, partners: str) -> pd.DataFrame:
    enough = lines[lines["examples"] >= least]
    largest = float((enough if len(enough) else lines)["mass"].max()) * _LARGEST
    theme = chart_theme()
    bars = [
        loss_bar(line.adds, line.lost, line.lost_low, line.lost_high, largest, few=line.examples < least, theme=theme)
        for line in lines.itertuples()
    ]
    return pd.DataFrame(
        {
            one: [display_text(str(name)) for name in lines["name"]],
            "n": lines["n"],
            "Lost": lines["lost"],
            "Importance": bars,
            "Adds to C": lines["adds"],
            mass: 100 * lines["mass"],
            partners: 100 * lines["partners"],
            # Rounded here: the table would write a small negative number as -0.0.
            APART: (100 * lines["difference"]).round(1) + 0.0,
        }
    )


def selected_word(results: Results, answers: Answers, line: pd.Series, address: Address) -> WordCell:
    """The right of the page: the word in every language pair, its partners, and other training languages.

    Returns the language pair whose lines are shown.
    """
    choice = answers.choice
    only, name = (choice.by, line["key"]), str(line["name"])
    tiles = answers.table(choice.pairs, choice.by, only=only, split=True)
    marks = [_mark(tiles, cell) for cell in choice.pairs]
    cell = _shown_cell(answers, marks)
    st.html(head_html(f"{quoted(name)} in {counted(len(marks), 'language')}"))
    st.html(word_html(line, language_name(choice.language), choice.others, name))
    largest = max([mark.high if mark.high == mark.high else mark.lost or 0.0 for mark in marks] + [1e-6])
    st.html(
        head_html(
            "Lost in each pair", note="with the similarity that its importance meets; press one to read its lines"
        )
    )

    def pick() -> None:
        code = str(st.session_state["word-tiles"].click or "")
        if code in {mark.code for mark in marks}:
            address.set("at" if len(choice.cells) > 1 else "tgt", code)
            address.drop("line")

    wide, narrow = (tiles_svg(marks, cell.other, largest, width=width, identity=f"tiles-{width}") for width in TILES)
    picture(wide, narrow, key="word-tiles", on_click=pick)
    found = answers.partners(cell, only)
    if found is not None:
        st.html(head_html(f"Its partners in {language_name(cell.other)}", note="share of its importance · similarity"))
        st.html(partners_html(found, cell.other))
    _training_languages(results, answers, cell, only)
    return cell


def _shown_cell(answers: Answers, marks: list[LossMark]) -> WordCell:
    """The pair that was pressed; of several, that in which most is lost."""
    choice = answers.choice
    named = [cell for cell in choice.pairs if cell.other == choice.at]
    if named:
        return named[0]
    counted_ = {cell.other for cell in choice.cells}
    lost = {mark.code: mark.lost or 0.0 for mark in marks if mark.code in counted_}
    return max(choice.cells, key=lambda cell: lost.get(cell.other, 0.0))


def _training_languages(results: Results, answers: Answers, cell: WordCell, only: tuple[str, Any]) -> None:
    """The same word under the checkpoints of the other training languages, over all their examples."""
    runs = group_runs(results.runs, cell.run)
    cells: dict[str, WordCell] = {}
    for run in runs:
        language = results.runs[run].identity.train_language
        try:
            (found,) = cells_of(results.reader, run, cell.language, [cell.other], cell.end)
        except StoreChoiceError:
            continue
        if language:
            cells.setdefault(language, found)
    if len(cells) < 2:
        return
    table = answers.table(list(cells.values()), answers.choice.by, only=only, split=True, everywhere=True)
    own = str(answers.choice.identity.train_language)
    order = sorted(cells, key=lambda code: (code != own, language_name(code)))
    marks = [_mark(table, cells[code], code=code, label=language_name(code)) for code in order]
    largest = max([mark.high if mark.high == mark.high else mark.lost or 0.0 for mark in marks] + [1e-6])
    note = f"lost in {cell.language}–{cell.other}, each over all examples of its run"
    st.html(head_html("Under other training languages", note=note))
    wide, narrow = (dots_svg(marks, own, largest, width=width, identity=f"dots-{width}") for width in TILES)
    picture(wide, narrow, key="word-dots")


def _mark(table: pd.DataFrame, cell: WordCell, *, code: str = "", label: str = "") -> LossMark:
    shown = code or cell.other
    lines = table[[held == cell for held in table["cell"]]]
    name = language_name(shown)
    if lines.empty:
        return LossMark(shown, label or f"{cell.language}–{cell.other}", name, None)
    line = lines.iloc[0]
    numbers = {"lost": line["lost"], "low": line["lost_low"], "high": line["lost_high"], "met": line["met"]}
    values: Mapping[str, float] = {key: float(value) for key, value in numbers.items()}
    return LossMark(shown, label or f"{cell.language}–{cell.other}", name, **values, n=int(line["n"]))


def classes_offered(*, with_text: bool) -> list[str]:
    """What words can be grouped by."""
    return [by for by, (needs_text, _) in CLASSES.items() if with_text or not needs_text]
