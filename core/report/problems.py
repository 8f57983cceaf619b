"""Why a row could not be computed, in one sentence: a store keeps only the name of the error."""

from types import MappingProxyType

from core.errors import CompletenessError, DegenerateMassError, TargetError, TextError, TransportError

_REASONS = MappingProxyType(
    {
        TextError.__name__: "A text is empty, has no word that the model reads, or is too long.",
        TargetError.__name__: "The target to explain is missing: no such class, or the gold answer was cut off.",
        DegenerateMassError.__name__: "Every token of a text has score 0, so there is no importance to compare.",
        TransportError.__name__: "The masses or similarities are invalid, or the transport problem was not solved.",
        CompletenessError.__name__: "The scores do not add up to F(x) − F(x′).",
    }
)


def reason(problem: str) -> str:
    """Return the sentence for the `problem` of a record; an unknown name is returned as it is."""
    return _REASONS.get(problem, problem)
