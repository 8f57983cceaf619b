"""The page "Source languages" in words: which training language has the highest mean, in what share of resamples."""

from dataclasses import dataclass
from html import escape

import numpy as np

from core.report.grids import CellReferences, LeftOut
from core.report.tables import RankedGrid
from core.statistics import Estimate, FirstShares
from core.text.languages import LANGUAGES
from dashboard.figures.numbers import count, decimal, interval, percent, signed, signed_interval

MOST_BARS = 4
READING = "each checkpoint on pairs with its own training language"
MIXED = "The checkpoints are averaged over different pairs, so their order also depends on the pairs."
SPACES = "Where the two models use different spaces, part of the difference can come from the spaces."
VALUE_NAMES = {
    "c": "C",
    "shuffled": "C minus shuffled",
    "equal": "C minus equal",
    "mismatched": "C minus mismatched",
}


@dataclass(frozen=True)
class Answer:
    """The card's sentence in HTML, its notes as plain text, and its bars: language code -> share of resamples."""

    sentence: str
    notes: tuple[str, ...]
    bars: dict[str, float]


def language(code: str) -> str:
    """The name of a language; an unknown code as it is."""
    return LANGUAGES[code].name if code in LANGUAGES else code


def left_out_line(left_out: LeftOut) -> str:
    """The languages and rows that most checkpoints lack; "" where there are none."""
    if not left_out:
        return ""
    names = ", ".join(map(language, left_out.languages))
    rows = f"{count(left_out.examples)} rows" if left_out.examples else ""
    return f"Left out, since most checkpoints lack them: {' and '.join(filter(None, (names, rows)))}."


def mostly_pairs(pair: float, checkpoint: float) -> str:
    """What the cells of a grid are a property of, with the shares that were measured."""
    most = "mostly a property" if pair > 0.5 else "partly a property"
    return (
        f"A cell is {most} of the language pair: over the pairs that all checkpoints have, the pair makes "
        f"{percent(pair)} of the variance of the cells, the training language {percent(checkpoint)}. Rows are means "
        "over different pairs."
    )


def table_5_line(asymmetry: float) -> str:
    """How far the paper's Table 5 shows the checkpoint at all."""
    return (
        "In the paper’s Table 5, a pair of languages under either of its two checkpoints has the same C up to "
        f"{decimal(asymmetry)}."
    )


def answer(grid: RankedGrid, value: str, *, diagonal: bool, paper: RankedGrid | None = None) -> Answer:
    """Which training language has the highest row mean, the paper's reading of "most consistent".

    Every checkpoint is averaged over the pairs that contain its own training language, so the sentences name that
    reading and do not call a language the most consistent.

    Parameters
    ----------
    value : one of `VALUE_NAMES`.
    diagonal : whether Overall counts a row's own training language.
    paper : the paper's Table 5, if it covers the same data set.
    """
    notes = _notes(grid, value, diagonal=diagonal)
    if paper is not None:
        notes.append(_paper_note(grid, paper, diagonal=diagonal))
    first = grid.firsts(diagonal=diagonal)
    bars = _bars(first) if first is not None else {}
    return Answer(_sentence(grid, first, value, diagonal=diagonal), tuple(notes), bars)


def _sentence(grid: RankedGrid, first: FirstShares | None, value: str, *, diagonal: bool) -> str:
    ranking = _ranking(grid, diagonal=diagonal)
    if not ranking:
        return "No training language can be ranked: each checkpoint lacks at least one language evaluated on."
    leader, mean = escape(language(ranking[0])), _overall(grid, ranking[0], value, diagonal=diagonal)
    if len(ranking) == 1:
        return f"Only the model trained on <b>{leader}</b> can be ranked so far: mean {VALUE_NAMES[value]} {mean}."
    is_papers = value == "c" and diagonal
    reading = f"In the paper’s reading ({READING})," if is_papers else f"With {READING},"
    highest = f"{reading} <b>{leader}</b> has the highest mean {VALUE_NAMES[value]}, {mean}"
    if first is None:
        return f"{highest}. The paper gives no intervals."
    share = dict(zip(first.rows, first.shares, strict=True))
    resamples = f"{count(first.n_resamples)} bootstrap resamples"
    if first.clear:
        return f"{highest}, first in {percent(share[ranking[0]])} of {resamples}."
    return (
        f"{reading} <b>no training language stands out</b>: {leader} has the highest mean {VALUE_NAMES[value]} in "
        f"{percent(share[ranking[0]])} of {resamples}, {escape(language(ranking[1]))} in "
        f"{percent(share[ranking[1]])}. The mean of {leader} is {mean}."
    )


def _ranking(grid: RankedGrid, *, diagonal: bool) -> tuple[str, ...]:
    """Training languages by the share of resamples in which they are first; by Overall without resamples."""
    first = grid.firsts(diagonal=diagonal)
    return first.ranking if first is not None else grid.ranking(diagonal=diagonal)


def _notes(grid: RankedGrid, value: str, *, diagonal: bool) -> list[str]:
    notes = [MIXED]
    if value != "c":
        notes.append("The diagonal is left out: a text compared with itself has C = 1 whatever its importance.")
    elif diagonal:
        other = _other_mean(grid, diagonal=False)
        notes.append(f"Overall is the row mean with the diagonal, which is 1 by definition, as in the paper.{other}")
    else:
        notes.append(f"Overall is the row mean without the diagonal.{_other_mean(grid, diagonal=True)}")
    ranked = grid.ranking(diagonal=diagonal)
    left_out = [language(code) for code in grid.summary.axes.rows if code not in ranked]
    if left_out:
        notes.append(f"Not ranked, since a language is missing: {', '.join(left_out)}.")
    return notes


