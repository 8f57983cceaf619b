"""The transport matrix as SVG, for files and the report; it looks like `figures.matrix`, which needs Plotly."""

import math
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

from core.results import PairAnalysis
from core.text.languages import get_language
from dashboard.figures.colours import MASS, NEUTRALS, Scale, Theme, flow_position
from dashboard.figures.matrix.axes import Axis, group_axes, group_sums
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.pieces import graphemes, is_right_to_left, shorten
from dashboard.figures.svg import FONT, SCRIPT_FONTS, Paint, plain, text_element

LARGE_CELL, SMALL_CELL = 30, 24
_MANY = 20
_BAR, _GAP, _LABEL_GAP = 44.0, 3.0, 6.0
_LABEL_LETTERS = 11
_SLOPE = math.radians(58)
_SMALLEST_NUMBER = 0.005
# Sums of several units are no single flow, so they are grey.
_GREYS = Scale("g", *((NEUTRALS["border"][index], NEUTRALS["strong"][index]) for index in (0, 1)))


@dataclass(frozen=True)
class _Frame:
    """Both axes, the languages' codes, and where the cells begin, in px."""

    rows: Axis
    columns: Axis
    languages: tuple[str, str]
    cell: int
    left: float
    top: float
    paint: Paint

    @property
    def right(self) -> float:
        return self.left + self.cell * len(self.columns.labels)

    @property
    def bottom(self) -> float:
        return self.top + self.cell * len(self.rows.labels)

    @property
    def width(self) -> float:
        """A slanted label may reach over the last column."""
        ends = [self._centre(place) + _width(label) for place, label in enumerate(_shown(self.columns))]
        return max(self.right, *ends)

    def _centre(self, place: int) -> float:
        return self.left + self.cell * (place + 0.5)


def matrix_svg(result: PairAnalysis, *, standalone_theme: Theme | None = None, identity: str = "matrix") -> str:
    """Draw the transport plan as cells, with the mass of every token as bars along the edges.

    Parameters
    ----------
    result : PairAnalysis
        n source units (rows) and m target units (columns); plan and similarity (n, m).
    standalone_theme : "light" | "dark", optional
        Fixed colours, a background and a margin, for a file. Default: the page's CSS variables.
    identity : str
        The element's id; choose another for every matrix in one document.

    Returns
    -------
    str
        One `<svg>`, every token escaped. Over 60 units a side, those under 0.5% of the mass are one grey row.
    """
    frame = _frame(result, Paint(standalone_theme))
    names = [get_language(code).name for code in frame.languages]
    label = f"Transport matrix, rows {names[0]}, columns {names[1]}, C {decimal(result.consistency)}"
    body = [
        frame.paint.background(),
        _surface(frame),
        *_bars(frame),
        *_cells(frame, result),
        *_field_lines(frame),
        *_labels(frame),
    ]
    name = escape(identity, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="matrix" role="img" '
        f'{frame.paint.frame(frame.width, frame.bottom + 2)} aria-label="{plain(label)}">'
        f"<style>{_style(name, frame.paint)}</style>{''.join(body)}</svg>"
    )


def _frame(result: PairAnalysis, paint: Paint) -> _Frame:
    rows, columns = group_axes(result)
    beside = max(_width(label) for label in _shown(rows))
    above = max(_width(label) for label in _shown(columns)) * math.sin(_SLOPE) + 8
    return _Frame(
        rows=rows,
        columns=columns,
        languages=(result.source.language, result.target.language),
        cell=LARGE_CELL if max(len(rows.labels), len(columns.labels)) <= _MANY else SMALL_CELL,
        left=round(beside + _LABEL_GAP + _BAR + _GAP),
        top=round(above + _LABEL_GAP + _BAR + _GAP),
        paint=paint,
    )


