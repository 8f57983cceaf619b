"""One sentence over all readings of "which training language is the most consistent".

It names a leader only as far as the rule of `core.statistics.leaders` allows, and never for one reading in the name of
another; the reading that is chosen on the page does not change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from core.report.readings import PAPER_READING, Reading, Readings
from core.statistics.leaders import STANDING_WORDS
from dashboard.figures.names import language_name
from dashboard.figures.numbers import NO_BREAK, count, percent
from dashboard.figures.words.readings import reading_title

Kind = Literal["every", "some", "depends", "none", "own pairs"]
SAME_PAIRS, ABOVE_SHUFFLED = "same-pairs", "above-shuffled"
DEPENDS, NOBODY = "It depends on how you ask.", "No training language stands out."
OWN_PAIRS_ONLY = "Each checkpoint was compared on its own pairs only."


@dataclass(frozen=True)
class MostAlike:
    """In how many of `n` training languages' checkpoints the pairs with a language have the highest mean C."""

    n_most_alike: int
    n: int


@dataclass(frozen=True)
class Verdict:
    """The sentence, as plain text, and what it relies on, each a line of HTML."""

    kind: Kind
    headline: str
    lines: tuple[str, ...]


def verdict(computed: Readings, *, paper_leader: str | None = None, most_alike: MostAlike | None = None) -> Verdict:
    """Sum up all readings.

    Parameters
    ----------
    paper_leader : the training language with the largest Overall in the paper, where it has this data set.
    most_alike : of the pairs with the leader of the paper's reading; said only where the leaders differ.
    """
    there = {reading.definition.name: reading for reading in computed.readings}
    if not any(reading.definition.on_shared_pairs for reading in computed.readings):
        return Verdict("own pairs", OWN_PAIRS_ONLY, tuple(_own_pairs_lines(there, paper_leader)))
    kind, headline = _headline(computed)
    lines = [_same_pairs(there)] if SAME_PAIRS in there else []
    if PAPER_READING in there:
        lines.append(_paper(there, most_alike))
    lines += _others(computed.readings) if kind == "depends" else []
    lines += _in_the_paper(paper_leader)
    return Verdict(kind, headline, tuple(lines))


def _headline(computed: Readings) -> tuple[Kind, str]:
    readings = computed.readings
    standing = {reading.ranking.leader for reading in readings if reading.ranking.standing != "none"}
    leading = [reading for reading in readings if reading.ranking.standing == "leads"]
    if len(standing) > 1:
        return "depends", DEPENDS
    if not leading:
        return "none", NOBODY
    leader = language_name(leading[0].ranking.leader)
    if len(leading) == len(readings):
        every = f"By {_every(computed)}, the model trained in {leader} is the most consistent."
        return "every", every
    if not any(reading.definition.on_shared_pairs for reading in leading):
        return "some", f"{leader} leads on its own pairs; on the same pairs no lead is settled."
    some = f"{leader} leads in {count(len(leading))} of {count(len(readings))} readings; no other language is ahead."
    return "some", some


def _every(computed: Readings) -> str:
    if not computed.absent:
        return "every reading"
    n = len(computed.readings)
    return f"each of the {count(n)} readings computed (of {count(n + len(computed.absent))})"


def _same_pairs(there: dict[str, Reading]) -> str:
    line = f"On the same pairs {_clause(there[SAME_PAIRS])}"
    above = there.get(ABOVE_SHUFFLED)
    return f"{line}; minus shuffled, {_clause(above, brief=True)}." if above else f"{line}."


def _paper(there: dict[str, Reading], most_alike: MostAlike | None) -> str:
    """The paper's reading; where another language is largest on the same pairs, what the pairs do."""
    paper = there[PAPER_READING]
    line = f"In the paper’s reading {_clause(paper)}."
    same = there.get(SAME_PAIRS)
    if same is None or most_alike is None or same.ranking.leader == paper.ranking.leader:
        return line
    if 2 * most_alike.n_most_alike <= most_alike.n:
        return line
    under = "every checkpoint" if most_alike.n_most_alike == most_alike.n else f"{_of(most_alike)} checkpoints"
    return f"{line} Pairs with {_name(paper)} have the highest mean C under {under}."


def _of(most_alike: MostAlike) -> str:
    return f"{count(most_alike.n_most_alike)} of {count(most_alike.n)}"


def _clause(reading: Reading, *, brief: bool = False) -> str:
    """`Spanish leads (first in 98.1% of resamples)`, or that there is no clear leader; `brief` after such a clause."""
    ranking = reading.ranking
    share = percent(ranking.first_share) + ("" if brief else f" of{NO_BREAK}resamples")
    words = STANDING_WORDS[ranking.standing]
    if ranking.standing == "none":
        return f"there is {words} (largest: {_name(reading)}, first in {share})"
    return f"<b>{_name(reading)}</b> {words} (first in {share})"


def _name(reading: Reading) -> str:
    return escape(language_name(reading.ranking.leader))


def _others(readings: Sequence[Reading]) -> list[str]:
    """Leaders that the lines before have not named: a third language, or one in a reading of its own."""
    said = {SAME_PAIRS, ABOVE_SHUFFLED, PAPER_READING}
    named = {one.ranking.leader for one in readings if one.definition.name in said and one.ranking.standing != "none"}
    lines = []
    for reading in readings:
        if reading.definition.name in said or reading.ranking.standing == "none":
            continue
        if reading.ranking.leader not in named:
            lines.append(f"{escape(reading_title(reading.definition))}: {_clause(reading)}.")
    return lines


def _own_pairs_lines(there: dict[str, Reading], paper_leader: str | None) -> list[str]:
    lines = [f"In the paper’s reading {_clause(there[PAPER_READING])}."] if PAPER_READING in there else []
    lines.append("The checkpoints are averaged over different pairs, so the lead may belong to the pairs.")
    return lines + _in_the_paper(paper_leader)


def _in_the_paper(leader: str | None) -> list[str]:
    return [f"In the paper’s Table 5, {escape(language_name(leader))} is first."] if leader else []
