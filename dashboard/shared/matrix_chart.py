"""The matrix on a page: a still picture, or for a long text the one chart that Plotly draws.

A browser evaluates Plotly for about a second in which it paints nothing (DECISIONS 23). So the first chart of a visit
is sent after everything else, and after a pause in which the browser can paint that.
"""

from time import sleep

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.results import PairAnalysis
from dashboard.figures.colours import Theme
from dashboard.figures.matrix.cells import MatrixKind, fits_still_picture
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.shared.picture import picture
from dashboard.shared.style import chart_theme

PAINT_SECONDS = 0.8

_READ = "plotly-read"


class MatrixChart:
    """The matrix of a pair. A still picture is drawn at once; a chart keeps its place until `draw` is called.

    Parameters
    ----------
    analysis : the pair. kind : which matrix.
    alt : what a screen reader says of the chart; the picture says it by itself.
    key : of the widget, without kind and theme.
    """

    def __init__(self, analysis: PairAnalysis, kind: MatrixKind, *, alt: str, key: str) -> None:
        self._analysis, self._kind, self._alt, self._key = analysis, kind, alt, key
        self._place: DeltaGenerator | None = None
        if fits_still_picture(analysis):
            picture(matrix_svg(analysis, kind, identity=key), key=key)
            return
        with st.container(key=f"scroll-{key}"):
            self._place = st.empty()

    def draw(self) -> None:
        """Fill the chart's place, to be called when the rest of the page is drawn."""
        if self._place is not None:
            self._draw_chart(self._place, chart_theme())

    def _draw_chart(self, place: DeltaGenerator, theme: Theme) -> None:
        # Imported here: most visits need no Plotly.
        from dashboard.figures.matrix.chart import PLOTLY_CONFIG, matrix_figure

        figure = matrix_figure(self._analysis, self._kind, theme=theme)
        if _READ not in st.session_state:
            place.html(f'<div style="height:{int(figure.layout.height)}px"></div>')
            sleep(PAINT_SECONDS)
            st.session_state[_READ] = True
        place.plotly_chart(
            figure,
            width=int(figure.layout.width),
            theme=None,
            config=PLOTLY_CONFIG,
            alt=self._alt,
            key=f"{self._key}-{self._kind}-{theme}",
        )
