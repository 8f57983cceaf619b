"""The types of the results of each step; frozen, with the lengths of parallel arrays checked when they are built.

texts -> TokenizedText -> TokenAttribution -> Side (units and mass) -> TransportPlan -> PairAnalysis

Dimensions: `seq` tokens the model reads (specials included), `unit` tokens or words that carry mass
(specials left out), `n` source units, `m` target units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import OptionError, TransportError
from core.settings import Settings

Array = npt.NDArray[np.float64]
Place = Literal["below", "within", "above"]
# Two values of C that differ by less are equal: `solve` may lose 1e-11 to break ties between plans.
SAME_CONSISTENCY = 1e-10
# A share of the attainable is given where what is attainable is at least this many standard deviations above chance.
LEAST_RANGE_SD = 2.0


@dataclass(frozen=True)
class Token:
    """One token of the model's input.

    `text` is the slice `[start, end)` of its field as the user wrote it (a bare space piece has an empty text),
    or the special's own name. `word` is the index of its word in `TokenizedText.words`, -1 for specials.
    """

    text: str
    start: int
    end: int
    field: str | None
    special: bool
    word: int


@dataclass(frozen=True)
class Word:
    """One word: the slice `[start, end)` of a field."""

    text: str
    start: int
    end: int
    field: str


@dataclass(frozen=True)
class TokenizedText:
    """A text as the model reads it.

    Attributes
    ----------
    fields : (name, text) in input order; one for `meaning`, two for the other tasks.
    tokens : (seq,) parallel to `input_ids` and `token_type_ids`.
    n_tokens_uncut : how many tokens the whole text has; more than `len(tokens)` when it was cut.
    """

    language: str
    fields: tuple[tuple[str, str], ...]
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    n_tokens_uncut: int

    def __post_init__(self) -> None:
        _parallel("tokens", len(self.tokens), "input_ids", len(self.input_ids))
        _parallel("tokens", len(self.tokens), "token_type_ids", len(self.token_type_ids))

    @property
    def special_mask(self) -> npt.NDArray[np.bool_]:
        """(seq,) True where the token is a special."""
        return np.array([token.special for token in self.tokens], dtype=bool)

    @property
    def cut(self) -> bool:
        return self.n_tokens_uncut > len(self.tokens)


@dataclass(frozen=True)
class Target:
    """The fixed scalar F that is explained: an output of a class, a position's start or end logit, or the meaning.

    `output` says what F is of a class (`core.settings.OUTPUTS`); `contrast` subtracts the logit of the class `rival`,
    whose name is `against`.
    """

    kind: str  # "class" | "start" | "end" | "meaning"
    index: int
    label: str
    output: str = "logit"
    rival: int = -1
    against: str | None = None

    @property
    def title(self) -> str:
        """The output in words: `entailment`, `entailment minus neutral`, `probability of entailment`."""
        if self.against is not None:
            return f"{self.label} minus {self.against}"
        return self.label if self.output == "logit" else f"{self.output} of {self.label}"


@dataclass(frozen=True)
class Answer:
    """A gold answer: its text, and the character of the context at which it begins."""

    text: str
    start: int


@dataclass(frozen=True)
class Norms:
    """The l2 and l1 norms of each token's attribution over the embedding dimension, from the same integral as its sum.

    Attributes
    ----------
    l2, l1 : (seq,) float64, not negative; exactly 0 on specials.
    l2_error, l1_error : estimated largest error over the largest norm; None where the method has no estimate.
    """

    l2: Array
    l1: Array
    l2_error: float | None = None
    l1_error: float | None = None

    def __post_init__(self) -> None:
        _parallel("l2", len(self.l2), "l1", len(self.l1))


@dataclass(frozen=True)
class TokenAttribution:
    """Token scores of one text for one target (Eq. 1): signed sums over the embedding dimension, or their norms.

    Attributes
    ----------
    scores : (seq,) float64, parallel to `text.tokens`; exactly 0 on specials.
    norms : the other two aggregates; None where only the sums are known, or there is no dimension to aggregate over.
    aggregate : what `scores` are: "sum", "l2" or "l1".
    signed : (seq,) the sums, where `scores` are norms.
    f_input, f_baseline : F(x) and F(x'), logits (cosines for `meaning`).
    n_steps : gradient evaluations spent. n_forward : forward evaluations on top.
    token_error : estimated largest token error over the largest |score|; None where the method has no estimate.
    """

    text: TokenizedText
    target: Target
    scores: Array
    f_input: float
    f_baseline: float
    n_steps: int
    n_forward: int
    token_error: float | None
    method: str
    norms: Norms | None = None
    aggregate: str = "sum"
    signed: Array | None = None

    def __post_init__(self) -> None:
        _parallel("scores", len(self.scores), "tokens", len(self.text.tokens))

    @property
    def sums(self) -> Array:
        """(seq,) the signed sums over the embedding dimension, whichever aggregate `scores` are."""
        return self.scores if self.signed is None else self.signed

    @property
    def delta(self) -> float:
        """Convergence delta |sum_i w_i - (F(x) - F(x'))| of the signed sums w, in units of F."""
        return abs(float(self.sums.sum()) - (self.f_input - self.f_baseline))

    @property
    def baseline_is_higher(self) -> bool:
        """Whether F(x') > F(x): the baseline already scores higher than the text."""
        return self.f_baseline > self.f_input

    def aggregated(self, aggregate: str) -> "TokenAttribution":
        """Return the attribution with another aggregate as its scores and token error.

        Raises
        ------
        OptionError : the aggregate is not known: occlusion has none, older stores hold sums alone.
        """
        if aggregate == self.aggregate:
            return self
        if self.norms is None or self.aggregate != "sum":
            raise OptionError(
                f"These attributions have no {aggregate} norm: they are from before the norms were kept, or their "
                "method gives one number a token. Use --aggregate sum."
            )
        scores, error = {"l2": (self.norms.l2, self.norms.l2_error), "l1": (self.norms.l1, self.norms.l1_error)}[
            aggregate
        ]
        return replace(self, scores=scores, token_error=error, aggregate=aggregate, signed=self.scores)


@dataclass(frozen=True)
class Unit:
    """What carries mass: a token, or a word with all its tokens (indices into `TokenizedText.tokens`)."""

    text: str
    start: int
    end: int
    field: str
    word: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Side:
    """One side of a pair: attribution, units, and their mass.

    Attributes
    ----------
    prediction : class -> probability (`qa`: the best answers -> joint probability; `meaning`: empty).
    units : (unit,) specials left out, in reading order. scores, mass : (unit,); mass sums to 1.
    signed : whether mass moves only between units whose scores have the same sign.
    """

    attribution: TokenAttribution
    prediction: Mapping[str, float]
    units: tuple[Unit, ...]
    scores: Array
    mass: Array
    signed: bool = False

    def __post_init__(self) -> None:
        _parallel("units", len(self.units), "scores", len(self.scores))
        _parallel("units", len(self.units), "mass", len(self.mass))

    @property
    def signs(self) -> Array | None:
        """(unit,) the sign of each score; None where it does not decide what mass can meet."""
        return np.sign(self.scores) if self.signed else None

    @property
    def text(self) -> TokenizedText:
        return self.attribution.text

    @property
    def language(self) -> str:
        return self.attribution.text.language

    @property
    def has_text(self) -> bool:
        """Whether the text is known, not its scores alone."""
        return any(unit.text for unit in self.units)

    @property
    def names(self) -> list[str]:
        """(unit,) text of every unit; its number, from 1, where the text is not known."""
        if self.has_text:
            return [unit.text for unit in self.units]
        return [str(number) for number in range(1, len(self.units) + 1)]


class Flow(NamedTuple):
    """Mass ``flow`` moving from source token ``i`` to target token ``j``, adding ``contribution`` to C."""

    i: int
    j: int
    flow: float
    similarity: float
    contribution: float


@dataclass(frozen=True, eq=False)
class TransportPlan:
    """A transport problem together with its solution.

    Attributes
    ----------
    source_mass : (n,) float64
        Importance of the source tokens, sums to 1.
    target_mass : (m,) float64
        Importance of the target tokens, sums to 1.
    similarity : (n, m) float64
        Cosine similarity of source token i and target token j, in [-1, 1].
    plan : (n, m) float64
        Flow f_ij >= 0, zero wherever the similarity is not positive. Row sums are at most ``source_mass``,
        column sums at most ``target_mass``. C is unique, the plan is one of possibly many that reach it.
    signs : (n,) and (m,) float64, optional
        Signs of the scores under the mass rule ``signed``: nothing flows between tokens of different sign, as if their
        similarity were 0.
    """

    source_mass: Array
    target_mass: Array
    similarity: Array
    plan: Array
    signs: tuple[Array, Array] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.source_mass), len(self.target_mass))
        for name, matrix in (("similarity", self.similarity), ("plan", self.plan)):
            if matrix.shape != shape:
                raise TransportError(f"The {name} has shape {matrix.shape}, the masses need {shape}.")

    @property
    def consistency(self) -> float:
        """C = sum_ij f_ij max(sim_ij, 0), in [0, 1]."""
        return unit_interval(float(np.sum(self.plan * np.maximum(self.similarity, 0.0))))

    @property
    def unmatched(self) -> float:
        """Share of the mass, in [0, 1], without a similar token on the other side: 1 - sum_ij f_ij."""
        return unit_interval(1.0 - float(self.plan.sum()))

    def flows(self) -> list[Flow]:
        """Every positive flow, largest contribution to C first; equal contributions in reading order."""
        rows, columns = np.nonzero(self.plan > 0)
        flow = self.plan[rows, columns]
        similarity = self.similarity[rows, columns]
        contribution = flow * similarity
        # Rounded, so that the last bit of a sum does not decide the order of equal contributions.
        order = np.lexsort((columns, rows, -np.round(contribution, 12)))
        columns_of_table = (rows, columns, flow, similarity, contribution)
        return [Flow(*row) for row in zip(*(c[order].tolist() for c in columns_of_table), strict=True)]


@dataclass(frozen=True)
class References:
    """References for an observed C; all but `shuffled_percentile` and `n_shuffles` in units of C.

    Attributes
    ----------
    uniform : float
        C when every token is equally important.
    shuffled_mean, shuffled_sd : float
        Mean and sample standard deviation of C over random permutations of each side's masses.
    shuffled_low, shuffled_high : float
        The 2.5th and the 97.5th percentile of the same permutations: the range of chance.
    shuffled_percentile : float
        Percent, 0 to 100, of the permutations whose C is below the observed one; ties count half.
    n_shuffles : int
        Number of permutations behind the five.
    carried : float
        C when each side's importance is carried over to the other side by the optimal plan of equal importance; the
        mean of both directions. C can exceed it.
    """

    uniform: float
    shuffled_mean: float
    shuffled_sd: float
    shuffled_low: float
    shuffled_high: float
    shuffled_percentile: float
    n_shuffles: int
    carried: float

    def place_of(self, consistency: float) -> Place:
        """Where C lies among the permutations: below, within, or above their range."""
        if consistency > self.shuffled_high + SAME_CONSISTENCY:
            return "above"
        return "below" if consistency < self.shuffled_low - SAME_CONSISTENCY else "within"

    def share_of_attainable(self, consistency: float) -> float | None:
        """(C - shuffled mean) / (carried over - shuffled mean): 0 is chance, 1 as if importance had been carried over.

        None where the denominator is below two standard deviations of the permutations: the ratio would be noise.
        """
        share = share_of_attainable(consistency, self.shuffled_mean, self.shuffled_sd, self.carried)
        return None if np.isnan(share) else float(share)


def share_of_attainable(
    consistency: npt.ArrayLike, shuffled_mean: npt.ArrayLike, shuffled_sd: npt.ArrayLike, carried: npt.ArrayLike
) -> Array:
    """Return `References.share_of_attainable` of many pairs, element by element; NaN where it is None."""
    c, mean, sd, top = (
        np.asarray(values, dtype=np.float64) for values in (consistency, shuffled_mean, shuffled_sd, carried)
    )
    attainable = top - mean
    wide = (attainable >= LEAST_RANGE_SD * sd) & (attainable > SAME_CONSISTENCY)
    return np.where(wide, (c - mean) / np.where(wide, attainable, 1.0), np.nan)


@dataclass(frozen=True)
class ModelInfo:
    """The model behind a result. `train_language` is None for a model without a task head.

    `pooling` says how `meaning` makes one vector of a text.
    """

    name: str
    revision: str
    family: str
    task: str
    train_language: str | None
    title: str
    device: str = "cpu"
    pooling: str = ""


@dataclass(frozen=True)
class PairAnalysis:
    """Consistency C of one source text with one translation, for one target, with all that it was computed from.

    `end` is "start" or "end" for question answering, None otherwise. `seconds` is the time of the comparison.
    """

    source: Side
    target: Side
    transport: TransportPlan
    references: References
    settings: Settings
    model: ModelInfo
    space: Mapping[str, str | float]
    end: str | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _parallel("source units", len(self.source.units), "plan rows", self.transport.plan.shape[0])
        _parallel("target units", len(self.target.units), "plan columns", self.transport.plan.shape[1])

    @property
    def consistency(self) -> float:
        return self.transport.consistency


@dataclass(frozen=True)
class PairReport:
    """All analyses of one pair: one, or two (answer start, answer end) for question answering.

    `notices` are lines for the user: what was cut or removed, identical texts, differing targets. `classes` has the
    pair with both sides explained for each class of the model, where that was asked for.
    """

    analyses: tuple[PairAnalysis, ...]
    notices: tuple[str, ...] = ()
    classes: tuple[PairAnalysis, ...] = ()


def _parallel(name: str, size: int, other: str, other_size: int) -> None:
    if size != other_size:
        raise ValueError(f"{name} has {size} entries, {other} has {other_size}; they must be parallel.")


def unit_interval(value: float) -> float:
    """Clip to [0, 1] a value that rounding has moved out of it."""
    return min(max(value, 0.0), 1.0)
