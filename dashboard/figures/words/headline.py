"""The figures of a language pair in one card: mean C, its references, and how often both sides are right."""

import math
from html import escape

from core.report.pair_summary import PairSummary, ReferenceSummary
from core.statistics import Estimate
from dashboard.figures.numbers import NO_BREAK, NOT_RUN, bounds, count, counted, decimal, percent

NAMES = {"shuffled_mean": "Shuffled importance", "uniform": "Equal importance", "mismatched": "Mismatched translation"}


def headline_html(summary: PairSummary, source: str, target: str, *, exact_match: bool = False) -> str:
    """Up to six figures in a row, as HTML.

    Parameters
    ----------
    source, target : language codes. exact_match : whether right means an exact match, as for `qa`.
    """
    c = summary.consistency
    under = f"{bounds(c.low, c.high)} n{NO_BREAK}={NO_BREAK}{count(c.n)}"
    if summary.problems:
        under += f" · {counted(summary.problems, 'row')} without C"
    figures = [_figure("Mean C", _value(c), under, css="mark-c")]
    figures += [
        _figure(NAMES[name], decimal(reference.mean), _higher(reference, c.n))
        for name, reference in summary.references.items()
    ]
    on_source, on_target = summary.source_correct, summary.target_correct
    if on_source.n:
        measure = "Exact match" if exact_match else "Accuracy"
        intervals = f"{bounds(on_source.low, on_source.high)} · {bounds(on_target.low, on_target.high)}"
        values = f"{_value(on_source)} · {_value(on_target)}"
        figures.append(_figure(f"{measure} {source} · {target}", values, intervals))
    same = summary.same_prediction
    if same.n:
        figures.append(_figure("Same prediction", _value(same), bounds(same.low, same.high)))
    return f'<div class="figures" role="group" aria-label="Figures of this language pair">{"".join(figures)}</div>'


def _higher(reference: ReferenceSummary, n: int) -> str:
    """The share of the examples with a higher C, and of how many if not all of the `n` have the reference."""
    fewer = "" if reference.n == n else f" n{NO_BREAK}={NO_BREAK}{count(reference.n)}"
    return f"C higher in {percent(reference.lower, 0)}{fewer}"


def _value(estimate: Estimate) -> str:
    return NOT_RUN if math.isnan(estimate.value) else decimal(estimate.value)


def _figure(name: str, value: str, under: str, css: str = "") -> str:
    return (
        f'<div class="figure"><div class="small muted">{escape(name)}</div>'
        f'<div class="big {css}">{escape(value)}</div><div class="small muted">{escape(under)}</div></div>'
    )