def _other_mean(grid: RankedGrid, *, diagonal: bool) -> str:
    """The two highest training languages when the diagonal is treated in the other way."""
    ranking, shown = grid.ranking(diagonal=diagonal), _ranking(grid, diagonal=not diagonal)
    if len(ranking) < 2:
        return ""
    values = dict(zip(grid.summary.axes.rows, grid.overall(diagonal=diagonal).values, strict=True))
    how, too = "With it" if diagonal else "Without it", " too" if ranking[0] == shown[0] else ""
    first, second = ranking[:2]
    return (
        f" {how}, {language(first)} is first{too}: {decimal(values[first])} against {decimal(values[second])} for "
        f"{language(second)}."
    )


def _paper_note(grid: RankedGrid, paper: RankedGrid, *, diagonal: bool) -> str:
    ranking, paper_first = _ranking(grid, diagonal=diagonal), paper.ranking(diagonal=diagonal)[0]
    too = " too" if ranking and ranking[0] == paper_first else ""
    overall = _overall(paper, paper_first, "c", diagonal=diagonal)
    return f"{language(paper_first)} is first in the paper’s Table 5{too} ({overall})."


def _overall(grid: RankedGrid, row: str, value: str, *, diagonal: bool) -> str:
    means = grid.overall(diagonal=diagonal)
    index = grid.summary.axes.rows.index(row)
    return written(float(means.values[index]), *map(float, means.interval[index]), sign=value != "c")


def written(value: float, low: float, high: float, *, sign: bool = False) -> str:
    """A number with its interval, if it has one; "–" for NaN."""
    if np.isnan(value):
        return "–"
    if np.isnan(low):
        return signed(value) if sign else decimal(value)
    return signed_interval(value, low, high) if sign else interval(value, low, high)


def _bars(first: FirstShares) -> dict[str, float]:
    share = dict(zip(first.rows, map(float, first.shares), strict=True))
    leading = first.ranking[:MOST_BARS]
    if len(leading) < 2:
        return {}
    # The second is shown even at 0: a single bar would not show what the first is compared with.
    return {code: share[code] for place, code in enumerate(leading) if place < 2 or share[code] > 0}


def difference_answer(grid: RankedGrid, names: tuple[str, str], value: str) -> Answer:
    """Whether one model has a higher mean than the other, over the training languages that both have."""
    mean: Estimate = grid.mean(diagonal=False)
    rows = grid.summary.axes.rows
    number = written(mean.value, mean.low, mean.high, sign=True)
    first, second = (f"<b>{escape(name)}</b>" for name in names)
    over = f"mean difference {number} over {count(len(rows))} training languages, n = {count(mean.n)}"
    if np.isnan(mean.value):
        sentence = f"{first} and {second} cannot be compared as a whole: one of them lacks a language."
    elif mean.low <= 0 <= mean.high:
        sentence = f"No clear difference in {VALUE_NAMES[value]} between {first} and {second}: {over}."
    else:
        higher = "higher" if mean.value > 0 else "lower"
        sentence = f"{first} has a {higher} {VALUE_NAMES[value]} than {second}: {over}."
    notes = ["Differences are taken example by example, without the diagonal, where C is 1 for both by definition."]
    return Answer(sentence, (*notes, SPACES) if value == "c" else tuple(notes), {})


def bars_html(answer: Answer) -> str:
    """The right of the answer card: the share of resamples in which each language is first."""
    rows = "".join(
        f'<span title="{escape(language(code))}">{escape(code)}</span>'
        f'<span class="track"><i style="width:{100 * share:.1f}%"></i></span><span class="end">{percent(share)}</span>'
        for code, share in answer.bars.items()
    )
    return f'<div class="small muted">Share of resamples ranked first</div><div class="rk">{rows}</div>' if rows else ""


@dataclass(frozen=True)
class Cell:
    """One cell: (value, low, high) of C and of performance, None if not run; references and n."""

    trained_on: str
    evaluated_on: str
    value: tuple[float, float, float] | None
    value_name: str
    performance: tuple[float, float, float] | None
    performance_name: str
    references: CellReferences | None
    n: int
    sign: bool = False
    performance_sign: bool = False


def cell_html(cell: Cell) -> str:
    """The line under the grids."""
    names = f"<b>{escape(language(cell.trained_on))} → {escape(language(cell.evaluated_on))}</b>"
    on_diagonal = cell.trained_on == cell.evaluated_on
    parts = []
    if on_diagonal:
        parts.append("C of a language with itself is 1 by definition")
    elif cell.value is not None:
        parts.append(f"{cell.value_name} {written(*cell.value, sign=cell.sign)}{_references(cell.references)}")
    else:
        parts.append("not run")
    if cell.performance is not None:
        parts.append(f"{cell.performance_name} {written(*cell.performance, sign=cell.performance_sign)}")
    if cell.n and not on_diagonal:
        parts.append(f"n = {count(cell.n)}")
    if cell.references is not None and cell.references.problems:
        parts.append(f"{count(cell.references.problems)} without a C")
    return f'<p class="cell-line">{names}: {" · ".join(parts)}</p>'


def _references(references: CellReferences | None) -> str:
    return "".join(f", {line}" for line in reference_lines(references))


def reference_lines(references: CellReferences | None) -> list[str]:
    """`shuffled 0.287`, `equal 0.395`, `mismatched 0.302`, as far as they were computed."""
    if references is None:
        return []
    named = {"shuffled": references.shuffled, "equal": references.uniform, "mismatched": references.mismatched}
    return [f"{name} {decimal(value)}" for name, value in named.items() if value is not None]
