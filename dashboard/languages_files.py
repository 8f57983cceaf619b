"""What can be downloaded from the page "Source languages": numbers, tables and pictures of both grids."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from core.tables.formats import plain
from dashboard.downloads.files import as_json
from dashboard.downloads.later import drawn
from dashboard.downloads.tables import chart_png, chart_svg, frame_csv, frame_latex
from dashboard.figures.colours import Theme
from dashboard.figures.grid import language_grid
from dashboard.figures.numbers import decimal, signed
from dashboard.figures.overall_dots import overall_dots
from dashboard.languages_choices import LanguagesChoice
from dashboard.languages_grids import Panel
from dashboard.languages_view import papers_own
from dashboard.page_actions import File, csv_file, latex_file, png_file, svg_file
from dashboard.verbatim import verbatim

NAMES = ("consistency", "beside")
WIDTH = 620


def languages_files(choice: LanguagesChoice, panels: tuple[Panel, Panel | None], theme: Theme) -> list[File]:
    """Every file of the view; nothing is built before its button is pressed."""
    shown = [(name, panel) for name, panel in zip(NAMES, panels, strict=True) if panel is not None]
    files = [
        csv_file("Both grids (CSV)", "source-languages.csv", lambda: frame_csv(cells_frame(choice, panels))),
        File("Both grids (JSON)", "source-languages.json", "application/json", partial(_json, choice, panels)),
    ]
    for name, panel in shown:
        make = partial(grid_latex, choice, panel)
        files.append(latex_file(f"{verbatim(panel.title)} (LaTeX)", f"{name}.tex", make))
    pictures = [(verbatim(panel.title), name, partial(language_grid, panel.grid, theme=theme)) for name, panel in shown]
    left = panels[0]
    paper = papers_own(choice) if not choice.signed else None
    dots = partial(overall_dots, left.ranked, theme=theme, paper=paper, signed=left.signed)
    for title, name, draw in [*pictures, ("Overall", "overall", dots)]:
        files.append(svg_file(f"{title} (SVG)", f"{name}.svg", drawn(chart_svg, draw, theme, WIDTH)))
        files.append(png_file(f"{title} (PNG)", f"{name}.png", drawn(chart_png, draw, theme, WIDTH)))
    return files


def cells_frame(choice: LanguagesChoice, panels: Sequence[Panel | None]) -> pd.DataFrame:
    """One line a cell, row mean ("Overall") and column mean ("All") of either grid, with interval, n and references.

    A difference between two models has no references: they are those of one model's C.
    """
    references = choice.source.references() if choice.compare is None else {}
    lines = []
    for panel in filter(None, panels):
        summary = panel.ranked.summary
        overall = panel.ranked.overall(diagonal=choice.diagonal)
        across = panel.ranked.column_means(diagonal=choice.diagonal)
        for i, row in enumerate(summary.axes.rows):
            for j, column in enumerate(summary.axes.columns):
                found = references.get((row, column)) if panel is panels[0] else None
                beside = (found.shuffled, found.uniform, found.mismatched) if found else (None, None, None)
                numbers = (summary.values[i, j], *summary.interval[i, j], summary.n[i, j] or None)
                lines.append((panel.title, row, column, *numbers, *beside))
            lines.append((panel.title, row, "Overall", overall.values[i], *overall.interval[i], *[None] * 4))
        for j, column in enumerate(summary.axes.columns):
            lines.append((panel.title, "All", column, across.values[j], *across.interval[j], *[None] * 4))
    names = ["values", "trained_on", "evaluated_on", "value", "low", "high", "n", "shuffled", "equal", "mismatched"]
    return pd.DataFrame(lines, columns=names)


def grid_latex(choice: LanguagesChoice, panel: Panel) -> bytes:
    """The grid as a table with Overall, in the order shown."""
    grid = panel.grid
    write = signed if panel.signed else decimal
    frame = pd.DataFrame(
        [
            [row, *(np.nan if value is None else value for value in (*grid.values[i], grid.overall[i]))]
            for i, row in enumerate(grid.rows)
        ],
        columns=["trained on", *grid.columns, "Overall"],
    )
    caption = (
        f"{panel.title}, {choice.data.title}, {choice.source.model}, by training language and language evaluated on."
    )
    return frame_latex(frame, caption=caption, formats=dict.fromkeys(frame.columns[1:], write))


def _json(choice: LanguagesChoice, panels: Sequence[Panel | None]) -> bytes:
    content = {
        "data": choice.data.title,
        "model": choice.source.model,
        "minus": choice.compare.model if choice.compare else None,
        "diagonal_in_overall": choice.diagonal,
        "grids": [_grid_json(panel, diagonal=choice.diagonal) for panel in panels if panel is not None],
    }
    return as_json(content)


def _grid_json(panel: Panel, *, diagonal: bool) -> dict[str, object]:
    ranked, summary = panel.ranked, panel.ranked.summary
    overall, first = ranked.overall(diagonal=diagonal), ranked.firsts(diagonal=diagonal)
    return {
        "title": panel.title,
        "rows": list(summary.axes.rows),
        "columns": list(summary.axes.columns),
        "values": plain(summary.values),
        "interval": plain(summary.interval),
        "n": summary.n.tolist(),
        "overall": plain(overall.values),
        "overall_interval": plain(overall.interval),
        "first_shares": plain(first.shares) if first else None,
        "n_resamples": summary.n_resamples,
        "seed": summary.seed,
    }
