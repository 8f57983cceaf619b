"""Figure 2: does performance rise with consistency across target languages?

The paper prints the figure without numbers. Its tables 4 and 5 hold both values for one model on PAWS-X, so that
those bars are recomputed; the others of the paper stay unknown.
"""

from dataclasses import dataclass

import numpy as np

from core.paper import paper_table
from core.statistics import (
    Correlation,
    correlate,
    correlate_languages,
    correlation_over_examples,
    parallel,
    resample,
)
from core.statistics.correlation import KINDS, Kind
from core.tables.sources import Rows, RowValues, Wanted, nothing_computed

SETS: tuple[tuple[str, str | None], ...] = (("xnli", None), ("paws-x", None), ("xquad", "start"), ("xquad", "end"))
GRID = "paws-x"


@dataclass(frozen=True)
class Entry:
    """One coefficient of a bar.

    `diagonal` says whether the training language itself is among the points. `over_examples` is the 95% interval
    if other examples had been drawn; None where single examples are not known.
    """

    kind: Kind
    diagonal: bool
    correlation: Correlation
    over_examples: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bar:
    """The correlation of one checkpoint on one data set: Pearson and Spearman, each with and without the diagonal."""

    data_set: str
    part: str | None
    model: str
    trained_on: str
    entries: tuple[Entry, ...]

    def entry(self, kind: Kind = "pearson", *, diagonal: bool = True) -> Entry:
        return next(entry for entry in self.entries if entry.kind == kind and entry.diagonal == diagonal)


@dataclass(frozen=True)
class CorrelationFigure:
    """The bars of figure 2.

    Attributes
    ----------
    ours : every checkpoint and data set that was run.
    paper : PAWS-X, one bar a training language, recomputed from the paper's tables 4 and 5.
    by_language : ours on PAWS-X for one model, one bar a training language, to stand beside `paper`.
    """

    ours: tuple[Bar, ...]
    paper: tuple[Bar, ...]
    by_language: tuple[Bar, ...]


def build_figure2(
    row_values: RowValues = nothing_computed, *, n_resamples: int = 1000, seed: int = 0
) -> CorrelationFigure:
    """Return the figure with what `row_values` has for it."""

    def bars(data_set: str, part: str | None, rows: Rows) -> tuple[Bar, ...]:
        return _our_bars(row_values, data_set, part, rows, n_resamples=n_resamples, seed=seed)

    return CorrelationFigure(
        ours=tuple(bar for data_set, part in SETS for bar in bars(data_set, part, "checkpoints")),
        paper=paper_bars(),
        by_language=bars(GRID, None, "languages"),
    )


def paper_bars() -> tuple[Bar, ...]:
    """Correlate the rows of the paper's table 4 (accuracy) with those of table 5 (consistency)."""
    accuracy, consistency = paper_table("4"), paper_table("5")
    bars = []
    for i, row in enumerate(consistency.rows):
        others = np.array([code != row.trained_on for code in consistency.columns])
        entries = []
        for kind in KINDS:
            for diagonal in (True, False):
                counted = others | diagonal
                found = correlate(consistency.values[i, counted], accuracy.values[i, counted], kind)
                entries.append(Entry(kind, diagonal, found))
        bars.append(Bar(consistency.data_set, None, row.model, row.trained_on, tuple(entries)))
    return tuple(bars)


def _our_bars(
    row_values: RowValues, data_set: str, part: str | None, rows: Rows, *, n_resamples: int, seed: int
) -> tuple[Bar, ...]:
    consistency = row_values(Wanted(data_set, "consistency", rows, part))
    performance = row_values(Wanted(data_set, "performance", rows, part))
    if consistency is None or performance is None:
        return ()
    x, y = (
        resample(grid, n_resamples=n_resamples, seed=seed)
        for grid in parallel(consistency.with_own_consistency(), performance)
    )
    return tuple(
        Bar(
            data_set,
            part,
            label,
            trained_on,
            tuple(
                Entry(
                    kind,
                    diagonal,
                    correlate_languages(x, y, label, kind, diagonal=diagonal),
                    correlation_over_examples(x, y, label, kind, diagonal=diagonal),
                )
                for kind in KINDS
                for diagonal in (True, False)
            ),
        )
        for label, trained_on in zip(x.axes.rows, x.axes.trained_on, strict=True)
        if label in y.axes.rows
    )
