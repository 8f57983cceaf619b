"""The page "Correlation" on the screen: the sentence, the scatters, figure 2's bars, and every coefficient."""

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd
import streamlit as st

from core.report.tables import Bar
from core.report.tables.figure2 import CorrelationFigure, paper_bars
from core.report.tables.figure2_svg import PAGE, figure2_svg
from core.report.tables.sheet import set_name
from core.statistics import Coefficient, Undefined
from core.statistics.correlation import KINDS
from dashboard.correlation.choices import MOST_PANELS, CorrelationChoice, Drawn
from dashboard.figures.colours import LANGUAGE_GROUPS
from dashboard.figures.legend import head_html
from dashboard.figures.scatter.picture import (
    HEIGHT,
    SELECTION,
    WIDTH,
    Domains,
    scatter_chart,
    scatter_domains,
    scatter_frame,
)
from dashboard.figures.words.correlation import coefficient_words, relation, relation_of_several
from dashboard.figures.words.languages import language
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.navigation import link_to, page_titled
from dashboard.shared.picture import picture
from dashboard.shared.style import chart_theme

SMALL = (400, 300)
SHAPES = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲", "cross": "✚", "triangle-down": "▼"}
RING = "ring: training language, C is 1 by definition"


def sentence(choice: CorrelationChoice, shown: Sequence[Drawn]) -> None:
    """Whether performance and C rise together."""
    points = [drawn.scatter for drawn in shown]
    name, diagonal = choice.performance_name, choice.diagonal
    found = (
        relation(points[0], name, diagonal=diagonal)
        if len(points) == 1
        else relation_of_several(points, name, diagonal=diagonal)
    )
    own = "is a point, with C = 1 by definition" if diagonal else "is left out"
    note = f"Intervals (95%, Fisher’s z) say what other languages would leave open. The training language {own}."
    with st.container(border=True, key="answer-card"):
        st.html(f'<p class="answer">{found}</p><p class="small muted answer-notes">{escape(note)}</p>')


def scatters(choice: CorrelationChoice, shown: Sequence[Drawn]) -> None:
    """One scatter, or several on the same axes. A click on a point opens its examples."""
    domains = scatter_domains([drawn.scatter for drawn in shown], diagonal=choice.diagonal)
    st.html(head_html(f"{choice.performance_name} and consistency", groups_legend_html(choice, shown)))
    if len(shown) == 1:
        _scatter(choice, shown[0], domains, (WIDTH, HEIGHT))
        return
    columns = st.columns(2)
    for at, drawn in enumerate(shown[:MOST_PANELS]):
        with columns[at % 2]:
            title = f"<b>{escape(language(drawn.scatter.trained_on))}</b>, {escape(drawn.source.model)}"
            st.html(f'<p class="small">{title}</p>')
            _scatter(choice, drawn, domains, SMALL)
    if len(shown) > MOST_PANELS:
        st.caption(f"The first {MOST_PANELS} of {len(shown)} are drawn; the table below has all of them.")


def _scatter(choice: CorrelationChoice, drawn: Drawn, domains: Domains, size: tuple[int, int]) -> None:
    scatter = drawn.scatter
    line = scatter.line(diagonal=choice.diagonal)
    if isinstance(line, Undefined):
        st.caption(line.reason)
    event = show_chart(
        scatter_chart,
        scatter,
        domains,
        performance_name=choice.performance_name,
        diagonal=choice.diagonal,
        theme=chart_theme(),
        size=size,
        on_select="rerun",
        selection=SELECTION,
        key=f"scatter-{choice.data.code}-{drawn.source.model}-{scatter.trained_on}",
        alt=spoken(choice, drawn),
    )
    points = event["selection"].get(SELECTION, [])
    page = page_titled("Results")
    link = drawn.source.examples_link(scatter.trained_on, str(points[0].get("code"))) if points else None
    if page is not None and link is not None:
        st.switch_page(page, query_params=link)


def spoken(choice: CorrelationChoice, drawn: Drawn) -> str:
    """What a screen reader says of a scatter: every point."""
    frame = scatter_frame(drawn.scatter, diagonal=choice.diagonal, performance_name=choice.performance_name)
    title = f"{choice.performance_name} against consistency, trained on {language(drawn.scatter.trained_on)}"
    return f"{title}. {'; '.join(frame['tooltip'])}."


def groups_legend_html(choice: CorrelationChoice, shown: Sequence[Drawn]) -> str:
    """The language groups among the points: shape and name, and what a ring is."""
    frames = [scatter_frame(drawn.scatter, diagonal=choice.diagonal) for drawn in shown]
    there = set().union(*(frame["group"] for frame in frames))
    parts = [
        f'<span style="color:{group.colour(chart_theme())}">{SHAPES[group.shape]}</span><span>{escape(name)}</span>'
        for name, group in LANGUAGE_GROUPS.items()
        if name in there
    ]
    if any(frame["own"].any() for frame in frames):
        parts.append(f"<span>{RING}</span>")
    return f'<span class="legend">{"".join(parts)}</span>'


