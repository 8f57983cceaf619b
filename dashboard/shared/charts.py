"""Altair charts on a page: each is built once per set of values, and only the tests validate it against the schema.

Building and validating a chart takes longer than the rest of a rerun (DECISIONS 21).
"""

from collections.abc import Callable
from typing import Any, Literal

import altair as alt
import streamlit as st

MOST_CHARTS = 256

OnSelect = Literal["rerun", "ignore"] | Callable[[], None]


def show_chart(
    draw: Callable[..., alt.LayerChart],
    *arguments: Any,
    key: str,
    alt: str,
    on_select: OnSelect = "ignore",
    selection: str | None = None,
    **options: Any,
) -> Any:
    """Show `draw(*arguments, **options)`; the values are hashed, so they are plain, frozen, or tables.

    Parameters
    ----------
    key, on_select : as `st.vega_lite_chart` takes them. alt : the description for screen readers.
    selection : the name of the chart's selection parameter.

    Returns
    -------
    The chart's selection if `on_select` is "rerun".
    """
    spec = _spec(f"{draw.__module__}.{draw.__qualname__}", arguments, options, _draw=draw)
    if on_select == "ignore":
        return st.vega_lite_chart(spec=spec, key=key, alt=alt)
    return st.vega_lite_chart(spec=spec, key=key, alt=alt, on_select=on_select, selection_mode=selection)


@st.cache_data(show_spinner=False, max_entries=MOST_CHARTS)
def _spec(
    name: str, arguments: tuple[Any, ...], options: dict[str, Any], *, _draw: Callable[..., alt.LayerChart]
) -> dict[str, Any]:
    return _draw(*arguments, **options).to_dict(validate=False)
