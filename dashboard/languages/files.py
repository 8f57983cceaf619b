"""Downloads of the page "Source languages": numbers, tables and pictures of both grids."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from core.report.tables.formats import plain
from dashboard.downloads.chart_keys import dots_keys, grid_keys
from dashboard.downloads.files import as_json
from dashboard.downloads.framing import Words
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.figures.colours import Theme
from dashboard.figures.grids.cells import Interval
from dashboard.figures.grids.grid import language_grid
from dashboard.figures.grids.overall_dots import WITH, overall_dots
from dashboard.figures.numbers import NO_BREAK, bounds, decimal, signed, signed_bounds
from dashboard.languages.choices import LanguagesChoice
from dashboard.languages.grids import Panel, paper_grid_of
from dashboard.shared.page_actions import File, chart_files, csv_file, latex_file
from dashboard.shared.verbatim import verbatim

NAMES = ("consistency", "beside")
WIDTH = 620
WITHOUT_IT = "without the diagonal"


def languages_files(choice: LanguagesChoice, panels: tuple[Panel, Panel | None], theme: Theme) -> list[File]:
    """Every file of the view; nothing is built before its button is pressed."""
    shown = [(name, panel) for name, panel in zip(NAMES, panels, strict=True) if panel is not None]
    files = [
        csv_file("Both grids (CSV)", "source-languages.csv", lambda: frame_csv(cells_frame(choice, panels))),
        File("Both grids (JSON)", "source-languages.json", "application/json", partial(_json, choice, panels)),
    ]
    for name, panel in shown:
        make = partial(grid_latex, panel, diagonal=choice.diagonal)
        files.append(latex_file(f"{verbatim(panel.title)} (LaTeX)", f"{name}.tex", make))
    for name, panel in shown:
        picture = partial(language_grid, panel.grid, theme=theme)
        words = partial(grid_words, panel, theme, diagonal=choice.diagonal)
        files += chart_files(verbatim(panel.title), name, picture, words, theme=theme, width=WIDTH)
    left = panels[0]
    paper = paper_grid_of(choice) if not choice.signed else None
    title = f"Overall {left.name}"
    dots = partial(overall_dots, left.ranked, theme=theme, paper=paper, signed=left.signed, title=title)
    words = partial(dots_words, left, theme, paper=bool(paper))
    return files + chart_files("Overall", "overall", dots, words, theme=theme, width=WIDTH)


def grid_words(panel: Panel, theme: Theme, *, diagonal: bool) -> Words:
    """Title, legend and notes in the file of a grid."""
    title = f"{panel.title}, by training language and language evaluated on"
    return Words(title, panel.about, grid_keys(panel.grid, panel.title, theme), (_means(diagonal=diagonal),))


def _means(*, diagonal: bool) -> str:
    return f"Overall is the row mean and All the column mean, {WITH if diagonal else WITHOUT_IT}."


def dots_words(panel: Panel, theme: Theme, *, paper: bool) -> Words:
    """Title, legend and notes in the file of the dot plot."""
    means = "Overall is the mean over the languages evaluated on" + (f", {WITHOUT_IT}." if panel.signed else ".")
    keys = dots_keys(theme, signed=panel.signed, paper=paper)
    return Words(f"Overall {panel.name} by training language", panel.about, keys, (means,))


def cells_frame(choice: LanguagesChoice, panels: Sequence[Panel | None]) -> pd.DataFrame:
    """One line per cell, row mean ("Overall") and column mean ("All") of both grids, with interval, n and references.

    The references belong to the C of one model, so a difference between two models has none.
    """
    references = choice.source.references() if choice.compare is None else {}
    lines = []
    for panel in filter(None, panels):
        summary = panel.ranked.summary
        overall = panel.ranked.overall(diagonal=choice.diagonal)
        across = panel.ranked.column_means(diagonal=choice.diagonal)
        for i, row in enumerate(summary.axes.rows):
            for j, column in enumerate(summary.axes.columns):
                cell = references.get((row, column)) if panel is panels[0] else None
                baselines = (cell.shuffled, cell.uniform, cell.mismatched) if cell else (None, None, None)
                numbers = (summary.values[i, j], *summary.interval[i, j], summary.n[i, j] or None)
                lines.append((panel.title, row, column, *numbers, *baselines))
            lines.append((panel.title, row, "Overall", overall.values[i], *overall.interval[i], *[None] * 4))
        for j, column in enumerate(summary.axes.columns):
            lines.append((panel.title, "All", column, across.values[j], *across.interval[j], *[None] * 4))
    names = ["values", "trained_on", "evaluated_on", "value", "low", "high", "n", "shuffled", "equal", "mismatched"]
    return pd.DataFrame(lines, columns=names)


def grid_latex(panel: Panel, *, diagonal: bool) -> bytes:
    """The grid as a table in the order shown: Overall with its interval in a column of its own, All in the last row."""
    grid = panel.grid
    write = signed if panel.signed else decimal
    has_intervals = any(interval is not None for interval in grid.overall_intervals)
    intervals = (_bounds(interval, with_sign=panel.signed) for interval in grid.overall_intervals)
    lines = zip(grid.rows, grid.values, grid.overall, intervals, strict=True)
    rows = [[row, *values, overall, interval] for row, values, overall, interval in lines]
    rows.append(["All", *grid.column_means, None, None])
    frame = pd.DataFrame(rows, columns=["trained on", *grid.columns, "Overall", "95% interval"])
    numbers = list(frame.columns[1:-1])
    frame[numbers] = frame[numbers].astype(float)
    caption = (
        f"{panel.title}, {panel.about}, by training language and language evaluated on. {_means(diagonal=diagonal)}"
    )
    shown = frame if has_intervals else frame.drop(columns="95% interval")
    return frame_latex(shown, caption=caption, formats=dict.fromkeys(numbers, write))


def _bounds(interval: Interval, *, with_sign: bool) -> str | None:
    if interval is None:
        return None
    return (signed_bounds if with_sign else bounds)(*interval).replace(NO_BREAK, " ")


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
    overall, firsts = ranked.overall(diagonal=diagonal), ranked.firsts(diagonal=diagonal)
    return {
        "title": panel.title,
        "rows": list(summary.axes.rows),
        "columns": list(summary.axes.columns),
        "values": plain(summary.values),
        "interval": plain(summary.interval),
        "n": summary.n.tolist(),
        "overall": plain(overall.values),
        "overall_interval": plain(overall.interval),
        "first_shares": plain(firsts.shares) if firsts else None,
        "n_resamples": summary.n_resamples,
        "seed": summary.seed,
    }
