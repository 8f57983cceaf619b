"""Figure 2: does performance rise with consistency across target languages?

The paper prints the figure without numbers. Its tables 4 and 5 hold both values for one model on PAWS-X, so that
those bars are recomputed; the others of the paper stay unknown.
"""

from dataclasses import dataclass

from core.report.tables.scatter import Bar, build_scatters, paper_scatters
from core.report.tables.sources import RowKind, RowValues, nothing_computed

SETS: tuple[tuple[str, str | None], ...] = (("xnli", None), ("paws-x", None), ("xquad", "start"), ("xquad", "end"))
GRID = "paws-x"


@dataclass(frozen=True)
class CorrelationFigure:
    """The bars of figure 2.

    Attributes
    ----------
    ours : every checkpoint and data set that was run.
    paper : PAWS-X, one bar a training language, recomputed from the paper's tables 4 and 5.
    by_language : ours on PAWS-X for one model, one bar a training language, to compare with `paper`.
    """

    ours: tuple[Bar, ...]
    paper: tuple[Bar, ...]
    by_language: tuple[Bar, ...]


def build_figure2(
    row_values: RowValues = nothing_computed, *, n_resamples: int = 1000, seed: int = 0
) -> CorrelationFigure:
    """Return the figure with what `row_values` has for it."""

    def bars(data_set: str, part: str | None, rows: RowKind) -> tuple[Bar, ...]:
        return _our_bars(row_values, data_set, part, rows, n_resamples=n_resamples, seed=seed)

    return CorrelationFigure(
        ours=tuple(bar for data_set, part in SETS for bar in bars(data_set, part, "checkpoints")),
        paper=paper_bars(),
        by_language=bars(GRID, None, "languages"),
    )


def paper_bars() -> tuple[Bar, ...]:
    """Correlate the rows of the paper's table 4 (accuracy) with those of table 5 (consistency)."""
    return tuple(scatter.bar() for scatter in paper_scatters())


def _our_bars(
    row_values: RowValues, data_set: str, part: str | None, rows: RowKind, *, n_resamples: int, seed: int
) -> tuple[Bar, ...]:
    scatters = build_scatters(row_values, data_set, part, rows=rows, n_resamples=n_resamples, seed=seed)
    return tuple(scatter.bar() for scatter in scatters)
