"""Downloads of the page "Correlation": points, coefficients and pictures."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from core.report.tables.figure2 import CorrelationFigure, paper_bars
from core.report.tables.figure2_svg import figure2_svg
from core.report.tables.formats import to_csv_table, to_json, to_latex
from core.statistics import LinearFit
from dashboard.correlation.choices import CorrelationChoice, Drawn
from dashboard.correlation.figure2 import our_bars
from dashboard.correlation.view import ring_words
from dashboard.downloads.chart_keys import scatter_keys
from dashboard.downloads.files import as_csv, as_json
from dashboard.downloads.framing import Words
from dashboard.downloads.png import svg_to_png
from dashboard.downloads.tables import frame_csv
from dashboard.figures.colours import Theme
from dashboard.figures.scatter.picture import (
    HEIGHT,
    WIDTH,
    Domains,
    scatter_chart,
    scatter_domains,
    scatter_frame,
)
from dashboard.figures.words.correlation import inside
from dashboard.figures.words.languages import language
from dashboard.shared.page_actions import File, chart_files, csv_file, latex_file, png_file, svg_file
from dashboard.shared.verbatim import verbatim


def correlation_files(choice: CorrelationChoice, shown: Sequence[Drawn], theme: Theme) -> list[File]:
    """Every file of the view; nothing is built before its button is pressed."""
    files = [
        csv_file("Points (CSV)", "points.csv", lambda: frame_csv(points_frame(choice, shown))),
        csv_file("Coefficients (CSV)", "figure2.csv", lambda: as_csv(to_csv_table([figure(choice)]))),
        File("Coefficients (JSON)", "figure2.json", "application/json", lambda: as_json(figure_json(choice))),
        latex_file("Coefficients (LaTeX)", "figure2.tex", lambda: to_latex(figure(choice)).encode()),
        svg_file("Figure 2 (SVG)", "figure2.svg", lambda: figure_svg(choice).encode()),
        png_file("Figure 2 (PNG)", "figure2.png", lambda: svg_to_png(figure_svg(choice))),
    ]
    domains = scatter_domains([one.scatter for one in shown], diagonal=choice.diagonal)
    for one in shown:
        draw = partial(
            scatter_chart,
            one.scatter,
            domains,
            performance_name=choice.performance_name,
            diagonal=choice.diagonal,
            theme=theme,
            size=(WIDTH, HEIGHT),
        )
        words = partial(scatter_words, choice, one, domains, theme)
        title = f"Scatter, {verbatim(one.source.model)} {one.scatter.trained_on}"
        name = f"scatter-{one.source.model}-{one.scatter.trained_on}"
        files += chart_files(title, name, draw, words, theme=theme, width=WIDTH)
    return files


def scatter_words(choice: CorrelationChoice, one: Drawn, domains: Domains, theme: Theme) -> Words:
    """Title and legend in the file of a scatter."""
    frame = scatter_frame(one.scatter, diagonal=choice.diagonal)
    has_line = isinstance(one.scatter.line(diagonal=choice.diagonal), LinearFit)
    keys = scatter_keys(frame["group"], ring_words(domains) if frame["own"].any() else "", theme, line=has_line)
    title = f"{choice.performance_name} and consistency, trained on {language(one.scatter.trained_on)}"
    return Words(title, f"{one.source.model}, {choice.data.title}", keys)


def figure(choice: CorrelationChoice) -> CorrelationFigure:
    """The bars of figure 2, ours and the paper's."""
    return CorrelationFigure(ours=our_bars(choice), paper=paper_bars(), by_language=())


def figure_svg(choice: CorrelationChoice) -> str:
    """The figure with the bars of the page, and the other case as diamonds."""
    return figure2_svg(figure(choice), diagonal=choice.diagonal)


def figure_json(choice: CorrelationChoice) -> dict[str, Any]:
    """The figure as `core.report.tables` writes it, with the `quantity` of every bar."""
    bars = figure(choice)
    content = to_json(bars)
    pairs = zip((*bars.ours, *bars.paper), content["bars"], strict=True)
    return content | {"bars": [fields | {"quantity": bar.quantity} for bar, fields in pairs]}


def points_frame(choice: CorrelationChoice, shown: Sequence[Drawn]) -> pd.DataFrame:
    """One line per point: model, training language, language, C and performance with intervals, the measure."""
    names = {
        "code": "language",
        "x": "consistency",
        "x_low": "consistency_low",
        "x_high": "consistency_high",
        "y": "performance",
        "y_low": "performance_low",
        "y_high": "performance_high",
    }
    frames = []
    for one in shown:
        frame = scatter_frame(one.scatter, diagonal=choice.diagonal).rename(columns=names | {"language": "name"})
        frame.insert(0, "model", one.source.model)
        frame.insert(1, "trained_on", one.scatter.trained_on)
        frames.append(frame[["model", "trained_on", *names.values()]].assign(measure=inside(choice.performance_name)))
    return pd.concat(frames, ignore_index=True)
