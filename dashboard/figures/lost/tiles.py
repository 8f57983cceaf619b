"""What a word loses in each language pair, as tiles to press, and under each training language, as dots; SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from dashboard.figures.colours import ATTRIBUTION
from dashboard.figures.numbers import NOT_RUN, bounds, decimal
from dashboard.figures.svg import FONT, Paint, plain, text_element

TILE, GAP, HEIGHT = 84, 6, 72
ROW = 22
_DOT = 0.2


@dataclass(frozen=True)
class LossMark:
    """What a word loses somewhere, with its interval (NaN without one); `lost` is None where nothing was run."""

    code: str
    label: str
    name: str
    lost: float | None
    low: float = float("nan")
    high: float = float("nan")
    met: float = float("nan")
    n: int = 0

    @property
    def said(self) -> str:
        if self.lost is None:
            return f"{self.name}: not run"
        interval = bounds(self.low, self.high)
        return f"{self.name}: lost {decimal(self.lost)} {interval}, similarity met {decimal(self.met, 2)}, n {self.n}"


def tiles_svg(marks: Sequence[LossMark], selected: str, largest: float, *, width: int, identity: str) -> str:
    """Draw a tile for each pair on one scale from 0 to `largest`; pressing one reports its code."""
    paint = Paint(None)
    per_row = max(min(len(marks), (width + GAP) // (TILE + GAP)), 1)
    rows = -(-len(marks) // per_row)
    parts = [
        _tile(mark, ((at % per_row) * (TILE + GAP) + 1, (at // per_row) * (HEIGHT + GAP) + 1), largest, selected, paint)
        for at, mark in enumerate(marks)
    ]
    style = (
        f"#{identity} text{{font-family:{FONT};font-size:12px;font-variant-numeric:tabular-nums}}"
        f"#{identity} .value{{font-weight:600}}"
        f"#{identity} g:focus-visible .edge{{{paint.set('stroke', 'accent')}stroke-width:2}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identity}" role="group" '
        f'aria-label="Lost in each language pair" {paint.frame(width, rows * (HEIGHT + GAP))}>'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )


def _tile(mark: LossMark, corner: tuple[float, float], largest: float, selected: str, paint: Paint) -> str:
    x, y = corner
    chosen = mark.code == selected
    edge = paint.set("stroke", "accent" if chosen else "border") + f"stroke-width:{2 if chosen else 1}"
    left, right = x + 8, x + TILE - 8
    axis = f'<path d="M{left} {y + 30}H{right}" style="{paint.set("stroke", "strong")}"/>'
    drawn, value, below = "", NOT_RUN, "not run"
    if mark.lost is not None:
        drawn = _marked(mark, (left, right), y + 30, largest, paint)
        value, below = decimal(mark.lost), f"sim {decimal(mark.met, 2)}"
    ink, muted = paint.set("fill", "text"), paint.set("fill", "muted")
    return (
        f'<g role="button" tabindex="0" data-click="{plain(mark.code)}" aria-label="{plain(mark.said)}" '
        f'aria-pressed="{str(chosen).lower()}"><title>{plain(mark.said)}</title>'
        f'<rect class="edge" x="{x}" y="{y}" width="{TILE - 2}" height="{HEIGHT - 2}" rx="8" '
        f'style="{paint.set("fill", "bg")}{edge}"/>'
        f'<g style="{ink}">{text_element(mark.label, left, y + 17, css="code")}'
        f"{text_element(value, left, y + 49, css='value')}</g>"
        f'<g style="{muted}">{text_element(below, left, y + 63, css="under")}</g>{axis}{drawn}</g>'
    )


def dots_svg(marks: Sequence[LossMark], selected: str, largest: float, *, width: int, identity: str) -> str:
    """Draw a row for each training language: name, interval, dot, number."""
    paint = Paint(None)
    left, right = 84.0, width - 56.0
    parts = [
        f'<path d="M{left + (right - left) * at:.1f} 4V{ROW * len(marks)}" style="{paint.set("stroke", "border")}"/>'
        for at in (0.0, 0.5, 1.0)
    ]
    for at, mark in enumerate(marks):
        y = at * ROW + 15
        weight = "font-weight:600" if mark.code == selected else ""
        value = NOT_RUN if mark.lost is None else decimal(mark.lost)
        parts.append(
            f'<g style="{paint.set("fill", "text")}{weight}">{text_element(mark.label, 0, y, css="name")}'
            f"{text_element(value, width, y, css='value', anchor='end')}</g>"
        )
        if mark.lost is not None:
            parts.append(_marked(mark, (left, right), y - 4, largest, paint))
    said = plain("Lost under each training language. " + " ".join(f"{mark.said}." for mark in marks))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identity}" role="img" aria-label="{said}" '
        f"{paint.frame(width, ROW * len(marks) + 4)}>"
        f"<style>#{identity} text{{font-family:{FONT};font-size:13px;font-variant-numeric:tabular-nums}}</style>"
        f"{''.join(parts)}</svg>"
    )


def _marked(mark: LossMark, ends: tuple[float, float], y: float, largest: float, paint: Paint) -> str:
    """The dot of a loss with its interval, on an axis from 0 to `largest`."""
    left, right = ends

    def place(value: float) -> float:
        return left + (right - left) * min(max(value / largest, 0.0), 1.0) if largest > 0 else left

    lost = mark.lost or 0.0
    line = ""
    if not isnan(mark.low):
        stroke = paint.scale("stroke", ATTRIBUTION, _DOT)
        line = f'<path d="M{place(mark.low):.1f} {y}H{place(mark.high):.1f}" style="{stroke}stroke-width:2"/>'
    return f'{line}<circle cx="{place(lost):.1f}" cy="{y}" r="4" style="{paint.scale("fill", ATTRIBUTION, _DOT)}"/>'
