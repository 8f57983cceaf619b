"""Do languages with high consistency have high performance? Correlation over few languages, with two intervals.

The plain coefficient, and the partial one given a third value of each language, such as C of equal importance.

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
"""With fewer than four points, and one more for a covariate, Fisher's z has no standard error."""
ROUNDING = 1e-12
DETERMINED = 1e-9
"""Below this unexplained share of its variance, a value is taken to follow from the covariate exactly."""


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
    first, second = complete_points(x, y)
    n = len(first)
    if undefined := why_undefined(first, second):
        return undefined
    test = stats.pearsonr if kind == "pearson" else stats.spearmanr
    value = _exact(float(test(first, second).statistic))
    low, high = _fisher_interval(value, n, kind)
    return Coefficient(kind, value, low, high, n)


def correlate_given(
    x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike, kind: CoefficientKind = "pearson"
) -> Correlation:
    """Return the partial correlation of `x` and `y` given a third value per language; NaN as in `correlate`.

    r_xy.z = (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2)) (Yule 1907): the correlation of what is left of `x`
    and of `y` after a linear regression on `given`. For Spearman all three coefficients are those of the ranks. The
    interval is that of `correlate` for one language fewer, since a covariate costs one degree of freedom (Fisher 1924).

    Parameters
    ----------
    x, y, given : (language,)

    Returns
    -------
    Coefficient, or Undefined with fewer than five languages, where one of the values is constant, or where `given`
    determines `x` or `y`: nothing is then left to correlate.

    Raises
    ------
    DataError : `x`, `y` and `given` differ in length.
    """
    points = complete_points(x, y, given)
    n = points.shape[1]
    if n <= FEWEST:
        return Undefined(n, f"Too few languages for a partial correlation ({n}): it takes at least {FEWEST + 1}.")
    if undefined := why_undefined(*points):
        return undefined
    value = float(_partial_of_rows(*points[:, None, :], ranks=kind == "spearman")[0])
    if np.isnan(value):
        what = "has the order of" if kind == "spearman" else "is a linear function of"
        reason = f"Over these {n} languages C or performance {what} the covariate: nothing is left to correlate."
        return Undefined(n, reason)
    value = _exact(value)
    low, high = _fisher_interval(value, n - 1, kind)
    return Coefficient(kind, value, low, high, n)


def complete_points(*values: npt.ArrayLike) -> Array:
    """Return (value, point) without the points where one is NaN. Raises DataError where the lengths differ."""
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 or arrays[0].ndim != 1:
        listed = " and ".join(str(array.shape) for array in arrays)
        count = "Two" if len(arrays) == 2 else "Three"
        raise DataError(f"{count} values per language are needed, not shapes {listed}.")
    points = np.stack(arrays)
    return points[:, ~np.isnan(points).any(axis=0)]


def why_undefined(*values: Array) -> Undefined | None:
    """Return the reason why complete points have no coefficient, or None."""
    n = len(values[0])
    if n < FEWEST:
        return Undefined(n, f"Too few languages for a correlation ({n}).")
    if any(_constant(side) for side in values):
        return Undefined(n, f"All {n} languages have the same value: there is nothing to correlate.")
    return None


def _exact(value: float) -> float:
    """Return ±1 for what is computed as 0.9999999999999999 or 1.0000000000000002."""
    return float(np.sign(value)) if abs(value) > 1 - ROUNDING else value


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
    return min(low, value), max(high, value)


def correlate_languages(
    consistency: Resamples,
    performance: Resamples,
    row: str,
    kind: CoefficientKind = "pearson",
    *,
    diagonal: bool = True,
    given: Resamples | None = None,
) -> Correlation:
    """Correlate performance with consistency across the languages that one row was evaluated on.

    With `given`, the partial correlation given the means of that grid.

    Raises
    ------
    DataError : a grid has no such row, or the columns differ.
    """
    x, y, *z = (grid.mean[cells] for grid, cells in _of_row(row, diagonal, consistency, performance, given))
    return correlate_given(x, y, z[0], kind) if z else correlate(x, y, kind)


def correlation_over_examples(
    consistency: Resamples,
    performance: Resamples,
    row: str,
    kind: CoefficientKind = "pearson",
    *,
    diagonal: bool = True,
    given: Resamples | None = None,
) -> tuple[float, float] | None:
    """Return the 95% interval of the coefficient over samples of examples, with the languages fixed.

    All grids must have been resampled together. None where the coefficient is undefined. Resamples in which it is
    undefined do not count.

    Raises
    ------
    DataError : the grids were not resampled together, a grid has no such row, or the columns differ.
    """
    consistency.require_drawn_with(performance)
    if given is not None:
        consistency.require_drawn_with(given)
    if isinstance(correlate_languages(consistency, performance, row, kind, diagonal=diagonal, given=given), Undefined):
        return None
    cells = _of_row(row, diagonal, consistency, performance, given)
    known = ~np.isnan(np.sum([grid.mean[at] for grid, at in cells], axis=0))
    values = [grid.replicates[:, *at][:, known] for grid, at in cells]
    of_rows = _pearson_of_rows if given is None else _partial_of_rows
    low, high = percentile_interval(of_rows(*values, ranks=kind == "spearman"))
    return float(low), float(high)


_Cells = tuple[int, npt.NDArray[np.intp]]


def _of_row(row: str, diagonal: bool, *grids: Resamples | None) -> list[tuple[Resamples, _Cells]]:
    """Return every grid there is, with the indices of the included cells of `row` in it."""
    there = [grid for grid in grids if grid is not None]
    first = there[0].axes
    if any(grid.axes.columns != first.columns for grid in there):
        raise DataError("Consistency and performance must be over the same languages, in the same order.")
    if any(row not in grid.axes.rows for grid in there):
        raise DataError(f"There is no row {row!r} in both grids: choose one of {', '.join(first.rows)}.")
    on_diagonal = first.diagonal[first.rows.index(row)]
    columns = np.flatnonzero(np.ones_like(on_diagonal) if diagonal else ~on_diagonal)
    return [(grid, (grid.axes.rows.index(row), columns)) for grid in there]


def _pearson_of_rows(x: Array, y: Array, *, ranks: bool) -> Array:
    """Coefficient of each row of two (resample, language) arrays; NaN where one of them is constant."""
    if ranks:
        x, y = stats.rankdata(x, axis=1), stats.rankdata(y, axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(scale > 0, (x * y).sum(axis=1) / np.where(scale > 0, scale, 1.0), np.nan)


def _partial_of_rows(x: Array, y: Array, given: Array, *, ranks: bool) -> Array:
    """Partial coefficient of each row (`correlate_given`); NaN where it is undefined."""
    pairs = ((x, y), (x, given), (y, given))
    between, x_given, y_given = (_pearson_of_rows(*pair, ranks=ranks) for pair in pairs)
    left_of_x, left_of_y = 1 - x_given**2, 1 - y_given**2
    defined = np.minimum(left_of_x, left_of_y) > DETERMINED  # false for NaN
    scale = np.sqrt(np.where(defined, left_of_x * left_of_y, 1.0))
    partial: Array = np.where(defined, np.clip((between - x_given * y_given) / scale, -1.0, 1.0), np.nan)
    return partial
