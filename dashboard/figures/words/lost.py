"""The page "Words" in words and small HTML: the figures of a selection, what a word loses, and its partners."""

import math
from collections.abc import Mapping
from html import escape

import pandas as pd

from core.report.pair_summary import PairSummary
from core.report.words.lines import LEAST_SIMILARITY, Partners
from core.text.display import display_text
from dashboard.figures.colours import MASS
from dashboard.figures.numbers import NO_BREAK, NOT_RUN, bounds, count, counted, decimal, percent, signed
from dashboard.figures.words.headline import figure_html

MOST_PARTNERS = 5
BAR = (
    "Bar: importance, green where it meets its like and adds to C, orange where it is lost. Lost = importance × "
    "(1 − similarity met), mean over the n occurrences; interval: 95% over examples, those that share a text counted "
    "once."
)
# Class of the table -> (what one line is, what all are).
NOUNS: Mapping[str, tuple[str, str]] = {
    "word": ("Word", "Words"),
    "frequency": ("Frequency", "Frequency classes"),
    "position": ("Position", "Positions in the text"),
    "length": ("Length", "Lengths"),
    "script": ("Script", "Scripts"),
    "characters": ("Characters", "Kinds of characters"),
    "field": ("Field", "Fields"),
}


def card_html(summary: PairSummary, names: tuple[str, str], top: tuple[float, int] | None, n_all: int) -> str:
    """The figures of the examples chosen: mean C, above shuffled, accuracy, and what is lost in a sentence.

    Parameters
    ----------
    names : of both languages, as short as their codes. top : (share of all that is lost, number of words that lose it).
    n_all : examples without facets.
    """
    c = summary.consistency
    of_all = f" of {count(n_all)}" if n_all != c.n else ""
    figures = [figure_html("Mean C", decimal(c.value), f"{bounds(c.low, c.high)} n = {count(c.n)}{of_all}", "mark-c")]
    shuffled = summary.references.get("shuffled_mean")
    if shuffled is not None and c.n:
        figures.append(
            figure_html("Above shuffled", signed(c.value - shuffled.mean), f"C higher in {percent(shuffled.lower, 0)}")
        )
    ours, theirs = summary.source_correct, summary.target_correct
    if ours.n:
        same = f"same prediction {decimal(summary.same_prediction.value, 2)}" if summary.same_prediction.n else ""
        values = f"{decimal(ours.value, 2)} · {decimal(theirs.value, 2)}"
        figures.append(figure_html(f"Accuracy {names[0]} · {names[1]}", values, same))
    under = f"{percent(top[0], 0)} of it in {counted(top[1], 'word')}" if top else "1 − mean C"
    figures.append(figure_html("Lost per sentence", NOT_RUN if math.isnan(c.value) else decimal(1 - c.value), under))
    return f'<div class="figures" role="group" aria-label="Figures of the examples chosen">{"".join(figures)}</div>'


def word_html(line: pd.Series, language: str, other: str, name: str) -> str:
    """What the selected word carries, adds and loses, in one sentence."""
    few = "" if line["examples"] > 1 else " All its occurrences are in one example, so there is no interval."
    return (
        f'<p class="word-line">On average, an occurrence of {_quoted(name)} carries {percent(line["mass"])} of the '
        f"importance in its {escape(language)} text, and its partners in {escape(other)} carry "
        f"{percent(line['partners'])}. It adds <b>{decimal(line['adds'])}</b> to C and "
        f"loses <b>{decimal(line['lost'])}</b>{NO_BREAK}{bounds(line['lost_low'], line['lost_high'])}: its importance "
        f"meets a similarity of {decimal(line['met'], 2)}. {counted(int(line['n']), 'occurrence')} in "
        f"{counted(int(line['examples']), 'example')}.{few}</p>"
    )


def partners_html(found: Partners, lang: str) -> str:
    """The words that a word meets, with the share of its importance and the similarity."""
    shown = found.partners[:MOST_PARTNERS]
    rest = found.partners[MOST_PARTNERS:]
    lines = [(display_text(one.name), one.share, one.similarity, lang) for one in shown]
    if rest:
        share = sum(one.share for one in rest)
        met = sum(one.share * one.similarity for one in rest) / share if share else 0.0
        lines.append((counted(len(rest), "other word"), share, met, ""))
    lines.append((f"nothing above {decimal(LEAST_SIMILARITY, 2)}", found.alone, found.alone_met, ""))
    cells = "".join(
        f"<span{f' lang={chr(34)}{escape(code)}{chr(34)}' if code else ''}><bdi>{escape(name)}</bdi></span>"
        f'<span class="track"><i class="m{MASS.stop(met)}" style="width:{100 * share:.1f}%"></i></span>'
        f'<span class="end">{percent(share, 0)} · {decimal(met, 2)}</span>'
        for name, share, met, code in lines
    )
    return f'<div class="partners">{cells}</div>'


def quoted(name: str) -> str:
    """A word in quotation marks, as plain text."""
    return f"“{display_text(name)}”"


def _quoted(name: str) -> str:
    return f"“<bdi>{escape(display_text(name))}</bdi>”"
