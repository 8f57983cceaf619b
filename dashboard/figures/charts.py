"""What all Altair charts share."""

from typing import Any

import altair as alt

SMALLEST_TEXT = 11  # px, as everywhere on the pages
PADDING = 2  # px above and below


def framed(layers: list[Any], height: float) -> alt.LayerChart:
    """Lay charts over each other: as wide as the container, `height` px high, transparent, without a frame.

    Vega-Lite sizes an axis by its container; a step would fix the width. Streamlit's own padding below a chart is
    20 px, and it writes into what is given here.
    """
    # In one call: every method of a chart copies the whole of it.
    return alt.LayerChart(
        layer=layers,
        width="container",
        height=round(height),
        background="transparent",
        padding={"left": 0, "right": 2, "top": PADDING, "bottom": PADDING},
        config=alt.Config(
            view=alt.ViewConfig(strokeWidth=0), axis=alt.AxisConfig(labelFontSize=SMALLEST_TEXT, titleFontSize=12)
        ),
    )
