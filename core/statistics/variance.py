"""How much of the differences between cells is the language pair, the checkpoint, or their interaction.

Method of moments for a two-way random-effects model without replication (Searle, Casella and McCulloch 1992,
section 4.5), with one step before it: the observed mean squares contain sampling noise of the examples, which is
estimated from the examples themselves and subtracted. REML gives the same estimates on balanced data where none is
negative, and needs an iteration; a negative estimate is reported as 0.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import DataError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class VarianceComponents:
    """Variances, in squared units of the value.

    Attributes
    ----------
    pair, checkpoint, interaction : of the true cell means.
    example : of single examples around their cell's mean, averaged over cells.
    """

    pair: float
    checkpoint: float
    interaction: float
    example: float

    @property
    def shares(self) -> dict[str, float]:
        """Share of each of the three components in the variance of the true cell means; NaN where that is 0."""
        parts = {"pair": self.pair, "checkpoint": self.checkpoint, "interaction": self.interaction}
        total = sum(parts.values())
        return {name: part / total if total > 0 else float("nan") for name, part in parts.items()}


def variance_components(values: Array, clusters: npt.NDArray[np.int64]) -> VarianceComponents:
    """Split the variance of the cells.

    Parameters
    ----------
    values : (checkpoint, pair, example) without gaps, at least two of each.
    clusters : (example,) examples that are not independent of each other share a label.

    Raises
    ------
    DataError : fewer than two checkpoints, pairs or clusters.
    """
    n_checkpoints, n_pairs, _ = values.shape
    if min(n_checkpoints, n_pairs, len(np.unique(clusters))) < 2:
        raise DataError("The variance needs at least two checkpoints, two pairs and two independent examples.")
    grand = values.mean(axis=(0, 1))
    pair = values.mean(axis=0) - grand
    checkpoint = values.mean(axis=1) - grand
    interaction = values - values.mean(axis=0) - values.mean(axis=1)[:, None] + grand
    pair_square = n_checkpoints * _true_square(pair, clusters) / (n_pairs - 1)
    checkpoint_square = n_pairs * _true_square(checkpoint, clusters) / (n_checkpoints - 1)
    interaction_square = _true_square(interaction, clusters) / ((n_checkpoints - 1) * (n_pairs - 1))
    return VarianceComponents(
        pair=max(0.0, (pair_square - interaction_square) / n_checkpoints),
        checkpoint=max(0.0, (checkpoint_square - interaction_square) / n_pairs),
        interaction=max(0.0, interaction_square),
        example=float(values.var(axis=2, ddof=1).mean()),
    )


def _true_square(effects: Array, clusters: npt.NDArray[np.int64]) -> float:
    """Sum over effects of the squared mean over examples, less its sampling variance.

    `effects` (..., example) are contrasts computed within each example, so that what an example does to all cells
    alike has cancelled. The variance of a mean over clusters is that of the sum of each cluster's deviations.
    """
    means = effects.mean(axis=-1)
    labels, members = np.unique(clusters, return_inverse=True)
    in_cluster = (members[:, None] == np.arange(len(labels))).astype(np.float64)
    totals = (effects - means[..., None]) @ in_cluster
    sampling = totals.var(axis=-1, ddof=1) * len(labels) / effects.shape[-1] ** 2
    return float((means**2 - sampling).sum())
