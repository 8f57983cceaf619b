"""Where bars and ribbons of the flow picture lie; pure geometry, in px."""

from dataclasses import dataclass

import numpy as np

from core.results import PairAnalysis, Side

FACTOR, FACTOR_LONG, LONG_SIDE = 340.0, 200.0, 40
ROW, ROW_PADDING = 17.0, 4.0
WORD_GAP, FIELD_GAP, MOST_EXTRA = 3.0, 25.0, 8.0
TOP, BOTTOM = 24.0, 8.0
THINNEST_BAR = 1.2
# Where a long text shows its content words alone, a word under half of an equal share is a thin bar without its name.
SMALL_WORD, THIN_PADDING = 0.5, 1.0
HAIRLINE = 0.005
# The height of a long text's flow that is seen as a whole, in px.
FIT_HEIGHT = 600.0


@dataclass(frozen=True)
class Row:
    """One unit: its band `[top, top + height)` and its bar inside; `unmatched` px of the bar meet nothing.

    A `thin` one has no room for its name.
    """

    index: int
    top: float
    height: float
    bar_top: float
    bar_height: float
    unmatched: float
    thin: bool = False


@dataclass(frozen=True)
class Ribbon:
    """A flow between source row `i` and target row `j`; `height` px, tops at both ends."""

    i: int
    j: int
    flow: float
    similarity: float
    source_top: float
    target_top: float
    height: float

    @property
    def hairline(self) -> bool:
        return self.flow < HAIRLINE


@dataclass(frozen=True)
class FlowLayout:
    """Rows of both sides, field names with their y, and ribbons from thin to thick."""

    factor: float
    height: float
    source: tuple[Row, ...]
    target: tuple[Row, ...]
    source_fields: tuple[tuple[str, float], ...]
    target_fields: tuple[tuple[str, float], ...]
    ribbons: tuple[Ribbon, ...]


def small_words(side: Side) -> np.ndarray:
    """(unit,) whether a unit carries less than `SMALL_WORD` of an equal share."""
    return np.asarray(side.mass < SMALL_WORD / len(side.units))


def flow_layout(
    result: PairAnalysis,
    factor: float | None = None,
    *,
    content: bool = False,
    fit: bool = False,
    beside: PairAnalysis | None = None,
) -> FlowLayout:
    """Lay out both sides with one factor (px per unit mass), so that bar heights compare.

    With `content`, small words are thin bars without names (`small_words`); with `fit`, all but as many of the heaviest
    as `FIT_HEIGHT` has room for. `beside` is the same pair with other
    masses: a row has room for the larger one, so that both layouts have the same rows.
    """
    longest = max(len(result.source.units), len(result.target.units))
    used = factor or (FACTOR_LONG if longest > LONG_SIDE else FACTOR)
    thin = [_thin(side, used, content=content, fit=fit) for side in (result.source, result.target)]
    others = (beside.source, beside.target) if beside else (result.source, result.target)
    room = [
        np.maximum(side.mass, other.mass) for side, other in zip((result.source, result.target), others, strict=True)
    ]
    heights = [
        _side_height(side, used, small, masses)
        for side, small, masses in zip((result.source, result.target), thin, room, strict=True)
    ]
    tallest = max(heights)
    kept = (result.transport.plan.sum(axis=1), result.transport.plan.sum(axis=0))
    sides = []
    for side, height, carried, small, masses in zip(
        (result.source, result.target), heights, kept, thin, room, strict=True
    ):
        gaps = sum(kind == "word" for kind in _breaks(side))
        extra = min(MOST_EXTRA, (tallest - height) / gaps) if gaps else 0.0
        start = TOP + (tallest - height - extra * gaps) / 2
        sides.append(_rows(side, used, extra, start, np.asarray(side.mass - carried), thin=small, room=masses))
    (source, source_fields), (target, target_fields) = sides
    return FlowLayout(
        factor=used,
        height=TOP + tallest + BOTTOM,
        source=source,
        target=target,
        source_fields=source_fields,
        target_fields=target_fields,
        ribbons=_ribbons(result, source, target, used),
    )


