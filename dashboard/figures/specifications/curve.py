"""The specification curve as SVG: sorted differences with intervals, and below them a row of marks for each choice."""

from collections.abc import Mapping
from html import escape

import numpy as np

from core.report.specifications import SpecificationCurve
from core.setting import settings_of
from core.settings import Settings
from dashboard.figures.colours import Theme
from dashboard.figures.names import language_name
from dashboard.figures.numbers import signed
from dashboard.figures.svg import FONT, Paint, plain, text_element
from dashboard.figures.words.specifications import curve_spoken

WIDE, NARROW = 940, 324
_PANEL, _ROW, _HEAD, _TOP, _RIGHT = 150, 17, 20, 18, 66
_TICKS = 3
# Labels can depend on the task; those of outputs exist where there are classes.
LABELLED_TASK = "nli"


def curve_svg(
    curve: SpecificationCurve,
    *,
    width: int = WIDE,
    standalone_theme: Theme | None = None,
    identity: str = "specifications",
) -> str:
    """Draw one column for each specification, the smallest difference first.

    A dot is filled where the language is first and hollow where another one is; the line through it is the 95%
    interval. The default choices have a dashed line. At the right of a row stands in how many of the specifications
    with that value the language is first.
    """
    paint = Paint(standalone_theme)
    left = 178 if width > 2 * NARROW else 92
    columns = np.linspace(left + 6, width - _RIGHT - 8, max(len(curve.order), 2))[: len(curve.order)]
    rows, height = _rows(curve)
    body = [
        paint.background(),
        _panel(curve, columns, left, width, paint),
        _default_line(curve, columns, height, paint),
        *(_value_row(curve, columns, row, width=width, paint=paint) for row in rows),
    ]
    name = escape(identity, quote=True)
    style = (
        f"#{name} text{{font-family:{FONT};font-size:11px;font-variant-numeric:tabular-nums;"
        f"{paint.set('fill', 'text')}}}"
        f"#{name} text.muted{{{paint.set('fill', 'muted')}}}#{name} text.head{{font-weight:600}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" {paint.frame(width, height)} '
        f'aria-label="{plain(curve_spoken(curve))}"><style>{style}</style>{"".join(body)}</svg>'
    )


_Row = tuple[str, str, str, int]  # setting, value ("" for the heading), label, y


def _rows(curve: SpecificationCurve) -> tuple[list[_Row], int]:
    """The headings and rows of marks with their places, and the height of the picture."""
    declared = {one.name: one for one in settings_of(Settings)}
    rows: list[_Row] = []
    y = _TOP + _PANEL + 8
    for name in curve.specifications.names:
        y += _HEAD
        rows.append((name, "", declared[name].title, y))
        labels: Mapping[str, str] = declared[name].offered(LABELLED_TASK, None)
        for value in curve.first_with(name):
            y += _ROW
            rows.append((name, value, labels.get(value, value), y))
    return rows, y + 10


def _panel(curve: SpecificationCurve, columns: np.ndarray, left: int, width: int, paint: Paint) -> str:
    low, high = float(min(curve.interval.min(), 0.0)), float(max(curve.interval.max(), 0.0))
    span = high - low or 1.0

    def y(value: float) -> float:
        return _TOP + _PANEL * (high - value) / span

    title = f"{language_name(curve.language)} minus the strongest other"
    parts = [text_element(title, 0, 11, css="head")]
    for value in sorted({0.0, *_ticks(low, high)}):
        kind, dash = ("strong", "") if value == 0 else ("border", "")
        parts.append(
            f'<path d="M{left} {y(value):.1f}H{width - _RIGHT}" style="{paint.set("stroke", kind)}{dash}"/>'
            + text_element(signed(value) if value else "0", left - 6, y(value) + 4, css="muted", anchor="end")
        )
    for at, x in zip(curve.order.tolist(), columns.tolist(), strict=True):
        bounds = curve.interval[at]
        is_first = curve.leaders[at] == curve.language
        fill = paint.set("fill", "accent" if is_first else "bg")
        parts.append(
            f'<path d="M{x:.1f} {y(bounds[0]):.1f}V{y(bounds[1]):.1f}" '
            f'style="{paint.set("stroke", "strong")}stroke-opacity:.6"/>'
            f'<circle cx="{x:.1f}" cy="{y(float(curve.lead[at])):.1f}" r="2.5" '
            f'style="{fill}{paint.set("stroke", "accent")}stroke-width:1.2">'
            f"<title>{plain(_said(curve, at))}</title></circle>"
        )
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """About three round values between the ends."""
    step = 10.0 ** np.floor(np.log10((high - low) / _TICKS or 1.0))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (factor * step) <= _TICKS)
    return [float(value) for value in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def _said(curve: SpecificationCurve, at: int) -> str:
    """One specification in words."""
    choices = ", ".join(f"{name} {value}" for name, value in curve.specifications.choices[at].items())
    bounds = " to ".join(signed(float(one)) for one in curve.interval[at])
    return f"{choices}: {signed(float(curve.lead[at]))}, {bounds}; {language_name(curve.leaders[at])} is first"


def _default_line(curve: SpecificationCurve, columns: np.ndarray, height: int, paint: Paint) -> str:
    usual = curve.specifications.default
    if usual is None:
        return ""
    x = float(columns[curve.order.tolist().index(usual)])
    return (
        f'<path class="default" d="M{x:.1f} {_TOP}V{height - 6}" '
        f'style="{paint.set("stroke", "text")}stroke-dasharray:3 3"/>'
    )


def _value_row(curve: SpecificationCurve, columns: np.ndarray, row: _Row, *, width: int, paint: Paint) -> str:
    name, value, label, y = row
    if not value:
        return text_element(label, 0, y, css="head")
    choices = curve.specifications.choices
    marks = "".join(
        f"M{x:.1f} {y - 9}v10"
        for at, x in zip(curve.order.tolist(), columns.tolist(), strict=True)
        if choices[at][name] == value
    )
    stroke = max(1.0, min(3.0, 0.7 * (columns[-1] - columns[0]) / max(len(columns) - 1, 1)))
    first, of = curve.first_with(name)[value]
    longest = 32 if width > 2 * NARROW else 15
    shown = label if len(label) <= longest else f"{label[: longest - 1]}…"
    return (
        text_element(shown, 0, y, css="muted")
        + f'<path class="marks" d="{marks}" style="{paint.set("stroke", "text")}stroke-width:{stroke:.1f}"/>'
        + text_element(f"{first} of {of}", width, y, css="muted", anchor="end")
    )
