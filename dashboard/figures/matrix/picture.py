"""The transport matrix or the similarity matrix as SVG, with the mass of every token along its edges."""

import math
from dataclasses import dataclass, replace
from html import escape
from unicodedata import east_asian_width

import numpy as np

from core.results import PairAnalysis
from core.text.languages import get_language
from dashboard.figures.colours import MASS, NEUTRALS, Scale, Theme
from dashboard.figures.matrix.axes import Axis
from dashboard.figures.matrix.cells import (
    LABEL_ANGLE,
    LARGEST_CELL,
    SMALLEST_CELL,
    Cell,
    Matrix,
    MatrixKind,
    matrix_cells,
)
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.pieces import graphemes, is_right_to_left
from dashboard.figures.svg import FONT, SCRIPT_FONTS, Paint, plain, text_element
from dashboard.figures.units import SOURCE, TARGET, flow_key, on

WIDTH, SMALL = 480, 350
# On a phone; a cell under `SMALLEST_CELL` has no room for a number.
TIGHTEST_CELL = 13
# Of a long text, seen as a whole; labels of 12 px keep this distance.
FITTED_CELL, LABEL_PITCH = 3, 13
_BAR, _GAP, _LABEL_GAP = 44.0, 3.0, 6.0
_SLOPE = math.radians(LABEL_ANGLE)
# Sums of several units are no single flow, so they are grey.
_GREYS = Scale("g", *((NEUTRALS["border"][index], NEUTRALS["strong"][index]) for index in (0, 1)))


@dataclass(frozen=True)
class _Frame:
    """The cells, the languages' codes, and where the cells begin, in px."""

    matrix: Matrix
    languages: tuple[str, str]
    cell: int
    left: float
    top: float
    paint: Paint

    @property
    def rows(self) -> Axis:
        return self.matrix.rows

    @property
    def columns(self) -> Axis:
        return self.matrix.columns

    @property
    def right(self) -> float:
        return self.left + self.cell * len(self.columns.labels)

    @property
    def bottom(self) -> float:
        return self.top + self.cell * len(self.rows.labels)

    @property
    def width(self) -> float:
        """A slanted label may reach over the last column."""
        across = math.cos(_SLOPE)
        ends = [self.column_label(at) + _width(label) * across for at, label in enumerate(self.columns.short_labels)]
        return max(self.right, *(end + _LABEL_GAP for end in ends))

    def column_label(self, place: int) -> float:
        """Where the label of a column begins."""
        return self.left + self.cell * (place + 0.5) + 4


def matrix_svg(
    result: PairAnalysis,
    kind: MatrixKind = "transport",
    *,
    width: int = WIDTH,
    fit: bool = False,
    standalone_theme: Theme | None = None,
    identity: str = "matrix",
) -> str:
    """Draw plan or similarity as cells, with the mass of every token as bars along the edges.

    Parameters
    ----------
    result : PairAnalysis
        n source units (rows) and m target units (columns); plan and similarity (n, m).
    kind : "transport" | "similarity"
        See `matrix_cells`; a pair without similarity is a dot.
    width : int
        px available; the picture is wider where cells of 17 px (13 px below 480) do not fit.
    fit : bool
        Make the cells as small as the width needs; labels are then those of the heaviest units that have room.
    standalone_theme : "light" | "dark", optional
        Fixed colours, a background and a margin, for a file. Default: the page's CSS variables.
    identity : str
        The element's id; choose another for every matrix in one document.

    Returns
    -------
    str
        One `<svg>`, every token escaped.
    """
    frame = _frame(result, kind, Paint(standalone_theme), width, fit)
    names = [get_language(code).name for code in frame.languages]
    label = f"{kind.title()} matrix, rows {names[0]}, columns {names[1]}, C {decimal(result.consistency)}"
    body = [
        frame.paint.background(),
        _surface(frame),
        *_bars(frame),
        *(_cell(frame, cell) for cell in frame.matrix.cells),
        *_field_lines(frame),
        *_labels(frame),
    ]
    name = escape(identity, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="matrix" role="img" '
        f'{frame.paint.frame(frame.width, frame.bottom + 2)} aria-label="{plain(label)}">'
        f"<style>{_style(name, frame.paint)}</style>{''.join(body)}</svg>"
    )


