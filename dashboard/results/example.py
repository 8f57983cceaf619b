"""One stored example opened: its C, the same example in every language, both heatmaps, flow, matrix, tables."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.consistency.export import tokens_to_csv
from core.errors import CctaError
from core.report.pair_summary import share_below
from core.report.stored_example import (
    probabilities_of,
    read_example,
    references_of,
)
from core.results import PairReport, Side
from core.store import ExampleFilter, PredictionRecord
from dashboard.downloads.bundle import bundle
from dashboard.downloads.files import as_csv, csv_bytes, png_bytes, svg_bytes
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.legend import attribution_legend, consistency_legend, head_html
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count
from dashboard.figures.scale import scale_svg
from dashboard.figures.strip import Tile, strip_svg
from dashboard.figures.tables import STORED_QUALITY, quality_table, settings_table, token_table
from dashboard.figures.words import sentences
from dashboard.figures.words.example_card import example_text_html
from dashboard.results.choices import ResultsChoice
from dashboard.results.opened import Opened, open_stored
from dashboard.results.texts import Texts
from dashboard.shared.address import Address
from dashboard.shared.drafts import Draft, SideDraft, keep_texts
from dashboard.shared.help_texts import explained
from dashboard.shared.page_actions import File, csv_file, png_file, svg_file
from dashboard.shared.pair_link import not_offered, settings_link
from dashboard.shared.pair_tables import QUALITY_ALT, SETTINGS_ALT, token_alt
from dashboard.shared.pair_view import field_titles, flow_and_matrix
from dashboard.shared.picture import picture
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme
from dashboard.shared.verbatim import verbatim

STRIP_WIDE, STRIP_NARROW = 984, 352
PAIR_PAGE = "../pages/translation_pair.py"


def example_head(results: Results, choice: ResultsChoice, address: Address) -> DeltaGenerator:
    """Back, title, where the example stands, previous and next; returns the place of link and download."""
    row = int(choice.row or 0)
    place = results.reader.place(row, choice.scope, choice.where, **choice.order)  # type: ignore[arg-type]

    def go(to: int | None) -> None:
        address.set("row", "" if to is None else str(to))

    left, right = st.columns([3, 3], vertical_alignment="center")
    with left.container(horizontal=True, vertical_alignment="center"):
        st.button("← Examples", key="back-to-list", shortcut="Escape", on_click=go, args=(None,))
        st.header(f"{verbatim(choice.title)}, row {count(row)}", anchor=False)
        st.caption(verbatim(choice.languages))
    actions = right.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="page-actions"
    )
    with actions:
        st.caption(
            f"{count(place.position)} of {count(place.total)}" if place else "not among the filtered", width="content"
        )
        for label, shortcut, to in (
            ("‹ Previous", "K", place.previous if place else None),
            ("Next ›", "J", place.next if place else None),
        ):
            st.button(label, key=f"go-{label}", shortcut=shortcut, disabled=to is None, on_click=go, args=(to,))
    return actions


def open_example(results: Results, choice: ResultsChoice, texts: Texts, address: Address) -> Opened | None:
    """Everything about the example, in the order number, languages, pictures, tables; None where it is not stored."""
    try:
        example = read_example(results.reader, choice.run, int(choice.row or 0), choice.source, choice.target)
    except CctaError as error:
        st.error(str(error))
        return None
    opened = open_stored(results, choice, example, texts)
    _card(results, choice, opened)
    _strip(results, choice, address)
    if opened.reason:
        st.info(verbatim(opened.reason))
    if opened.sides is not None:
        _chips(opened, texts)
    matrix = None
    if opened.flow is not None:
        matrix = flow_and_matrix(opened.flow, similarities=opened.analysis is not None)
    _tables(opened)
    _analyse_live(opened, texts)
    if matrix is not None:
        matrix.draw()
    return opened


def _card(results: Results, choice: ResultsChoice, opened: Opened) -> None:
    pair, example = opened.pair, opened.example
    if pair.consistency is None:
        return
    beside = references_of(pair)
    lower = share_below(results.pair_values("consistency", choice.scope, choice.pair)["value"], pair.consistency)
    regime = sentences.verdict(pair.consistency, beside).regime
    with st.container(border=True, key=f"c-card-{regime}-stored"):
        number, scale, text = st.columns([1.1, 2.6, 4], vertical_alignment="center")
        name = f"Consistency C, answer {pair.end}" if pair.end else "Consistency C"
        number.html(sentences.card_number_html(pair.consistency, name))
        with scale:
            picture(scale_svg(pair.consistency, beside, identity="scale-stored"), key="scale-stored")
        said = [
            (language_name(side.language), side.prediction, probabilities_of(example.identity, side.prediction))
            for side in (example.source, example.target)
        ]
        text.html(example_text_html(pair, beside, said, lower))


def _strip(results: Results, choice: ResultsChoice, address: Address) -> None:
    """The same example with every language that was compared with this source."""
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
    title = "The same example in the other languages"
    legend = consistency_legend().replace(
        'class="legend"', f'class="legend" title="C with {language_name(choice.source)}"'
    )
    st.html(
        head_html(title, legend, note=f"C with {language_name(choice.source)}; ✓ ✗ whether the prediction is right.")
    )
    # A component's key may not hold two underscores, which a name may.
    key = f"strip-{choice.run[-12:]}-{choice.row}-{choice.end}"

    def pick() -> None:
        code = str(st.session_state[key].click or "")
        if code in {tile.code for tile in tiles}:
            address.set("tgt", code)

    picture(
        strip_svg(tiles, choice.target, width=STRIP_WIDE),
        strip_svg(tiles, choice.target, width=STRIP_NARROW, identity="strip-narrow"),
        key=key,
        on_click=pick,
    )


def _chips(opened: Opened, texts: Texts) -> None:
    if opened.sides is None:
        return
    identity = opened.example.identity
    target = opened.sides[0].attribution.target
    st.html(
        head_html(sentences.section_title(identity.task), attribution_legend(sentences.attribution_meaning(target)))
    )
    stored = (opened.example.source, opened.example.target)
    for column, side, kept in zip(st.columns(2), opened.sides, stored, strict=True):
        marks = _marks(kept.prediction, texts, side.language, opened.example.row)
        chips = chips_html(side, field_titles=field_titles(side), answer=marks)
        column.html(side_card_html(language_name(side.language), sentences.explained_line(side), chips))


def _marks(prediction: PredictionRecord | None, texts: Texts, language: str, row: int) -> AnswerMarks | None:
    """Where the predicted and the gold answer stand in the context."""
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
    plain = identity.to_json()
    rows = {
        **{name: plain[name] for name in ("checkpoint", "revision", "task", "train_language", "seed")},
        **identity.settings,
    }
    settings.dataframe(
        pd.DataFrame({"Setting": list(rows), "Value": [str(value) for value in rows.values()]}),
        hide_index=True,
        width="stretch",
        alt=SETTINGS_ALT,
    )


def _analyse_live(opened: Opened, texts: Texts) -> None:
    """Open the texts on the page "Translation pair", with the same checkpoint and the run's settings."""
    identity = opened.example.identity
    if opened.analysis is None or not texts:
        return
    settings = opened.analysis.settings
    help_ = "Opens the texts on the page Translation pair, with this checkpoint and the settings of the run."
    pressed = st.button("Analyse live", help=explained(help_, "choices"))
    if missing := not_offered(settings):
        names = ", ".join(f"{name} {value}" for name, value in missing)
        st.caption(f"C can differ there, since that page does not offer what the run was computed with: {names}.")
    if not pressed:
        return
    fields = texts.fields(opened.example.row) or {}
    sides = [
        SideDraft(side.language, (*fields[side.language], "")[:2])
        for side in (opened.example.source, opened.example.target)
    ]
    gold = opened.example.source.prediction.gold if opened.example.source.prediction else None
    draft = Draft(sides[0], (sides[1],), label=gold)
    for name in ("pair", "model-linked", "cmp-linked", "model-chosen", "model-entered"):
        st.session_state.pop(name, None)
    link = settings_link(settings) | {"model": identity.checkpoint, "h": keep_texts(draft, settings.task)}
    st.switch_page(PAIR_PAGE, query_params=link)


