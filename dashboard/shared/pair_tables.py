"""The tables under the pictures: numerical quality, every token, other translations, settings and versions."""

from collections.abc import Collection, Mapping

import pandas as pd
import streamlit as st

from core.consistency.two_models import aligned_mass
from core.results import PairAnalysis, PairReport, Side
from core.text.languages import get_language
from dashboard.figures.colours import ATTRIBUTION, Theme, attribution_stop, text_on
from dashboard.figures.numbers import count, decimal, percent, score, signed_percent
from dashboard.figures.pieces import title_text, unit_labels
from dashboard.shared.style import chart_theme

TABS = ("Numerical quality", "All tokens", "Similarity to other translations", "Settings and versions")
QUALITY_ALT = "How well both sides were attributed"
SETTINGS_ALT = "Settings and versions"


def details(analyses: Mapping[str, PairAnalysis], translations: Collection[PairReport]) -> None:
    """Tabs for one model, or for two under the letters A and B; `translations` are all of the source text."""
    quality, tokens, similarity, settings = st.tabs(TABS)
    table = pd.concat([quality_table(analysis, letter) for letter, analysis in analyses.items()])
    quality.dataframe(table, hide_index=True, width="stretch", alt=QUALITY_ALT)
    first, *others = analyses.values()
    sides = [(each.source, each.target) for each in (first, *others)]
    for column, under_each in zip(tokens.columns(2), zip(*sides, strict=True), strict=True):
        column.markdown(f"**{get_language(under_each[0].language).name}**")
        content = token_table(under_each[0]) if not others else difference_table(*under_each, theme=chart_theme())
        column.dataframe(content, hide_index=True, width="stretch", height=320, alt=token_alt(*under_each))
    with similarity:
        _other_translations(translations)
    settings.dataframe(settings_table(analyses), hide_index=True, width="stretch", alt=SETTINGS_ALT)


def quality_table(analysis: PairAnalysis, letter: str = "") -> pd.DataFrame:
    """How well both sides of a pair were attributed; `letter` names the model where there are two."""
    rows = []
    for side in (analysis.source, analysis.target):
        found = side.attribution
        cut = f"{len(side.text.tokens)} of {side.text.n_tokens_uncut}, cut" if side.text.cut else "none cut"
        rows.append(
            ({"Model": letter} if letter else {})
            | {
                "Side": get_language(side.language).name,
                "Nodes": found.n_steps,
                "Token error, estimated": "–" if found.token_error is None else percent(found.token_error, 2),
                "F(x) − F(x′)": score(found.f_input - found.f_baseline),
                "Sum of scores": score(float(found.scores.sum())),
                "Delta": f"{found.delta:.2g}",
                "Tokens": f"{len(side.text.tokens)}, {cut}" if not side.text.cut else cut,
            }
        )
    return pd.DataFrame(rows)


def token_table(side: Side) -> pd.DataFrame:
    """Every unit of a side with its score and mass."""
    return pd.DataFrame(
        {
            "Token": unit_labels(side),
            "Field": [unit.field for unit in side.units],
            "Score": [score(float(value)) for value in side.scores],
            "Mass": [percent(float(value)) for value in side.mass],
        }
    )


def token_alt(side: Side, other: Side | None = None) -> str:
    """What a screen reader says of `token_table`, or of `difference_table` where there is another model."""
    what = "Mass of every token under A and B" if other is not None else "Score and mass of every token"
    return f"{what}, {get_language(side.language).name}"


def difference_table(first: Side, second: Side, *, theme: Theme) -> "pd.io.formats.style.Styler":
    """Every unit of a text with its mass under A and under B, and A − B in points, coloured as differences are.

    The cells hold numbers, so that a click on a column's head sorts by them.
    """
    aligned = aligned_mass(first, second)
    labels = unit_labels(first) if aligned.same_units else [title_text(unit.text) for unit in aligned.units]
    frame = pd.DataFrame(
        {
            "Token" if aligned.same_units else "Word": labels,
            "Field": [unit.field for unit in aligned.units],
            "Mass, A": aligned.first,
            "Mass, B": aligned.second,
            "A − B": aligned.difference,
        }
    )
    shown = frame.style.format(
        {"Mass, A": percent, "Mass, B": percent, "A − B": lambda value: signed_percent(value, 1)}
    )
    return shown.map(lambda value: _fill(value, theme), subset=["A − B"])


def settings_table(analyses: Mapping[str, PairAnalysis]) -> pd.DataFrame:
    """Every setting, the space and the versions; a column of values for each model."""
    columns = {letter or "Value": _settings(analysis) for letter, analysis in analyses.items()}
    names = dict.fromkeys(name for column in columns.values() for name in column)
    values = {letter: [column.get(name, "–") for name in names] for letter, column in columns.items()}
    return pd.DataFrame({"Setting": list(names), **values})


def _settings(analysis: PairAnalysis) -> dict[str, str]:
    settings, model = analysis.settings, analysis.model
    rows = {
        "Model": f"{model.title} ({model.name}, {model.revision})",
        "Trained on": model.train_language or "no task head",
        "Device": model.device,
        "Task": settings.task,
        "Explained": f"{analysis.source.attribution.target.label} | {analysis.target.attribution.target.label}",
        "Steps": f"{settings.steps}, tolerance {percent(settings.tolerance)}",
        "Mass": settings.mass,
        "Level": settings.level,
        "Method": settings.method,
        "Precision": settings.precision,
        "Shuffles": f"{count(analysis.references.n_shuffles)}, seed {settings.seed}",
    }
    rows |= {f"Space: {name}": str(value) for name, value in analysis.space.items()}
    return rows | {f"Version of {name}": version for name, version in analysis.versions.items()}


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
            "Percentile": f"{report.analyses[0].references.shuffled_percentile:.1f}",
        }
        for report in translations
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", alt="C of every translation and its references")


def _fill(difference: float, theme: Theme) -> str:
    ground = ATTRIBUTION.stops(theme)[attribution_stop(difference)]
    return f"background-color:{ground};color:{text_on(ground)}"
