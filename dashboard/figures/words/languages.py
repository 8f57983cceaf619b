"""The page "Source languages" in words: which training language is most consistent, how sure that is, one cell."""

from dataclasses import dataclass
from html import escape

import numpy as np

from core.report.grids import CellReferences, LeftOut
from core.report.tables import RankedGrid
from core.statistics import Estimate, FirstShares
from core.text.languages import LANGUAGES
from dashboard.figures.numbers import count, decimal, interval, percent, signed, signed_interval

MOST_BARS = 4
VALUE_NAMES = {
    "c": "C",
    "shuffled": "C minus shuffled",
    "equal": "C minus equal",
    "mismatched": "C minus mismatched",
}
ABOVE = {
    "c": "is the most consistent",
    "shuffled": "is the most consistent above shuffled importance",
    "equal": "is the most consistent above equal importance",
    "mismatched": "is the most consistent above mismatched translations",
}


@dataclass(frozen=True)
class Answer:
    """The card's sentence in HTML, the smaller lines under it as plain text, and bars: language code -> share."""

    sentence: str
    notes: tuple[str, ...]
    bars: dict[str, float]


def language(code: str) -> str:
    """The name of a language; an unknown code as it is."""
    return LANGUAGES[code].name if code in LANGUAGES else code


def left_out_line(found: LeftOut) -> str:
    """What single checkpoints have and most do not; "" where that is nothing."""
    names = ", ".join(map(language, found.languages))
    more = f"{count(found.examples)} rows" if found.examples else ""
    return f"Left out, since most checkpoints lack them: {' and '.join(filter(None, (names, more)))}." if found else ""


