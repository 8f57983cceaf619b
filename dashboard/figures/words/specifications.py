"""The specification curve in words."""

from core.report.readings import DEFINITIONS
from core.report.specifications import SpecificationCurve
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted
from dashboard.figures.words.readings import reading_title


def curve_sentence(curve: SpecificationCurve) -> str:
    """In how many specifications each training language is first, in which reading, and how often that is settled."""
    first = language_name(curve.language)
    others = [f"{language_name(code)} in {count(n)}" for code, n in curve.counts().items() if code != curve.language]
    rest = f" First in the others: {_listed(others)}." if others else ""
    (definition,) = [one for one in DEFINITIONS if one.name == curve.specifications.reading]
    return (
        f"{reading_title(definition)}: {first} is first in {count(curve.n_first)} of "
        f"{counted(len(curve.leaders), 'specification')}; in {count(curve.n_settled)} the 95% interval of its "
        f"difference from the strongest other language lies above 0.{rest}"
    )


def curve_spoken(curve: SpecificationCurve) -> str:
    """For screen readers: the sentence, and the value of a choice under which the language is least often first."""
    shares = [
        (first / of, name, value)
        for name in curve.specifications.names
        for value, (first, of) in curve.first_with(name).items()
    ]
    if not shares:
        return curve_sentence(curve)
    share, name, value = min(shares)
    return f"{curve_sentence(curve)} It is least often first with {name} {value}: in {share:.0%}."


def curve_note(curve: SpecificationCurve) -> str:
    """What the picture shows, and what the intervals speak of."""
    n = len(curve.specifications.examples)
    return (
        f"Each column is one combination of choices, computed on the same {counted(n, 'example')}. A filled dot: "
        f"{language_name(curve.language)} has the largest mean; a hollow one: another language has. Dashed: the "
        "default choices. Intervals are over other sentences only. The combinations share examples and checkpoints, so "
        "their number is no sample size."
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
