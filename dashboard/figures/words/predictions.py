"""The gold label or answer of a stored example and what was predicted, as text."""

from core.store import PredictionRecord


def gold_of(record: PredictionRecord | None) -> str | None:
    """The gold label, or the first gold answer; None if neither is stored."""
    if record is None:
        return None
    return record.gold or next(iter(record.gold_answers), None)


def predicted_of(record: PredictionRecord | None) -> str | None:
    """The predicted class or answer; None if there is no prediction or its text is not stored."""
    return None if record is None or record.problem else record.predicted or record.answer
