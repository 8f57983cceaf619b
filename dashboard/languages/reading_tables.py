"""The numbers of every picture of the readings as tables, and how each reading is computed."""

import numpy as np
import pandas as pd
import streamlit as st

from core.report.pair_cells import PairCells, pair_means
from core.report.readings import DEFINITIONS, Reading
from core.statistics.intervals import N_RESAMPLES
from dashboard.figures.names import language_name
from dashboard.figures.numbers import NOT_RUN, count, decimal, percent, signed
from dashboard.figures.readings.dots import SEED, dots_frame
from dashboard.figures.words.readings import READING_RULES, SIGNED, pair_code, pair_name, reading_title, value_name
from dashboard.languages.computed import Computed
from dashboard.shared.style import table_height

MOST_LINES = 15


def numbers_below(computed: Computed, reading: Reading) -> None:
    """One closed section: tables left, the rules of the readings right."""
    with st.expander("The same numbers as tables, and how each reading is computed"):
        languages, rules = st.columns(2)
        with languages:
            st.markdown("**Training languages**")
            _table(languages_frame(computed, reading), "reading-numbers", signed_too=reading.definition.name in SIGNED)
        with rules:
            lines = [f"- **{reading_title(one)}**: {READING_RULES[one.name]}" for one in DEFINITIONS]
            st.markdown("\n".join(lines))
            st.caption(
                f"{count(N_RESAMPLES)} resamples draw sentences, those that share a premise, a context or a sentence "
                "together, and training seeds where a language has several."
            )
        st.markdown("**Pairs by training language**")
        _table(pairs_frame(computed.cells, reading), "pair-numbers", signed_too=reading.definition.name in SIGNED)


def languages_frame(computed: Computed, reading: Reading) -> pd.DataFrame:
    """One line a training language, largest value first: value, interval, share of resamples, its seeds."""
    ranking, name = reading.ranking, reading.definition.name
    marks = dots_frame(reading, computed.cells.values.trained_on)
    seeds = marks[marks["whose"] == SEED].groupby("code")["value"].agg(list).to_dict()
    places = [ranking.languages.index(code) for code in ranking.order]
    write = signed if name in SIGNED else decimal
    columns: dict[str, object] = {
        "Trained on": [language_name(code) for code in ranking.order],
        value_name(name)[0].upper() + value_name(name)[1:]: ranking.values[places],
        "95% low": ranking.interval[places, 0],
        "95% high": ranking.interval[places, 1],
        "First in": ranking.first[places],
    }
    if seeds:
        columns["Training seeds"] = [", ".join(map(write, seeds.get(code, []))) for code in ranking.order]
    return pd.DataFrame(columns)


def pairs_frame(cells: PairCells, reading: Reading) -> pd.DataFrame:
    """One line a pair: the reading's value of each training language, their mean, and C of equal importance."""
    of_reading = cells.of_reading(reading.definition.name)
    columns: dict[str, object] = {"Pair": [pair_name(pair) for pair in cells.pairs]}
    columns |= {language_name(code): of_reading[k] for k, code in enumerate(cells.languages)}
    columns |= {"Mean": pair_means(of_reading), "Equal importance, C": pair_means(cells.means["uniform"])}
    return pd.DataFrame(columns)


def pair_values_frame(cells: PairCells) -> pd.DataFrame:
    """For files: one line a training language and pair, with C, its interval and its references; NaN where not run."""
    lines = []
    for i, trained in enumerate(cells.languages):
        for j, pair in enumerate(cells.pairs):
            low, high = cells.interval[i, j]
            references = [cells.means[name][i, j] for name in ("shuffled", "uniform", "carried")]
            n = len(cells.values.examples) if not np.isnan(cells.means["consistency"][i, j]) else 0
            c = cells.means["consistency"][i, j]
            lines.append((trained, pair_code(pair), trained in pair, c, low, high, n, *references))
    names = ["trained_on", "pair", "contains_trained_on", "c", "low", "high", "n", "shuffled", "equal", "carried_over"]
    return pd.DataFrame(lines, columns=names)


def _table(frame: pd.DataFrame, key: str, *, signed_too: bool) -> None:
    numbers = frame.select_dtypes("number").columns
    write = {name: percent if name == "First in" else signed if signed_too else decimal for name in numbers}
    write |= {"Equal importance, C": decimal} if "Equal importance, C" in numbers else {}
    st.dataframe(
        frame.style.format(write, na_rep=NOT_RUN),
        hide_index=True,
        width="stretch",
        height=table_height(len(frame), MOST_LINES),
        placeholder=NOT_RUN,
        key=key,
    )
