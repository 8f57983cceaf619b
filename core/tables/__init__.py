"""The paper's tables 1 to 5 and its figure 2: our results, with intervals, beside what the paper prints.

values of single examples (`RowValues`) -> `Table`, `CorrelationFigure` -> text, CSV, LaTeX, JSON, SVG
"""

from core.tables.figure2 import Bar, CorrelationFigure, build_figure2
from core.tables.sources import RowValues, Wanted, nothing_computed
from core.tables.table import Block, Table, build_table

__all__ = [
    "Bar",
    "Block",
    "CorrelationFigure",
    "RowValues",
    "Table",
    "Wanted",
    "build_figure2",
    "build_table",
    "nothing_computed",
]
