"""Values of single examples for checkpoints crossed with language pairs, and their joint bootstrap.

Checkpoints are comparable only on the same sentences in the same pairs of languages: a pair of close languages is
consistent under every checkpoint. The values therefore keep three axes, checkpoint x pair x example, and every
reading of "which training language is the most consistent" is a reduction of the same resampled cell means.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.errors import DataError, OptionError
from core.statistics.intervals import N_RESAMPLES

Array = npt.NDArray[np.float64]
LanguagePair = tuple[str, str]


@dataclass(frozen=True)
class PairValues:
    """One number for each checkpoint, unordered pair of languages, and example.

    Attributes
    ----------
    trained_on : (checkpoint,) training language of each checkpoint; several with one language are training seeds.
    pairs : (pair,) unordered pairs of different languages, each once.
    examples : (example,) row indices of the data set.
    clusters : (example,) label of the group an example is drawn with: the rows that share a premise or a context.
    values : (checkpoint, pair, example); NaN where nothing was computed.
    """

    trained_on: tuple[str, ...]
    pairs: tuple[LanguagePair, ...]
    examples: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.int64]
    values: Array

    def __post_init__(self) -> None:
        shape = (len(self.trained_on), len(self.pairs), len(self.examples))
        if self.values.shape != shape:
            raise DataError(f"Values of shape {self.values.shape} do not fit checkpoints, pairs, examples {shape}.")
        if len(self.clusters) != len(self.examples):
            raise DataError(f"{len(self.clusters)} clusters for {len(self.examples)} examples: give one for each.")
        if len({frozenset(pair) for pair in self.pairs}) != len(self.pairs):
            raise DataError("A pair of languages occurs twice: give each unordered pair once.")
        if any(len(set(pair)) == 1 for pair in self.pairs):
            raise DataError("A pair holds one language twice: C of a text with itself is 1 by definition.")

    @property
    def languages(self) -> tuple[str, ...]:
        """Training languages, in the order of the first checkpoint of each."""
        return tuple(dict.fromkeys(self.trained_on))

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """(training language, pair) True where the pair contains the training language."""
        return np.array([[language in pair for pair in self.pairs] for language in self.languages], dtype=bool)

    def gapless(self) -> "PairValues":
        """Keep the examples that every cell with any value has; cells without any stay empty.

        Raises
        ------
        DataError : the cells share no example.
        """
        known = ~np.isnan(self.values)
        kept = np.atleast_1d(known[known.any(axis=2)].all(axis=0))
        if not kept.any() or not known.any():
            raise DataError("The checkpoints share no example: run all of them on the same rows.")
        return replace(self, examples=self.examples[kept], clusters=self.clusters[kept], values=self.values[:, :, kept])

    @property
    def shared(self) -> npt.NDArray[np.bool_]:
        """(pair,) True where every checkpoint has the pair."""
        return np.atleast_1d((~np.isnan(self.values)).any(axis=2).all(axis=0))

    def select(self, pairs: npt.NDArray[np.bool_]) -> "PairValues":
        """Keep the pairs that are True."""
        kept = tuple(pair for pair, keep in zip(self.pairs, pairs, strict=True) if keep)
        return replace(self, pairs=kept, values=self.values[:, pairs])


@dataclass(frozen=True)
class PairDraws:
    """Which examples and which training seeds each resample holds; one set of draws serves every quantity.

    Attributes
    ----------
    examples : (resample, example) how often each example was drawn, whole clusters together; float64.
    seeds : (resample, training language, checkpoint) weight of each checkpoint in its language's mean; rows sum to 1,
        single weights can be slightly negative.
    observed_seeds : (training language, checkpoint) the same for the data themselves.
    """

    examples: Array
    seeds: Array
    observed_seeds: Array

    def cell_means(self, values: PairValues) -> tuple[Array, Array]:
        """Return the means of the cells (training language, pair), observed and (resample, ...) in every resample.

        NaN where a checkpoint of the language lacks the pair.
        """
        n_checkpoints, n_pairs, n_examples = values.values.shape
        flat = values.values.reshape(-1, n_examples)
        sums = (self.examples @ flat.T).reshape(-1, n_checkpoints, n_pairs)
        resampled = sums / self.examples.sum(axis=1)[:, None, None]
        lacking = (self.observed_seeds > 0) @ np.isnan(values.values).any(axis=2)
        observed, replicates = (
            np.where(lacking, np.nan, weights @ np.nan_to_num(means))
            for weights, means in ((self.observed_seeds, values.values.mean(axis=2)), (self.seeds, resampled))
        )
        return observed, replicates


def draw(values: PairValues, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> PairDraws:
    """Draw clusters of examples with replacement, and training seeds within each training language.

    A language with one checkpoint keeps it in every resample: the interval then speaks of other sentences only.

    Parameters
    ----------
    values : a cell is whole or empty (`PairValues.gapless`).

    Raises
    ------
    OptionError : `n_resamples` is below 1.
    """
    if n_resamples < 1:
        raise OptionError(f"{n_resamples} resamples give no interval; ask for 1,000.")
    rng = np.random.default_rng(seed)
    labels, members = np.unique(values.clusters, return_inverse=True)
    drawn = rng.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=n_resamples)
    members_of = [
        np.flatnonzero(np.array(values.trained_on, dtype=object) == language) for language in values.languages
    ]
    shape = (len(values.languages), len(values.trained_on))
    observed, seeds = np.zeros(shape), np.zeros((n_resamples, *shape))
    for at, checkpoints in enumerate(members_of):
        size = len(checkpoints)
        observed[at, checkpoints] = 1 / size
        drawn_seeds = rng.multinomial(size, np.full(size, 1 / size), size=n_resamples) / size
        # A bootstrap of k values has only (k - 1)/k of the variance of their mean: half with two seeds (Hesterberg
        # 2015, section 5.2).
        widened = np.sqrt(size / (size - 1)) if size > 1 else 1.0
        seeds[:, at, checkpoints] = 1 / size + widened * (drawn_seeds - 1 / size)
    return PairDraws(drawn[:, members].astype(np.float64), seeds, observed)


def checkpoint_effects(cells: Array, counted: npt.NDArray[np.bool_]) -> Array:
    """Return the mean of each row as if it had every pair, from the cells that count.

    Least squares for cell = row + pair over the counted cells; a row's value is its effect plus the mean pair effect.
    Where all cells count this is the row mean.

    Parameters
    ----------
    cells : (..., row, pair)
    counted : (row, pair) which cells enter.

    Raises
    ------
    DataError : the counted cells do not connect all rows, so that their effects cannot be told apart.
    """
    n_rows = len(counted)
    if not connected(counted):
        raise DataError("Too few pairs are left to compare the training languages without their own language.")
    rows, _ = np.nonzero(counted)
    solution = np.linalg.pinv(_design(counted)) @ cells[..., counted].reshape(-1, len(rows)).T
    effects = solution[:n_rows] + solution[n_rows:][counted.any(axis=0)].mean(axis=0)
    return effects.T.reshape(*cells.shape[:-2], n_rows)


def connected(counted: npt.NDArray[np.bool_]) -> bool:
    """Return whether the effects of all rows can be told apart from (row, pair) cells that count."""
    estimable = len(counted) + int(counted.any(axis=0).sum()) - 1
    return bool(counted.any(axis=1).all() and np.linalg.matrix_rank(_design(counted)) == estimable)


def _design(counted: npt.NDArray[np.bool_]) -> Array:
    """(counted cell, row + pair) indicator matrix of the additive model."""
    n_rows, n_pairs = counted.shape
    rows, pairs = np.nonzero(counted)
    design = np.zeros((len(rows), n_rows + n_pairs))
    design[np.arange(len(rows)), rows] = 1.0
    design[np.arange(len(rows)), n_rows + pairs] = 1.0
    return design
