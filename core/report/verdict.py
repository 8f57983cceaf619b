"""What a C and its references say, in sentences: against chance, equal importance, and carried-over importance."""

from dataclasses import dataclass
from types import MappingProxyType

from core.results import Place, References
from core.text.numbers import decimal

LEADS = MappingProxyType(
    {"above": "Above chance", "within": "Not distinguishable from chance", "below": "Below chance"}
)
# C is the average similarity at which importance meets importance, and with equal importance that of all words: this
# is what a lower C says, whatever the reason.
BELOW_EQUAL = "the important words of the two sentences match less well than their words do on average"


@dataclass(frozen=True)
class Verdict:
    """How C compares with its references.

    Attributes
    ----------
    place : where C lies among the shuffles, by the rule of `References.place_of`.
    lead : the verdict in a few words; where C is above chance and below equal importance, it says both.
    chance, equal, carried : one sentence on each reference.
    """

    place: Place
    lead: str
    chance: str
    equal: str
    carried: str

    @property
    def text(self) -> str:
        return f"{self.lead}. {self.chance} {self.equal} {self.carried}"


def verdict(consistency: float, references: References) -> Verdict:
    """Compare C with the range of the shuffles, with equal importance and with carried-over importance."""
    place = references.place_of(consistency)
    lead = LEADS[place]
    if place == "above" and is_below(consistency, references.uniform):
        lead += ", below equal importance"
    return Verdict(
        place,
        lead,
        chance=_against_chance(consistency, references, place),
        equal=_against_equal(consistency, references.uniform),
        carried=against_carried(consistency, references),
    )


def is_below(one: float, other: float) -> bool:
    """Whether a C is below another as both are printed."""
    return printed_difference(one, other) < 0


def printed_difference(one: float, other: float) -> float:
    """The difference of two values of C as both are printed, with three decimals."""
    return round(round(one, 3) - round(other, 3), 3)


def relative_to_equal(consistency: float, uniform: float) -> str:
    """`0.066 below equal importance (0.396)`."""
    # The difference of the numbers as they are printed: 0.464 and 0.390 are 0.074 apart, whatever their next digits.
    difference = printed_difference(consistency, uniform)
    if difference == 0:
        relation = "the same as with"
    else:
        relation = f"{decimal(abs(difference))} {'below' if difference < 0 else 'above'}"
    return f"{relation} equal importance ({decimal(uniform)})"


def higher_than(references: References) -> str:
    """`higher than 99.5% of 1,000 random shuffles`, as the percentile of C says."""
    return f"higher than {_share(references.shuffled_percentile)}{_shuffles(references)}"


def against_carried(consistency: float, references: References) -> str:
    """The share of the attainable as a sentence, or why there is none."""
    chance, carried = f"chance (mean {decimal(references.shuffled_mean)})", f"({decimal(references.carried)})"
    share = references.share_of_attainable(consistency)
    if references.carried <= references.shuffled_mean:
        return f"Carried-over importance {carried} is not above {chance}, so no share of the attainable is given."
    if share is None:
        return f"From {chance} to carried-over importance {carried} the range is too small to say how much C covers."
    if round(share, 2) < 0:
        mean = f"the mean of the shuffles ({decimal(references.shuffled_mean)})"
        return f"C is below {mean}: it covers none of the way from there to carried-over importance {carried}."
    beyond = ", so above it" if round(share, 2) > 1 else ""
    return f"C is {share:.0%} of the way from {chance} to carried-over importance {carried}{beyond}."


def _against_chance(consistency: float, references: References, place: Place) -> str:
    shuffles = f"{_shuffles(references)} of the same importance"
    middle = f"{decimal(references.shuffled_low)} and {decimal(references.shuffled_high)}"
    percentile = references.shuffled_percentile
    if place == "within":
        if references.shuffled_sd < 1e-9:
            return f"Each of {shuffles} gives the same C, {decimal(references.shuffled_mean)}."
        return f"{percentile:.0f}% of {shuffles} give less; 95% lie between {middle}."
    if place == "above":
        return f"C is higher than {_share(percentile)}{shuffles}; 95% lie between {middle}."
    return f"C is lower than {_share(100 - percentile)}{shuffles}; 95% lie between {middle}."


def _against_equal(consistency: float, uniform: float) -> str:
    reason = f": {BELOW_EQUAL}" if is_below(consistency, uniform) else ""
    return f"C is {relative_to_equal(consistency, uniform)}{reason}."


def _shuffles(references: References) -> str:
    return f"{references.n_shuffles:,} random shuffles"


def _share(percentile: float) -> str:
    """`all `, or `99.5% of `, never rounding up to 100%."""
    if percentile >= 100:
        return "all "
    text = f"{percentile:.1f}".removesuffix(".0")
    return "over 99.9% of " if text == "100" else f"{text}% of "
