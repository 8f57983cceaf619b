"""One stored example opened: its C, the same example in other languages, token chips, flow, matrix, tables."""

import pandas as pd
import streamlit as st

from core.errors import CctaError
from core.report.pair_summary import share_below
from core.report.stored_example import (
    probabilities_of,
    read_example,
    references_of,
)
from core.store import ExampleFilter, PredictionRecord
from dashboard.figures.chips.row import AnswerMarks
from dashboard.figures.legend import consistency_legend, head_html
from dashboard.figures.linked import both_chips_html
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.strip import Tile, strip_svg
from dashboard.figures.tables import STORED_QUALITY, quality_table, settings_table, token_table
from dashboard.figures.words import sentences
from dashboard.figures.words.example_card import example_text_html
from dashboard.results.across import word_by_word
from dashboard.results.choices import ResultsChoice, back_to_list, go_to_pair
from dashboard.results.live import analyse_live
from dashboard.results.opened import Opened, open_stored
from dashboard.results.rows import neighbours, ordered_pairs
from dashboard.service.places import told
from dashboard.shared.address import Address
from dashboard.shared.examples.texts import Texts
from dashboard.shared.page_actions import PageHead, actions_row
from dashboard.shared.pair_tables import QUALITY_ALT, SETTINGS_ALT, token_alt
from dashboard.shared.pair_view import pair_pictures
from dashboard.shared.picture import picture
from dashboard.shared.setting_rows import setting_rows
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim

STRIP_WIDE, STRIP_NARROW = 984, 352


def example_head(results: Results, choice: ResultsChoice, texts: Texts, address: Address) -> PageHead:
    """Draw the title row: back, title, position in the list, previous and next."""
    row = int(choice.row or 0)
    rows = [int(one) for one in ordered_pairs(results, choice, texts)["row"]]
    place = neighbours(rows, row)

    def go(to: int | None) -> None:
        address.set("row", "" if to is None else str(to))

    left, right = st.columns([3, 3], vertical_alignment="center")
    with left.container(horizontal=True, vertical_alignment="center"):
        st.button("← Examples", key="back-to-list", shortcut="Escape", on_click=back_to_list, args=(address,))
        st.header(f"{verbatim(choice.title)}, row {count(row)}", anchor=False)
        st.caption(verbatim(choice.languages))
    actions = actions_row(right)
    with actions:
        position = f"{count(place[0])} of {count(len(rows))}" if place else "does not match the filters"
        st.caption(position, width="content")
        for label, shortcut, to in (
            ("‹ Previous", "K", place[1] if place else None),
            ("Next ›", "J", place[2] if place else None),
        ):
            st.button(label, key=f"go-{label}", shortcut=shortcut, disabled=to is None, on_click=go, args=(to,))
    return PageHead(actions, f"ccta-results-row-{row}")


def open_example(results: Results, choice: ResultsChoice, texts: Texts, address: Address) -> Opened | None:
    """The example: its C, the other languages, pictures and tables; None if it is not stored."""
    try:
        example = read_example(results.reader, choice.run, int(choice.row or 0), choice.source, choice.target)
    except CctaError as error:
        st.error(told(error))
        return None
    opened = open_stored(results, choice, example, texts)
    _card(results, choice, opened)
    _strip(results, choice, address)
    if opened.reason:
        st.info(verbatim(opened.reason))
    chips = _chips(opened, texts)
    if opened.flow is not None:
        pair_pictures(opened.flow, chips, similarities=opened.analysis is not None)
    elif chips:
        st.html(chips)
    word_by_word(results, choice, texts)
    _tables(opened)
    analyse_live(opened, texts)
    return opened


