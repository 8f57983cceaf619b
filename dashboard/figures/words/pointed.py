"""What is said of a word that someone points at: where its importance goes, and what that adds to C."""

from collections.abc import Sequence
from functools import cached_property
from html import escape

import numpy as np

from core.results import Array, PairAnalysis, Side
from dashboard.figures.numbers import adding_up, decimal, percent
from dashboard.figures.pieces import title_text, unit_labels
from dashboard.figures.units import SOURCE, End

# A partner takes at least this share of all importance, at at least this similarity.
LEAST_FLOW, LEAST_SIMILARITY = 0.005, 0.10
MOST_NAMED = 4
POINT_AT_A_WORD = "Point at a word to follow its importance through every picture; press it to keep it."


class Pointed:
    """The sentences about one analysis: HTML, every word escaped and isolated from the direction of its surroundings.

    Parameters
    ----------
    analysis : n source and m target units; plan and similarity (n, m).
    """

    def __init__(self, analysis: PairAnalysis) -> None:
        self._analysis = analysis

    def partners(self, end: End, units: Sequence[int]) -> list[int]:
        """The units of the other text that some units of one text meet, largest flow first; see `LEAST_FLOW`."""
        flows, similarity = self._met(end, units)
        found = np.flatnonzero((flows >= LEAST_FLOW) & (similarity >= LEAST_SIMILARITY))
        return [int(index) for index in found[np.argsort(-flows[found], kind="stable")]]

    def units(self, end: End, units: Sequence[int]) -> str:
        """`rain carries 15.6%: 14.8 points meet lluvias (similarity 0.63) and add 0.093 to C; …`.

        Several units are said as one, such as the tokens of a word. The points add up to the percentage.
        """
        side, names = self._side(end), self._names[end != SOURCE]
        flows, similarity = self._met(end, units)
        named = self.partners(end, units)[:MOST_NAMED]
        mass = float(side.mass[list(units)].sum())
        alone = float(flows[similarity < LEAST_SIMILARITY].sum()) + max(mass - float(flows.sum()), 0.0)
        smaller = max(mass - alone - float(flows[named].sum()), 0.0)
        *points, rest, lost = adding_up([*(float(flows[index]) for index in named), smaller, alone])
        meets, others = ("meet", "go to smaller flows") if end == SOURCE else ("come from", "come from smaller flows")
        others_names = self._names[end == SOURCE]
        parts = [
            f"{_points(share)} {meets} {_word(others_names[index])} "
            f"(similarity {decimal(float(similarity[index]), 2)}) and add "
            f"{decimal(float(flows[index] * similarity[index]))} to C"
            for index, share in zip(named, points, strict=True)
        ]
        parts += [f"{_points(rest)} {others}"] if rest else []
        parts += [f"{_points(lost)} find no partner above {decimal(LEAST_SIMILARITY, 2)}"] if lost else []
        told = f": {'; '.join(parts)}" if parts else ""
        return f"{_word(_name(side, names, units))} carries {percent(mass)}{_cancelling(side, units)}{told}."

    def flow(self, i: int, j: int) -> str:
        """What the flow from source unit i to target unit j carries, at which similarity, and what it adds to C."""
        transport = self._analysis.transport
        flow, similarity = float(transport.plan[i, j]), float(transport.similarity[i, j])
        share = flow * similarity / self._analysis.consistency if self._analysis.consistency > 0 else 0.0
        return (
            f"{_word(self._names[0][i])} → {_word(self._names[1][j])}: {_points(flow)} at similarity "
            f"{decimal(similarity, 2)} add {decimal(flow * similarity)} to C ({percent(share)} of it)."
        )

    def name(self, of_target: bool, units: Sequence[int]) -> str:
        """Some units of the target, else of the source, as HTML: bold, isolated from the direction of the sentence."""
        side = self._analysis.target if of_target else self._analysis.source
        return _word(_name(side, self._names[of_target], units))

    def _side(self, end: End) -> Side:
        return self._analysis.source if end == SOURCE else self._analysis.target

    @cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        source, target = (
            unit_labels(side) if side.has_text else [f"token {name}" for name in side.names]
            for side in (self._analysis.source, self._analysis.target)
        )
        return source, target

    def _met(self, end: End, units: Sequence[int]) -> tuple[Array, Array]:
        """(unit of the other text,) flow from or to some units, and its mean similarity; 0 where nothing flows."""
        plan, similarity = self._analysis.transport.plan, self._analysis.transport.similarity
        if end != SOURCE:
            plan, similarity = plan.T, similarity.T
        rows = list(units)
        flows = plan[rows].sum(axis=0)
        gains = (plan[rows] * similarity[rows]).sum(axis=0)
        return flows, np.divide(gains, flows, out=np.zeros_like(flows), where=flows > 0)


def _name(side: Side, names: Sequence[str], units: Sequence[int]) -> str:
    """The label of one unit; the text that several cover, from the first to the last."""
    if len(units) == 1:
        return names[units[0]]
    first, last = side.units[units[0]], side.units[units[-1]]
    if not side.has_text or first.field != last.field:
        return f"{names[units[0]]} to {names[units[-1]]}"
    text = dict(side.text.fields)[first.field][first.start : last.end]
    return title_text(text.strip()) or names[units[0]]


def _cancelling(side: Side, units: Sequence[int]) -> str:
    """Why a word with mass has an empty-looking chip; "" for other words."""
    scores = side.scores[list(units)]
    if len(units) < 2 or abs(scores.sum()) >= np.abs(scores).sum() / 2:
        return ""
    return " (its pieces cancel: some raise and some lower the output)"


def _word(text: str) -> str:
    return f"<b><bdi>{escape(text)}</bdi></b>"


def _points(share: float) -> str:
    return f"{percent(share).removesuffix('%')} points"
