"""The page "Correlation" in words.

With few languages an interval that holds 0 leaves everything open: the sentences then say that these languages cannot
tell, never that there is no relation.
"""

from collections.abc import Sequence
from html import escape

from core.report.tables import Scatter
from core.report.tables.coefficients import Measure
from core.statistics import Coefficient, Undefined
from dashboard.figures.numbers import NO_BREAK, counted, signed, signed_interval
from dashboard.figures.words.languages import language

EQUAL = "C of equal importance, which no model enters"


def relation(scatter: Scatter, performance_name: str) -> str:
    """The headline of one checkpoint, in HTML: whether performance rises with C without the training language.

    The coefficient with the training language, as the paper has it, stands behind it.
    """
    pearson = scatter.entry("pearson").correlation
    if isinstance(pearson, Undefined):
        return escape(pearson.reason)
    name = escape(inside(performance_name))
    numbers = f"Pearson {_value(pearson)}"
    spearman = scatter.entry("spearman").correlation
    if isinstance(spearman, Coefficient):
        numbers = f"{numbers}, Spearman {signed(spearman.value, 2)}"
    numbers += f", n{NO_BREAK}={NO_BREAK}{pearson.n}{_with_own(scatter, pearson.n)}"
    if pearson.low <= 0 <= pearson.high:
        return f"These {pearson.n} target languages <b>cannot tell</b> whether {name} rises with C: {numbers}."
    if pearson.value > 0:
        return f"Across {pearson.n} target languages, {name} and C <b>rise together</b>: {numbers}."
    return f"Across {pearson.n} target languages, {name} <b>falls as C rises</b>: {numbers}."


def _with_own(scatter: Scatter, n: int) -> str:
    """The coefficient with the training language, in brackets; nothing where it has no value."""
    found = scatter.entry("pearson", diagonal=True).correlation
    if isinstance(found, Undefined) or found.n == n:
        return ""
    own = escape(language(scatter.trained_on))
    return (
        f" (as in the paper, with {own}, whose C is 1 by definition: {_value(found)}, n{NO_BREAK}={NO_BREAK}{found.n})"
    )


def conclusion(scatter: Scatter, performance_name: str) -> str:
    """What follows for one checkpoint, in HTML: whether C predicts performance beyond equal importance."""
    partial = scatter.entry("pearson", measure="partial").correlation
    name = escape(inside(performance_name))
    if isinstance(partial, Undefined):
        return f"Whether C predicts {name} beyond {EQUAL}, remains open. {escape(partial.reason)}"
    numbers = f"partial correlation {_value(partial)}"
    alone = scatter.entry("pearson", measure="uniform").correlation
    if isinstance(alone, Coefficient):
        numbers += f"; equal importance alone {_value(alone)}"
    if partial.low <= 0 <= partial.high:
        return f"These {partial.n} languages <b>cannot tell</b> whether C predicts {name} beyond {EQUAL}: {numbers}."
    if partial.value > 0:
        return f"C <b>predicts {name} beyond</b> {EQUAL}, across these {partial.n} languages: {numbers}."
    return f"Across these {partial.n} languages, {name} is <b>lower where C is higher</b> given {EQUAL}: {numbers}."


def relation_of_several(scatters: Sequence[Scatter], performance_name: str) -> str:
    """In how many of several checkpoints performance rises with C without the training language, in HTML."""
    coefficients = _known(scatters, "consistency")
    if not coefficients:
        return "None of these checkpoints has enough languages for a correlation."
    name = escape(inside(performance_name))
    values = [pearson.value for pearson in coefficients]
    counts = _counts(coefficients, f"{name} falls as C rises")
    extent = f"Pearson from {signed(min(values), 2)} to {signed(max(values), 2)}"
    return f"Without the training language, {name} and C rise together in {counts}: {extent}."


def conclusion_of_several(scatters: Sequence[Scatter], performance_name: str) -> str:
    """In how many of several checkpoints C predicts performance beyond equal importance, in HTML."""
    partial = _known(scatters, "partial")
    name = escape(inside(performance_name))
    if not partial:
        reason = next(
            found.reason
            for scatter in scatters
            if isinstance(found := scatter.entry("pearson", measure="partial").correlation, Undefined)
        )
        return f"Whether C predicts {name} beyond {EQUAL}, remains open. {escape(reason)}"
    return f"C predicts {name} beyond {EQUAL}, in {_counts(partial, f'given it, {name} falls as C rises')}."


def _known(scatters: Sequence[Scatter], measure: Measure) -> list[Coefficient]:
    found = [scatter.entry("pearson", measure=measure).correlation for scatter in scatters]
    return [one for one in found if isinstance(one, Coefficient)]


def _counts(coefficients: Sequence[Coefficient], opposite: str) -> str:
    """In how many checkpoints the interval is above 0, in how many below it, and in how many neither, in HTML."""
    rising = sum(found.low > 0 for found in coefficients)
    falling = sum(found.high < 0 for found in coefficients)
    unsure = len(coefficients) - rising - falling
    words = f"<b>{rising} of {counted(len(coefficients), 'checkpoint')}</b>"
    if falling:
        words += f"; {opposite} in {falling}"
    if unsure:
        which = f"in the other {unsure}" if rising or falling else "in any of them" if unsure > 1 else "in it"
        words += f"; the languages cannot tell {which}"
    return words


def _value(found: Coefficient) -> str:
    return signed_interval(found.value, found.low, found.high, 2)


def inside(name: str) -> str:
    """A quantity's name inside a sentence: `accuracy`, but `F1`."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def coefficient_words(coefficient: Coefficient | Undefined) -> str:
    """A coefficient with its interval, for a table; "–" if it is undefined."""
    return "–" if isinstance(coefficient, Undefined) else _value(coefficient)