def _card(results: Results, choice: ResultsChoice, opened: Opened) -> None:
    pair, example = opened.pair, opened.example
    if pair.consistency is None:
        return
    references = references_of(pair)
    lower = share_below(results.pair_values("consistency", choice.scope, choice.pair)["value"], pair.consistency)
    place = references.place_of(pair.consistency)
    with st.container(border=True, key=f"c-card-{place}-stored"):
        number, scale, text = st.columns([1.1, 2.6, 4], vertical_alignment="center")
        name = f"Consistency C, answer {pair.end}" if pair.end else "Consistency C"
        number.html(sentences.card_number_html(pair.consistency, name))
        with scale:
            picture(scale_svg(pair.consistency, references, identity="scale-stored"), key="scale-stored")
            st.html(scale_keys_html(pair.consistency, references))
        predictions = [
            (language_name(side.language), side.prediction, probabilities_of(example.identity, side.prediction))
            for side in (example.source, example.target)
        ]
        text.html(example_text_html(pair, references, predictions, lower))


def _strip(results: Results, choice: ResultsChoice, address: Address) -> None:
    """The same example in every language that was compared with this source language."""
    where = ExampleFilter(source_language=choice.source, end=choice.end, rows=[int(choice.row or 0)])
    frame = results.reader.values(choice.scope, where)
    tiles = [
        Tile(
            str(line.target_language),
            language_name(str(line.target_language)),
            None if pd.isna(line.consistency) else float(line.consistency),
            None if line.target_correct is None or pd.isna(line.target_correct) else bool(line.target_correct),
        )
        for line in frame.itertuples()
        if line.target_language != choice.source or choice.target == choice.source
    ]
    if len(tiles) < 2:
        return
    note = f"C with {language_name(choice.source)}; ✓ ✗ show whether the prediction is right."
    st.html(head_html("The same example in the other languages", consistency_legend(), note=note))
    # A component's key may not contain two underscores in a row, but a checkpoint's name may, so it stays out.
    key = f"strip-{choice.run[-12:]}-{choice.row}-{choice.end}"

    def pick() -> None:
        code = str(st.session_state[key].click or "")
        if code in {tile.code for tile in tiles}:
            go_to_pair(address, choice.source, code)

    picture(
        strip_svg(tiles, choice.target, width=STRIP_WIDE),
        strip_svg(tiles, choice.target, width=STRIP_NARROW, identity="strip-narrow"),
        key=key,
        on_click=pick,
    )


def _chips(opened: Opened, texts: Texts) -> str:
    """Both texts as chips, as HTML; "" where no scores are stored."""
    if opened.sides is None:
        return ""
    source, target = (
        _marks(stored.prediction, texts, side.language, opened.example.row)
        for side, stored in zip(opened.sides, (opened.example.source, opened.example.target), strict=True)
    )
    return both_chips_html(opened.example.identity.task, opened.sides, (source, target))


def _marks(prediction: PredictionRecord | None, texts: Texts, language: str, row: int) -> AnswerMarks | None:
    """The spans of the predicted and the gold answer in the context."""
    if prediction is None or prediction.answer_start is None or prediction.answer_end is None:
        return None
    gold = texts.by_language[language].answer_start(row) if texts else None
    return AnswerMarks("context", predicted=(prediction.answer_start, prediction.answer_end), gold=gold)


def _tables(opened: Opened) -> None:
    if opened.sides is None:
        return
    tokens, quality, settings = st.tabs(["All tokens", "Numerical quality", "Settings and versions"])
    for column, side in zip(tokens.columns(2), opened.sides, strict=True):
        column.markdown(f"**{language_name(side.language)}**")
        column.dataframe(token_table(side), hide_index=True, width="stretch", height=320, alt=token_alt(side))
    if opened.analysis is not None:
        quality.dataframe(quality_table(opened.sides), hide_index=True, width="stretch", alt=QUALITY_ALT)
        settings.dataframe(settings_table({"": opened.analysis}), hide_index=True, width="stretch", alt=SETTINGS_ALT)
        return
    quality.dataframe(quality_table(opened.sides)[STORED_QUALITY], hide_index=True, width="stretch", alt=QUALITY_ALT)
    identity = opened.example.identity
    fields = identity.to_json()
    names = ("checkpoint", "revision", "task", "train_language", "seed")
    values = setting_rows({**{name: fields[name] for name in names}, **identity.settings})
    settings.dataframe(values, hide_index=True, width="stretch", alt=SETTINGS_ALT)
