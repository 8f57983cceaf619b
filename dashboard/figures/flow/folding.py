"""Long texts in the flow picture: runs of tokens that carry next to nothing are drawn as one row."""

from dataclasses import dataclass, replace

import numpy as np

from core.results import PairAnalysis, Side, TransportPlan, Unit
from dashboard.figures.matrix.axes import MOST_UNITS, NOTABLE_MASS
from dashboard.figures.numbers import counted, percent
from dashboard.figures.pieces import unit_labels

FEWEST_FOLDED = 3
FOLDED_NOTE = f"In long texts, those in a row that carry less than {percent(NOTABLE_MASS)} each are drawn as one."

Members = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class FoldedFlow:
    """What the picture draws: one unit a row.

    Attributes
    ----------
    analysis : with masses and flows summed over the members of every row; a similarity is the mean over the flow, so
        that C and every row's part of it stay what they are.
    labels : of the rows, source and target.
    members : units of the whole analysis behind each row, source and target.
    """

    analysis: PairAnalysis
    labels: tuple[list[str], list[str]]
    members: tuple[Members, Members]

    @property
    def is_folded(self) -> bool:
        return any(len(group) > 1 for side in self.members for group in side)


def fold_flow(result: PairAnalysis) -> FoldedFlow:
    """Fold the fields in which either side has over 60 units; words stay whole, and so do short fields."""
    sides = (result.source, result.target)
    sizes: dict[str, int] = {}
    for side in sides:
        for field in {unit.field for unit in side.units}:
            sizes[field] = max(sizes.get(field, 0), sum(unit.field == field for unit in side.units))
    long_fields = {field for field, size in sizes.items() if size > MOST_UNITS}
    source, target = (_rows(side, long_fields) for side in sides)
    return FoldedFlow(
        replace(
            result,
            source=_side(result.source, source),
            target=_side(result.target, target),
            transport=_plan(result.transport, source, target),
        ),
        (_labels(result.source, source, result.settings.level), _labels(result.target, target, result.settings.level)),
        (source, target),
    )


def _rows(side: Side, long_fields: set[str]) -> Members:
    heaviest: dict[int, float] = {}
    for unit, mass in zip(side.units, side.mass, strict=True):
        heaviest[unit.word] = max(heaviest.get(unit.word, 0.0), float(mass))
    rows: list[tuple[int, ...]] = []
    run: list[int] = []

    def close() -> None:
        rows.extend([tuple(run)] if len(run) >= FEWEST_FOLDED else [(index,) for index in run])
        run.clear()

    for index, (unit, mass) in enumerate(zip(side.units, side.mass, strict=True)):
        if run and side.units[run[-1]].field != unit.field:
            close()
        notable = (heaviest[unit.word] if unit.word >= 0 else mass) >= NOTABLE_MASS
        if notable or unit.field not in long_fields:
            close()
            rows.append((index,))
        else:
            run.append(index)
    close()
    return tuple(rows)


def _side(side: Side, rows: Members) -> Side:
    return replace(
        side,
        units=tuple(_unit([side.units[index] for index in row]) for row in rows),
        scores=np.array([side.scores[list(row)].sum() for row in rows]),
        mass=np.array([side.mass[list(row)].sum() for row in rows]),
    )


def _unit(units: list[Unit]) -> Unit:
    if len(units) == 1:
        return units[0]
    tokens = tuple(token for unit in units for token in unit.tokens)
    return Unit("", units[0].start, units[-1].end, units[0].field, -1, tokens)


def _labels(side: Side, rows: Members, level: str) -> list[str]:
    labels = unit_labels(side)
    return [labels[row[0]] if len(row) == 1 else counted(len(row), level) for row in rows]


def _plan(transport: TransportPlan, source: Members, target: Members) -> TransportPlan:
    if (len(source), len(target)) == transport.plan.shape:
        return transport
    carried = _summed(transport.plan * transport.similarity, source, target)
    plan = _summed(transport.plan, source, target)
    similarity = np.divide(carried, plan, out=np.zeros_like(plan), where=plan > 0)
    return TransportPlan(
        source_mass=np.array([transport.source_mass[list(row)].sum() for row in source]),
        target_mass=np.array([transport.target_mass[list(row)].sum() for row in target]),
        similarity=similarity,
        plan=plan,
    )


def _summed(matrix: np.ndarray, source: Members, target: Members) -> np.ndarray:
    starts = [row[0] for row in source], [row[0] for row in target]
    return np.asarray(np.add.reduceat(np.add.reduceat(matrix, starts[0], axis=0), starts[1], axis=1))
