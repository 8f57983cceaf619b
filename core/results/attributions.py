"""What is explained of a text, the scores of its tokens, and the units that carry its mass."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.errors import OptionError
from core.results.arrays import Array, require_parallel
from core.results.texts import TokenizedText


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
        require_parallel("l2", len(self.l2), "l1", len(self.l1))


@dataclass(frozen=True)
class TokenAttribution:
    """Token scores of one text for one target (Eq. 1): signed sums over the embedding dimension, or their norms.

    Attributes
    ----------
    scores : (seq,) float64, parallel to `text.tokens`; exactly 0 on specials.
    norms : the other two aggregates; None where only the sums are known, or there is no dimension to aggregate over.
    aggregate : what `scores` are: "sum", "l2" or "l1".
    signed : (seq,) the sums, where `scores` are norms.
    defect : by how much the integral missed F(x) - F(x') before that difference corrected it; None where it did not.
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
    defect: float | None = None

    def __post_init__(self) -> None:
        require_parallel("scores", len(self.scores), "tokens", len(self.text.tokens))

    @property
    def sums(self) -> Array:
        """(seq,) the signed sums over the embedding dimension, whichever aggregate `scores` are."""
        return self.scores if self.signed is None else self.signed

    @property
    def delta(self) -> float:
        """Convergence delta |sum_i w_i - (F(x) - F(x'))| of the signed sums w, in units of F.

        Where that difference corrected the sums, it is the delta from before: afterwards it is 0 whatever the error.
        """
        if self.defect is not None:
            return self.defect
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
        require_parallel("units", len(self.units), "scores", len(self.scores))
        require_parallel("units", len(self.units), "mass", len(self.mass))

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
