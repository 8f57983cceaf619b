"""Pure functions from results to pictures and words; none needs Streamlit.

For a notebook: `flow_picture(analysis)`, `matrix_picture(analysis, kind)`, `heatmaps(analysis)` and
`consistency_scale(analysis)` return a `Picture`, which a notebook shows and `save` writes.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.figures.notebook import Picture, consistency_scale, flow_picture, heatmaps, matrix_picture

__all__ = ["Picture", "consistency_scale", "flow_picture", "heatmaps", "matrix_picture"]


def __getattr__(name: str) -> Any:
    # Imported on first use: every module of the dashboard imports this package.
    if name in __all__:
        from dashboard.figures import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
