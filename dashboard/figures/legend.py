"""Legends and section heads, as HTML for `st.html`; every picture has its own."""

from collections.abc import Iterable
from html import escape

from dashboard.figures.colours import ATTRIBUTION, CONSISTENCY, MASS, PERFORMANCE, Scale
from dashboard.figures.grids.cells import GridKind
from dashboard.figures.numbers import decimal, percent


def legend_html(scale: Scale, low: str, high: str, meaning: str = "", *, before: str = "") -> str:
    """Low label, one swatch per stop, high label, then what the number is."""
    swatches = "".join(f'<i class="{scale.prefix}{index}"></i>' for index in range(len(scale)))
    parts = [
        _words(before),
        _words(low),
        f'<span class="bar" aria-hidden="true">{swatches}</span>',
        _words(high),
    ]
    return f'<span class="legend">{"".join(parts)}{_words(meaning)}</span>'


def attribution_legend(meaning: str) -> str:
    """For token chips; `meaning` is `sentences.attribution_meaning`."""
    return legend_html(ATTRIBUTION, "lowers −25%", "+25% raises", meaning)


def similarity_legend() -> str:
    """For the flow picture and the similarity matrix."""
    return legend_html(MASS, "0", "1", before="similarity")


def transport_legend(largest: float) -> str:
    """For the transport matrix; its scale ends at the largest cell."""
    return legend_html(MASS, "0", percent(largest), before="share of all mass (square-root colour)")


def consistency_legend() -> str:
    """For grids of C."""
    return legend_html(*grid_ends("consistency"))


def performance_legend(chance: float) -> str:
    """For grids of accuracy, F1 or exact match."""
    return legend_html(*grid_ends("performance", chance=chance))


def difference_legend(limit: float) -> str:
    """For grids of differences, symmetric around 0."""
    return legend_html(*grid_ends("difference", limit=limit))


def grid_ends(kind: GridKind, *, chance: float = 0.0, limit: float = 0.0) -> tuple[Scale, str, str]:
    """The scale of a grid, and the words at its ends."""
    if kind == "difference":
        return ATTRIBUTION, f"−{decimal(limit, 2)}", f"+{decimal(limit, 2)}"
    if kind == "performance":
        return PERFORMANCE, f"{decimal(chance, 2).rstrip('0')} chance" if chance else "0", "1"
    return CONSISTENCY, "0", "≥ 0.8"


def marks_legend(entries: Iterable[tuple[str, str]]) -> str:
    """Marks and what they mean: each entry is a mark as HTML, "" for none, and its words as plain text."""
    return f'<span class="legend">{"".join(f"{mark}{_words(words)}" for mark, words in entries)}</span>'


def head_html(title: str, legend: str = "", *, note: str = "", step: int = 0) -> str:
    """A section's title line: title left, legend right, an optional line of secondary text under it.

    `step` is the number in front of the title, where sections are to be read in an order.
    """
    under = f'<div class="small muted note">{escape(note)}</div>' if note else ""
    number = f'<span class="step" aria-hidden="true">{step}</span>' if step else ""
    return f'<div class="head">{number}<h2>{escape(title)}</h2><span class="grow"></span>{legend}</div>{under}'


def _words(text: str) -> str:
    return f"<span>{escape(text)}</span>" if text else ""
