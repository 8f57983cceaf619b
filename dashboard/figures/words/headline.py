"""The figures of a language pair in one card: mean C, its references, and how often both sides are right."""

import math
from html import escape

from core.report.pair_summary import PairSummary, ReferenceSummary
from core.report.verdict import BELOW_EQUAL
from core.statistics import Estimate
from dashboard.figures.numbers import NO_BREAK, NOT_RUN, bounds, count, counted, decimal, percent, signed_interval

NAMES = {
    "shuffled_mean": "Shuffled importance",
    "uniform": "Equal importance",
    "carried": "Carried-over importance",
    "mismatched": "Mismatched translation",
}


def headline_html(summary: PairSummary, source: str, target: str, *, exact_match: bool = False, n_all: int = 0) -> str:
    """Up to seven figures in a row, and how mean C compares with its references, as HTML.

    Parameters
    ----------
    source, target : language codes. exact_match : whether right means an exact match, as for `qa`.
    n_all : the examples without filters, where the figures are of a part of them.
    """
    c = summary.consistency
    part = f" of {count(n_all)}" if c.n + summary.problems < n_all else ""
    under = f"{bounds(c.low, c.high)} n{NO_BREAK}={NO_BREAK}{count(c.n)}{part}"
    if summary.problems:
        under += f" · {counted(summary.problems, 'row')} without C"
    figures = [figure_html("Mean C", _value(c), under, css="mark-c")]
    figures += [
        figure_html(NAMES[name], decimal(reference.mean), _higher(reference, c.n))
        for name, reference in summary.references.items()
    ]
    on_source, on_target = summary.source_correct, summary.target_correct
    if on_source.n:
        measure = "Exact match" if exact_match else "Accuracy"
        intervals = f"{bounds(on_source.low, on_source.high)} · {bounds(on_target.low, on_target.high)}"
        values = f"{_value(on_source)} · {_value(on_target)}"
        figures.append(figure_html(f"{measure} {source} · {target}", values, intervals))
    same = summary.same_prediction
    if same.n:
        figures.append(figure_html("Same prediction", _value(same), bounds(same.low, same.high)))
    row = f'<div class="figures" role="group" aria-label="Figures of this language pair">{"".join(figures)}</div>'
    lines = " ".join(escape(line) for line in comparison_lines(summary))
    return f'{row}<p class="small">{lines}</p>' if lines else row


def comparison_lines(summary: PairSummary) -> list[str]:
    """Mean C against equal importance, and how much of the attainable it reaches; nothing without references."""
    if summary.minus_equal is None:
        return []
    difference, share = summary.minus_equal, summary.share_of_attainable
    size, low, high = difference.value, difference.low, difference.high
    if high < 0:
        below = f"Mean C is {decimal(-size)} {bounds(-high, -low)} below equal importance"
        equal = f"{below}: over {counted(difference.n, 'example')}, {BELOW_EQUAL}."
    elif low > 0:
        equal = f"Mean C is {decimal(size)} {bounds(low, high)} above equal importance."
    else:
        equal = f"Mean C minus equal importance is {signed_interval(size, low, high)}: which is higher is not settled."
    if share is None:
        return [equal, "The range from chance to carried-over importance is too small to say how much C covers."]
    covered = f"{percent(share.value, 0)} [{percent(share.low, 0)}, {percent(share.high, 0)}]"
    return [equal, f"Mean C is {covered} of the way from chance to carried-over importance."]


def _higher(reference: ReferenceSummary, n: int) -> str:
    """The share of the examples with a higher C, and of how many if not all of the `n` have the reference."""
    fewer = "" if reference.n == n else f" n{NO_BREAK}={NO_BREAK}{count(reference.n)}"
    return f"C higher in {percent(reference.lower, 0)}{fewer}"


def _value(estimate: Estimate) -> str:
    return NOT_RUN if math.isnan(estimate.value) else decimal(estimate.value)


def figure_html(name: str, value: str, under: str, css: str = "") -> str:
    """One figure of a card: its name, the number, and a line under it."""
    return (
        f'<div class="figure"><div class="small muted">{escape(name)}</div>'
        f'<div class="big {css}">{escape(value)}</div><div class="small muted">{escape(under)}</div></div>'
    )
