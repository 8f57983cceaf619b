"""The cells behind the readings: what the language pair and the training language contribute, what drives a lead."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.report.readings import ReadingDefinition, Readings, ResampledCells, resample_cells
from core.statistics.intervals import N_RESAMPLES, percentile_interval
from core.statistics.pair_values import LanguagePair, PairValues

Array = npt.NDArray[np.float64]
REFERENCE_OF: Mapping[str, str] = {"above-shuffled": "shuffled", "above-equal": "uniform"}
"""Reading -> the reference that it subtracts from C."""
SHARE = "share-of-attainable"


@dataclass(frozen=True)
class PairCells:
    """Means by training language and unordered pair of languages; also where a single language has been trained.

    Attributes
    ----------
    values : C of single examples, without gaps.
    means : quantity -> (training language, pair); NaN where a checkpoint lacks the pair or the quantity is not stored.
    interval : (training language, pair, 2) 95% interval of C.
    """

    values: PairValues
    means: Mapping[str, Array]
    interval: Array

    @property
    def languages(self) -> tuple[str, ...]:
        return self.values.languages

    @property
    def pairs(self) -> tuple[LanguagePair, ...]:
        return self.values.pairs

    @property
    def shared(self) -> npt.NDArray[np.bool_]:
        """(pair,) True where every checkpoint has the pair."""
        return self.values.shared

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """Training languages that lack a pair which another one has."""
        lacking = np.atleast_1d(np.isnan(self.means["consistency"]).any(axis=1))
        return tuple(code for code, lacks in zip(self.languages, lacking, strict=True) if lacks)

    def of_reading(self, name: str) -> Array:
        """(training language, pair) values whose mean over the shared pairs is the reading's value.

        For readings on own pairs, or without the own language, C. A cell of the share of the attainable is its C minus
        shuffled over the training language's mean attainable range, so that the mean is the ratio of means.
        """
        consistency = self.means["consistency"]
        if name in REFERENCE_OF:
            difference: Array = consistency - self.means[REFERENCE_OF[name]]
            return difference
        if name == SHARE:
            attainable = (self.means["carried"] - self.means["shuffled"])[:, self.shared].mean(axis=1)
            share: Array = (consistency - self.means["shuffled"]) / attainable[:, None]
            return share
        return consistency

    def deviations(self, name: str) -> Array:
        """(training language, pair) a reading's cells minus the mean over training languages; NaN off shared pairs."""
        cells = self.of_reading(name)
        deviation: Array = np.where(self.shared, cells - cells.mean(axis=0), np.nan)
        return deviation

    def means_with(self, cells: Array) -> Array:
        """(training language, language) mean of cells over the shared pairs that contain the second language.

        In the order of `evaluated`; NaN where no shared pair contains it.
        """
        holds = np.array([[code in pair for pair in self.pairs] for code in self.evaluated]) & self.shared
        return np.stack([_mean(cells[:, held]) for held in holds], axis=1)

    @property
    def evaluated(self) -> tuple[str, ...]:
        """Languages of the pairs: those trained on first, then the others in the order of the pairs."""
        spoken = {code for pair in self.pairs for code in pair}
        trained = [code for code in self.languages if code in spoken]
        return tuple(dict.fromkeys([*trained, *(code for pair in self.pairs for code in pair)]))

    def at(self, language: str, pair: LanguagePair) -> tuple[int, int] | None:
        """The place of a cell; None where it does not exist."""
        if language not in self.languages or pair not in self.pairs:
            return None
        return self.languages.index(language), self.pairs.index(pair)

    def pair_of(self, first: str, second: str) -> LanguagePair | None:
        """The pair of two languages in either order; None where it was not compared."""
        return next((pair for pair in self.pairs if set(pair) == {first, second}), None)