def _style(name: str, paint: Paint) -> str:
    selector = f"#{name}"
    rules = [
        f"{selector} text{{font-family:{FONT};{paint.set('fill', 'text')}font-size:12px;"
        "font-variant-numeric:tabular-nums}",
        f"{selector} .nn{{font-size:11px}}",
        f"{selector} .bar{{{paint.set('fill', 'bar')}}}{selector} .sum{{{paint.set('fill', 'strong')}}}",
        f"{selector} .grid{{fill:none;{paint.set('stroke', 'bg')}}}",
        f"{selector} .field{{fill:none;{paint.set('stroke', 'strong')}}}",
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
    thick = frame.cell - 5
    found = []
    for axis, is_row in ((frame.rows, True), (frame.columns, False)):
        for place, (label, mass) in enumerate(zip(axis.labels, axis.mass, strict=True)):
            length = _BAR * float(mass) / most
            along = (frame.top if is_row else frame.left) + frame.cell * place + 2.5
            x, y = (frame.left - _GAP - length, along) if is_row else (along, frame.top - _GAP - length)
            width, height = (length, thick) if is_row else (thick, length)
            kind = "bar" if axis.single(place) else "sum"
            found.append(
                f'<rect class="{kind}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}">'
                f"<title>{plain(f'{label}: mass {percent(float(mass))}')}</title></rect>"
            )
    return found


def _cells(frame: _Frame, result: PairAnalysis) -> list[str]:
    rows, columns = frame.rows, frame.columns
    plan = group_sums(result.transport.plan, rows, columns)
    gains = result.transport.plan * np.maximum(result.transport.similarity, 0.0)
    gain = group_sums(gains, rows, columns)
    largest = float(plan.max())
    found = []
    for i, j in [(int(i), int(j)) for i, j in np.argwhere(plan > 0)]:
        flow = float(plan[i, j])
        single = rows.single(i) and columns.single(j)
        scale, position = MASS if single else _GREYS, flow_position(flow, largest)
        x, y = frame.left + frame.cell * j, frame.top + frame.cell * i
        title = _cell_title(frame, (i, j), flow, float(gain[i, j]), result.consistency)
        found.append(
            f'<rect x="{x + 0.5:g}" y="{y + 0.5:g}" width="{frame.cell - 1}" height="{frame.cell - 1}" '
            f'style="{frame.paint.scale("fill", scale, position)}"><title>{plain(title)}</title></rect>'
        )
        if single and flow >= _SMALLEST_NUMBER:
            middle = frame.cell / 2
            found.append(
                f'<text class="nn" x="{x + middle:g}" y="{y + middle + 4:g}" text-anchor="middle" '
                f'style="{frame.paint.ink(MASS, position)}">{100 * flow:.0f}</text>'
            )
    return found


def _cell_title(frame: _Frame, cell: tuple[int, int], flow: float, gain: float, consistency: float) -> str:
    (i, j), (rows, columns) = cell, (frame.rows, frame.columns)
    similarity = "similarity" if rows.single(i) and columns.single(j) else "mean similarity"
    share = gain / consistency if consistency > 0 else 0.0
    return (
        f"{rows.labels[i]} → {columns.labels[j]}: flow {decimal(flow)}, {similarity} {decimal(gain / flow, 2)}, "
        f"adds {decimal(gain)} to C ({percent(share)} of it)"
    )


def _field_lines(frame: _Frame) -> list[str]:
    across = [f"M{frame.left:g} {frame.top + frame.cell * at:g}H{frame.right:g}" for at in frame.rows.field_starts]
    down = [f"M{frame.left + frame.cell * at:g} {frame.top:g}V{frame.bottom:g}" for at in frame.columns.field_starts]
    return [f'<path class="field" d="{line}"/>' for line in across + down]


def _labels(frame: _Frame) -> list[str]:
    found = []
    x = frame.left - _GAP - _BAR - _LABEL_GAP
    for place, label in enumerate(_shown(frame.rows)):
        y = frame.top + frame.cell * (place + 0.5) + 4
        found.append(_label(frame, label, x, y, anchor="end", lang=frame.languages[0], single=frame.rows.single(place)))
    for place, label in enumerate(_shown(frame.columns)):
        x = frame.left + frame.cell * (place + 0.5) + 4
        y = frame.top - _GAP - _BAR - _LABEL_GAP
        text = _label(frame, label, 0, 0, anchor="start", lang=frame.languages[1], single=frame.columns.single(place))
        found.append(f'<g transform="translate({x:g} {y:g}) rotate(-58)">{text}</g>')
    return found


def _label(frame: _Frame, label: str, x: float, y: float, *, anchor: str, lang: str, single: bool) -> str:
    language = lang if single else ""
    return text_element(label, x, y, css="tk", anchor=anchor, lang=language, rtl=is_right_to_left(label))


def _shown(axis: Axis) -> list[str]:
    return [shorten(label, _LABEL_LETTERS) for label in axis.labels]


def _width(text: str) -> float:
    """A generous width in px at 12 px; East Asian letters are square."""
    return sum(12.5 if east_asian_width(part[0]) in "WF" else 7.4 for part in graphemes(text))


def largest_cell(result: PairAnalysis) -> float:
    """The flow at the end of the matrix's colour scale, a share of all mass."""
    rows, columns = group_axes(result)
    plan: NDArray[np.float64] = group_sums(result.transport.plan, rows, columns)
    return float(plan.max())
