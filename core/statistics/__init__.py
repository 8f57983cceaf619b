"""Means over examples with their uncertainty, rankings, correlations and orders of languages.

values of single examples -> ExampleGrid -> Resamples (one bootstrap for all cells) -> GridSummary, FirstShares
means of cells -> Coefficient, LinearFit, order of languages
"""

from core.statistics.correlation import (
    Coefficient,
    Correlation,
    Undefined,
    correlate,
    correlate_given,
    correlate_languages,
    correlation_over_examples,
)
from core.statistics.fit import LinearFit, fit_line
from core.statistics.grid import Axes, ExampleGrid, clusters_of_examples, grids_from_frame, parallel, shared_cells
from core.statistics.intervals import Estimate, Means
from core.statistics.ordering import ORDERS, Order, order_by_clustering, order_by_family, order_rows_and_columns
from core.statistics.ranks import FirstShares, first_shares
from core.statistics.resampling import Resamples, estimate_mean, resample
from core.statistics.summary import GridSummary, grand_mean, summarise

__all__ = [
    "ORDERS",
    "Axes",
    "Coefficient",
    "Correlation",
    "Estimate",
    "ExampleGrid",
    "FirstShares",
    "GridSummary",
    "LinearFit",
    "Means",
    "Order",
    "Resamples",
    "Undefined",
    "clusters_of_examples",
    "correlate",
    "correlate_given",
    "correlate_languages",
    "correlation_over_examples",
    "estimate_mean",
    "first_shares",
    "fit_line",
    "grand_mean",
    "grids_from_frame",
    "order_by_clustering",
    "order_by_family",
    "order_rows_and_columns",
    "parallel",
    "resample",
    "shared_cells",
    "summarise",
]
