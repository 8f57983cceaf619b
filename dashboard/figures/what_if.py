"""What would change if a pinned word carried another importance: what is asked, and what the answer says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, get_args

from core.attribution.removal import Removal
from core.consistency.what_if import changed, with_equal_importance, with_importance
from core.errors import CctaError
from core.report.verdict import printed_difference
from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.numbers import amount, count, decimal, percent, signed
from dashboard.figures.units import SOURCE, End
from dashboard.figures.words.pointed import Pointed

Kind = Literal["remove", "partner", "average", "equal"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Remove = Callable[[End, Sequence[int]], Removal]
# A spread of the shuffles below this is rounding: equal masses are the same in every order.
NO_SPREAD = 1e-9


@dataclass(frozen=True)
class Asked:
    """A change of one word: its kind, and the units of one text that are the word."""

    kind: Kind
    end: End
    units: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """A change and its answer: the pair with the new masses, what the model makes of the text; or why there is none."""

    asked: Asked
    after: PairAnalysis | None = None
    removal: Removal | None = None
    error: str = ""


def asked_of(analysis: PairAnalysis, value: str) -> Asked | None:
    """Read `remove s3 s4`, as a script reports it; None for anything that the analysis has no units for."""
    kind, *names = value.split(" ")
    ends = {name[:1] for name in names}
    numbers = [name[1:] for name in names]
    if kind not in KINDS or len(ends) != 1 or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    end, units = ends.pop(), tuple(int(number) for number in numbers)
    side = analysis.source if end == SOURCE else analysis.target
    if end not in ("s", "t") or max(units) >= len(side.units):
        return None
    return Asked(kind, "s" if end == SOURCE else "t", units)


def change_of(analysis: PairAnalysis, asked: Asked, remove: Remove | None) -> Change:
    """Compute a change; an error is part of the answer."""
    try:
        removal = remove(asked.end, asked.units) if remove and asked.kind == "remove" else None
        if asked.kind == "equal":
            plan = with_equal_importance(analysis)
        else:
            share = _share(analysis, asked)
            plan = with_importance(analysis, asked.units, share, of_source=asked.end == SOURCE)
    except CctaError as error:
        return Change(asked, error=str(error))
    return Change(asked, changed(analysis, plan), removal)


def asked_html(analysis: PairAnalysis, end: End, units: Sequence[int], *, can_remove: bool) -> str:
    """The buttons of a pinned word; "" in a text without another word."""
    side, other = _sides(analysis, end)
    if len(side.units) <= len(units):
        return ""
    pointed = Pointed(analysis)
    asked = {"remove": "remove it"} if can_remove else {}
    for partner in pointed.partners(end, units)[:1]:
        name = pointed.name(end == SOURCE, [partner])
        asked["partner"] = f"give it the importance of {name} ({percent(float(other.mass[partner]))})"
    asked["average"] = f"give it an equal share ({percent(len(units) / len(side.units))})"
    asked["equal"] = "make all words equal" if analysis.settings.level == "word" else "make all tokens equal"
    buttons = "".join(f'<button type="button" data-ask="{kind}">{words}</button>' for kind, words in asked.items())
    return f'<span class="asks"><span class="muted">What if?</span> {buttons}</span>'


def change_html(analysis: PairAnalysis, change: Change) -> str:
    """What the change does to C, and to the model's output where a word was removed; with the ways on from there."""
    back = '<button type="button" data-ask="">Back</button>'
    if change.after is None:
        return f'<span class="error">{escape(change.error)}</span> {back}'
    parts = [f"<b>{_lead(analysis, change.asked)}</b> {_of_consistency(analysis, change.after)}"]
    if change.removal is not None:
        side, _ = _sides(analysis, change.asked.end)
        parts += [_of_output(side, change.removal), _of_prediction(side, change.removal)]
        back += '<button type="button" data-again="1">Attribute again without it</button>'
    told = " ".join(part for part in parts if part)
    return f'{told} <span class="muted">Dashed: before.</span> <span class="asks">{back}</span>'


def _lead(analysis: PairAnalysis, asked: Asked) -> str:
    pointed = Pointed(analysis)
    name = pointed.name(asked.end != SOURCE, asked.units)
    if asked.kind == "remove":
        return f"Without {name}:"
    if asked.kind == "equal":
        return "With equal importance everywhere:"
    share = percent(_share(analysis, asked))
    return f"With {share} on {name}:"


def _of_consistency(before: PairAnalysis, after: PairAnalysis) -> str:
    change = signed(printed_difference(after.consistency, before.consistency))
    told = f"C {decimal(after.consistency)} ({change})"
    if after.references.shuffled_sd < NO_SPREAD:
        return f"{told}; shuffling equal importance changes nothing."
    shuffles = count(after.references.n_shuffles)
    return f"{told}; {after.references.shuffled_percentile:.1f}% of {shuffles} shuffles of this importance give less."


def _of_output(side: Side, removal: Removal) -> str:
    """The change of F beside what the attribution had given the word."""
    name = get_language(side.language).name
    if removal.f_after is None:
        return f"The position that is explained in {name} is gone with it."
    target = side.attribution.target
    quantity = "similarity of its encoding to that of the whole text" if target.kind == "meaning" else "output F"
    change = signed(removal.f_after - removal.f_before)
    given = removal.attributed
    attributed = f"{'+' if given > 0 else '−' if given < 0 else ''}{amount(abs(given))}"
    return (
        f"The {name} {quantity} changes by {change} (to {decimal(removal.f_after)}), by one more evaluation of the "
        f"model; the word was attributed {attributed}."
    )


def _of_prediction(side: Side, removal: Removal) -> str:
    if not removal.before or not removal.after:
        return ""
    old, new = (max(each, key=lambda name: each[name]) for each in (removal.before, removal.after))
    before, after = removal.before[old], removal.after[new]
    language = get_language(side.language).name
    if old == new:
        there = f"from {decimal(before, 2)} to {decimal(after, 2)}"
        return f"The prediction in {language} stays <bdi>{escape(old)}</bdi> ({there})."
    return (
        f"The prediction in {language} becomes <bdi>{escape(new)}</bdi> ({decimal(after, 2)}); it was "
        f"<bdi>{escape(old)}</bdi> ({decimal(before, 2)})."
    )


def _share(analysis: PairAnalysis, asked: Asked) -> float:
    """The importance that the word is given."""
    side, other = _sides(analysis, asked.end)
    if asked.kind == "remove":
        return 0.0
    if asked.kind == "partner":
        partners = Pointed(analysis).partners(asked.end, asked.units)
        return float(other.mass[partners[0]]) if partners else float(side.mass[list(asked.units)].sum())
    return len(asked.units) / len(side.units)


def _sides(analysis: PairAnalysis, end: End) -> tuple[Side, Side]:
    """The text of the word, and the other one."""
    return (analysis.source, analysis.target) if end == SOURCE else (analysis.target, analysis.source)
