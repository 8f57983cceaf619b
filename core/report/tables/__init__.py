"""The paper's tables 1 to 5 and its figure 2: our results with intervals, and the values that the paper prints.

values of single examples (`RowValues`) -> `Table`, `CorrelationFigure` -> text, CSV, LaTeX, JSON, SVG
"""

from core.report.tables.coefficients import Entry
from core.report.tables.figure2 import CorrelationFigure, build_figure2
from core.report.tables.scatter import Bar, Scatter, build_scatters, paper_scatters
from core.report.tables.sources import RowValues, Wanted, nothing_computed
from core.report.tables.table import Block, Table, build_table
from core.report.tables.training_languages import (
    RankedGrid,
    consistency_grid,
    difference_grid,
    minus_paper,
    paper_grid,
    performance_grid,
    ranked,
)

__all__ = [
    "Bar",
    "Block",
    "CorrelationFigure",
    "Entry",
    "RankedGrid",
    "RowValues",
    "Scatter",
    "Table",
    "Wanted",
    "build_figure2",
    "build_scatters",
    "build_table",
    "consistency_grid",
    "difference_grid",
    "minus_paper",
    "nothing_computed",
    "paper_grid",
    "paper_scatters",
    "performance_grid",
    "ranked",
]
