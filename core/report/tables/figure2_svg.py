"""Figure 2 as an SVG: bars of Pearson's coefficient, ours solid, the paper's outlined.

For a file the colours are explicit and on white, so that the picture is the same on a page of either theme and in
print. On a page it is narrow, takes the page's colours, and leaves title, legend and numbers to the page.
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

BAR, GAP, HEADING, BELOW = 15, 9, 26, 74
FONT = "&quot;Source Sans 3&quot;,&quot;Source Sans&quot;,&quot;Noto Sans&quot;,system-ui,sans-serif"
TITLE = "Correlation of performance with consistency"
TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Figure2Style:
    """Sizes in px and colours of the picture.

    Attributes
    ----------
    left, plot : where the axis begins, and how long it is. top : where the bars begin. below : room under them.
    label_letters : the most letters of a bar’s label.
    complete : with title, legend, axis title, note, and the numbers of every bar, as a file needs it.
    """

    width: int
    left: int
    plot: int
    top: int
    below: int
    label_letters: int
    complete: bool
    text: str
    muted: str
    line: str
    ours: str
    ground: str

    def x(self, value: float) -> float:
        """Where a coefficient is on the axis."""
        return self.left + self.plot * (value + 1) / 2


FILE = Figure2Style(
    width=800,
    left=224,
    plot=380,
    top=66,
    below=BELOW,
    label_letters=30,
    complete=True,
    text="#16202E",
    muted="#55606F",
    line="#D8DDE4",
    ours="#5E8FD0",
    ground="#FFFFFF",
)
PAGE = Figure2Style(
    width=316,
    left=128,
    plot=174,
    top=4,
    below=24,
    label_letters=20,
    complete=False,
    text="var(--text)",
    muted="var(--muted)",
    line="var(--border)",
    ours="color-mix(in srgb,var(--accent) 55%,var(--bg))",
    ground="var(--bg)",
)


@dataclass(frozen=True)
class _Row:
    """One bar and its place: `y` is its upper edge."""

    bar: Bar
    ours: bool
    y: float


def figure2_svg(figure: CorrelationFigure, style: Figure2Style = FILE, *, diagonal: bool = False) -> str:
    """Return the figure as one `<svg>` element; every name in it is escaped.

    A bar is Pearson's coefficient; the line through its end is the 95% interval over languages.

    Parameters
    ----------
    diagonal : whether the training language is among the points, as in the paper. If the picture is complete, a
        diamond is the coefficient of the other case.
    """
    headings, rows, height = _place(figure, style)
    bottom = height - style.below
    parts = [
        _root(height, rows, style, diagonal=diagonal),
        f'<rect width="{style.width}" height="{height}" fill="{style.ground}"/>',
        *(_file_head(style, diagonal=diagonal) if style.complete else ()),
        *(_tick(value, bottom, style) for value in TICKS),
        *(_text(style, name, 16 if style.complete else 0, y + 16, size=13, weight=600) for name, y in headings),
        *(_row(row, style, diagonal=diagonal) for row in rows),
        f'<path d="M{style.x(0):.1f} {style.top - (8 if style.complete else 0)}V{bottom}" '
        f'stroke="{style.muted}" stroke-width="1.5"/>',
        *(_file_foot(style, bottom) if style.complete else ()),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _place(figure: CorrelationFigure, style: Figure2Style) -> tuple[list[tuple[str, float]], list[_Row], int]:
    """Headings with their place, bars with theirs, data set by data set, and the height of the picture."""
    bars = [(bar, True) for bar in figure.ours] + [(bar, False) for bar in figure.paper]
    order = list(dict.fromkeys(set_name(bar) for bar, _ in bars))
    bars.sort(key=lambda entry: order.index(set_name(entry[0])))
    headings, rows, y = [], [], float(style.top)
    for name, members in groupby(bars, key=lambda entry: set_name(entry[0])):
        headings.append((name, y))
        y += HEADING
        for bar, ours in members:
            rows.append(_Row(bar, ours, y))
            y += BAR + GAP
        y += GAP
    return headings, rows, round(y) + style.below


def _root(height: int, rows: list[_Row], style: Figure2Style, *, diagonal: bool) -> str:
    spoken = " ".join(f"{_spoken(row, diagonal=diagonal)}." for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {style.width} {height}" width="{style.width}" '
        f'height="{height}" role="img" aria-labelledby="ccta-figure2-title ccta-figure2-desc" font-family="{FONT}">\n'
        f'<title id="ccta-figure2-title">{TITLE}</title>\n'
        f'<desc id="ccta-figure2-desc">Bars of Pearson’s r, from -1 to 1. {plain(spoken)}</desc>'
    )


def _file_head(style: Figure2Style, *, diagonal: bool) -> tuple[str, str]:
    whose = "with" if diagonal else "without"
    title = f"{TITLE}, {whose} the training language"
    return _text(style, title, 16, 24, size=15, weight=600), _legend(style, diagonal=diagonal)


def _file_foot(style: Figure2Style, bottom: float) -> tuple[str, str]:
    axis = "Pearson’s r across target languages"
    note = "The paper prints no numbers for its figure; its bars here are recomputed from its tables 4 and 5."
    return (
        _text(style, axis, style.x(0), bottom + 34, anchor="middle", fill=style.muted),
        _text(style, note, 16, bottom + 60, fill=style.muted),
    )


def _legend(style: Figure2Style, *, diagonal: bool) -> str:
    left, y = style.left, 38
    box = f'y="{y}" width="22" height="11"'
    other = "without the training language" if diagonal else "with it, as in the paper"
    words = ("ours", 28), ("paper, recomputed", 102), ("95% interval", 290), (other, 394)
    return (
        f'<rect x="{left}" {box} fill="{style.ours}"/>'
        f'<rect x="{left + 74}" {box} fill="{style.ground}" stroke="{style.text}" stroke-width="1.25"/>'
        f'<path d="M{left + 262} {y + 5.5}h22m0 -4v8m-22 -8v8" stroke="{style.text}" fill="none"/>'
        + _diamond(style, left + 384, y + 5.5)
        + "".join(_text(style, text, left + x, y + 10, fill=style.muted) for text, x in words)
    )


def _tick(value: float, bottom: float, style: Figure2Style) -> str:
    x = style.x(value)
    return f'<path d="M{x:.1f} {style.top}V{bottom}" stroke="{style.line}"/>' + _text(
        style, decimal(value, 1).replace("-", "−"), x, bottom + 16, anchor="middle", fill=style.muted
    )


def _row(row: _Row, style: Figure2Style, *, diagonal: bool) -> str:
    correlation = row.bar.entry(diagonal=diagonal).correlation
    middle = row.y + BAR / 2
    label = display_text(f"{row.bar.trained_on}, {row.bar.model}")
    shown = label if len(label) <= style.label_letters else label[: style.label_letters - 1] + "…"
    name = _text(style, shown, style.left - 10, middle + 4, anchor="end")
    if isinstance(correlation, Coefficient):
        picture = _bar(row, correlation, style, diagonal=diagonal)
        if style.complete:
            picture += _text(style, _numbers(correlation), style.left + style.plot + 14, middle + 4)
    else:
        picture = _text(style, correlation.reason, style.x(0) + 6, middle + 4, fill=style.muted)
    return f"<g><title>{plain(_spoken(row, diagonal=diagonal))}</title>{name}{picture}</g>"


def _bar(row: _Row, correlation: Coefficient, style: Figure2Style, *, diagonal: bool) -> str:
    left, right = sorted((style.x(0), style.x(correlation.value)))
    low, high = style.x(correlation.low), style.x(correlation.high)
    middle = row.y + BAR / 2
    outline = f'fill="{style.ground}" stroke="{style.text}" stroke-width="1.25"'
    paint = f'fill="{style.ours}"' if row.ours else outline
    parts = [
        f'<rect x="{left:.1f}" y="{row.y:.1f}" width="{right - left:.1f}" height="{BAR}" {paint}/>',
        f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 4:.1f}v8M{high:.1f} {middle - 4:.1f}v8" '
        f'stroke="{style.text}" fill="none"/>',
    ]
    other = row.bar.entry(diagonal=not diagonal).correlation
    if style.complete and isinstance(other, Coefficient):
        parts.append(_diamond(style, style.x(other.value), middle))
    return "".join(parts)


def _diamond(style: Figure2Style, x: float, y: float) -> str:
    paint = f'fill="{style.ground}" stroke="{style.text}" stroke-width="1.25"'
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" {paint}/>'


def _numbers(correlation: Coefficient) -> str:
    interval = bounds(correlation.low, correlation.high, 2)
    return f"{decimal(correlation.value, 2)} {interval}, n = {correlation.n}".replace("-", "−")


def _spoken(row: _Row, *, diagonal: bool) -> str:
    correlation = row.bar.entry(diagonal=diagonal).correlation
    whose = "ours" if row.ours else "the paper’s"
    value = _numbers(correlation) if isinstance(correlation, Coefficient) else correlation.reason.rstrip(".")
    return f"{set_name(row.bar)}, {row.bar.model}, trained on {row.bar.trained_on}, {whose}: {value}"


def _text(
    style: Figure2Style,
    text: str,
    x: float,
    y: float,
    *,
    size: int = 12,
    weight: int = 400,
    anchor: str = "start",
    fill: str = "",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill or style.text}">{plain(text)}</text>'
    )


def plain(text: str) -> str:
    """Any text as XML content; control characters and direction marks are spelt out."""
    return escape(display_text(text), quote=True)