def _frame(result: PairAnalysis, kind: MatrixKind, paint: Paint, width: int, fit: bool) -> _Frame:
    """Give the cells the largest size with which the picture is at most `width` px wide."""
    matrix = matrix_cells(result, kind)
    label_width = max(_width(label) for label in matrix.rows.short_labels)
    label_height = max(_width(label) for label in matrix.columns.short_labels) * math.sin(_SLOPE) + 8
    smallest = _Frame(
        matrix=matrix,
        languages=(result.source.language, result.target.language),
        cell=SMALLEST_CELL,
        left=round(label_width + _LABEL_GAP + _BAR + _GAP),
        top=round(label_height + _LABEL_GAP + _BAR + _GAP),
        paint=paint,
    )
    least = FITTED_CELL if fit else SMALLEST_CELL if width >= WIDTH else TIGHTEST_CELL
    smallest = replace(smallest, cell=least)
    sizes = (replace(smallest, cell=cell) for cell in range(LARGEST_CELL, least, -1))
    return next((frame for frame in sizes if frame.width <= width), smallest)


def _style(name: str, paint: Paint) -> str:
    selector = f"#{name}"
    rules = [
        f"{selector} text{{font-family:{FONT};{paint.set('fill', 'text')}font-size:12px;"
        "font-variant-numeric:tabular-nums}",
        f"{selector} .nn{{font-size:11px;pointer-events:none}}",
        f"{selector} .bar{{{paint.set('fill', 'bar')}}}{selector} .sum{{{paint.set('fill', 'strong')}}}",
        f"{selector} .grid{{fill:none;{paint.set('stroke', 'bg')}}}",
        f"{selector} .field{{fill:none;{paint.set('stroke', 'strong')}}}",
        f"{selector} .none{{fill-opacity:0}}",
    ]
    rules += [f"{selector} text[lang={code}]{{font-family:{fonts}}}" for code, fonts in SCRIPT_FONTS.items()]
    return "".join(rules)


def _surface(frame: _Frame) -> str:
    """Empty cells: one rectangle, cut into cells by lines in the background's colour."""
    size = f'width="{frame.right - frame.left:g}" height="{frame.bottom - frame.top:g}"'
    across = (f"M{frame.left:g} {frame.top + frame.cell * i:g}H{frame.right:g}" for i in range(len(frame.rows.labels)))
    down = (
        f"M{frame.left + frame.cell * j:g} {frame.top:g}V{frame.bottom:g}" for j in range(len(frame.columns.labels))
    )
    fill = frame.paint.set("fill", "surface")
    return (
        f'<rect x="{frame.left:g}" y="{frame.top:g}" {size} style="{fill}"/>'
        f'<path class="grid" d="{"".join(across)}{"".join(down)}"/>'
    )


def _bars(frame: _Frame) -> list[str]:
    """Mass of rows to the left of the cells and of columns above them, on one scale."""
    most = float(max(frame.rows.mass.max(), frame.columns.mass.max()))
    thick = max(frame.cell - 5, 1)
    bars = []
    for axis, end in ((frame.rows, SOURCE), (frame.columns, TARGET)):
        is_row = end == SOURCE
        for place, (label, mass) in enumerate(zip(axis.labels, axis.mass, strict=True)):
            length = _BAR * float(mass) / most
            along = (frame.top if is_row else frame.left) + frame.cell * place + 2.5
            x, y = (frame.left - _GAP - length, along) if is_row else (along, frame.top - _GAP - length)
            width, height = (length, thick) if is_row else (thick, length)
            kind = "bar" if axis.single(place) else "sum"
            bars.append(
                f'<rect class="{kind}"{on(axis.key(end, place))} x="{x:.2f}" y="{y:.2f}" '
                f'width="{width:.2f}" height="{height:.2f}">'
                f"<title>{plain(f'{label}: mass {percent(float(mass))}')}</title></rect>"
            )
    return bars


