"""What all Altair charts share."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.figures.colours import Theme, neutral

SMALLEST_TEXT = 11  # px, as everywhere on the pages
PADDING = 2  # px above and below


def _records(table: pd.DataFrame) -> dict[str, Any]:
    """A table of texts and numbers as Vega-Lite reads it, a missing one as null.

    Altair's own way, which is for tables of any kind, takes longer.
    """
    rows = table.to_dict("records")
    return {"values": [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]}


alt.data_transformers.register("records", _records)
alt.data_transformers.enable("records")


def names_axis(theme: Theme) -> alt.Axis:
    """The axis of a dot plot with a name for each row."""
    return alt.Axis(
        ticks=False,
        domain=False,
        labelPadding=8,
        labelOverlap=False,
        labelBound=False,
        labelFlush=False,
        labelColor=neutral("text", theme),
        labelLimit=200,
    )


def numbers_axis(theme: Theme) -> alt.Axis:
    """The axis of values below a dot plot."""
    return alt.Axis(grid=True, gridColor=neutral("border", theme), domain=False, ticks=False, tickCount=5)


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
