"""How much a pair depends on choices: C and its percentile under each change, as dots and as a table."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from core.consistency.sensitivity import Variant, top_words
from core.results import PairAnalysis
from dashboard.figures.numbers import decimal
from dashboard.figures.pieces import title_text
from dashboard.figures.svg import FONT, Paint, plain, text_element
from dashboard.figures.words.choices import change_title

WIDTH, HEIGHT, LEFT, RIGHT = 640, 96, 150, 16
_ROWS = (("C", 26), ("shuffles that give less", 70))


def choices_svg(shown: PairAnalysis, variants: Sequence[Variant], *, identity: str = "choices") -> str:
    """Draw C, and the share of shuffles below it, under each change as dots, the page's own as a diamond.

    640 x 96 px.
    """
    paint = Paint(None)
    found = [
        (change_title(variant), analysis)
        for variant in variants
        for analysis in variant.analyses
        if analysis.end == shown.end
    ]
    points = [[(each.consistency, title) for title, each in found]]
    points.append([(each.references.shuffled_percentile / 100, title) for title, each in found])
    own = (shown.consistency, shown.references.shuffled_percentile / 100)
    rows = [
        _row(name, y, own[place], points[place], paint, is_percent=place == 1) for place, (name, y) in enumerate(_ROWS)
    ]
    name = escape(identity, quote=True)
    low, high = (decimal(limit(c for c, _ in points[0])) for limit in (min, max))
    label = f"C under {len(found)} changes of one setting, {low} to {high}"
    style = f"#{name} text{{font-family:{FONT};font-size:11px;{paint.set('fill', 'muted')}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" {paint.frame(WIDTH, HEIGHT)} '
        f'aria-label="{plain(label)}"><style>{style}</style>{"".join(rows)}</svg>'
    )


def _row(name: str, y: int, own: float, points: Sequence[tuple[float, str]], paint: Paint, *, is_percent: bool) -> str:
    parts = [text_element(name, 0, y + 4, css="nn")]
    parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" style="fill:none;{paint.set("stroke", "strong")}"/>')
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        mark = f"{100 * tick:.0f}%" if is_percent else f"{tick:g}"
        parts.append(text_element(mark, _x(tick), y + 20, css="nn", anchor="middle"))
    for value, title in points:
        number = f"{100 * value:.1f}%" if is_percent else decimal(value)
        parts.append(
            f'<circle cx="{_x(value):.1f}" cy="{y}" r="5" style="fill:var(--c4);{paint.set("stroke", "bg")}">'
            f"<title>{plain(f'{title}: {number}')}</title></circle>"
        )
    x = _x(own)
    parts.append(
        f'<path d="M{x:.1f} {y - 8}l7 8l-7 8l-7 -8Z" style="fill:var(--c6);{paint.set("stroke", "bg")}">'
        "<title>as on this page</title></path>"
    )
    return "".join(parts)


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), 1.0)


def choices_table(shown: PairAnalysis, variants: Sequence[Variant]) -> pd.DataFrame:
    """A row for the page's own settings and for each change: C, its percentile, and the words that carry most."""
    rows = [_table_row("as on this page", shown)]
    for variant in variants:
        if variant.error:
            rows.append(
                {"Setting": change_title(variant), "C": None, "% of shuffles below": None, "Source": variant.error}
            )
        rows += [_table_row(change_title(variant), each) for each in variant.analyses if each.end == shown.end]
    return pd.DataFrame(rows)


def _table_row(title: str, analysis: PairAnalysis) -> dict[str, object]:
    words = [", ".join(map(title_text, top_words(side))) for side in (analysis.source, analysis.target)]
    return {
        "Setting": title,
        "C": round(analysis.consistency, 3),
        "% of shuffles below": round(analysis.references.shuffled_percentile, 1),
        "Source": words[0],
        "Translation": words[1],
    }