def _cell(frame: _Frame, cell: Cell) -> str:
    """The cell with its tooltip, and what is drawn on it: a number, or the dot of a pair without similarity."""
    x, y = frame.left + frame.cell * cell.column, frame.top + frame.cell * cell.row
    middle, gap = frame.cell / 2, 1 if frame.cell >= TIGHTEST_CELL else 0
    place = f'x="{x + 0.5:g}" y="{y + 0.5:g}" width="{frame.cell - gap}" height="{frame.cell - gap}"'
    if cell.position is None:
        dot = f'<circle class="sum" cx="{x + middle:g}" cy="{y + middle:g}" r="1.5"/>'
        drawn = f'{dot}<rect class="none" {place}/>'
    else:
        fill = frame.paint.scale("fill", _GREYS if cell.summed else MASS, cell.position)
        drawn = f'<rect {place} style="{fill}"/>'
        if cell.number and frame.cell >= SMALLEST_CELL:
            drawn += (
                f'<text class="nn" x="{x + middle:g}" y="{y + middle + 4:g}" text-anchor="middle" '
                f'style="{frame.paint.ink(MASS, cell.position)}">{cell.number}</text>'
            )
    key = flow_key(frame.rows.members[cell.row], frame.columns.members[cell.column])
    return f'<g class="cell"{on(key)}><title>{plain(cell.title)}</title>{drawn}</g>'


def _field_lines(frame: _Frame) -> list[str]:
    across = [f"M{frame.left:g} {frame.top + frame.cell * at:g}H{frame.right:g}" for at in frame.rows.field_starts]
    down = [f"M{frame.left + frame.cell * at:g} {frame.top:g}V{frame.bottom:g}" for at in frame.columns.field_starts]
    return [f'<path class="field" d="{line}"/>' for line in across + down]


def _labels(frame: _Frame) -> list[str]:
    labels = []
    rows, columns = (_labelled(axis, frame.cell) for axis in (frame.rows, frame.columns))
    x = frame.left - _GAP - _BAR - _LABEL_GAP
    for place, text in enumerate(frame.rows.short_labels):
        if place not in rows:
            continue
        y = frame.top + frame.cell * (place + 0.5) + 4
        lang = frame.languages[0] if frame.rows.single(place) else ""
        label = _label(text, x, y, anchor="end", lang=lang)
        labels.append(f"<g{on(frame.rows.key(SOURCE, place))}>{label}</g>")
    y = frame.top - _GAP - _BAR - _LABEL_GAP
    for place, text in enumerate(frame.columns.short_labels):
        if place not in columns:
            continue
        lang = frame.languages[1] if frame.columns.single(place) else ""
        label = _label(text, 0, 0, anchor="start", lang=lang)
        labels.append(
            f"<g{on(frame.columns.key(TARGET, place))} "
            f'transform="translate({frame.column_label(place):g} {y:g}) rotate({-LABEL_ANGLE})">{label}</g>'
        )
    return labels


def _labelled(axis: Axis, cell: int) -> set[int]:
    """The places whose labels are printed: all, or in small cells the heaviest that keep their distance."""
    kept: list[int] = []
    for place in np.argsort(-axis.mass, kind="stable").tolist():
        if all(abs(place - other) * cell >= LABEL_PITCH - 1 for other in kept):
            kept.append(place)
    return set(range(len(axis.labels))) if cell >= LABEL_PITCH else set(kept)


def _label(text: str, x: float, y: float, *, anchor: str, lang: str) -> str:
    return text_element(text, x, y, css="tk", anchor=anchor, lang=lang, rtl=is_right_to_left(text))


def _width(text: str) -> float:
    """A generous width in px at 12 px; East Asian letters are square."""
    return sum(12.5 if east_asian_width(part[0]) in "WF" else 7.4 for part in graphemes(text))
