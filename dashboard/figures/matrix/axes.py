"""Which rows and columns a matrix shows: all units, or over 60 the notable ones and one sum of the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.results import PairAnalysis, Side
from dashboard.figures.numbers import counted
from dashboard.figures.pieces import shorten, unit_labels
from dashboard.figures.units import End, units_key

MOST_UNITS = 60
# A word of natural language is shorter; a longer token is no reason to push the cells out of the picture.
LABEL_LETTERS = 40
NOTABLE_MASS = 0.005
FEWEST_KEPT = 10


@dataclass(frozen=True)
class Axis:
    """Labels, mass and unit indices of the shown rows (or columns).

    `others` is the place of the summed row, None where every unit has its own; `field_starts` are the places
    where another field begins.
    """

    labels: tuple[str, ...]
    mass: NDArray[np.float64]
    members: tuple[tuple[int, ...], ...]
    others: int | None
    field_starts: tuple[int, ...]

    def single(self, place: int) -> bool:
        """True where a place is one unit."""
        return place != self.others

    def key(self, end: End, place: int) -> str:
        """The name of the units at a place."""
        return units_key(end, self.members[place])

    @property
    def short_labels(self) -> list[str]:
        """The labels as they are printed along the edge."""
        return [shorten(label, LABEL_LETTERS) for label in self.labels]


def group_axes(result: PairAnalysis) -> tuple[Axis, Axis]:
    """Axes of both sides; over 60 units a side, those under 0.5% of the mass are summed.

    Where hardly any unit carries that much, the 60 heaviest are kept.
    """
    return _axis(result.source), _axis(result.target)


def group_sums(matrix: NDArray[np.float64], rows: Axis, columns: Axis) -> NDArray[np.float64]:
    """Sum an (n, m) matrix over the members of every shown row and column."""
    by_row = np.stack([matrix[list(members)].sum(axis=0) for members in rows.members])
    return np.stack([by_row[:, list(members)].sum(axis=1) for members in columns.members], axis=1)


def _axis(side: Side) -> Axis:
    labels = unit_labels(side)
    everyone = range(len(labels))
    kept = list(everyone)
    if len(labels) > MOST_UNITS:
        kept = [index for index in everyone if side.mass[index] >= NOTABLE_MASS]
        if len(kept) < FEWEST_KEPT:
            kept = sorted(np.argsort(-side.mass, kind="stable")[:MOST_UNITS].tolist())
    rest = tuple(index for index in everyone if index not in set(kept))
    members = [(index,) for index in kept] + ([rest] if rest else [])
    names = [labels[index] for index in kept]
    if rest:
        names.append(counted(len(rest), "other"))
    fields = [side.units[index].field for index in kept]
    return Axis(
        labels=tuple(names),
        mass=np.array([side.mass[list(group)].sum() for group in members]),
        members=tuple(members),
        others=len(kept) if rest else None,
        field_starts=tuple(at for at in range(1, len(kept)) if fields[at] != fields[at - 1]),
    )
