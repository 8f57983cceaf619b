"""Figure 2 as an SVG: bars of Pearson's coefficient, ours solid, the paper's outlined.

Colours are explicit and stand on white, so that the picture reads the same on a page of either theme and in print.
"""

from dataclasses import dataclass
from html import escape
from itertools import groupby

from core.report.tables.figure2 import CorrelationFigure
from core.report.tables.scatter import Bar
from core.report.tables.sheet import bounds, set_name
from core.statistics import Coefficient
from core.text.display import display_text
from core.text.numbers import decimal

WIDTH = 800
LEFT, PLOT = 224, 380
TOP, BAR, GAP, HEADING = 66, 15, 9, 26
LONGEST_LABEL = 30
FONT = "&quot;Source Sans 3&quot;,&quot;Source Sans&quot;,&quot;Noto Sans&quot;,system-ui,sans-serif"
TEXT, MUTED, LINE, AXIS, FILL = "#16202E", "#55606F", "#D8DDE4", "#55606F", "#5E8FD0"
TITLE = "Correlation of performance with consistency"
TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True)
class _Row:
    """One bar and its place: `y` is its upper edge."""

    bar: Bar
    ours: bool
    y: float


def figure2_svg(figure: CorrelationFigure) -> str:
    """Return the figure as one `<svg>` element; every name in it is escaped.

    A bar is Pearson's coefficient with the training language among the points, as in the paper; the line through
    its end is the 95% interval over languages, the diamond the coefficient without the training language.
    """
    headings, rows, height = _place(figure)
    bottom = height - 74
    parts = [
        _root(height, rows),
        f'<rect width="{WIDTH}" height="{height}" fill="#FFFFFF"/>',
        _text(TITLE, 16, 24, size=15, weight=600),
        _legend(),
        *(_tick(value, bottom) for value in TICKS),
        *(_text(name, 16, y + 16, size=13, weight=600) for name, y in headings),
        *(_row(row) for row in rows),
        f'<path d="M{_x(0):.1f} {TOP - 8}V{bottom}" stroke="{AXIS}" stroke-width="1.5"/>',
        _text("Pearson’s r across target languages", _x(0), bottom + 34, anchor="middle", fill=MUTED),
        _text(
            "The paper prints no numbers for its figure; its bars here are recomputed from its tables 4 and 5.",
            16,
            bottom + 60,
            fill=MUTED,
        ),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _place(figure: CorrelationFigure) -> tuple[list[tuple[str, float]], list[_Row], int]:
    """Headings with their place, bars with theirs, data set by data set, and the height of the picture."""
    bars = [(bar, True) for bar in figure.ours] + [(bar, False) for bar in figure.paper]
    order = list(dict.fromkeys(set_name(bar) for bar, _ in bars))
    bars.sort(key=lambda entry: order.index(set_name(entry[0])))
    headings, rows, y = [], [], float(TOP)
    for name, members in groupby(bars, key=lambda entry: set_name(entry[0])):
        headings.append((name, y))
        y += HEADING
        for bar, ours in members:
            rows.append(_Row(bar, ours, y))
            y += BAR + GAP
        y += GAP
    return headings, rows, round(y) + 74


def _root(height: int, rows: list[_Row]) -> str:
    spoken = " ".join(f"{_spoken(row)}." for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="ccta-figure2-title ccta-figure2-desc" font-family="{FONT}">\n'
        f'<title id="ccta-figure2-title">{TITLE}</title>\n'
        f'<desc id="ccta-figure2-desc">Bars of Pearson’s r, from -1 to 1. {plain(spoken)}</desc>'
    )


def _legend() -> str:
    y = 38
    box = f'y="{y}" width="22" height="11"'
    return (
        f'<rect x="{LEFT}" {box} fill="{FILL}"/>'
        f'<rect x="{LEFT + 74}" {box} fill="#FFFFFF" stroke="{TEXT}" stroke-width="1.25"/>'
        f'<path d="M{LEFT + 262} {y + 5.5}h22m0 -4v8m-22 -8v8" stroke="{TEXT}" fill="none"/>'
        + _diamond(LEFT + 384, y + 5.5)
        + _text("ours", LEFT + 28, y + 10, fill=MUTED)
        + _text("paper, recomputed", LEFT + 102, y + 10, fill=MUTED)
        + _text("95% interval", LEFT + 290, y + 10, fill=MUTED)
        + _text("without the training language", LEFT + 394, y + 10, fill=MUTED)
    )


def _tick(value: float, bottom: int) -> str:
    x = _x(value)
    return f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{LINE}"/>' + _text(
        decimal(value, 1).replace("-", "−"), x, bottom + 16, anchor="middle", fill=MUTED
    )


def _row(row: _Row) -> str:
    found = row.bar.entry().correlation
    middle = row.y + BAR / 2
    label = display_text(f"{row.bar.trained_on}, {row.bar.model}")
    shown = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
    name = _text(shown, LEFT - 10, middle + 4, anchor="end")
    if isinstance(found, Coefficient):
        picture = _bar(row, found) + _text(_numbers(found), LEFT + PLOT + 14, middle + 4)
    else:
        picture = _text(found.reason, _x(0) + 6, middle + 4, fill=MUTED)
    return f"<g><title>{plain(_spoken(row))}</title>{name}{picture}</g>"


def _bar(row: _Row, found: Coefficient) -> str:
    left, right = sorted((_x(0), _x(found.value)))
    low, high = _x(found.low), _x(found.high)
    middle = row.y + BAR / 2
    paint = f'fill="{FILL}"' if row.ours else f'fill="#FFFFFF" stroke="{TEXT}" stroke-width="1.25"'
    parts = [
        f'<rect x="{left:.1f}" y="{row.y:.1f}" width="{right - left:.1f}" height="{BAR}" {paint}/>',
        f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 4:.1f}v8M{high:.1f} {middle - 4:.1f}v8" '
        f'stroke="{TEXT}" fill="none"/>',
    ]
    without = row.bar.entry(diagonal=False).correlation
    if isinstance(without, Coefficient):
        parts.append(_diamond(_x(without.value), middle))
    return "".join(parts)


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="#FFFFFF" stroke="{TEXT}" stroke-width="1.25"/>'


def _numbers(found: Coefficient) -> str:
    return f"{decimal(found.value, 2)} {bounds(found.low, found.high, 2)}, n = {found.n}".replace("-", "−")


def _spoken(row: _Row) -> str:
    found = row.bar.entry().correlation
    whose = "ours" if row.ours else "the paper’s"
    value = _numbers(found) if isinstance(found, Coefficient) else found.reason.rstrip(".")
    return f"{set_name(row.bar)}, {row.bar.model}, trained on {row.bar.trained_on}, {whose}: {value}"


def _x(value: float) -> float:
    return LEFT + PLOT * (value + 1) / 2


def _text(
    text: str, x: float, y: float, *, size: int = 12, weight: int = 400, anchor: str = "start", fill: str = TEXT
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{plain(text)}</text>'
    )


def plain(text: str) -> str:
    """Any text as XML content; control characters and direction marks are spelt out."""
    return escape(display_text(text), quote=True)
