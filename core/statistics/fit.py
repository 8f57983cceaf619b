"""The straight line in the scatter of performance against consistency."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from core.results import Array
from core.statistics.correlation import Undefined, complete_points, why_undefined
from core.statistics.intervals import LEVEL

POINTS = 60


@dataclass(frozen=True)
class LinearFit:
    """Least squares y = intercept + slope x over `n` points.

    Attributes
    ----------
    x, y : (point,) the line, from the smallest to the largest x.
    low, high : (point,) pointwise 95% confidence band of the mean of y at x.
    """

    slope: float
    intercept: float
    n: int
    x: Array
    y: Array
    low: Array
    high: Array


def fit_line(x: npt.ArrayLike, y: npt.ArrayLike, *, n_points: int = POINTS) -> LinearFit | Undefined:
    """Fit a line by least squares; points where either value is NaN are left out.

    The band is y ± t s sqrt(1/n + (x - mean x)^2 / sum (x_i - mean x)^2), with t the 97.5% quantile of Student's
    distribution and s the residual standard deviation, both with n - 2 degrees of freedom.

    Parameters
    ----------
    x, y : (point,)
    n_points : at which the line and its band are evaluated.

    Returns
    -------
    LinearFit, or Undefined where the correlation coefficient is undefined too.

    Raises
    ------
    DataError : `x` and `y` differ in length.
    """
    first, second = complete_points(x, y)
    if undefined := why_undefined(first, second):
        return undefined
    n = len(first)
    slope, intercept = (float(number) for number in stats.linregress(first, second)[:2])
    line = np.linspace(first.min(), first.max(), n_points)
    centre = intercept + slope * line
    residual = second - (intercept + slope * first)
    spread = np.sqrt(residual @ residual / (n - 2))
    deviations = first - first.mean()
    leverage = 1 / n + (line - first.mean()) ** 2 / (deviations @ deviations)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 2) * spread * np.sqrt(leverage)
    return LinearFit(slope, intercept, n, line, centre, centre - half, centre + half)
