"""The page "Correlation" in words."""

from collections.abc import Sequence
from html import escape

from core.report.tables import Scatter
from core.statistics import Coefficient, Undefined
from dashboard.figures.numbers import NO_BREAK, counted, signed, signed_interval
from dashboard.figures.words.languages import language


def relation(scatter: Scatter, performance_name: str, *, diagonal: bool) -> str:
    """The sentence about one checkpoint, in HTML: direction, both coefficients, n, and Pearson the other way."""
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
    moves = "rise together" if pearson.value > 0 else "move against each other"
    return f"Across {pearson.n} target languages, {escape(name)} and C <b>{moves}</b>: {numbers}."


def relation_of_several(scatters: Sequence[Scatter], performance_name: str, *, diagonal: bool) -> str:
    """How many of several checkpoints show a clear relation; coefficients stand in the table."""
    known = [
        found
        for scatter in scatters
        if isinstance(found := scatter.entry("pearson", diagonal=diagonal).correlation, Coefficient)
    ]
    if not known:
        return "Too few languages for a correlation in any of these checkpoints."
    rising = sum(found.low > 0 for found in known)
    falling = sum(found.high < 0 for found in known)
    values = [found.value for found in known]
    ends = f"Pearson from {signed(min(values), 2)} to {signed(max(values), 2)}"
    against = f", in {falling} they move against each other" if falling else ""
    return (
        f"In <b>{rising} of {counted(len(known), 'checkpoint')}</b> {escape(inside(performance_name))} and C clearly "
        f"rise together{against}: {ends}."
    )


def inside(name: str) -> str:
    """A quantity's name inside a sentence: `accuracy`, but `F1`."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def coefficient_words(found: Coefficient | Undefined) -> str:
    """A coefficient with its interval, for a table."""
    return signed_interval(found.value, found.low, found.high, 2) if isinstance(found, Coefficient) else "–"
