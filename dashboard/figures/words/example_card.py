"""The text on the card of a stored example: verdict, gold and predictions, C with a mismatched translation."""

from collections.abc import Mapping, Sequence
from html import escape

from core.results import References
from core.store import PairRecord, PredictionRecord
from core.text.display import display_text
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.pieces import shorten
from dashboard.figures.strip import RIGHT, WRONG
from dashboard.figures.words.predictions import gold_of, predicted_of
from dashboard.figures.words.sentences import verdict_html

# The name of a language, its prediction, and class -> probability.
SidePrediction = tuple[str, PredictionRecord | None, Mapping[str, float]]
_LONGEST = 60


def example_text_html(pair: PairRecord, references: References, sides: Sequence[SidePrediction], lower: float) -> str:
    """Up to three lines of HTML; "" without a C.

    Parameters
    ----------
    sides : the predictions on source and target.
    lower : share of this pair's examples with a lower C.
    """
    if pair.consistency is None:
        return ""
    parts = [verdict_html(pair.consistency, references)]
    predictions = [f"<b>{escape(name)}</b> {_prediction(record, shares)}" for name, record, shares in sides if record]
    gold = next((_short(gold_of(record) or "") for _, record, _ in sides if record), "")
    if predictions:
        gold_first = [f"<b>Gold</b> {gold}"] if gold else []
        parts.append(f'<p class="small">{". ".join([*gold_first, *predictions])}.</p>')
    facts = [f"{percent(lower, 0)} of this pair’s examples have a lower C"]
    if pair.mismatched is not None:
        facts.insert(0, f"C with a mismatched translation {decimal(pair.mismatched)}")
    parts.append(f'<p class="small muted">{escape("; ".join(facts))}.</p>')
    return f'<div class="c-text">{"".join(parts)}</div>'


def _prediction(record: PredictionRecord, shares: Mapping[str, float]) -> str:
    if record.problem:
        return "not predicted"
    words = _short(predicted_of(record) or "an answer")
    probability = shares.get(record.predicted or "")
    value = "" if probability is None else f" {decimal(probability, 2)}"
    if record.correct is None:
        return words + value
    css, mark, spoken = ("good", RIGHT, "right") if record.correct else ("error", WRONG, "wrong")
    return f'<span class="{css}" role="img" aria-label="{spoken}">{mark}</span> {words}{value}'


def _short(text: str) -> str:
    return f"<bdi>{escape(shorten(display_text(text), _LONGEST))}</bdi>" if text else ""
