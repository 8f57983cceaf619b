"""The page "Correlation" in words."""

from collections.abc import Sequence
from html import escape

from core.report.tables import Scatter
from core.statistics import Coefficient, Undefined
from dashboard.figures.numbers import NO_BREAK, counted, signed, signed_interval
from dashboard.figures.words.languages import language


def relation(scatter: Scatter, performance_name: str, *, diagonal: bool) -> str:
    """The sentence about one checkpoint, in HTML: direction, both coefficients, n, and Pearson with the diagonal
    treated in the other way."""
    pearson = scatter.entry("pearson", diagonal=diagonal).correlation
    spearman = scatter.entry("spearman", diagonal=diagonal).correlation
    if isinstance(pearson, Undefined):
        return escape(pearson.reason)
    name = inside(performance_name)
    numbers = f"Pearson {signed_interval(pearson.value, pearson.low, pearson.high, 2)}"
    if isinstance(spearman, Coefficient):
        numbers += f", Spearman {signed(spearman.value, 2)}"
    numbers += f", n{NO_BREAK}={NO_BREAK}{pearson.n}"
    other = scatter.entry("pearson", diagonal=not diagonal).correlation
    if isinstance(other, Coefficient) and scatter.trained_on in scatter.languages:
        numbers += f"; {'without' if diagonal else 'with'} {language(scatter.trained_on)} {signed(other.value, 2)}"
    if pearson.low <= 0 <= pearson.high:
        return f"<b>No clear relation</b> between {escape(name)} and C across {pearson.n} target languages: {numbers}."
    if pearson.value > 0:
        return f"Across {pearson.n} target languages, {escape(name)} and C <b>rise together</b>: {numbers}."
    return f"Across {pearson.n} target languages, {escape(name)} <b>falls as C rises</b>: {numbers}."


def relation_of_several(scatters: Sequence[Scatter], performance_name: str, *, diagonal: bool) -> str:
    """How many of several checkpoints show a clear relation, in HTML: the interval of Pearson excludes 0."""
    coefficients = [
        pearson
        for scatter in scatters
        if isinstance(pearson := scatter.entry("pearson", diagonal=diagonal).correlation, Coefficient)
    ]
    if not coefficients:
        return "None of these checkpoints has enough languages for a correlation."
    name = escape(inside(performance_name))
    rising = sum(pearson.low > 0 for pearson in coefficients)
    falling = sum(pearson.high < 0 for pearson in coefficients)
    values = [pearson.value for pearson in coefficients]
    extent = f"Pearson from {signed(min(values), 2)} to {signed(max(values), 2)}"
    opposite = f", in {falling} {name} clearly falls as C rises" if falling else ""
    return (
        f"In <b>{rising} of {counted(len(coefficients), 'checkpoint')}</b> {name} and C clearly rise together"
        f"{opposite}: {extent}."
    )


def inside(name: str) -> str:
    """A quantity's name inside a sentence: `accuracy`, but `F1`."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def coefficient_words(coefficient: Coefficient | Undefined) -> str:
    """A coefficient with its interval, for a table; "–" if it is undefined."""
    if isinstance(coefficient, Undefined):
        return "–"
    return signed_interval(coefficient.value, coefficient.low, coefficient.high, 2)
