"""Every reading of "which training language is the most consistent", side by side, from one set of resamples.

The paper's Table 5 averages each checkpoint over the pairs that contain its own training language, so it mixes the
checkpoint with the pair. The other readings compare all checkpoints on the same pairs of languages. None of them is
the answer alone: a conclusion holds if it holds in every reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.statistics.intervals import N_RESAMPLES
from core.statistics.leaders import Ranking, rank
from core.statistics.pair_values import PairValues, checkpoint_effects, draw
from core.statistics.variance import VarianceComponents, variance_components

Array = npt.NDArray[np.float64]
Cells = Mapping[str, Array]
"""Quantity -> means of the cells, (..., training language, pair)."""
Reduction = Callable[[Cells, npt.NDArray[np.bool_]], Array]
"""Cells, and which of them (training language, pair) contain the training language -> (..., training language)."""


@dataclass(frozen=True)
class ReadingDefinition:
    """One way to give each training language a value.

    Attributes
    ----------
    name : stable name, as in the JSON of `core readings`. title : as people write it.
    needs : quantities that its reduction uses.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    reduce: Reduction


@dataclass(frozen=True)
class Reading:
    """A reading of the values of a store; `agrees_with_paper` is None where the paper has no leader to compare."""

    definition: ReadingDefinition
    ranking: Ranking
    agrees_with_paper: bool | None


@dataclass(frozen=True)
class Readings:
    """All readings that the quantities at hand allow, and where the variance of C comes from.

    Attributes
    ----------
    values : C by checkpoint, pair and example, without gaps: what every reading was computed from.
    readings : in the order of `DEFINITIONS`.
    absent : name of a reading -> the quantity that it lacks.
    variance : of C; None with a single training language or a single pair.
    """

    values: PairValues
    readings: tuple[Reading, ...]
    absent: Mapping[str, str]
    variance: VarianceComponents | None


def _own_pairs_with_diagonal(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
    """Mean over the language's own pairs and itself, for which C is 1: the paper's "Overall" (Table 5)."""
    n_own = own.sum(axis=1)
    total: Array = np.where(own, cells["consistency"], 0.0).sum(axis=-1)
    return (total + 1.0) / (n_own + 1)


def _own_pairs(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
    total: Array = np.where(own, cells["consistency"], 0.0).sum(axis=-1)
    return total / own.sum(axis=1)


def _same_pairs(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
    mean: Array = cells["consistency"].mean(axis=-1)
    return mean


def _above(reference: str) -> Reduction:
    def reduce(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
        mean: Array = (cells["consistency"] - cells[reference]).mean(axis=-1)
        return mean

    return reduce


def _share_of_attainable(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
    """Ratio of means, not mean of ratios: single pairs with a small range would decide the latter."""
    above = (cells["consistency"] - cells["shuffled"]).mean(axis=-1)
    attainable: Array = (cells["carried"] - cells["shuffled"]).mean(axis=-1)
    return above / attainable


def _without_own_language(cells: Cells, own: npt.NDArray[np.bool_]) -> Array:
    return checkpoint_effects(cells["consistency"], ~own)


PAPER_READING = "paper"
DEFINITIONS = (
    ReadingDefinition(
        PAPER_READING, "As in the paper: own pairs, diagonal in", ("consistency",), _own_pairs_with_diagonal
    ),
    ReadingDefinition("own-pairs", "Own pairs, without the diagonal", ("consistency",), _own_pairs),
    ReadingDefinition("same-pairs", "Same pairs", ("consistency",), _same_pairs),
    ReadingDefinition("above-shuffled", "Same pairs, minus shuffled", ("consistency", "shuffled"), _above("shuffled")),
    ReadingDefinition(
        "above-equal", "Same pairs, minus equal importance", ("consistency", "uniform"), _above("uniform")
    ),
    ReadingDefinition(
        "share-of-attainable",
        "Same pairs, share of the attainable",
        ("consistency", "shuffled", "carried"),
        _share_of_attainable,
    ),
    ReadingDefinition(
        "other-languages",
        "Same pairs, without the checkpoint's own language",
        ("consistency",),
        _without_own_language,
    ),
)


def compute_readings(
    quantities: Mapping[str, PairValues],
    *,
    paper_leader: str | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Readings:
    """Rank the training languages in every reading, with one set of resamples for all.

    Parameters
    ----------
    quantities : "consistency", and "shuffled", "uniform", "carried" where stored: the same checkpoints, pairs and
        examples in the same order.
    paper_leader : the training language with the largest Overall in the paper; None where the paper has none.

    Raises
    ------
    DataError : fewer than two training languages, or nothing that all of them share.
    """
    consistency = quantities["consistency"].complete()
    if len(consistency.languages) < 2:
        raise DataError(f"Only {consistency.languages[0]} has been trained: there is nothing to rank.")
    draws = draw(consistency, n_resamples=n_resamples, seed=seed)
    observed, resampled = {}, {}
    for name, values in quantities.items():
        observed[name], resampled[name] = draws.cell_means(_aligned(values, consistency))
    readings, absent = [], {}
    for definition in DEFINITIONS:
        missing = [name for name in definition.needs if name not in quantities]
        if missing:
            absent[definition.name] = missing[0]
            continue
        own = consistency.own
        try:
            observed_means, replicates = definition.reduce(observed, own), definition.reduce(resampled, own)
        except DataError:
            absent[definition.name] = "pairs without its own language"
            continue
        ranking = rank(consistency.languages, observed_means, replicates, len(consistency.examples))
        agrees = ranking.leader == paper_leader if paper_leader in consistency.languages else None
        readings.append(Reading(definition, ranking, agrees))
    return Readings(consistency, tuple(readings), absent, _variance(consistency))


def _aligned(values: PairValues, complete: PairValues) -> PairValues:
    """Keep of a reference what `complete` kept of C."""
    pairs = [values.pairs.index(pair) for pair in complete.pairs]
    examples = np.isin(values.examples, complete.examples)
    kept = values.values[:, pairs][:, :, examples]
    return PairValues(values.trained_on, complete.pairs, complete.examples, complete.clusters, kept)


def _variance(values: PairValues) -> VarianceComponents | None:
    """Of language means, so that several seeds of one language do not count as checkpoints of different languages."""
    if len(values.pairs) < 2 or len(np.unique(values.clusters)) < 2:
        return None
    codes = np.array(values.trained_on, dtype=object)
    by_language = np.stack([values.values[codes == language].mean(axis=0) for language in values.languages])
    return variance_components(by_language, values.clusters)
