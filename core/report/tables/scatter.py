"""One checkpoint's languages as points: consistency on x, performance on y, with coefficients and a fitted line."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.report.paper import paper_table
from core.report.tables.coefficients import (
    Coefficients,
    Entry,
    Grids,
    Measure,
    printed_coefficients,
    read_references,
    resample_with_references,
    stored_coefficients,
)
from core.report.tables.sources import Quantity, RowKind, RowValues, Wanted
from core.statistics import LinearFit, Undefined, fit_line, parallel, shared_cells
from core.statistics.correlation import CoefficientKind

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bar:
    """The correlation of one checkpoint on one data set: Pearson and Spearman, each with and without the diagonal.

    `quantity` is the performance that C is correlated with.
    """

    data_set: str
    part: str | None
    model: str
    trained_on: str
    coefficients: Coefficients
    quantity: Quantity = "performance"

    def entry(
        self, kind: CoefficientKind = "pearson", *, diagonal: bool = False, measure: Measure = "consistency"
    ) -> Entry:
        return self.coefficients.entry(kind, diagonal=diagonal, measure=measure)


@dataclass(frozen=True)
class Scatter:
    """The languages a checkpoint was evaluated on.

    Attributes
    ----------
    data_set, part, model, trained_on, quantity : as in `Bar`; `model` is the row's label.
    languages : (point,) codes.
    consistency, performance : (point,) means. consistency_interval, performance_interval : (point, 2) 95%, NaN where
        single examples are not known.
    n : (point,) examples behind each; 0 where they are not known.
    coefficients : as in `Bar`.
    fit, fit_off_diagonal : lines with and without the training language among the points.
    """

    data_set: str
    part: str | None
    model: str
    trained_on: str
    languages: tuple[str, ...]
    consistency: Array
    consistency_interval: Array
    performance: Array
    performance_interval: Array
    n: npt.NDArray[np.int64]
    coefficients: Coefficients
    fit: LinearFit | Undefined
    fit_off_diagonal: LinearFit | Undefined
    quantity: Quantity = "performance"

    def entry(
        self, kind: CoefficientKind = "pearson", *, diagonal: bool = False, measure: Measure = "consistency"
    ) -> Entry:
        return self.coefficients.entry(kind, diagonal=diagonal, measure=measure)

    def line(self, *, diagonal: bool) -> LinearFit | Undefined:
        return self.fit if diagonal else self.fit_off_diagonal

    def bar(self, *, model: str = "") -> Bar:
        """The same as a bar of figure 2; `model`: under another name than the row's label."""
        return Bar(self.data_set, self.part, model or self.model, self.trained_on, self.coefficients, self.quantity)


def build_scatters(
    row_values: RowValues,
    data_set: str,
    part: str | None = None,
    *,
    quantity: Quantity = "performance",
    rows: RowKind = "languages",
    n_resamples: int = 1000,
    seed: int = 0,
) -> tuple[Scatter, ...]:
    """Return the points of every row of a grid; none where consistency or performance is not stored.

    Parameters
    ----------
    quantity : `performance`, or `exact_match` for `xquad`.
    """
    consistency = row_values(Wanted(data_set, "consistency", rows, part))
    performance = row_values(Wanted(data_set, quantity, rows, part))
    if consistency is None or performance is None:
        return ()
    x, y = parallel(*shared_cells(consistency.with_own_consistency(), performance))
    references = read_references(row_values, x, data_set, part, rows)
    grids = resample_with_references(x, y, references, n_resamples=n_resamples, seed=seed)
    return tuple(_scatter(data_set, part, label, grids, quantity) for label in x.axes.rows)


def _scatter(data_set: str, part: str | None, label: str, grids: Grids, quantity: Quantity) -> Scatter:
    x, y = grids.consistency, grids.performance
    i = x.axes.rows.index(label)
    others = ~x.axes.diagonal[i]
    return Scatter(
        data_set=data_set,
        part=part,
        model=label,
        trained_on=x.axes.trained_on[i],
        languages=x.axes.columns,
        consistency=x.mean[i],
        consistency_interval=x.interval[i],
        performance=y.mean[i],
        performance_interval=y.interval[i],
        n=np.minimum(x.n[i], y.n[i]),
        coefficients=stored_coefficients(grids, label),
        fit=fit_line(x.mean[i], y.mean[i]),
        fit_off_diagonal=fit_line(x.mean[i][others], y.mean[i][others]),
        quantity=quantity,
    )


def paper_scatters() -> tuple[Scatter, ...]:
    """Return the rows of the paper's table 5 (consistency) against those of table 4 (accuracy), on PAWS-X."""
    accuracy, consistency = paper_table("4"), paper_table("5")
    scatters = []
    for i, row in enumerate(consistency.rows):
        x, y = np.array(consistency.values[i]), np.array(accuracy.values[i])
        others = np.array([code != row.trained_on for code in consistency.columns])
        unknown = np.full((len(x), 2), np.nan)
        scatters.append(
            Scatter(
                data_set=consistency.data_set,
                part=None,
                model=row.model,
                trained_on=row.trained_on,
                languages=consistency.columns,
                consistency=x,
                consistency_interval=unknown,
                performance=y,
                performance_interval=unknown,
                n=np.zeros(len(x), dtype=np.int64),
                coefficients=printed_coefficients(x, y, others),
                fit=fit_line(x, y),
                fit_off_diagonal=fit_line(x[others], y[others]),
            )
        )
    return tuple(scatters)
