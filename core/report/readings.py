"""Every reading of "which training language is the most consistent", side by side, from one set of resamples.

The paper's Table 5 averages each checkpoint over the pairs that contain its own training language, so it mixes the
checkpoint with the pair. The other readings compare all checkpoints on the same pairs of languages. None of them is
the answer alone: a conclusion holds if it holds in every reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.statistics.intervals import N_RESAMPLES
from core.statistics.leaders import Ranking, rank
from core.statistics.pair_values import PairValues, checkpoint_effects, connected, draw
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
    on_shared_pairs : whether it compares the checkpoints on the pairs that all of them have, or each on its own pairs.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    reduce: Reduction
    on_shared_pairs: bool = True

    @property
    def leaves_out_own(self) -> bool:
        """Whether a checkpoint is not compared on the pairs that contain its own language."""
        return self.name == OTHER_LANGUAGES

    def can_reduce(self, own: npt.NDArray[np.bool_]) -> bool:
        """Whether pairs are enough for a value of each training language; `own` (training language, pair)."""
        if not own.shape[1]:
            return False
        return connected(~own) if self.leaves_out_own else True


@dataclass(frozen=True)
class Reading:
    """One reading of the values of a store.

    Attributes
    ----------
    by_checkpoint : (checkpoint,) its value for each single checkpoint, in the order of `PairValues.trained_on`; the
        value of a training language is the mean over its seeds (for ratios: of the parts).
    agrees_with_paper : None where the paper has no leader to compare.
    """

    definition: ReadingDefinition
    ranking: Ranking
    by_checkpoint: Array
    agrees_with_paper: bool | None


@dataclass(frozen=True)
class Readings:
    """All readings that the stored quantities allow, and where the variance of C comes from.

    Attributes
    ----------
    values : C by checkpoint, pair and example: what every reading was computed from.
    cells : quantity -> observed means (training language, pair); NaN where a checkpoint lacks the pair.
    readings : in the order of `DEFINITIONS`.
    absent : name of a reading -> what it lacks.
    variance : of C; None with a single training language or a single pair.
    """

    values: PairValues
    cells: Cells
    readings: tuple[Reading, ...]
    absent: Mapping[str, str]
    variance: VarianceComponents | None

    def by_name(self, name: str) -> Reading:
        """Return the reading of that name, which must have been computed."""
        return next(reading for reading in self.readings if reading.definition.name == name)

    @property
    def n_seeds(self) -> tuple[int, ...]:
        """(training language,) number of training seeds."""
        return tuple(self.values.trained_on.count(language) for language in self.values.languages)

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation between training seeds of a checkpoint's mean C over the shared pairs.

        Pooled over training languages; None where none has two seeds, or no pair is shared.
        """
        if not self.values.shared.any():
            return None
        means = self.values.select(self.values.shared).values.mean(axis=(1, 2))
        codes = np.array(self.values.trained_on, dtype=object)
        groups = [means[codes == language] for language in self.values.languages]
        freedom = sum(len(group) - 1 for group in groups)
        squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
        return float(np.sqrt(squares / freedom)) if freedom else None


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


PAPER_READING, OTHER_LANGUAGES = "paper", "other-languages"
C_ALONE = ("consistency",)
DEFINITIONS = (
    ReadingDefinition(
        PAPER_READING,
        "As in the paper",
        ("consistency",),
        _own_pairs_with_diagonal,
        on_shared_pairs=False,
    ),
    ReadingDefinition("own-pairs", "Own pairs, without the diagonal", C_ALONE, _own_pairs, on_shared_pairs=False),
    ReadingDefinition("same-pairs", "Same pairs", C_ALONE, _same_pairs),
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
        OTHER_LANGUAGES,
        "Same pairs, without the checkpoint's own language",
        C_ALONE,
        _without_own_language,
    ),
)


@dataclass(frozen=True)
class ResampledCells:
    """The quantities of a grid on the same examples, with the means of their cells in one set of resamples.

    Attributes
    ----------
    quantities : name -> values without gaps; "consistency" is among them.
    observed : name -> (training language, pair) means; NaN where a checkpoint lacks the pair.
    replicates : name -> (resample, training language, pair).
    """

    quantities: Mapping[str, PairValues]
    observed: Cells
    replicates: Cells


