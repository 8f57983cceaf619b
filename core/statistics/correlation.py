"""Do languages with high consistency have high performance? Correlation over few languages, with two intervals.

*Other languages* (Fisher's z): the 5 to 13 languages are the sample, so the interval is wide. *Other sentences*
(bootstrap): the languages are fixed and the examples are the sample. A bootstrap over languages was rejected: most
resamples of five languages repeat so many of them that the coefficient is unstable.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from core.errors import DataError
from core.results import Array
from core.statistics.intervals import Z, percentile_interval
from core.statistics.resampling import Resamples

CoefficientKind = Literal["pearson", "spearman"]
KINDS: tuple[CoefficientKind, CoefficientKind] = ("pearson", "spearman")
FEWEST = 4
"""With fewer than four points Fisher's z has no standard error."""
ROUNDING = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """A correlation coefficient over `n` languages, with the 95% interval over samples of languages (Fisher's z)."""

    kind: CoefficientKind
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Undefined:
    """Why there is no coefficient and no line: a sentence for the reader, with the number of points."""

    n: int
    reason: str


Correlation = Coefficient | Undefined


def correlate(x: npt.ArrayLike, y: npt.ArrayLike, kind: CoefficientKind = "pearson") -> Correlation:
    """Return the correlation of two values per language; languages where either is NaN are left out.

    The interval is Fisher's: tanh(atanh(r) ± 1.96 s), s^2 = 1 / (n - 3) for Pearson, (1 + r^2 / 2) / (n - 3) for
    Spearman (Bonett and Wright 2000). A Spearman coefficient of ±1 has no finite z: it is first moved half the step
    to the next possible value towards 0, and the interval ends at ±1.

    Parameters
    ----------
    x, y : (language,)

    Returns
    -------
    Coefficient, or Undefined with fewer than four languages or where `x` or `y` is constant.

    Raises
    ------
    DataError : `x` and `y` differ in length.
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
        raise DataError(f"Two values per language are needed, not shapes {first.shape} and {second.shape}.")
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
    # Without ties the possible values of Spearman's coefficient are 12 / (n^3 - n) apart.
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
    """Correlate performance with consistency across the languages that one row was evaluated on.

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
    """Return the 95% interval of the coefficient over samples of examples, with the languages fixed.

    Both grids must have been resampled together. None where the coefficient is undefined.

    Raises
    ------
    DataError : the grids were not resampled together, a grid has no such row, or the columns differ.
    """
    consistency.require_drawn_with(performance)
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
    """Return the indices of the included cells of `row` in each grid."""
    if consistency.axes.columns != performance.axes.columns:
        raise DataError("Consistency and performance must be over the same languages, in the same order.")
    if row not in consistency.axes.rows or row not in performance.axes.rows:
        raise DataError(f"There is no row {row!r} in both grids: choose one of {', '.join(consistency.axes.rows)}.")
    i, k = consistency.axes.rows.index(row), performance.axes.rows.index(row)
    on_diagonal = consistency.axes.diagonal[i]
    columns = np.flatnonzero(np.ones_like(on_diagonal) if diagonal else ~on_diagonal)
    return (i, columns), (k, columns)


def _pearson_of_rows(x: Array, y: Array, *, ranks: bool) -> Array:
    """Coefficient of each row of two (resample, language) arrays; NaN where one of them is constant."""
    if ranks:
        x, y = stats.rankdata(x, axis=1), stats.rankdata(y, axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(scale > 0, (x * y).sum(axis=1) / np.where(scale > 0, scale, 1.0), np.nan)
