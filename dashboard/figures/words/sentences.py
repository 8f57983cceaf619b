"""What a result says in words; pure functions from results to plain text or escaped HTML."""

from html import escape

import numpy as np

from core.report.verdict import verdict
from core.results import PairAnalysis, References, Side, Target, TransportPlan
from core.text.display import display_text
from core.text.languages import get_language
from core.text.numbers import duration
from dashboard.figures.flow.folding import FOLDED_NOTE, fold_flow
from dashboard.figures.flow.layout import HAIRLINE, small_words
from dashboard.figures.numbers import count, counted, decimal, percent


def verdict_html(consistency: float, references: References) -> str:
    """How C compares with chance, with equal importance and with carried-over importance."""
    found = verdict(consistency, references)
    return (
        f'<p class="verdict"><b>{escape(found.lead)}.</b> {escape(found.chance)}</p>'
        f'<p class="small">{escape(found.equal)} {escape(found.carried)}</p>'
    )


def definition(source_name: str, target_name: str) -> str:
    """C in one sentence, with the languages' names."""
    return (
        f"C is the largest total similarity reached when the importance in the {source_name} text is moved onto the "
        f"{target_name} text: 1 if all of it meets the same meaning, 0 if none does."
    )


def card_text_html(consistency: float, references: References, source_name: str, target_name: str) -> str:
    """Verdict and definition, for the middle of the C card."""
    small = f'<p class="small muted">{escape(definition(source_name, target_name))}</p>'
    return f'<div class="c-text">{verdict_html(consistency, references)}{small}</div>'


def card_number_html(consistency: float, name: str = "Consistency C", note: str = "") -> str:
    """The headline number of the C card, with a line under it."""
    under = f'<div class="small muted">{escape(note)}</div>' if note else ""
    number = f'<div class="c-num">{decimal(consistency)}</div>'
    return f'<div><div class="small muted">{escape(name)}</div>{number}{under}</div>'


def other_level(analysis: PairAnalysis | None) -> str:
    """C of the same pair on the other level; the paper's is that of tokens. "" where it is not known."""
    if analysis is None:
        return ""
    name = "tokens, as in the paper" if analysis.settings.level == "token" else "words"
    return f"{name}: {decimal(analysis.consistency)}"


def flow_caption(analysis: PairAnalysis) -> str:
    """How many flows are drawn, how many are hairlines, what meets nothing similar, and what was drawn together."""
    folded = fold_flow(analysis)
    caption = _flows_line(folded.analysis.transport)
    return f"{caption} {FOLDED_NOTE}" if folded.is_folded else caption


def content_caption(analysis: PairAnalysis) -> str:
    """What is left out where a long text shows its content words: small words, and hairlines, each with their sum."""
    analysis = fold_flow(analysis).analysis
    flows = analysis.transport.plan[analysis.transport.plan > 0]
    thin, broad = flows[flows < HAIRLINE], flows[flows >= HAIRLINE]
    parts = [f"{counted(int(broad.size), 'flow')} carry {percent(_round_one(broad.sum()))} of the mass"]
    if thin.size:
        parts.append(f"{count(int(thin.size))} below {percent(HAIRLINE)} are left out ({percent(float(thin.sum()))})")
    small = [small_words(side) for side in (analysis.source, analysis.target)]
    shares = [
        f"{percent(float(side.mass[words].sum()))} of the {get_language(side.language).name}"
        for side, words in zip((analysis.source, analysis.target), small, strict=True)
    ]
    folded = sum(int(words.sum()) for words in small)
    if folded:
        parts.append(f"{counted(folded, 'small word')} without a name carry {' and '.join(shares)} mass")
    return f"{'; '.join(parts)}."


def _flows_line(transport: TransportPlan) -> str:
    flows = transport.plan[transport.plan > 0]
    if flows.size == 0:
        return "Nothing in one sentence resembles anything in the other in this space. C is 0."
    thin = flows[flows < HAIRLINE]
    carry = "carries" if flows.size == 1 else "carry"
    parts = f"{counted(int(flows.size), 'flow')} {carry} {percent(_round_one(flows.sum()))} of the mass"
    if thin.size:
        drawn = "a hairline" if thin.size == 1 else "hairlines"
        share = percent(float(thin.sum()))
        parts += f"; {count(int(thin.size))} below {percent(HAIRLINE)} drawn as {drawn} ({share})"
    if transport.unmatched >= 0.0005:
        parts += f". {percent(transport.unmatched)} of the mass meets nothing similar"
    return parts + "."