def example_files(choice: ResultsChoice, opened: Opened | None) -> list[File]:
    """What an opened example offers for download."""
    if opened is None or opened.sides is None:
        return []
    name = f"{choice.identity.dataset}-row-{choice.row}-{choice.source}-{choice.target}"
    files = [
        csv_file(f"Tokens, {language_name(side.language)} (CSV)", f"{name}-tokens-{at}.csv", partial(_token_file, side))
        for at, side in zip(("source", "target"), opened.sides, strict=True)
    ]
    analysis, theme = opened.analysis, chart_theme()
    if analysis is not None:
        report = PairReport((analysis,))
        everything = File("Everything (zip)", f"{name}.zip", "application/zip", lambda: bundle(report, theme=theme))
        return [everything, *files]
    if opened.kept is not None:
        flow = opened.kept
        files += [
            csv_file("Flows (CSV)", f"{name}-flows.csv", lambda: csv_bytes(flow, "flows")),
            svg_file("Flow (SVG)", f"{name}-flow.svg", lambda: svg_bytes(flow, "flow", theme)),
            png_file("Flow (PNG)", f"{name}-flow.png", lambda: png_bytes(flow, "flow", theme)),
        ]
    return files


def _token_file(side: Side) -> bytes:
    """The same table as that of a live analysis."""
    return as_csv(tokens_to_csv(side))
