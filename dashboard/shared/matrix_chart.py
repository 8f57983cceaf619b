"""The matrix on a page, the one chart that Plotly draws.

A browser reads Plotly for about a second in which it paints nothing (DECISIONS 23), so the first matrix of a visit is
sent after everything else, and after a moment in which the browser can paint that.
"""

from time import sleep

import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.matrix.chart import PLOTLY_CONFIG

PAINT_SECONDS = 0.8

_READ = "plotly-read"


class MatrixChart:
    """A place for `figure` where it is made; `draw` fills it, to be called when the rest of the page is drawn.

    Parameters
    ----------
    figure : with its width and height in px.
    alt : what a screen reader says. key : Streamlit's.
    """

    def __init__(self, figure: go.Figure, *, alt: str, key: str) -> None:
        self._figure, self._alt, self._key = figure, alt, key
        self._is_first = _READ not in st.session_state
        with st.container(key="scroll-matrix"):
            self._place = st.empty()
        if self._is_first:
            self._place.html(f'<div style="height:{int(figure.layout.height)}px"></div>')

    def draw(self) -> None:
        """Show the chart."""
        if self._is_first:
            sleep(PAINT_SECONDS)
            st.session_state[_READ] = True
        self._place.plotly_chart(
            self._figure,
            width=int(self._figure.layout.width),
            theme=None,
            config=PLOTLY_CONFIG,
            alt=self._alt,
            key=self._key,
        )
