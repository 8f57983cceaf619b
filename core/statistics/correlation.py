"""Do languages with high consistency have high performance? Coefficients over few languages, with intervals.

Two questions, two intervals. *Other languages*: the 5 to 13 languages are a sample, and the coefficient's interval
is wide (Fisher's z). *Other sentences*: these languages are what is asked about, and the examples are the sample
(bootstrap). Resampling languages was not taken: of five, most resamples repeat so many that the coefficient jumps.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from core.errors import DataError
from core.statistics.intervals import Z, percentile_interval
from core.statistics.resampling import Resamples

Array = npt.NDArray[np.float64]
CoefficientKind = Literal["pearson", "spearman"]
KINDS: tuple[CoefficientKind, CoefficientKind] = ("pearson", "spearman")
FEWEST = 4
"""Below four points Fisher's z has no standard error, and a coefficient says nothing."""
ROUNDING = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """A correlation coefficient over `n` languages, with the 95% interval that other languages would leave open."""

    kind: CoefficientKind
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Undefined:
    """Why there is no coefficient and no line: a sentence for the reader, and the number of points."""

    n: int
    reason: str


Correlation = Coefficient | Undefined


def correlate(x: npt.ArrayLike, y: npt.ArrayLike, kind: CoefficientKind = "pearson") -> Correlation:
    """Return the correlation of two values a language; languages where either is NaN are left out.

    The interval is Fisher's: tanh(atanh(r) ± 1.96 s), s^2 = 1 / (n - 3) for Pearson, (1 + r^2 / 2) / (n - 3) for
    Spearman (Bonett and Wright 2000). A Spearman of ±1 has no finite z: half the step to the next possible value
    is taken off before, and the interval ends at ±1.

    Parameters
    ----------
    x, y : (language,)

    Returns
    -------
    Coefficient, or Undefined with fewer than four languages or where one side does not vary.
    """
    first, second = complete_pairs(x, y)
    n = len(first)
    if undefined := why_undefined(first, second):
        return undefined
    test = stats.pearsonr if kind == "pearson" else stats.spearmanr
    value = float(test(first, second).statistic)
    if abs(value) > 1 - ROUNDING:  # a perfect coefficient is often computed as 0.9999999999999999
        value = float(np.sign(value))
    low, high = _fisher_interval(value, n, kind)
    return Coefficient(kind, value, low, high, n)


def complete_pairs(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    """Return both (point,) without the points where one is NaN. Raises DataError where the lengths differ."""
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise DataError(f"Two values a language are needed, not shapes {first.shape} and {second.shape}.")
    known = ~(np.isnan(first) | np.isnan(second))
    return first[known], second[known]


def why_undefined(x: Array, y: Array) -> Undefined | None:
    """Return the reason why complete pairs have no coefficient, or None."""
    n = len(x)
    if n < FEWEST:
        return Undefined(n, f"Too few languages for a correlation ({n}).")
    if any(_constant(side) for side in (x, y)):
        return Undefined(n, f"All {n} languages have the same value: there is nothing to correlate.")
    return None


def _constant(values: Array) -> bool:
    """True where values differ by rounding only."""
    return bool(np.ptp(values) <= ROUNDING * max(1.0, float(np.abs(values).max())))


def _fisher_interval(value: float, n: int, kind: CoefficientKind) -> tuple[float, float]:
    if kind == "pearson":
        if abs(value) == 1.0:
            return value, value
        centre, error = np.arctanh(value), 1 / np.sqrt(n - 3)
        return float(np.tanh(centre - Z * error)), float(np.tanh(centre + Z * error))
    # Without ties Spearman's coefficient moves in steps of 12 / (n^3 - n).
    inside = float(np.clip(value, -1 + 6 / (n**3 - n), 1 - 6 / (n**3 - n)))
    centre, error = np.arctanh(inside), np.sqrt((1 + inside**2 / 2) / (n - 3))
    low, high = float(np.tanh(centre - Z * error)), float(np.tanh(centre + Z * error))
    return (-1.0 if value == -1.0 else low), (1.0 if value == 1.0 else high)


def correlate_languages(
    consistency: Resamples,
    performance: Resamples,
    row: str,
    kind: CoefficientKind = "pearson",
    *,
    diagonal: bool = True,
) -> Correlation:
    """Correlate performance with consistency across the languages one row was evaluated on.

    Raises
    ------
    DataError : a grid has no such row, or the columns differ.
    """
    x, y = _of_row(consistency, performance, row, diagonal=diagonal)
    return correlate(consistency.mean[x], performance.mean[y], kind)


def correlation_over_examples(
    consistency: Resamples,
    performance: Resamples,
    row: str,
    kind: CoefficientKind = "pearson",
    *,
    diagonal: bool = True,
) -> tuple[float, float] | None:
    """Return the 95% interval of the coefficient if other examples had been drawn, the languages kept.

    Both grids must have been resampled together. None where the coefficient is undefined.

    Raises
    ------
    DataError : the grids were not resampled together, a grid has no such row, or the columns differ.
    """
    consistency.drawn_with(performance)
    if isinstance(correlate_languages(consistency, performance, row, kind, diagonal=diagonal), Undefined):
        return None
    x, y = _of_row(consistency, performance, row, diagonal=diagonal)
    first, second = consistency.replicates[:, *x], performance.replicates[:, *y]
    known = ~np.isnan(consistency.mean[x] + performance.mean[y])
    low, high = percentile_interval(_pearson_of_rows(first[:, known], second[:, known], ranks=kind == "spearman"))
    return float(low), float(high)


def _of_row(
    consistency: Resamples, performance: Resamples, row: str, *, diagonal: bool
) -> tuple[tuple[int, npt.NDArray[np.intp]], tuple[int, npt.NDArray[np.intp]]]:
    """Return where the cells of `row` that count are in either grid."""
    if consistency.axes.columns != performance.axes.columns:
        raise DataError("Consistency and performance must be over the same languages, in the same order.")
    if row not in consistency.axes.rows or row not in performance.axes.rows:
        raise DataError(f"There is no row {row!r} in both grids: choose one of {', '.join(consistency.axes.rows)}.")
    i, k = consistency.axes.rows.index(row), performance.axes.rows.index(row)
    own = consistency.axes.diagonal[i]
    columns = np.flatnonzero(np.ones_like(own) if diagonal else ~own)
    return (i, columns), (k, columns)


def _pearson_of_rows(x: Array, y: Array, *, ranks: bool) -> Array:
    """Coefficient of each row of two (resample, language) arrays; NaN where one side does not vary."""
    if ranks:
        x, y = stats.rankdata(x, axis=1), stats.rankdata(y, axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(scale > 0, (x * y).sum(axis=1) / np.where(scale > 0, scale, 1.0), np.nan)
