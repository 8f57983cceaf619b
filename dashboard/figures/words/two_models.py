"""Two models on one pair, in words and numbers; pure functions from results to escaped HTML."""

from html import escape

from core.report.verdict import (
    BELOW_EQUAL,
    LEADS,
    against_carried,
    higher_than,
    is_below,
    printed_difference,
    relative_to_equal,
)
from core.results import PairAnalysis
from core.text.numbers import duration
from dashboard.figures.numbers import decimal, signed
from dashboard.figures.scale import scale_rows
from dashboard.figures.words.sentences import definition, different_predictions, error_bound

ONE_PAIR = "One pair says little about a model; compare models over many pairs."


def compare_numbers_html(first: PairAnalysis, second: PairAnalysis, names: tuple[str, str]) -> str:
    """C under A, C under B, and A − B."""
    parts = [
        _number(f"C, A: {names[0]}", decimal(first.consistency)),
        _number(f"C, B: {names[1]}", decimal(second.consistency)),
        _number("Difference A − B", signed(printed_difference(first.consistency, second.consistency))),
    ]
    return f'<div class="c-three">{"".join(parts)}</div>'


def compare_text_html(
    first: PairAnalysis, second: PairAnalysis, names: tuple[str, str], languages: tuple[str, str]
) -> str:
    """Where a model predicts another class on each side; which C is higher and by how much; how each compares with its
    references; and what C is.
    """
    verdicts = "".join(
        f'<p class="small"><b>{letter}:</b> {escape(_against_references(analysis))}</p>'
        for letter, analysis in zip("AB", (first, second), strict=True)
    )
    reason = _below_equal(first, second)
    verdicts += f'<p class="small">{escape(reason)}</p>' if reason else ""
    note = escape(f"{definition(*languages)} {ONE_PAIR}")
    lead = escape(which_is_higher(first, second, names))
    differ = "".join(
        f'<p class="small"><b>{letter}: {escape(line)}</b></p>'
        for letter, each in zip("AB", (first, second), strict=True)
        if (line := different_predictions(each))
    )
    lines = f'<p class="verdict"><b>{lead}</b></p>{verdicts}<p class="small muted">{note}</p>'
    return f'<div class="c-text">{differ}{lines}</div>'


def which_is_higher(first: PairAnalysis, second: PairAnalysis, names: tuple[str, str]) -> str:
    """`C is 0.028 higher with A, trained in English.`"""
    difference = printed_difference(first.consistency, second.consistency)
    if difference == 0:
        return f"C is the same with both models ({decimal(first.consistency)})."
    letter, name = ("A", names[0]) if difference > 0 else ("B", names[1])
    return f"C is {decimal(abs(difference))} higher with {letter}, {name}."


def compare_keys_html(first: PairAnalysis, second: PairAnalysis) -> str:
    """The numbers of the scale in words, a column for each model."""
    rows = zip(*(scale_rows(each.consistency, each.references) for each in (first, second)), strict=True)
    head = "<span></span><span></span><b>A</b><b>B</b>"
    cells = "".join(
        f"{mark}<span>{escape(words)}</span><b>{number}</b><b>{other}</b>"
        for (mark, words, number), (*_, other) in rows
    )
    return f'<div class="c-keys both">{head}{cells}</div>'


def compare_meaning(first: PairAnalysis, second: PairAnalysis, meanings: tuple[str, str]) -> str:
    """What the chips' numbers are a share of, where the two models are explained for one target or for two."""
    if meanings[0] == meanings[1]:
        return meanings[0]
    targets = [each.source.attribution.target.label for each in (first, second)]
    return f"share of all attribution to A’s {targets[0]} and B’s {targets[1]}"


def compare_cost_line(first: PairAnalysis, second: PairAnalysis, seconds: float) -> str:
    """`12.8 s for both models · 29 to 34 nodes a text · token error ≤ 0.6%`."""
    attributions = [side.attribution for each in (first, second) for side in (each.source, each.target)]
    nodes = sorted(attribution.n_steps for attribution in attributions)
    spent = f"{nodes[0]} nodes a text" if nodes[0] == nodes[-1] else f"{nodes[0]} to {nodes[-1]} nodes a text"
    parts = [f"{duration(seconds)} for both models", spent]
    errors = [attribution.token_error for attribution in attributions if attribution.token_error is not None]
    if len(errors) == len(attributions):
        parts.append(error_bound(max(errors)))
    return " · ".join(parts)


def _against_references(analysis: PairAnalysis) -> str:
    """One model's C against chance, equal importance and carried-over importance."""
    c, references = analysis.consistency, analysis.references
    lead = LEADS[references.place_of(c)].lower()
    equal = relative_to_equal(c, references.uniform)
    return f"{lead}, {higher_than(references)}; {equal}. {against_carried(c, references)}"


def _below_equal(first: PairAnalysis, second: PairAnalysis) -> str:
    """What a C below equal importance says, once for the models that it is true of."""
    below = [
        letter
        for letter, each in zip("AB", (first, second), strict=True)
        if is_below(each.consistency, each.references.uniform)
    ]
    return f"Below equal importance with {' and '.join(below)}: {BELOW_EQUAL}." if below else ""


def _number(name: str, value: str) -> str:
    return f'<div><div class="small muted">{escape(name)}</div><div class="c-num">{value}</div></div>'
