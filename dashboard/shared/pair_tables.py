"""The tables under the pictures: numerical quality, every token, other translations, settings and versions."""

from collections.abc import Collection, Mapping

import pandas as pd
import streamlit as st

from core.results import PairAnalysis, PairReport, Side
from core.text.languages import get_language
from dashboard.figures.colours import ATTRIBUTION, Theme, attribution_stop, text_on
from dashboard.figures.numbers import decimal, share_of_attainable
from dashboard.figures.tables import (
    DIFFERENCE_FORMATS,
    difference_table,
    quality_table,
    settings_table,
    token_table,
)
from dashboard.shared.style import chart_theme

TABS = ("Numerical quality", "All tokens", "Similarity to other translations", "Settings and versions")
QUALITY_ALT = "How well both sides were attributed"
SPECIALS = (
    "Special tokens mark where a text begins and ends; for the meaning of a sentence, e5 models also read the prefix "
    "“query:”. They stay in the baseline, so they carry no importance."
)
SETTINGS_ALT = "Settings and versions"


def details(analyses: Mapping[str, PairAnalysis], translations: Collection[PairReport]) -> None:
    """Tabs for one model, or for two under the letters A and B; `translations` are all of the source text."""
    quality, tokens, similarity, settings = st.tabs(TABS)
    sides = [(each.source, each.target) for each in analyses.values()]
    table = pd.concat(map(quality_table, sides))
    if len(analyses) > 1:
        table.insert(0, "Model", [letter for letter in analyses for _ in ("source", "target")])
    quality.dataframe(table, hide_index=True, width="stretch", alt=QUALITY_ALT)
    quality.caption(SPECIALS)
    for column, under_each in zip(tokens.columns(2), zip(*sides, strict=True), strict=True):
        column.markdown(f"**{get_language(under_each[0].language).name}**")
        content = (
            token_table(under_each[0])
            if len(under_each) == 1
            else coloured(difference_table(*under_each), chart_theme())
        )
        column.dataframe(content, hide_index=True, width="stretch", height=320, alt=token_alt(*under_each))
    with similarity:
        _other_translations(translations)
    settings.dataframe(settings_table(analyses), hide_index=True, width="stretch", alt=SETTINGS_ALT)


def token_alt(side: Side, other: Side | None = None) -> str:
    """What a screen reader says of `token_table`, or of `difference_table` where there is another model."""
    what = "Mass of every token under A and B" if other is not None else "Score and mass of every token"
    return f"{what}, {get_language(side.language).name}"


def coloured(differences: pd.DataFrame, theme: Theme) -> "pd.io.formats.style.Styler":
    """`difference_table` with A − B on the colours of differences; numbers stay numbers, so that a head sorts them."""
    printed = differences.style.format(DIFFERENCE_FORMATS)
    return printed.map(lambda value: _fill(value, theme), subset=["A − B"])


def _other_translations(translations: Collection[PairReport]) -> None:
    if len(translations) < 2:
        st.caption("Add a translation to see which of several is nearest to the source.")
        return
    rows = [
        {
            "Translation": get_language(report.analyses[0].target.language).name,
            "C": decimal(report.analyses[0].consistency),
            "Shuffled": decimal(report.analyses[0].references.shuffled_mean),
            "Equal": decimal(report.analyses[0].references.uniform),
            "Carried over": decimal(report.analyses[0].references.carried),
            "Share of the attainable": share_of_attainable(
                report.analyses[0].references.share_of_attainable(report.analyses[0].consistency)
            ),
            "Percentile": f"{report.analyses[0].references.shuffled_percentile:.1f}",
        }
        for report in translations
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", alt="C of every translation and its references")


def _fill(difference: float, theme: Theme) -> str:
    ground = ATTRIBUTION.stops(theme)[attribution_stop(difference)]
    return f"background-color:{ground};color:{text_on(ground)}"