def pair_cells(quantities: Mapping[str, PairValues], *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> PairCells:
    """Resample quantities of one or more training languages (`resample_cells`) and return the means of all cells."""
    return cells_of(resample_cells(quantities, n_resamples=n_resamples, seed=seed))


def cells_of(resampled: ResampledCells) -> PairCells:
    """Return the means of all cells, with the interval of C from resamples that readings can share."""
    interval = percentile_interval(resampled.replicates["consistency"])
    return PairCells(resampled.quantities["consistency"], resampled.observed, interval)


def pair_means(cells: Array) -> Array:
    """(pair,) mean over the training languages that have the pair; NaN where none has."""
    return _mean(cells.T)


@dataclass(frozen=True)
class Drivers:
    """The leader minus the runner-up of a reading, pair by pair.

    Attributes
    ----------
    pairs, differences : (pair,) the pairs that count for both, largest difference first.
    without_strongest : the leader's lead in the reading without its best pair; None where that cannot be computed.
    """

    pairs: tuple[LanguagePair, ...]
    differences: Array
    without_strongest: float | None

    @property
    def n_ahead(self) -> int:
        return int((self.differences > 0).sum())


def drivers(cells: PairCells, readings: Readings, name: str) -> Drivers | None:
    """Return which pairs carry the lead of a reading on shared pairs; None where no pair counts for both languages."""
    reading = readings.by_name(name)
    ranking, definition = reading.ranking, reading.definition
    leader, runner_up = (cells.languages.index(code) for code in (ranking.leader, ranking.runner_up))
    counted = cells.shared.copy()
    if definition.leaves_out_own:
        counted &= ~cells.values.own[[leader, runner_up]].any(axis=0)
    if not counted.any():
        return None
    of_reading = cells.of_reading(name)
    difference = of_reading[leader] - of_reading[runner_up]
    order = [k for k in np.argsort(-difference, kind="stable") if counted[k]]
    rest = cells.shared.copy()
    rest[order[0]] = False
    without = _lead(cells, definition, rest, (leader, runner_up))
    return Drivers(tuple(cells.pairs[k] for k in order), difference[order], without)


def _lead(
    cells: PairCells, definition: ReadingDefinition, pairs: npt.NDArray[np.bool_], places: tuple[int, int]
) -> float | None:
    """The first language's value minus the second's on some of the shared pairs."""
    own = cells.values.own[:, pairs]
    if not definition.can_reduce(own):
        return None
    values = definition.reduce({name: means[:, pairs] for name, means in cells.means.items()}, own)
    return float(values[places[0]] - values[places[1]])


@dataclass(frozen=True)
class OwnPairParts:
    """The lead in a reading on own pairs, split.

    Attributes
    ----------
    pairs : the difference if every cell were its pair's mean over training languages: which pairs are averaged.
    checkpoint : the rest. total : their sum, the difference of the reading.
    """

    pairs: float
    checkpoint: float

    @property
    def total(self) -> float:
        return self.pairs + self.checkpoint


def own_pair_parts(cells: PairCells, readings: Readings, name: str) -> OwnPairParts | None:
    """Split the lead of a reading on own pairs; None where some own pair lacks a checkpoint, so has no pair mean."""
    reading = readings.by_name(name)
    ranking = reading.ranking
    places = [cells.languages.index(code) for code in (ranking.leader, ranking.runner_up)]
    own = cells.values.own
    if not cells.shared[own[places].any(axis=0)].all():
        return None
    alike = {"consistency": np.broadcast_to(pair_means(cells.means["consistency"]), own.shape)}
    values = reading.definition.reduce(alike, own)
    pairs = float(values[places[0]] - values[places[1]])
    return OwnPairParts(pairs, ranking.difference.value - pairs)


def checkpoints_most_alike_with(cells: PairCells, language: str) -> int:
    """Count the training languages under which the shared pairs with `language` have the highest mean C.

    Against the pairs with each other language, so that it is the pair and not the checkpoint that is compared.
    """
    by_language = cells.means_with(cells.means["consistency"])
    known = np.atleast_1d(~np.isnan(by_language).all(axis=0))
    if language not in cells.evaluated or not known[cells.evaluated.index(language)]:
        return 0
    best = np.nanargmax(by_language[:, known], axis=1)
    names = [code for code, there in zip(cells.evaluated, known, strict=True) if there]
    return sum(names[k] == language for k in best)


def _mean(cells: Array) -> Array:
    """Mean over the last axis, without NaN; NaN where nothing is known."""
    known = ~np.isnan(cells)
    n = known.sum(axis=-1)
    total = np.where(known, cells, 0.0).sum(axis=-1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
