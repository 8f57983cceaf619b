"""How often the 95% intervals of `core.statistics` cover the true value, in simulated data of known truth.

python -m benchmarks.coverage [--data-sets N]      prints four tables; some minutes
"""

import argparse
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from scipy.special import ndtr, ndtri

from core.statistics import Axes, Coefficient, ExampleGrid, correlate, estimate_mean, resample
from core.statistics.correlation import KINDS, CoefficientKind
from core.statistics.intervals import Z

Array = npt.NDArray[np.float64]
DATA_SETS = 4_000
SIZES = (50, 100, 200)
BETA = (5.0, 6.0)
"""C of stored pairs is about as skewed as this Beta distribution."""
ACCURACY = 0.95
LANGUAGES = (5, 6, 8, 11, 13)
CORRELATIONS = (0.0, 0.5, 0.8)


def cover_means(data_sets: int) -> dict[str, list[float]]:
    """Return the share of intervals that hold the mean of a Beta distribution: {method: share for each of `SIZES`}."""
    truth = BETA[0] / sum(BETA)
    covered: dict[str, list[float]] = {"percentile": [], "BCa": []}
    for size in SIZES:
        rng = np.random.default_rng(size)
        hits = np.zeros(2)
        for _ in range(data_sets):
            values = rng.beta(*BETA, size)
            drawn = resample(ExampleGrid(Axes(("",), ("",), ("",)), np.arange(size), values.reshape(1, 1, -1)))
            intervals = (drawn.interval[0, 0], bca_interval(values, drawn.replicates[:, 0, 0]))
            hits += [low <= truth <= high for low, high in intervals]
        for method, share in zip(covered, hits / data_sets, strict=True):
            covered[method].append(float(share))
    return covered


def bca_interval(values: Array, replicates: Array) -> Array:
    """Return the bias-corrected and accelerated interval of a mean (Efron 1987), from `values` (n,) and replicates."""
    centred = values.mean() - values
    acceleration = (centred**3).sum() / (6 * (centred**2).sum() ** 1.5)
    bias = ndtri(np.mean(replicates < values.mean()))
    shifted = bias + np.array([-Z, Z])
    return np.asarray(np.quantile(replicates, ndtr(bias + shifted / (1 - acceleration * shifted))))


def cover_proportions(data_sets: int) -> dict[str, list[float]]:
    """Return the share of intervals that hold an accuracy of 0.95: {method: share for each of `SIZES`}."""
    covered: dict[str, list[float]] = {"percentile": [], "Wilson": []}
    for size in SIZES:
        rng = np.random.default_rng(size)
        hits = np.zeros(2)
        for _ in range(data_sets):
            correct = (rng.random(size) < ACCURACY).astype(np.float64)
            estimates = [estimate_mean(correct, proportion=wilson) for wilson in (False, True)]
            hits += [estimate.low <= ACCURACY <= estimate.high for estimate in estimates]
        for method, share in zip(covered, hits / data_sets, strict=True):
            covered[method].append(float(share))
    return covered


def cover_correlations(data_sets: int, kind: CoefficientKind) -> dict[str, list[float]]:
    """Return the share of intervals that hold the coefficient of normal samples: {rho: share for each n}."""
    truth: Callable[[float], float] = float if kind == "pearson" else (lambda rho: 6 / np.pi * np.arcsin(rho / 2))
    covered: dict[str, list[float]] = {}
    for rho in CORRELATIONS:
        shares = covered.setdefault(f"rho {rho}", [])
        for n in LANGUAGES:
            rng = np.random.default_rng(n)
            samples = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=(data_sets, n))
            found = [correlate(sample[:, 0], sample[:, 1], kind) for sample in samples]
            hits = [isinstance(entry, Coefficient) and entry.low <= truth(rho) <= entry.high for entry in found]
            shares.append(float(np.mean(hits)))
    return covered


def main() -> None:
    """Print coverage in percent: means, proportions, and both correlation coefficients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-sets", type=int, default=DATA_SETS, help="simulated data sets for each number")
    data_sets = parser.parse_args().data_sets
    _show("mean of Beta(5, 6)", SIZES, cover_means(data_sets))
    _show("accuracy 0.95", SIZES, cover_proportions(data_sets))
    for kind in KINDS:
        _show(f"{kind}, n languages", LANGUAGES, cover_correlations(data_sets // 2, kind))


def _show(title: str, sizes: tuple[int, ...], covered: dict[str, list[float]]) -> None:
    table = Table(title, *(f"n = {size}" for size in sizes))
    for name, shares in covered.items():
        table.add_row(name, *(f"{share:.1%}" for share in shares))
    Console().print(table)


if __name__ == "__main__":
    main()
