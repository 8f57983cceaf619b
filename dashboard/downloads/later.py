"""A picture that is drawn when it is asked for."""

from collections.abc import Callable

import altair as alt

from dashboard.downloads.framing import Words
from dashboard.figures.colours import Theme


def drawn(
    write: Callable[..., bytes],
    draw: Callable[[], alt.LayerChart],
    words: Callable[[], Words],
    theme: Theme,
    width: int,
) -> Callable[[], bytes]:
    """Return what a download button calls: draw the chart, and write it and its words with
    `chart_svg` or `chart_png`."""
    return lambda: write(draw(), words(), theme=theme, width=width)
