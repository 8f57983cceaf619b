"""The bar of a word in a table, and the small histogram of C above it; SVG."""

from base64 import b64encode
from collections.abc import Sequence
from math import isnan

from dashboard.figures.colours import ATTRIBUTION, CONSISTENCY, MASS, Theme, neutral
from dashboard.figures.numbers import decimal
from dashboard.figures.svg import FONT, Paint, plain

WIDTH, HEIGHT = 108, 20
HISTOGRAM = (260, 62)
_LOW, _HIGH = 0.0, 1.0


def loss_bar(adds: float, lost: float, low: float, high: float, largest: float, *, few: bool, theme: Theme) -> str:
    """A bar as long as a word's importance: green adds to C, orange is lost, a line spans the interval of the loss.

    Returns
    -------
    str
        A data address, for a table that draws pictures; `largest` is the importance that fills it.
    """
    scale = WIDTH / largest if largest > 0 else 0.0
    split, end = adds * scale, (adds + lost) * scale
    parts = [
        f'<g opacity="{0.4 if few else 1}"><rect y="5" width="{split:.1f}" height="10" fill="{MASS.stops(theme)[5]}"/>'
        f'<rect x="{split:.1f}" y="5.5" width="{end - split:.1f}" height="9" fill="{ATTRIBUTION.stops(theme)[3]}" '
        f'stroke="{ATTRIBUTION.stops(theme)[2]}"/></g>'
    ]
    if not few and not isnan(low):
        first, last = min((adds + low) * scale, WIDTH), min((adds + high) * scale, WIDTH)
        parts.append(f'<path d="M{first:.1f} 10H{last:.1f}" stroke="{neutral("text", theme)}"/>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">{"".join(parts)}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def histogram_svg(chosen: Sequence[int], everything: Sequence[int], mean: float) -> str:
    """Draw how many examples have which C: filled those chosen, as an outline all; a line at the mean of the chosen.

    Parameters
    ----------
    chosen, everything : (bin,) numbers of examples, in bins of equal width from 0 to 1.
    """
    paint = Paint(None)
    width, height = HISTOGRAM
    base, step = height - 16, width / len(everything)
    scale = (base - 4) / max(*everything, 1)
    bars = "".join(
        f'<rect x="{at * step + 0.5:.1f}" y="{base - n * scale:.1f}" width="{step - 1:.1f}" height="{n * scale:.1f}"/>'
        for at, n in enumerate(chosen)
        if n
    )
    outline = "".join(
        f"{'L' if at else 'M'}{at * step:.1f} {base - n * scale:.1f}H{(at + 1) * step:.1f}"
        for at, n in enumerate(everything)
    )
    line = paint.set("stroke", "strong")
    marks = "".join(
        f'<text x="{value * width:.0f}" y="{height - 2}" text-anchor="{anchor}" style="{paint.set("fill", "muted")}">'
        f"{decimal(value, 1)}</text>"
        for value, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    )
    at_mean = f'<path d="M{mean * width:.1f} 0V{base}" style="{paint.set("stroke", "text")}stroke-width:1.5"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" style="max-width:100%;margin-left:auto" '
        f'aria-label="{plain(f"Distribution of C; mean {decimal(mean)}")}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><style>text{{font-family:{FONT};font-size:11px}}</style>'
        f'<g style="{paint.scale("fill", CONSISTENCY, 0.5)}">{bars}</g>'
        f'<path d="{outline}" style="fill:none;{line}"/><path d="M0 {base}H{width}" style="{line}"/>'
        f"{at_mean if not isnan(mean) else ''}{marks}</svg>"
    )
