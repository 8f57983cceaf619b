"""Tables and charts of the pages as files: CSV and LaTeX of a frame, SVG and PNG of an Altair chart."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from core.consistency.export import to_csv
from core.report.tables.latex import latex_table
from core.text.display import display_text
from dashboard.downloads.files import as_csv
from dashboard.downloads.framing import Words, framed
from dashboard.downloads.png import svg_to_png
from dashboard.figures.colours import Theme, neutral
from dashboard.figures.numbers import NOT_RUN

Write = Callable[[Any], str]
_MARGIN = {"left": 12, "right": 12, "top": 8, "bottom": 4}


def frame_csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV: numbers in full, text that no spreadsheet runs as a formula, unseen characters spelt out."""
    rows = [tuple(_cell(value) for value in row) for row in frame.itertuples(index=False, name=None)]
    return as_csv(to_csv(tuple(map(str, frame.columns)), rows))


def frame_latex(frame: pd.DataFrame, *, caption: str, formats: Mapping[str, Write] | None = None) -> bytes:
    """A frame as a LaTeX table with booktabs' rules; every text is escaped.

    Parameters
    ----------
    formats : column -> how its values are written; others as they are, missing ones as a dash.
    """
    written = formats or {}
    alignment = "".join("r" if pd.api.types.is_numeric_dtype(frame[name]) else "l" for name in frame.columns)
    lines = [
        [_written(value, written.get(str(name), str)) for name, value in zip(frame.columns, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]
    return latex_table(caption, list(map(str, frame.columns)), [[line] for line in lines], alignment).encode()


def chart_svg(chart: alt.LayerChart, words: Words, *, theme: Theme, width: int = 760) -> bytes:
    """An Altair chart as SVG, on the page's background, with what the page says around it.

    Parameters
    ----------
    words : title, legend and notes.
    width : px of a chart that is as wide as its container on the page.
    """
    import vl_convert

    spec = chart.to_dict()
    spec["background"] = neutral("bg", theme)
    if spec.get("width") == "container":
        spec["width"] = width
    spec["padding"] = _MARGIN | {"top": max(spec["padding"]["top"], _MARGIN["top"])}
    own = spec.get("config", {})
    axis = {"labelColor": neutral("text", theme), "titleColor": neutral("text", theme), "titleFontWeight": "normal"}
    spec["config"] = {"font": "Noto Sans, sans-serif"} | own | {"axis": axis | own.get("axis", {})}
    return framed(str(vl_convert.vegalite_to_svg(spec)), words, theme).encode()


def chart_png(chart: alt.LayerChart, words: Words, *, theme: Theme, width: int = 760) -> bytes:
    """The same as PNG, two pixels per px. Raises PictureError where this machine cannot draw one."""
    return svg_to_png(chart_svg(chart, words, theme=theme, width=width).decode())


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _cell(value: object) -> object:
    if _missing(value):
        return ""
    return display_text(value) if isinstance(value, str) else value


def _written(value: object, write: Write) -> str:
    return NOT_RUN if _missing(value) else write(value)
