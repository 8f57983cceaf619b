"""The coefficients of one checkpoint: performance with C, with C given equal importance, and with the references of C.

C of equal importance depends on the texts and the space alone: no model enters. Where it correlates with performance
as strongly as C does, only the partial correlation says whether C adds to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.report.tables.sources import Quantity, RowKind, RowValues, Wanted
from core.statistics import (
    Correlation,
    ExampleGrid,
    Resamples,
    Undefined,
    correlate,
    correlate_languages,
    correlation_over_examples,
    resample,
)
from core.statistics.correlation import KINDS, CoefficientKind

Array = npt.NDArray[np.float64]
Measure = Literal["consistency", "partial", "minus_shuffled", "uniform"]
BESIDE: tuple[Measure, ...] = ("partial", "minus_shuffled", "uniform")
# In the order in which they are printed: without the training language first, whose C is 1 by definition.
LINES: tuple[tuple[Measure, bool], ...] = (
    ("consistency", False),
    *((measure, False) for measure in BESIDE),
    ("consistency", True),
)
NAMES: Mapping[Measure, str] = {
    "consistency": "C",
    "partial": "C given equal importance",
    "minus_shuffled": "C minus shuffled",
    "uniform": "equal importance",
}
_REFERENCE: Mapping[Measure, Quantity] = {"partial": "uniform", "minus_shuffled": "shuffled", "uniform": "uniform"}
_IMPORTANCE: Mapping[Quantity, str] = {"uniform": "equal", "shuffled": "shuffled"}


@dataclass(frozen=True)
class Entry:
    """One coefficient of a bar.

    `diagonal` says whether the training language itself is among the points. `over_examples` is the 95% interval
    if other examples had been drawn; None where single examples are not known. `measure` is what performance is
    correlated with: C; C given equal importance (partial correlation); C minus shuffled; or equal importance alone.
    """

    kind: CoefficientKind
    diagonal: bool
    correlation: Correlation
    over_examples: tuple[float, float] | None = None
    measure: Measure = "consistency"


@dataclass(frozen=True)
class Coefficients:
    """All coefficients of one checkpoint.

    Attributes
    ----------
    entries : of C, as the paper has them: Pearson and Spearman, each with and without the training language.
    beside : of `BESIDE`, Pearson and Spearman each, all without the training language.
    """

    entries: tuple[Entry, ...]
    beside: tuple[Entry, ...]

    def entry(
        self, kind: CoefficientKind = "pearson", *, diagonal: bool = False, measure: Measure = "consistency"
    ) -> Entry:
        return next(
            entry
            for entry in (*self.entries, *self.beside)
            if (entry.kind, entry.diagonal, entry.measure) == (kind, diagonal, measure)
        )


@dataclass(frozen=True)
class Grids:
    """Resampled together: C with 1 on the diagonal, performance, and what is known of `uniform` and of C - shuffled."""

    consistency: Resamples
    performance: Resamples
    uniform: Resamples | None
    minus_shuffled: Resamples | None


def resample_with_references(
    consistency: ExampleGrid,
    performance: ExampleGrid,
    references: Mapping[Quantity, ExampleGrid | None],
    *,
    n_resamples: int,
    seed: int,
) -> Grids:
    """Resample parallel grids and the `references` of C together."""

    def of(grid: ExampleGrid) -> Resamples:
        return resample(grid, n_resamples=n_resamples, seed=seed)

    uniform, shuffled = references["uniform"], references["shuffled"]
    return Grids(
        of(consistency),
        of(performance),
        None if uniform is None else of(uniform),
        None if shuffled is None else of(consistency.minus(shuffled)),
    )


def read_references(
    row_values: RowValues, consistency: ExampleGrid, data_set: str, part: str | None, rows: RowKind
) -> dict[Quantity, ExampleGrid | None]:
    """Return C of equal and of shuffled importance over the cells and examples of C; None where some are lacking."""
    axes = consistency.axes
    references: dict[Quantity, ExampleGrid | None] = {}
    for quantity in _IMPORTANCE:
        grid = row_values(Wanted(data_set, quantity, rows, part))
        covers = (
            grid is not None
            and set(axes.rows) <= set(grid.axes.rows)
            and set(axes.columns) <= set(grid.axes.columns)
            and np.isin(consistency.examples, grid.examples).all()
        )
        chosen = grid.select(axes.rows, axes.columns).restricted_to(consistency.examples) if grid and covers else None
        references[quantity] = None if chosen is None or np.isnan(chosen.values).all() else chosen
    return references


def stored_coefficients(grids: Grids, label: str) -> Coefficients:
    """Correlate the means of one row, with both intervals."""
    x, y = grids.consistency, grids.performance

    def entry(
        grid: Resamples,
        kind: CoefficientKind,
        measure: Measure,
        *,
        diagonal: bool = False,
        given: Resamples | None = None,
    ) -> Entry:
        correlation = correlate_languages(grid, y, label, kind, diagonal=diagonal, given=given)
        over_examples = correlation_over_examples(grid, y, label, kind, diagonal=diagonal, given=given)
        return Entry(kind, diagonal, correlation, over_examples, measure)

    def beside(kind: CoefficientKind, measure: Measure) -> Entry:
        grid = grids.minus_shuffled if measure == "minus_shuffled" else grids.uniform
        if grid is None:
            reason = f"No C with {_IMPORTANCE[_REFERENCE[measure]]} importance is stored."
            return Entry(kind, False, Undefined(0, reason), None, measure)
        return entry(x, kind, measure, given=grid) if measure == "partial" else entry(grid, kind, measure)

    return Coefficients(
        tuple(entry(x, kind, "consistency", diagonal=diagonal) for kind in KINDS for diagonal in (True, False)),
        tuple(beside(kind, measure) for measure in BESIDE for kind in KINDS),
    )


def printed_coefficients(consistency: Array, performance: Array, others: npt.NDArray[np.bool_]) -> Coefficients:
    """Correlate printed means (language,); `others` is False for the training language. No reference is printed."""

    def absent(kind: CoefficientKind, measure: Measure) -> Entry:
        reason = f"The paper prints no C with {_IMPORTANCE[_REFERENCE[measure]]} importance."
        return Entry(kind, False, Undefined(0, reason), None, measure)

    return Coefficients(
        tuple(
            Entry(kind, diagonal, correlate(consistency[others | diagonal], performance[others | diagonal], kind))
            for kind in KINDS
            for diagonal in (True, False)
        ),
        tuple(absent(kind, measure) for measure in BESIDE for kind in KINDS),
    )
