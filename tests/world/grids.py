"""Grids of made-up values for the tests of statistics and tables."""

import numpy as np

from core.statistics import Axes, ExampleGrid


def square_axes(languages="en de es fr ko zh"):
    """Every language trained on and evaluated on."""
    codes = tuple(languages.split())
    return Axes(codes, codes, codes)


def made_up(axes, n=60, seed=0, *, proportion=False):
    """Values that share an effect of the example, as translations of one text do."""
    rng = np.random.default_rng(seed)
    easy = rng.normal(size=n)
    noise = rng.normal(size=(*axes.shape, n))
    level = rng.uniform(-0.5, 0.5, (*axes.shape, 1))
    values = 1 / (1 + np.exp(-(level + 0.6 * easy + 0.4 * noise)))
    values = (values > 0.5).astype(float) if proportion else values
    return ExampleGrid(axes, np.arange(10, 10 + n), values, proportion)
