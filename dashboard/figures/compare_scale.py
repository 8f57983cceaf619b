"""C of two models on one scale from 0 to 1, a row each, with their references."""

from core.results import PairAnalysis
from dashboard.figures.colours import CONSISTENCY, Theme
from dashboard.figures.numbers import decimal
from dashboard.figures.scale import reference_marks, spoken_references
from dashboard.figures.svg import FONT, Paint, plain, text_element

WIDTH, HEIGHT = 300, 74
_LEFT, _LENGTH, _ROW, _AXIS = 20.0, 272.0, 26, 56


def compare_scale_svg(
    first: PairAnalysis, second: PairAnalysis, *, standalone_theme: Theme | None = None, identity: str = "scale-both"
) -> str:
    """Draw each C as a diamond over its `reference_marks`; 300 x 74 px."""
    paint = Paint(standalone_theme)
    label = "; ".join(
        f"C of {letter} {decimal(each.consistency)}; {spoken_references(each.references)}"
        for letter, each in zip("AB", (first, second), strict=True)
    )
    rows = "".join(_row(each, at, paint) for at, each in enumerate((first, second)))
    style = (
        f"#{identity} text{{font-family:{FONT};font-size:11px;font-variant-numeric:tabular-nums;"
        f"{paint.set('fill', 'muted')}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{plain(identity)}" class="scale" role="img" '
        f'{paint.frame(WIDTH, HEIGHT)} aria-label="{plain(label)}">'
        f"<style>{style}</style>{paint.background()}{_axis(paint)}{rows}</svg>"
    )


def _row(analysis: PairAnalysis, at: int, paint: Paint) -> str:
    middle = 13 + _ROW * at
    plum = paint.scale("fill", CONSISTENCY, 0.75)
    return (
        f"{text_element('AB'[at], 2, middle + 4, css='nn')}"
        f'<path d="M{_x(0):g} {middle}H{_x(1):g}" style="fill:none;{paint.set("stroke", "border")}"/>'
        f"{reference_marks(analysis.references, _x, middle, paint)}"
        f'<path d="M{_x(analysis.consistency):.1f} {middle - 8}l7 8l-7 8l-7 -8Z" style="{plum}"/>'
    )


def _axis(paint: Paint) -> str:
    line = f'style="fill:none;{paint.set("stroke", "strong")}"'
    ticks = "".join(
        f'<path d="M{_x(value):g} {_AXIS}v4" {line}/>'
        + text_element(f"{value:g}", _x(value), _AXIS + 15, css="nn", anchor="middle")
        for value in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    return f'<path d="M{_x(0):g} {_AXIS}H{_x(1):g}" {line}/>{ticks}'


def _x(value: float) -> float:
    return _LEFT + _LENGTH * min(max(value, 0.0), 1.0)