def answer(grid: RankedGrid, value: str, *, diagonal: bool, paper: RankedGrid | None = None) -> Answer:
    """Which training language is most consistent.

    Parameters
    ----------
    value : one of `VALUE_NAMES`.
    diagonal : whether Overall counts a row's own training language.
    paper : the paper's table 5, where it is about the same data set.
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
        return "No training language can be ranked: every one lacks a language to be evaluated on."
    leader = f"<b>{escape(language(ranking[0]))}</b>"
    overall = f"Overall {VALUE_NAMES[value]} {_overall(grid, ranking[0], value, diagonal=diagonal)}"
    if len(ranking) == 1:
        return f"Only the model trained on {leader} can be ranked so far: {overall}."
    if first is None:
        return f"In the paper the model trained on {leader} {ABOVE[value]}: {overall}. It gives no intervals."
    share = dict(zip(first.rows, first.shares, strict=True))
    resamples = f"{count(first.n_resamples)} bootstrap resamples"
    if first.clear:
        return (
            f"The model trained on {leader} {ABOVE[value]}: {overall}, first in {percent(share[ranking[0]])} of "
            f"{resamples}."
        )
    second = escape(language(ranking[1]))
    return (
        f"<b>No training language stands out:</b> {escape(language(ranking[0]))} leads in "
        f"{percent(share[ranking[0]])}, {second} in {percent(share[ranking[1]])} of {resamples}. {overall} for "
        f"{escape(language(ranking[0]))}."
    )


def _ranking(grid: RankedGrid, *, diagonal: bool) -> tuple[str, ...]:
    """First in most resamples first; by Overall where there are no resamples."""
    first = grid.firsts(diagonal=diagonal)
    return first.ranking if first is not None else grid.ranking(diagonal=diagonal)


def _notes(grid: RankedGrid, value: str, *, diagonal: bool) -> list[str]:
    notes = []
    if value != "c":
        notes.append(
            "The diagonal is left out: a text compared with itself has nothing to set off against a reference."
        )
    elif diagonal:
        other = _against(grid, diagonal=False)
        notes.append(f"Overall is the row mean with the diagonal, which is 1 by definition, as in the paper.{other}")
    else:
        notes.append(f"Overall is here the row mean without the diagonal.{_against(grid, diagonal=True)}")
    ranked = grid.ranking(diagonal=diagonal)
    left_out = [language(code) for code in grid.summary.axes.rows if code not in ranked]
    if left_out:
        notes.append(f"Not ranked, since a language is missing: {', '.join(left_out)}.")
    return notes


def _against(grid: RankedGrid, *, diagonal: bool) -> str:
    """Who leads the other way of taking the mean, and by what."""
    ranking, usual = grid.ranking(diagonal=diagonal), _ranking(grid, diagonal=not diagonal)
    if len(ranking) < 2:
        return ""
    values = dict(zip(grid.summary.axes.rows, grid.overall(diagonal=diagonal).values, strict=True))
    how, too = "With it" if diagonal else "Without it", " too" if ranking[0] == usual[0] else ""
    first, second = ranking[:2]
    return (
        f" {how} {language(first)} leads{too}: {decimal(values[first])} against {decimal(values[second])} for "
        f"{language(second)}."
    )


def _paper_note(grid: RankedGrid, paper: RankedGrid, *, diagonal: bool) -> str:
    ranking, theirs = _ranking(grid, diagonal=diagonal), paper.ranking(diagonal=diagonal)[0]
    as_well = " as well" if ranking and ranking[0] == theirs else ""
    overall = _overall(paper, theirs, "c", diagonal=diagonal)
    return f"The paper’s Table 5 has {language(theirs)} first{as_well} ({overall})."


def _overall(grid: RankedGrid, row: str, value: str, *, diagonal: bool) -> str:
    means = grid.overall(diagonal=diagonal)
    k = grid.summary.axes.rows.index(row)
    return written(float(means.values[k]), *map(float, means.interval[k]), sign=value != "c")


def written(value: float, low: float, high: float, *, sign: bool = False) -> str:
    """A number with its interval, where it has one."""
    if np.isnan(value):
        return "–"
    if np.isnan(low):
        return signed(value) if sign else decimal(value)
    return signed_interval(value, low, high) if sign else interval(value, low, high)


def _bars(first: FirstShares) -> dict[str, float]:
    share = dict(zip(first.rows, map(float, first.shares), strict=True))
    leading = first.ranking[:MOST_BARS]
    # The second is shown even at 0: a bar alone would leave open what it leads.
    return {code: share[code] for k, code in enumerate(leading) if k < 2 or share[code] > 0} if len(leading) > 1 else {}


def difference_answer(grid: RankedGrid, names: tuple[str, str], value: str) -> Answer:
    """Whether one model is more consistent than the other, over the training languages both have."""
    mean: Estimate = grid.mean(diagonal=False)
    rows = grid.summary.axes.rows
    number = written(mean.value, mean.low, mean.high, sign=True)
    ours, theirs = (f"<b>{escape(name)}</b>" for name in names)
    over = (
        f"on average {number} in {VALUE_NAMES[value]} over {count(len(rows))} training languages, n = {count(mean.n)}"
    )
    if np.isnan(mean.value):
        sentence = f"{ours} and {theirs} cannot be compared as a whole: a language is missing in one of them."
    elif mean.low <= 0 <= mean.high:
        sentence = f"No clear difference between {ours} and {theirs}: {over}."
    else:
        sentence = f"{ours} is {'more' if mean.value > 0 else 'less'} consistent than {theirs}: {over}."
    notes = ("Differences are taken example by example, and the diagonal is left out: there both are 1 by definition.",)
    return Answer(sentence, notes, {})


def answer_html(found: Answer) -> str:
    """The left of the answer card."""
    notes = "".join(f"<span>{escape(note)}</span> " for note in found.notes)
    return f'<p class="answer">{found.sentence}</p><p class="small muted answer-notes">{notes}</p>'


def bars_html(found: Answer) -> str:
    """The right of the answer card: in which share of the resamples each language is first."""
    rows = "".join(
        f'<span title="{escape(language(code))}">{escape(code)}</span>'
        f'<span class="track"><i style="width:{100 * share:.1f}%"></i></span><span class="end">{percent(share)}</span>'
        for code, share in found.bars.items()
    )
    return f'<div class="small muted">Share of resamples ranked first</div><div class="rk">{rows}</div>' if rows else ""


@dataclass(frozen=True)
class Cell:
    """One cell with all that is known of it: (value, low, high) of C and of performance, None where not run."""

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
    own = cell.trained_on == cell.evaluated_on
    parts = []
    if own:
        parts.append("C of a language with itself is 1 by definition")
    elif cell.value is not None:
        parts.append(f"{cell.value_name} {written(*cell.value, sign=cell.sign)}{_references(cell.references)}")
    else:
        parts.append("not run")
    if cell.performance is not None:
        parts.append(f"{cell.performance_name} {written(*cell.performance, sign=cell.performance_sign)}")
    if cell.n and not own:
        parts.append(f"n = {count(cell.n)}")
    if cell.references is not None and cell.references.problems:
        parts.append(f"{count(cell.references.problems)} without a C")
    return f'<p class="cell-line">{names}: {" · ".join(parts)}</p>'


def _references(found: CellReferences | None) -> str:
    return "".join(f", {line}" for line in reference_lines(found))


def reference_lines(found: CellReferences | None) -> list[str]:
    """`shuffled 0.287`, `equal 0.395`, `mismatched 0.302`, those that are known."""
    if found is None:
        return []
    named = {"shuffled": found.shuffled, "equal": found.uniform, "mismatched": found.mismatched}
    return [f"{name} {decimal(value)}" for name, value in named.items() if value is not None]
