"""The figures of a language pair in one card: mean C, what it is read against, how right both sides are."""

import math
from html import escape

from core.report.pair_summary import PairSummary, ReferenceSummary
from core.statistics import Estimate
from dashboard.figures.numbers import NO_BREAK, NOT_RUN, bounds, count, counted, decimal, percent

NAMES = {"shuffled_mean": "Shuffled importance", "uniform": "Equal importance", "mismatched": "Mismatched translation"}


def headline_html(summary: PairSummary, source: str, target: str, *, exact_match: bool = False) -> str:
    """Up to six figures side by side; for the language codes `source` and `target`; `exact_match` is `qa`'s."""
    c = summary.consistency
    under = f"{bounds(c.low, c.high)} n{NO_BREAK}={NO_BREAK}{count(c.n)}"
    if summary.problems:
        under += f" · {counted(summary.problems, 'row')} without C"
    figures = [_figure("Mean C", _value(c), under, css="mark-c")]
    figures += [
        _figure(NAMES[name], decimal(beside.mean), _higher(beside, c.n)) for name, beside in summary.references.items()
    ]
    ours, theirs = summary.source_correct, summary.target_correct
    if ours.n:
        what = "Exact match" if exact_match else "Accuracy"
        both = f"{_value(ours)} · {_value(theirs)}"
        figures.append(
            _figure(
                f"{what} {source} · {target}",
                both,
                f"{bounds(ours.low, ours.high)} · {bounds(theirs.low, theirs.high)}",
            )
        )
    same = summary.same_prediction
    if same.n:
        figures.append(_figure("Same prediction", _value(same), bounds(same.low, same.high)))
    return f'<div class="figures" role="group" aria-label="Figures of this language pair">{"".join(figures)}</div>'


def _higher(beside: ReferenceSummary, n: int) -> str:
    """In which share of the examples C is higher, and of how many where not all have the reference."""
    fewer = "" if beside.n == n else f" n{NO_BREAK}={NO_BREAK}{count(beside.n)}"
    return f"C higher in {percent(beside.lower, 0)}{fewer}"


def _value(estimate: Estimate) -> str:
    return NOT_RUN if math.isnan(estimate.value) else decimal(estimate.value)


def _figure(name: str, value: str, under: str, css: str = "") -> str:
    return (
        f'<div class="figure"><div class="small muted">{escape(name)}</div>'
        f'<div class="big {css}">{escape(value)}</div><div class="small muted">{escape(under)}</div></div>'
    )
