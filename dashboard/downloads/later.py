"""A picture that is drawn when it is asked for."""

from collections.abc import Callable

import altair as alt

from dashboard.figures.colours import Theme


def drawn(
    write: Callable[..., bytes], draw: Callable[[], alt.LayerChart], theme: Theme, width: int
) -> Callable[[], bytes]:
    """Return what a download button calls: draw the chart, and write it with `chart_svg` or `chart_png`."""
    return lambda: write(draw(), theme=theme, width=width)
