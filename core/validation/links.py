"""From similarity and flow to word links, and how well links agree with gold ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import ot

from core.consistency.agreement import links_of_plan
from core.consistency.transport import solve
from core.errors import TransportError
from core.results import Array, TokenizedText, Unit
from core.statistics import Estimate
from core.statistics.intervals import N_RESAMPLES, percentile_interval
from core.validation.gold import GoldPair, Links


class Weighted(Protocol):
    """A text's units with their masses, (unit,): a `Side`, or one without attributions."""

    @property
    def text(self) -> TokenizedText: ...

    @property
    def units(self) -> tuple[Unit, ...]: ...

    @property
    def mass(self) -> Array: ...


@dataclass(frozen=True)
class EqualSide:
    """A text all of whose units have the same mass."""

    text: TokenizedText
    units: tuple[Unit, ...]

    @property
    def mass(self) -> Array:
        return np.full(len(self.units), 1 / len(self.units))


@dataclass(frozen=True)
class LinkCounts:
    """Links of many sentence pairs, (pair,) each: predicted, sure, and those predicted that are sure, or possible."""

    predicted: npt.NDArray[np.int64]
    sure: npt.NDArray[np.int64]
    correct: npt.NDArray[np.int64]
    allowed: npt.NDArray[np.int64]


def link_counts(predicted: Sequence[Links], gold: Sequence[GoldPair]) -> LinkCounts:
    """Count the links of each sentence pair; a sure link is possible as well."""
    rows = [
        (len(links), len(pair.links), len(links & pair.links), len(links & (pair.links | pair.possible)))
        for links, pair in zip(predicted, gold, strict=True)
    ]
    return LinkCounts(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def scores_of_links(counts: LinkCounts, *, seed: int = 0) -> Mapping[str, Estimate]:
    """Return precision, recall, F1 and AER over all links, with 95% intervals over sentence pairs.

    With predicted links A, sure links S and possible links P (which include S): precision |A & P| / |A|, recall
    |A & S| / |S|, F1 their harmonic mean, AER 1 - (|A & S| + |A & P|) / (|A| + |S|) (Och and Ney 2003). NaN where a
    denominator is 0.
    """
    columns = np.stack([counts.predicted, counts.sure, counts.correct, counts.allowed], axis=1).astype(np.float64)
    n = len(columns)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES) if n else np.zeros((1, 0))
    whole, resampled = _scores(columns.sum(axis=0)), _scores(drawn @ columns)
    blank = np.full(2, np.nan)
    intervals = {name: percentile_interval(values) if n > 1 else blank for name, values in resampled.items()}
    return {
        name: Estimate(float(value), float(intervals[name][0]), float(intervals[name][1]), n)
        for name, value in whole.items()
    }


def _scores(sums: Array) -> dict[str, Array]:
    """The four scores of sums of the counts, (..., 4) -> (...)."""
    predicted, sure, correct, allowed = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = allowed / predicted, correct / sure
        f1 = np.where(precision + recall > 0, 2 * precision * recall / (precision + recall), precision + recall)
        aer = 1 - (correct + allowed) / (predicted + sure)
    return {"precision": precision, "recall": recall, "F1": f1, "AER": aer}


@dataclass(frozen=True)
class LinkRule:
    """How links follow from a transport plan: the plan, and which masses its flow is compared with.

    Attributes
    ----------
    plan : (source mass, target mass, similarity) -> (source, target) flow.
    own : compare with the sums of the plan itself, for plans that do not move all mass.
    """

    plan: Callable[[Array, Array, Array], Array]
    own: bool = False


# The regularisation of both, and how closely the unbalanced plan keeps the masses, were chosen on English-Russian.
ENTROPY, KEEPING = 0.05, 0.5


def _exact(a: Array, b: Array, similarity: Array) -> Array:
    return solve(a, b, similarity).plan


