"""The page "Correlation" on the screen: the sentence, the scatters, and the way from a point to its examples."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.statistics import Undefined
from dashboard.correlation.choices import MOST_PANELS, CorrelationChoice, Drawn
from dashboard.figures.colours import LANGUAGE_GROUPS
from dashboard.figures.legend import head_html, marks_legend
from dashboard.figures.scatter.picture import (
    HEIGHT,
    SELECTION,
    WIDTH,
    Domains,
    scatter_chart,
    scatter_domains,
    scatter_frame,
)
from dashboard.figures.words.cards import answer_html
from dashboard.figures.words.correlation import conclusion, conclusion_of_several, relation, relation_of_several
from dashboard.figures.words.languages import language
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.navigation import link_to, page_titled
from dashboard.shared.style import chart_theme

SMALL = (400, 300)
SHAPES = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲", "cross": "✚", "triangle-down": "▼"}
RING = "ring: training language, C is 1 by definition"
OFF_SCALE = f"{RING}, off the scale"


def answer_card(choice: CorrelationChoice, shown: Sequence[Drawn]) -> None:
    """Whether performance and C rise together, and whether C adds to equal importance."""
    points = [drawn.scatter for drawn in shown]
    name = choice.performance_name
    notes = ["The 95% intervals (Fisher’s z) take the target languages as a random sample."]
    if len(points) == 1:
        sentence = f"{relation(points[0], name)} {conclusion(points[0], name)}"
    else:
        sentence = f"{relation_of_several(points, name)} {conclusion_of_several(points, name)}"
        notes.append("Without any relation, 1 interval in 20 leaves 0 out by chance.")
    with st.container(border=True, key="answer-card"):
        st.html(answer_html(sentence, notes))


def scatters(choice: CorrelationChoice, shown: Sequence[Drawn]) -> None:
    """One scatter, or several on the same axes. A click on a point opens its examples."""
    domains = scatter_domains([drawn.scatter for drawn in shown], diagonal=choice.diagonal)
    st.html(head_html(f"{choice.performance_name} and consistency", groups_legend(choice, shown, domains)))
    if len(shown) == 1:
        _scatter(choice, shown[0], domains, (WIDTH, HEIGHT))
        return
    columns = st.columns(2)
    for index, drawn in enumerate(shown[:MOST_PANELS]):
        with columns[index % 2]:
            title = f"<b>{escape(language(drawn.scatter.trained_on))}</b>, {escape(drawn.source.model)}"
            st.html(f'<p class="small">{title}</p>')
            _scatter(choice, drawn, domains, SMALL)
    if len(shown) > MOST_PANELS:
        st.caption(f"The first {MOST_PANELS} of {len(shown)} are drawn; the table below lists all of them.")


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
        alt=description(choice, drawn),
    )
    points = event["selection"].get(SELECTION, [])
    page = page_titled("Results")
    link = drawn.source.examples_link(scatter.trained_on, str(points[0].get("code"))) if points else None
    if page is not None and link is not None:
        st.switch_page(page, query_params=link)


def description(choice: CorrelationChoice, drawn: Drawn) -> str:
    """The description of a scatter for screen readers: every point."""
    frame = scatter_frame(drawn.scatter, diagonal=choice.diagonal, performance_name=choice.performance_name)
    title = f"{choice.performance_name} against consistency, trained on {language(drawn.scatter.trained_on)}"
    return f"{title}. {'; '.join(frame['tooltip'])}."


def groups_legend(choice: CorrelationChoice, shown: Sequence[Drawn], domains: Domains) -> str:
    """The shapes of the language groups among the points, and the meaning of a ring, as HTML."""
    frames = [scatter_frame(drawn.scatter, diagonal=choice.diagonal) for drawn in shown]
    groups = set().union(*(frame["group"] for frame in frames))
    entries = [
        (f'<span style="color:{group.colour(chart_theme())}">{SHAPES[group.shape]}</span>', name)
        for name, group in LANGUAGE_GROUPS.items()
        if name in groups
    ]
    if any(frame["own"].any() for frame in frames):
        entries.append(("", ring_words(domains)))
    return marks_legend(entries)


def ring_words(domains: Domains) -> str:
    """What a ring is, in the legend of a scatter."""
    return RING if domains.scale_end is None else OFF_SCALE


def open_point(address: Address, shown: Sequence[Drawn]) -> None:
    """The keyboard's way to the examples of a point: choose picture and language, then follow the link."""
    links = {
        f"{drawn.source.model}-{drawn.scatter.trained_on}": (drawn, _links(drawn)) for drawn in shown[:MOST_PANELS]
    }
    links = {code: (drawn, codes) for code, (drawn, codes) in links.items() if codes}
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
    """Language -> the parameters of the link to its examples, for the languages that were run."""
    links = {code: drawn.source.examples_link(drawn.scatter.trained_on, code) for code in drawn.scatter.languages}
    return {code: link for code, link in links.items() if link is not None}
