"""Figure 2 on the page "Correlation": its bars, and the tables of coefficients."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from core.report.tables import Bar
from core.report.tables.coefficients import LINES
from core.report.tables.figure2 import CorrelationFigure, paper_bars
from core.report.tables.figure2_svg import PAGE, figure2_svg
from core.report.tables.sheet import line_name, set_name
from core.statistics import Coefficient
from core.statistics.correlation import KINDS
from dashboard.correlation.choices import CorrelationChoice
from dashboard.figures.legend import head_html, marks_legend
from dashboard.figures.words.correlation import coefficient_words
from dashboard.figures.words.languages import language
from dashboard.shared.picture import picture

# Filled for our bars, outlined for the paper's.
LEGEND = marks_legend((('<i class="bar-ours"></i>', "ours"), ('<i class="bar-paper"></i>', "paper")))


def bars(choice: CorrelationChoice) -> None:
    """Figure 2: one bar per checkpoint trained in the languages chosen, ours and the paper's."""
    whose = "with" if choice.diagonal else "without"
    note = f"Pearson’s r across target languages, {whose} the training language{_measure_of_answers(choice)}"
    st.html(head_html("Figure 2", LEGEND, note=note))
    figure = chosen_bars(choice)
    if not (figure.ours or figure.paper):
        st.caption("No checkpoint has enough languages for a coefficient.")
        return
    picture(figure2_svg(figure, PAGE, diagonal=choice.diagonal), key="figure2-bars")
    st.caption("The paper prints no numbers for its figure; its bars are recomputed from its Tables 4 and 5.")


def chosen_bars(choice: CorrelationChoice) -> CorrelationFigure:
    """The bars of the training languages chosen, without those that have no coefficient."""

    def chosen(bars: Iterable[Bar]) -> tuple[Bar, ...]:
        return tuple(
            bar
            for bar in bars
            if bar.trained_on in choice.trained_on
            and isinstance(bar.entry(diagonal=choice.diagonal).correlation, Coefficient)
        )

    return CorrelationFigure(chosen(our_bars(choice)), chosen(paper_bars()), by_language=())


def our_bars(choice: CorrelationChoice) -> tuple[Bar, ...]:
    """One bar per checkpoint and data set, under its model's name; question answering by the measure chosen."""
    return tuple(drawn.scatter.bar(model=drawn.source.model) for drawn in choice.everything())


def _measure_of_answers(choice: CorrelationChoice) -> str:
    """The measure of question answering, if any was run."""
    name = "exact match" if choice.quantity == "exact_match" else "F1"
    return f"; question answering by {name}" if any(bar.part for bar in our_bars(choice)) else ""


def coefficients(choice: CorrelationChoice) -> None:
    """The table of all coefficients."""
    note = f"95% intervals (Fisher’s z), languages taken as a random sample{_measure_of_answers(choice)}"
    st.html(head_html("All coefficients", note=note))
    st.dataframe(
        coefficient_table(choice),
        hide_index=True,
        width="stretch",
        alt="Pearson and Spearman of every checkpoint, without and with its training language",
        key="coefficients",
    )


def coefficient_table(choice: CorrelationChoice) -> pd.DataFrame:
    """One line per checkpoint, ours then the paper's: Pearson, then Spearman, of every line of `LINES`."""
    lines = []
    ours = [(bar, "ours") for bar in our_bars(choice)]
    for bar, whose in [*ours, *((bar, "paper") for bar in paper_bars())]:
        words = [
            coefficient_words(bar.entry(kind, diagonal=diagonal, measure=measure).correlation)
            for kind in KINDS
            for measure, diagonal in LINES
        ]
        n = bar.entry().correlation.n
        lines.append((set_name(bar), bar.model, language(bar.trained_on), whose, n, *words))
    names = [
        f"{kind.capitalize()}, {line_name(measure, diagonal=diagonal)}" for kind in KINDS for measure, diagonal in LINES
    ]
    return pd.DataFrame(lines, columns=["Data set", "Model", "Trained on", "Values", "n", *names])
