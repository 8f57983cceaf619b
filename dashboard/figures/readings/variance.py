"""What C is made of: the split of its variance as two stacked bars, in HTML."""

import math
from html import escape

from core.statistics.variance import VarianceComponents
from dashboard.figures.numbers import counted, percent

# Part -> its name and the stop of the scale of C that colours it; what single sentences add is neutral.
PARTS = {
    "pair": ("language pair", "c2"),
    "checkpoint": ("training language", "c6"),
    "interaction": ("training language × pair", "c8"),
    "example": ("sentence", "rest"),
}
NARROWEST = 0.12
"""Below this share a part has no room for its name; the legend has it."""


def single_sentence_shares(variance: VarianceComponents) -> dict[str, float]:
    """Share of each part in the variance of single sentences; NaN where that is 0."""
    parts = {name: getattr(variance, name) for name in PARTS}
    total = sum(parts.values())
    return {name: value / total if total > 0 else math.nan for name, value in parts.items()}


def variance_html(variance: VarianceComponents, n_cells: int) -> str:
    """Draw both bars, of the cells' means and of single sentences, with one legend."""
    cells, sentences = variance.shares, single_sentence_shares(variance)
    bars = "".join(
        f'<span class="muted">{escape(label)}</span>{_bar(label, shares)}'
        for label, shares in ((counted(n_cells, "cell mean"), cells), ("single sentences", sentences))
    )
    keys = "".join(
        f'<span><i class="{css}"></i>{escape(name)} <b>{_both(cells.get(part), sentences[part])}</b></span>'
        for part, (name, css) in PARTS.items()
    )
    return f'<div class="variance">{bars}<span></span><span class="keys">{keys}</span></div>'


def variance_sentence(variance: VarianceComponents) -> str:
    """What share of the cells' variance is the pair, and what the training language."""
    shares = variance.shares
    if math.isnan(shares["pair"]):
        return "The means of the cells differ by no more than other sentences would change them."
    return (
        f"Which two languages are compared makes {percent(shares['pair'])} of the variance of the cells; which "
        f"language the model was trained in makes {percent(shares['checkpoint'])}."
    )


def _bar(label: str, shares: dict[str, float]) -> str:
    known = {name: share for name, share in shares.items() if not math.isnan(share)}
    said = ", ".join(f"{PARTS[name][0]} {percent(share)}" for name, share in known.items()) or "no variance"
    parts = "".join(
        f'<span class="{PARTS[name][1]}" title="{escape(PARTS[name][0])} {percent(share)}" '
        f'style="width:{100 * share:.2f}%">{_inside(name, share)}</span>'
        for name, share in known.items()
        if share > 0
    )
    return f'<div class="stack" role="img" aria-label="{escape(f"{label}: {said}", quote=True)}">{parts}</div>'


def _inside(name: str, share: float) -> str:
    return f"<em>{escape(PARTS[name][0])} {percent(share, 0)}</em>" if share >= NARROWEST else ""


def _both(cells: float | None, sentences: float) -> str:
    """`96.2% / 24.0%`: of the cells' means, of single sentences; nothing for what is not known."""
    known = [share for share in (cells, sentences) if share is not None and not math.isnan(share)]
    return " / ".join(percent(share) for share in known)