def matrix_note(source_name: str, target_name: str) -> str:
    """The line above the matrix."""
    return f"Rows {source_name}, columns {target_name}, both in reading order. Bars: mass."


def flow_note() -> str:
    """The line above the flow picture."""
    return "Ribbon width: importance carried. Colour: similarity of its two ends."


def section_title(task: str) -> str:
    """The title over the chips."""
    if task == "meaning":
        return "What each sentence’s meaning relies on"
    return "What each answer relies on" if task == "qa" else "What each prediction relies on"


def attribution_meaning(target: Target) -> str:
    """What the chips' numbers are a share of."""
    return f"share of all attribution to {_target_words(target)}"


def explained_line(side: Side) -> str:
    """What a side's card says after the language: its prediction, or that its meaning is explained."""
    if side.attribution.target.kind == "meaning":
        return "sentence meaning"
    if not side.prediction:
        return ""
    return "predicts " + " · ".join(f"{name} {decimal(value, 2)}" for name, value in most_probable(side))


def explained_html(side: Side) -> str:
    """`explained_line` with every prediction isolated: an Arabic answer leaves the numbers around it in their order."""
    if side.attribution.target.kind == "meaning" or not side.prediction:
        return escape(display_text(explained_line(side)))
    parts = [
        f'<bdi>{escape(display_text(name))}</bdi> <span dir="ltr">{decimal(value, 2)}</span>'
        for name, value in most_probable(side)
    ]
    return f"predicts {' · '.join(parts)}"


def most_probable(side: Side) -> list[tuple[str, float]]:
    """The three most probable predictions of a side."""
    return sorted(side.prediction.items(), key=lambda item: -item[1])[:3]


def different_predictions(analysis: PairAnalysis) -> str:
    """What comes first where the model predicts another class on each side; "" where it does not."""
    sides = (analysis.source, analysis.target)
    if any(side.attribution.target.kind != "class" or not side.prediction for side in sides):
        return ""
    (first, _), (second, _) = (most_probable(side)[0] for side in sides)
    if first == second:
        return ""
    names = [get_language(side.language).name for side in sides]
    labels = [side.attribution.target.label for side in sides]
    explained = f"both are explained for {labels[0]}" if labels[0] == labels[1] else "each is explained for its own"
    return f"The model predicts {first} in {names[0]} and {second} in {names[1]}; {explained}."


def different_targets(result: PairAnalysis) -> str | None:
    """A warning where the two sides are explained for different classes, else None."""
    source, target = result.source.attribution.target, result.target.attribution.target
    if source.kind != "class" or source.label == target.label:
        return None
    return "The two sides are explained for different classes."


def cost_line(result: PairAnalysis) -> str:
    """`7.4 s · 20 nodes each · token error ≤ 0.6%`, as far as the method knows it."""
    sides = (result.source.attribution, result.target.attribution)
    nodes = [side.n_steps for side in sides]
    spent = f"{nodes[0]} nodes each" if nodes[0] == nodes[1] else f"{nodes[0]} and {nodes[1]} nodes"
    parts = [duration(result.seconds)] if result.seconds else []
    parts.append(spent)
    errors = [side.token_error for side in sides if side.token_error is not None]
    if len(errors) == 2:
        parts.append(error_bound(max(errors)))
    return " · ".join(parts)


def error_bound(error: float) -> str:
    """`token error ≤ 0.6%`, rounded up."""
    return f"token error ≤ {percent(float(np.ceil(error * 1000) / 1000))}"


def _round_one(share: float) -> float:
    """The whole mass, summed with rounding errors, is exactly 1."""
    return 1.0 if share > 0.9995 else float(share)


def _target_words(target: Target) -> str:
    if target.kind == "meaning":
        return "the sentence’s meaning"
    if target.kind in ("start", "end"):
        return f"the logit of the answer’s {target.kind}"
    if target.output == "logit":
        return f"the {target.label} logit"
    return target.title if target.against else f"the {target.title}"
