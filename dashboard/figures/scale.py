"""C on a scale from 0 to 1, with shuffled, equal and carried-over importance as references."""

from collections.abc import Callable
from html import escape

from core.results import References
from dashboard.figures.colours import CONSISTENCY, Theme
from dashboard.figures.numbers import decimal
from dashboard.figures.svg import FONT, Paint, plain, text_element

WIDTH, HEIGHT = 300, 56
_LEFT, _LENGTH, _AXIS = 8.0, 284.0, 37
_MIDDLE = 27


def scale_svg(
    consistency: float,
    references: References,
    *,
    standalone_theme: Theme | None = None,
    identity: str = "scale",
    moved: float | None = None,
) -> str:
    """Draw C as a diamond above `reference_marks`, and as a hollow one where it has `moved` to; 300 x 56 px."""
    paint = Paint(standalone_theme)
    changed = "" if moved is None else f", with the change {decimal(moved)}"
    label = f"C {decimal(consistency)}{changed}; {spoken_references(references)}"
    body = [
        paint.background(),
        _axis(paint),
        reference_marks(references, _x, _MIDDLE, paint),
        _diamond(_x(consistency), paint),
        *([] if moved is None else [_hollow_diamond(_x(moved), paint)]),
    ]
    name = escape(identity, quote=True)
    style = (
        f"#{name} text{{font-family:{FONT};font-size:11px;font-variant-numeric:tabular-nums;"
        f"{paint.set('fill', 'muted')}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="scale" role="img" '
        f'{paint.frame(WIDTH, HEIGHT)} aria-label="{plain(label)}">'
        f"<style>{style}</style>{''.join(body)}</svg>"
    )


def reference_marks(references: References, x: Callable[[float], float], middle: int, paint: Paint) -> str:
    """The references around a line `middle` px down.

    A grey band from the 2.5th to the 97.5th percentile of the shuffles, their mean as a line, equal importance as a
    circle, carried-over importance as a bracket that closes to the right.
    """
    low, high = x(references.shuffled_low), x(references.shuffled_high)
    carried = x(references.carried)
    return (
        f'<rect class="chance" x="{low:.1f}" y="{middle - 6}" width="{max(high - low, 1):.1f}" height="12" rx="2" '
        f'style="{paint.set("fill", "border")}"/>'
        f'<path d="M{x(references.shuffled_mean):.1f} {middle - 6}v12" '
        f'style="{paint.set("stroke", "muted")}stroke-width:2"/>'
        f'<circle cx="{x(references.uniform):.1f}" cy="{middle}" r="4" '
        f'style="{paint.set("fill", "bg")}{paint.set("stroke", "muted")}stroke-width:1.75"/>'
        f'<path class="carried" d="M{carried - 4:.1f} {middle - 7}h4v14h-4" '
        f'style="fill:none;{paint.set("stroke", "text")}stroke-width:1.75"/>'
    )


def spoken_references(references: References) -> str:
    """The references for screen readers."""
    return (
        f"shuffled importance {decimal(references.shuffled_mean)}, 95% of the shuffles between "
        f"{decimal(references.shuffled_low)} and {decimal(references.shuffled_high)}; equal importance "
        f"{decimal(references.uniform)}; carried-over importance {decimal(references.carried)}"
    )


def scale_rows(consistency: float, references: References) -> tuple[tuple[str, str, str], ...]:
    """Each number of the scale: its mark as HTML, its name, and the number as printed."""
    middle = f"{decimal(references.shuffled_low)}–{decimal(references.shuffled_high)}"
    return (
        ('<span class="mark-c" aria-hidden="true">◆</span>', "C", decimal(consistency)),
        (_mark("▮"), "95% of the shuffles", middle),
        (_mark("|"), "shuffled importance, mean", decimal(references.shuffled_mean)),
        (_mark("○"), "equal importance", decimal(references.uniform)),
        (_mark("]"), "carried-over importance", decimal(references.carried)),
    )


def scale_keys_html(consistency: float, references: References) -> str:
    """The numbers of the scale in words, for `st.html`."""
    rows = scale_rows(consistency, references)
    cells = "".join(f"{mark}<span>{escape(words)}</span><b>{number}</b>" for mark, words, number in rows)
    return f'<div class="c-keys">{cells}</div>'


def _mark(letter: str) -> str:
    return f'<span class="muted" aria-hidden="true">{letter}</span>'


def _x(value: float) -> float:
    return _LEFT + _LENGTH * min(max(value, 0.0), 1.0)


def _axis(paint: Paint) -> str:
    line = f'style="fill:none;{paint.set("stroke", "strong")}"'
    parts = [f'<path d="M{_x(0):g} {_AXIS}H{_x(1):g}" {line}/>']
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<path d="M{_x(value):g} {_AXIS}v4" {line}/>')
        parts.append(text_element(f"{value:g}", _x(value), 52, css="nn", anchor="middle"))
    return "".join(parts)


def _hollow_diamond(x: float, paint: Paint) -> str:
    style = f"{paint.set('fill', 'bg')}{paint.set('stroke', 'text')}stroke-width:1.5"
    return f'<path class="moved" d="M{x:.1f} 2l7 8l-7 8l-7 -8Z" style="{style}"/>'


def _diamond(x: float, paint: Paint) -> str:
    fill = paint.scale("fill", CONSISTENCY, 0.75)
    stroke = paint.scale("stroke", CONSISTENCY, 0.75)
    return (
        f'<path d="M{x:.1f} 18V{_AXIS}" style="fill:none;{stroke}stroke-width:1.5"/>'
        f'<path d="M{x:.1f} 2l7 8l-7 8l-7 -8Z" style="{fill}"/>'
    )