def _entropic(a: Array, b: Array, similarity: Array) -> Array:
    """Cuturi 2013, by POT; masses of 0 have no logarithm and are left out."""
    return _on_masses(a, b, similarity, lambda *known: ot.sinkhorn(*known, ENTROPY, method="sinkhorn_log", warn=False))


def _unbalanced(a: Array, b: Array, similarity: Array) -> Array:
    """Chizat et al. 2018, by POT: mass without a partner may stay; for alignment Arase, Bao and Yokoi 2023."""
    return _on_masses(a, b, similarity, lambda *known: ot.unbalanced.sinkhorn_unbalanced(*known, ENTROPY, KEEPING))


def _on_masses(a: Array, b: Array, similarity: Array, solver: Callable[[Array, Array, Array], Array]) -> Array:
    rows, columns = np.flatnonzero(a), np.flatnonzero(b)
    plan = np.zeros(similarity.shape)
    inner = np.ix_(rows, columns)
    plan[inner] = solver(a[rows], b[columns], 1 - np.maximum(similarity[inner], 0))
    if not np.isfinite(plan).all():
        raise TransportError("The regularised transport did not converge. Choose another space.")
    return plan


FLOW_RULES: Mapping[str, LinkRule] = {
    "transport": LinkRule(_exact),
    "entropic": LinkRule(_entropic),
    "unbalanced": LinkRule(_unbalanced, own=True),
}
NEAREST = "nearest"


def links_by(rule: str, similarity: Array, pair: GoldPair, left: Weighted, right: Weighted) -> Links:
    """Return the links between gold words that a rule of `FLOW_RULES` gives for the sides' masses.

    Parameters
    ----------
    similarity : (source unit, target unit), of the sides.
    """
    plan = FLOW_RULES[rule].plan(left.mass, right.mass, similarity)
    flow, a, b = between_words(plan, pair, left, right)
    return links_of(flow, flow.sum(axis=1), flow.sum(axis=0)) if FLOW_RULES[rule].own else links_of(flow, a, b)


def nearest_links(similarity: Array, pair: GoldPair, left: Weighted, right: Weighted) -> Links:
    """Return the links between words that are each other's most similar."""
    forward, backward = similarity.argmax(axis=1), similarity.argmax(axis=0)
    rows, columns = words_of(left, pair.source), words_of(right, pair.target)
    return frozenset(
        (int(rows[i]), int(columns[j])) for i, j in enumerate(forward) if backward[j] == i and similarity[i, j] > 0
    )


def links_of(flow: Array, source_mass: Array, target_mass: Array) -> Links:
    """Return the (source, target) words between which at least half of the mass of either one flows.

    Parameters
    ----------
    flow : (source, target). source_mass, target_mass : (source,) and (target,); words without mass have no links.
    """
    linked = links_of_plan(flow, source_mass, target_mass, rounding=0.0)
    return frozenset((int(i), int(j)) for i, j in np.argwhere(linked))


def words_of(side: Weighted, words: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return for each unit of a side the gold word that it overlaps most, in the words joined by single spaces."""
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    ends = starts + [len(word) for word in words]
    begins = np.array([unit.start for unit in side.units])[:, None]
    stops = np.array([unit.end for unit in side.units])[:, None]
    return np.asarray((np.minimum(stops, ends) - np.maximum(begins, starts)).argmax(axis=1))


def between_words(plan: Array, pair: GoldPair, left: Weighted, right: Weighted) -> tuple[Array, Array, Array]:
    """Return flow and masses of gold words: (source, target), (source,), (target,)."""
    rows, columns = words_of(left, pair.source), words_of(right, pair.target)
    flow = np.zeros((len(pair.source), len(pair.target)))
    np.add.at(flow, (rows[:, None], columns[None, :]), plan)
    return (
        flow,
        np.bincount(rows, left.mass, len(pair.source)).astype(np.float64),
        np.bincount(columns, right.mass, len(pair.target)).astype(np.float64),
    )