def open_point(address: Address, shown: Sequence[Drawn]) -> None:
    """The keyboard's way to the examples of a point of any picture: choose picture and language, follow the link."""
    links = {
        f"{drawn.source.model}-{drawn.scatter.trained_on}": (drawn, _links(drawn)) for drawn in shown[:MOST_PANELS]
    }
    links = {code: found for code, found in links.items() if found[1]}
    if not links:
        return
    boxes = st.columns([2] * min(len(links), 2) + [3], vertical_alignment="bottom")
    picture = next(iter(links))
    if len(links) > 1:
        names = {code: f"{language(one.scatter.trained_on)}, {one.source.model}" for code, (one, _) in links.items()}
        with boxes[0]:
            picture = address.select("of", "Examples of the model trained on", names, default=picture)
    drawn, codes = links[picture]
    trained_on = drawn.scatter.trained_on
    with boxes[-2]:
        other = next((code for code in codes if code != trained_on), next(iter(codes)))
        code = address.select(
            "tgt", "Examples of the language", {code: language(code) for code in codes}, default=other
        )
    with boxes[-1]:
        link_to("Results", f"Open {language(trained_on)} → {language(code)}", codes[code])


def _links(drawn: Drawn) -> dict[str, dict[str, str]]:
    """Where the examples of every point are; of those that were run."""
    found = {code: drawn.source.examples_link(drawn.scatter.trained_on, code) for code in drawn.scatter.languages}
    return {code: choices for code, choices in found.items() if choices is not None}


def bars(choice: CorrelationChoice) -> None:
    """Figure 2: a bar for each checkpoint trained in the languages chosen, the paper's beside."""
    note = f"Pearson’s r across target languages{_measure_of_answers(choice)}"
    st.html(head_html("Figure 2", bars_legend_html(), note=note))
    figure = chosen_bars(choice)
    if not (figure.ours or figure.paper):
        st.caption("Too few languages for a coefficient in any checkpoint.")
        return
    picture(figure2_svg(figure, PAGE, diagonal=choice.diagonal), key="figure2-bars")
    st.caption("The paper prints no numbers for its figure; its bars are recomputed from its tables 4 and 5.")


def chosen_bars(choice: CorrelationChoice) -> CorrelationFigure:
    """The bars shown: those of the training languages chosen that have a coefficient."""

    def chosen(bars: Iterable[Bar]) -> tuple[Bar, ...]:
        return tuple(
            bar
            for bar in bars
            if bar.trained_on in choice.trained_on
            and isinstance(bar.entry(diagonal=choice.diagonal).correlation, Coefficient)
        )

    return CorrelationFigure(chosen(our_bars(choice)), chosen(paper_bars()), by_language=())


def our_bars(choice: CorrelationChoice) -> tuple[Bar, ...]:
    """Every checkpoint of every data set, under its model's name; question answering by the measure chosen."""
    return tuple(drawn.scatter.bar(model=drawn.source.model) for drawn in choice.everything())


def _measure_of_answers(choice: CorrelationChoice) -> str:
    """How question answering is measured, where any was run."""
    name = "exact match" if choice.quantity == "exact_match" else "F1"
    return f"; question answering by {name}" if any(bar.part for bar in our_bars(choice)) else ""


def bars_legend_html() -> str:
    """Ours solid, the paper's outlined."""
    return (
        '<span class="legend"><i class="bar-ours"></i><span>ours</span>'
        '<i class="bar-paper"></i><span>paper</span></span>'
    )


def coefficients(choice: CorrelationChoice) -> None:
    """The table of all coefficients."""
    note = f"95% interval: what other languages would leave open{_measure_of_answers(choice)}"
    st.html(head_html("All coefficients", note=note))
    st.dataframe(
        coefficient_table(choice),
        hide_index=True,
        width="stretch",
        alt="Pearson and Spearman of every checkpoint, with and without its training language",
        key="coefficients",
    )


def coefficient_table(choice: CorrelationChoice) -> pd.DataFrame:
    """One line a checkpoint, ours then the paper's: Pearson and Spearman with and without the training language."""
    lines = []
    ours = [(bar, "ours") for bar in our_bars(choice)]
    for bar, whose in [*ours, *((bar, "paper") for bar in paper_bars())]:
        words = [
            coefficient_words(bar.entry(kind, diagonal=diagonal).correlation)
            for kind in KINDS
            for diagonal in (True, False)
        ]
        lines.append((set_name(bar), bar.model, language(bar.trained_on), whose, bar.entry().correlation.n, *words))
    names = ["Pearson", "Pearson, without own", "Spearman", "Spearman, without own"]
    return pd.DataFrame(lines, columns=["Data set", "Model", "Trained on", "Values", "n", *names])