def resample_cells(
    quantities: Mapping[str, PairValues], *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> ResampledCells:
    """Draw examples and training seeds once for every quantity.

    Parameters
    ----------
    quantities : "consistency", and "shuffled", "uniform", "carried" where stored: the same checkpoints, pairs and
        examples in the same order.

    Raises
    ------
    DataError : the checkpoints share no example.
    """
    consistency = quantities["consistency"].gapless()
    draws = draw(consistency, n_resamples=n_resamples, seed=seed)
    aligned = {name: _on_same_examples(values, consistency) for name, values in quantities.items()}
    means = {name: draws.cell_means(values) for name, values in aligned.items()}
    observed, replicates = ({name: pair[k] for name, pair in means.items()} for k in (0, 1))
    return ResampledCells(aligned, observed, replicates)


def compute_readings(
    quantities: Mapping[str, PairValues],
    *,
    paper_leader: str | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Readings:
    """Resample the quantities (`resample_cells`) and rank the training languages in every reading (`rank_cells`)."""
    return rank_cells(resample_cells(quantities, n_resamples=n_resamples, seed=seed), paper_leader=paper_leader)


def rank_cells(cells: ResampledCells, *, paper_leader: str | None = None) -> Readings:
    """Rank the training languages in every reading, with one set of resamples for all.

    Parameters
    ----------
    paper_leader : the training language with the largest Overall in the paper; None where the paper has none.

    Raises
    ------
    DataError : fewer than two training languages.
    """
    consistency = cells.quantities["consistency"]
    if len(consistency.languages) < 2:
        raise DataError(f"Only {consistency.languages[0]} has been trained: there is nothing to rank.")
    shared = consistency.shared
    readings, absent = [], {}
    for definition in DEFINITIONS:
        lacking = _lacking(definition, consistency, cells.quantities)
        if lacking:
            absent[definition.name] = lacking
            continue
        chosen = shared if definition.on_shared_pairs else np.ones_like(shared)
        observed = {name: means[..., chosen] for name, means in cells.observed.items()}
        resampled = {name: means[..., chosen] for name, means in cells.replicates.items()}
        own = consistency.own[:, chosen]
        ranking = rank(
            consistency.languages,
            definition.reduce(observed, own),
            definition.reduce(resampled, own),
            len(consistency.examples),
        )
        agrees = ranking.leader == paper_leader if paper_leader in consistency.languages else None
        single = {name: values.values.mean(axis=2)[..., chosen] for name, values in cells.quantities.items()}
        of_checkpoint = [consistency.languages.index(language) for language in consistency.trained_on]
        readings.append(Reading(definition, ranking, definition.reduce(single, own[of_checkpoint]), agrees))
    return Readings(consistency, cells.observed, tuple(readings), absent, _variance(consistency))


def _lacking(definition: ReadingDefinition, values: PairValues, quantities: Mapping[str, PairValues]) -> str:
    """Say what keeps a reading from being computed; "" where nothing does."""
    for name in definition.needs:
        if name not in quantities or np.isnan(quantities[name].values).all():
            return f"the store has no {name} values"
    if not definition.on_shared_pairs:
        pairs_of = np.array([values.own[values.languages.index(code)] for code in values.trained_on])
        computed = (~np.isnan(values.values)).any(axis=2)
        return "" if (computed | ~pairs_of).all() else "some checkpoints lack pairs with their own language"
    if not values.shared.any():
        return "no pair is computed under every checkpoint"
    if not definition.can_reduce(values.own[:, values.shared]):
        return "too few pairs are left without the checkpoint's own language"
    return ""


def _on_same_examples(values: PairValues, consistency: PairValues) -> PairValues:
    """Keep of a reference the examples that are kept of C."""
    kept = np.isin(values.examples, consistency.examples)
    return replace(
        values, examples=consistency.examples, clusters=consistency.clusters, values=values.values[:, :, kept]
    )


def _variance(values: PairValues) -> VarianceComponents | None:
    """Of the means over training seeds, so that seeds of one language do not count as different checkpoints."""
    shared = values.select(values.shared)
    if len(shared.pairs) < 2 or len(np.unique(shared.clusters)) < 2:
        return None
    codes = np.array(shared.trained_on, dtype=object)
    by_language = np.stack([shared.values[codes == language].mean(axis=0) for language in shared.languages])
    return variance_components(by_language, shared.clusters)
