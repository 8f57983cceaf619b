"""Altair charts on a page, each built once for the same values; only the tests check them against Vega-Lite's schema.

Building and checking take longer than all else that a rerun does (DECISIONS 21).
"""

from collections.abc import Callable
from typing import Any, Literal

import altair as alt
import streamlit as st

MOST_CHARTS = 256

OnSelect = Literal["rerun", "ignore"] | Callable[[], None]


def show_chart(
    draw: Callable[..., alt.LayerChart],
    *given: Any,
    key: str,
    alt: str,
    on_select: OnSelect = "ignore",
    selection: str | None = None,
    **named: Any,
) -> Any:
    """Show `draw(*given, **named)`; the values are hashed, so they are plain, frozen, or tables.

    Parameters
    ----------
    key, on_select : as `st.vega_lite_chart` takes them. alt : what a screen reader says.
    selection : the parameter of the chart that selects.

    Returns
    -------
    The chart's selection where `on_select` asks for one.
    """
    spec = _spec(f"{draw.__module__}.{draw.__qualname__}", given, named, _draw=draw)
    if on_select == "ignore":
        return st.vega_lite_chart(spec=spec, key=key, alt=alt)
    return st.vega_lite_chart(spec=spec, key=key, alt=alt, on_select=on_select, selection_mode=selection)


@st.cache_data(show_spinner=False, max_entries=MOST_CHARTS)
def _spec(
    name: str, given: tuple[Any, ...], named: dict[str, Any], *, _draw: Callable[..., alt.LayerChart]
) -> dict[str, Any]:
    return _draw(*given, **named).to_dict(validate=False)
