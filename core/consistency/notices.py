"""Lines that say what a reader of a pair must know: what was cut, which outputs differ, which baseline is higher."""

from core.results import Side, TokenAttribution
from core.text.languages import get_language

NoticedSide = tuple[Side, tuple[str, ...]]
"""One side, and the lines of its text's preparation."""


def pair_notices(source: NoticedSide, target: NoticedSide) -> tuple[str, ...]:
    """Return the lines of a pair: of each text, of both together, and of a baseline that scores higher than a text."""
    left, right = source[0], target[0]
    lines = [f"{get_language(side.language).name}: {line}" for side, notices in (source, target) for line in notices]
    if left.text.fields == right.text.fields:
        lines.append("Both texts are identical: C is 1 in a context-free space.")
    explained = left.attribution.target, right.attribution.target
    if explained[0].kind == "class" and explained[0].index != explained[1].index:
        lines.append("The two sides are explained for different classes.")
    elif explained[0].rival != explained[1].rival:
        lines.append("The class that is explained is contrasted with different classes on the two sides.")
    lines += [line for side in (left, right) if (line := _baseline_notice(side.attribution))]
    return tuple(lines)


def _baseline_notice(attribution: TokenAttribution) -> str:
    """Say where F(x') > F(x) for a class; "" elsewhere."""
    target = attribution.target
    if target.kind != "class" or not attribution.baseline_is_higher:
        return ""
    baseline, text = (f"{value:.2f}".replace("-", "−") for value in (attribution.f_baseline, attribution.f_input))
    return (
        f"{get_language(attribution.text.language).name}: the baseline already scores higher for {target.title} than "
        f"the text does (F {baseline} and {text})."
    )
