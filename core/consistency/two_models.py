"""One pair under two models, A and B: the difference of their C, and the words that they weigh differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.consistency.export import report_to_json, to_csv
from core.results import Array, PairAnalysis, PairReport, Side, Unit


@dataclass(frozen=True)
class AlignedMass:
    """The mass that two models give to the same spans of one text.

    Attributes
    ----------
    units : (unit,) in reading order: those of both models where they are the same, else words.
    first, second : (unit,) mass under A and under B; 0 where a model's input ended before the unit.
    same_units : whether both models have these units.
    """

    units: tuple[Unit, ...]
    first: Array
    second: Array
    same_units: bool

    @property
    def difference(self) -> Array:
        """(unit,) mass under A minus mass under B; sums to 0."""
        return self.first - self.second


def aligned_mass(first: Side, second: Side) -> AlignedMass:
    """Align the masses of one text under two models: by units where both have the same ones, else by words.

    Raises
    ------
    ValueError : the two sides have different texts.
    """
    words = first.text.words
    if words != second.text.words:
        raise ValueError("Masses of two different texts cannot be aligned.")
    if _spans(first.units) == _spans(second.units):
        return AlignedMass(first.units, first.mass, second.mass, same_units=True)
    sums = [np.zeros(len(words)) for _ in range(2)]
    for mass, side in zip(sums, (first, second), strict=True):
        np.add.at(mass, [unit.word for unit in side.units], side.mass)
    read = sorted({unit.word for side in (first, second) for unit in side.units})
    units = tuple(Unit(words[at].text, words[at].start, words[at].end, words[at].field, at, ()) for at in read)
    return AlignedMass(units, sums[0][read], sums[1][read], same_units=False)


def comparison_notices(first: PairAnalysis, second: PairAnalysis) -> tuple[str, ...]:
    """Lines that say where two models explain different outputs or measure similarity in different spaces."""
    lines = []
    for left, right in ((first.source, second.source), (first.target, second.target)):
        target, other = left.attribution.target, right.attribution.target
        if target.label == other.label:
            continue
        if target.kind == "class":
            lines.append(
                f"A is explained for {target.label}, B for {other.label}. "
                "Choose a class under Explain to compare them on one output."
            )
        elif target.kind in ("start", "end"):
            lines.append("The models predict different answers; each is explained for its own.")
    spaces = [str(analysis.space.get("model", "")) for analysis in (first, second)]
    if spaces[0] != spaces[1]:
        lines.append(
            f"Similarity is measured in two spaces ({spaces[0]} and {spaces[1]}): "
            "compare each C with its own references, not one C with the other."
        )
    return tuple(dict.fromkeys(lines))


def comparison_to_json(first: PairReport, second: PairReport) -> dict[str, Any]:
    """Return both reports as on the command line (`models`), and `difference`: A minus B in C and in mass.

    For `qa` the difference has one object each under `start` and `end`.
    """
    differences = {
        analysis.end: _difference_to_json(analysis, other)
        for analysis, other in zip(first.analyses, second.analyses, strict=True)
    }
    return {
        "models": [report_to_json(first), report_to_json(second)],
        "difference": differences.get(None, differences),
        "notices": list(comparison_notices(first.analyses[0], second.analyses[0])),
    }


def differences_to_csv(first: Side, second: Side, names: Sequence[str]) -> str:
    """Return one side's units with their mass under both models and A minus B; `names` are those of the models."""
    aligned = aligned_mass(first, second)
    rows = [
        (unit.text, unit.field, unit.start, unit.end, float(left), float(right), float(left - right))
        for unit, left, right in zip(aligned.units, aligned.first, aligned.second, strict=True)
    ]
    header = ("token", "field", "start", "end", f"mass A: {names[0]}", f"mass B: {names[1]}", "A - B")
    return to_csv(header, rows)


def _difference_to_json(first: PairAnalysis, second: PairAnalysis) -> dict[str, Any]:
    return {
        "consistency": first.consistency - second.consistency,
        "source": _units_to_json(aligned_mass(first.source, second.source)),
        "target": _units_to_json(aligned_mass(first.target, second.target)),
    }


def _units_to_json(aligned: AlignedMass) -> list[dict[str, Any]]:
    return [
        {
            "text": unit.text,
            "field": unit.field,
            "start": unit.start,
            "end": unit.end,
            "mass": [float(left), float(right)],
            "difference": float(left - right),
        }
        for unit, left, right in zip(aligned.units, aligned.first, aligned.second, strict=True)
    ]


def _spans(units: Sequence[Unit]) -> list[tuple[str, int, int]]:
    return [(unit.field, unit.start, unit.end) for unit in units]
