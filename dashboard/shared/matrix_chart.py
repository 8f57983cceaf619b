"""The matrix of a long text as a chart with zoom and pan; it is drawn on demand, since Plotly is slow to start."""

import streamlit as st

from core.results import PairAnalysis
from dashboard.figures.matrix.cells import MatrixKind
from dashboard.shared.style import chart_theme


def draw_matrix_chart(analysis: PairAnalysis, kind: MatrixKind, *, alt: str, key: str) -> None:
    """Draw the whole matrix of a long text.

    Parameters
    ----------
    alt : what a screen reader says of the chart. key : of the widget, without kind and theme.
    """
    # Imported here: most visits need no Plotly.
    from dashboard.figures.matrix.chart import PLOTLY_CONFIG, matrix_figure

    theme = chart_theme()
    figure = matrix_figure(analysis, kind, theme=theme)
    with st.container(key=f"scroll-{key}"):
        st.plotly_chart(
            figure,
            width=int(figure.layout.width),
            theme=None,
            config=PLOTLY_CONFIG,
            alt=alt,
            key=f"{key}-{kind}-{theme}",
        )