def _thin(side: Side, factor: float, *, content: bool, fit: bool) -> np.ndarray:
    """(unit,) which units have no room for their name."""
    if content:
        return small_words(side)
    thin = np.full(len(side.units), fit)
    for index in np.argsort(-side.mass, kind="stable") if fit else ():
        thin[index] = False
        if TOP + _side_height(side, factor, thin, side.mass) + BOTTOM > FIT_HEIGHT:
            thin[index] = True
            break
    return thin


def words_of(side: Side) -> list[list[int]]:
    """Unit indices of every word that has more than one unit."""
    groups: dict[int, list[int]] = {}
    for index, unit in enumerate(side.units):
        if unit.word >= 0:
            groups.setdefault(unit.word, []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def _breaks(side: Side) -> list[str]:
    """(unit,) what precedes each unit: "field", "word", or "" between pieces of a word."""
    named = len(side.text.fields) > 1
    kinds = []
    before = None
    for unit in side.units:
        if before is None or before.field != unit.field:
            kinds.append("field" if named else "")
        else:
            kinds.append("" if unit.word >= 0 and unit.word == before.word else "word")
        before = unit
    return kinds


def _row_height(mass: float, factor: float, thin: bool) -> float:
    return factor * mass + THIN_PADDING if thin else max(ROW, factor * mass + ROW_PADDING)


def _side_height(side: Side, factor: float, thin: np.ndarray, room: np.ndarray) -> float:
    gap = {"field": FIELD_GAP, "word": WORD_GAP, "": 0.0}
    breaks = _breaks(side)
    first = FIELD_GAP - ROW if breaks[0] == "field" else 0.0
    rows = sum(_row_height(float(mass), factor, bool(small)) for mass, small in zip(room, thin, strict=True))
    return rows + sum(gap[kind] for kind in breaks) - first


def _rows(
    side: Side,
    factor: float,
    extra: float,
    start: float,
    unmatched: np.ndarray,
    *,
    thin: np.ndarray,
    room: np.ndarray,
) -> tuple[tuple[Row, ...], tuple[tuple[str, float], ...]]:
    y = start
    rows: list[Row] = []
    fields: list[tuple[str, float]] = []
    for index, (unit, mass, kind) in enumerate(zip(side.units, side.mass, _breaks(side), strict=True)):
        if kind == "field":
            y += ROW if not rows else FIELD_GAP
            fields.append((unit.field, y - 6))
        elif kind == "word":
            y += WORD_GAP + extra
        height = _row_height(float(room[index]), factor, bool(thin[index]))
        bar = max(factor * float(mass), THINNEST_BAR)
        hollow = factor * float(unmatched[index]) if unmatched[index] > 1e-9 else 0.0
        rows.append(Row(index, y, height, y + (height - bar) / 2, bar, min(hollow, bar), bool(thin[index])))
        y += height
    return tuple(rows), tuple(fields)


def _ribbons(
    result: PairAnalysis, source: tuple[Row, ...], target: tuple[Row, ...], factor: float
) -> tuple[Ribbon, ...]:
    """Stack the flows of each bar in the order of their other ends; draw thick ones last."""
    plan, similarity = result.transport.plan, result.transport.similarity
    pairs = [(int(i), int(j)) for i, j in np.argwhere(plan > 0)]
    tops: dict[tuple[int, int], tuple[float, float]] = {}
    source_y = [row.bar_top for row in source]
    target_y = [row.bar_top for row in target]
    at_source = {}
    for i, j in pairs:
        at_source[i, j] = source_y[i]
        source_y[i] += factor * float(plan[i, j])
    for i, j in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        tops[i, j] = (at_source[i, j], target_y[j])
        target_y[j] += factor * float(plan[i, j])
    ribbons = [
        Ribbon(i, j, float(plan[i, j]), float(similarity[i, j]), *tops[i, j], factor * float(plan[i, j]))
        for i, j in pairs
    ]
    return tuple(sorted(ribbons, key=lambda ribbon: ribbon.flow))
