"""What the cells of a matrix show; the still picture and the Plotly chart draw the same cells."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.results import PairAnalysis
from dashboard.figures.colours import flow_position
from dashboard.figures.matrix.axes import MOST_UNITS, Axis, group_axes, group_sums
from dashboard.figures.numbers import decimal, percent

MatrixKind = Literal["transport", "similarity"]
SMALLEST_NUMBER = 0.005
SMALLEST_CELL, LARGEST_CELL = 17, 34
LABEL_ANGLE = 58


@dataclass(frozen=True)
class Cell:
    """One cell that is not blank.

    Attributes
    ----------
    row, column : its place among the shown rows and columns.
    position : in [0, 1] on the colour scale; None for a pair without similarity, which is drawn as a dot.
    summed : True where a row or column of several units meets; such a sum is no single flow and is drawn in grey.
    number : whole percent printed inside, or "".
    title : the tooltip, as plain text.
    """

    row: int
    column: int
    position: float | None
    summed: bool
    number: str
    title: str


@dataclass(frozen=True)
class Matrix:
    """A matrix as it is drawn: n rows of source units, m columns of target units, and the cells in row order."""

    kind: MatrixKind
    rows: Axis
    columns: Axis
    cells: tuple[Cell, ...]


def fits_still_picture(result: PairAnalysis) -> bool:
    """Whether every unit has a row or column of its own, so that nothing is lost without zoom."""
    return max(len(result.source.units), len(result.target.units)) <= MOST_UNITS


def matrix_cells(result: PairAnalysis, kind: MatrixKind) -> Matrix:
    """Compute the cells of the transport plan or of the similarities.

    Flows take a square-root colour up to the largest cell, similarities a linear one from 0 to 1. Over 60 units a
    side, those under 0.5% of the mass share one row, for which similarities are not shown.
    """
    rows, columns = group_axes(result)
    cells = _flows(result, rows, columns) if kind == "transport" else _similarities(result, rows, columns)
    return Matrix(kind, rows, columns, cells)


def largest_cell(result: PairAnalysis) -> float:
    """The flow at the end of the matrix's colour scale, a share of all mass."""
    return float(group_sums(result.transport.plan, *group_axes(result)).max())


def _flows(result: PairAnalysis, rows: Axis, columns: Axis) -> tuple[Cell, ...]:
    plan = group_sums(result.transport.plan, rows, columns)
    gains: NDArray[np.float64] = result.transport.plan * np.maximum(result.transport.similarity, 0.0)
    gain = group_sums(gains, rows, columns)
    largest = float(plan.max())
    cells = []
    for i, j in np.argwhere(plan > 0).tolist():
        flow, adds = float(plan[i, j]), float(gain[i, j])
        single = rows.single(i) and columns.single(j)
        share = adds / result.consistency if result.consistency > 0 else 0.0
        title = (
            f"{_arrow(rows, columns, i, j)}: flow {decimal(flow)}, "
            f"{'similarity' if single else 'mean similarity'} {decimal(adds / flow, 2)}, "
            f"adds {decimal(adds)} to C ({percent(share)} of it)"
        )
        number = f"{100 * flow:.0f}" if single and flow >= SMALLEST_NUMBER else ""
        cells.append(Cell(i, j, flow_position(flow, largest), not single, number, title))
    return tuple(cells)


def _similarities(result: PairAnalysis, rows: Axis, columns: Axis) -> tuple[Cell, ...]:
    cells = []
    for i, row in enumerate(rows.members):
        for j, column in enumerate(columns.members):
            if rows.single(i) and columns.single(j):
                similarity = float(result.transport.similarity[row[0], column[0]])
                title = f"{_arrow(rows, columns, i, j)}: similarity {decimal(similarity, 2)}"
                position = min(similarity, 1.0) if similarity > 0 else None
                cells.append(Cell(i, j, position, False, "", title))
    return tuple(cells)


def _arrow(rows: Axis, columns: Axis, i: int, j: int) -> str:
    return f"{rows.labels[i]} → {columns.labels[j]}"
