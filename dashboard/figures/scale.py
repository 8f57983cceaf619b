"""C on a scale from 0 to 1, with shuffled and equal importance as references."""

from html import escape

from core.results import References
from dashboard.figures.colours import CONSISTENCY, Theme
from dashboard.figures.numbers import decimal
from dashboard.figures.svg import FONT, Paint, plain, text_element

WIDTH, HEIGHT = 300, 56
_LEFT, _LENGTH, _AXIS = 8.0, 284.0, 37


def scale_svg(
    consistency: float,
    references: References,
    *,
    standalone_theme: Theme | None = None,
    identity: str = "scale",
) -> str:
    """Draw C as a diamond, shuffled mean ± 2 sd as a grey band, equal importance as a circle; 300 x 56 px."""
    paint = Paint(standalone_theme)
    low = references.shuffled_mean - 2 * references.shuffled_sd
    high = references.shuffled_mean + 2 * references.shuffled_sd
    label = (
        f"C {decimal(consistency)}; shuffled importance {decimal(references.shuffled_mean)} plus or minus "
        f"{decimal(2 * references.shuffled_sd)}; equal importance {decimal(references.uniform)}"
    )
    body = [
        paint.background(),
        _axis(paint),
        f'<rect x="{_x(low):.1f}" y="21" width="{max(_x(high) - _x(low), 1):.1f}" height="12" rx="2" '
        f'style="{paint.set("fill", "border")}"/>',
        f'<path d="M{_x(references.shuffled_mean):.1f} 21v12" style="{paint.set("stroke", "muted")}stroke-width:2"/>',
        f'<circle cx="{_x(references.uniform):.1f}" cy="27" r="4" '
        f'style="{paint.set("fill", "bg")}{paint.set("stroke", "muted")}stroke-width:1.75"/>',
        _diamond(_x(consistency), paint),
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


def scale_keys_html(consistency: float, references: References) -> str:
    """The three numbers of the scale in words, for `st.html`."""
    double = f"{decimal(references.shuffled_mean)} ± {decimal(2 * references.shuffled_sd)}"
    rows = (
        ('<span class="mark-c">◆</span>', "C", decimal(consistency)),
        ('<span class="muted">▮</span>', "importance shuffled, mean ± 2 sd", double),
        ('<span class="muted">○</span>', "equal importance", decimal(references.uniform)),
    )
    cells = "".join(f"{mark}<span>{escape(words)}</span><b>{number}</b>" for mark, words, number in rows)
    return f'<div class="c-keys">{cells}</div>'


def _x(value: float) -> float:
    return _LEFT + _LENGTH * min(max(value, 0.0), 1.0)


def _axis(paint: Paint) -> str:
    line = f'style="fill:none;{paint.set("stroke", "strong")}"'
    parts = [f'<path d="M{_x(0):g} {_AXIS}H{_x(1):g}" {line}/>']
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<path d="M{_x(value):g} {_AXIS}v4" {line}/>')
        parts.append(text_element(f"{value:g}", _x(value), 52, css="nn", anchor="middle"))
    return "".join(parts)


def _diamond(x: float, paint: Paint) -> str:
    fill = paint.scale("fill", CONSISTENCY, 0.75)
    stroke = paint.scale("stroke", CONSISTENCY, 0.75)
    return (
        f'<path d="M{x:.1f} 18V{_AXIS}" style="fill:none;{stroke}stroke-width:1.5"/>'
        f'<path d="M{x:.1f} 2l7 8l-7 8l-7 -8Z" style="{fill}"/>'
    )
