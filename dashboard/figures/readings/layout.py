"""Which cells the two maps show, in which order and with which words: from means of pairs to a `CellMap`."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from core.report.pair_cells import PairCells
from dashboard.figures.names import language_name
from dashboard.figures.numbers import signed
from dashboard.figures.readings.maps import CellMap, MapCell, MapKind, round_limit
from dashboard.figures.words.readings import SIGNED, pair_code, pair_name, value_name, value_number

Array = npt.NDArray[np.float64]
MOST_PAIRS = 15
"""With more pairs the map of deviations has a column for each language instead."""
ALL = "all"
THOUSAND = 1000


def triangle_map(cells: PairCells, values: Array, order: Sequence[str], name: str) -> CellMap:
    """One cell a pair of languages: `values` (pair,) in the unit of the reading `name`.

    Rows and columns are languages in an order given; the cell of a pair is below the diagonal.
    """
    crowded = len(order) > 6
    shown = [
        MapCell(
            row=second,
            column=first,
            value=None if pair is None else _known(values[cells.pairs.index(pair)]),
            text="" if pair is None else _number(name, float(values[cells.pairs.index(pair)]), 2 if crowded else 3),
            said=f"{pair_name(pair or (first, second))}: {_said(cells, values, pair, name)}",
        )
        for first, second in combinations(order, 2)
        for pair in (cells.pair_of(first, second),)
    ]
    kind: MapKind = "difference" if name in SIGNED else "consistency"
    columns = {code: (code,) for code in order[:-1]}
    limit = round_limit(_largest(values))
    return CellMap(tuple(order[1:]), columns, shown, kind, limit=limit, labels_below=True)


def deviation_map(cells: PairCells, name: str, overall: Mapping[str, float]) -> CellMap:
    """Each training language's cells minus the mean of all on the same pair, in thousandths, the largest mean first.

    Columns are the shared pairs, or from 16 on languages: the mean over the pairs that contain the language.

    Parameters
    ----------
    overall : training language -> its value minus the mean of all; the last column.
    """
    deviations = cells.deviations(name)
    rows = sorted(cells.languages, key=lambda code: -overall[code])
    if by_language(cells):
        columns: dict[str, tuple[str, ...]] = {code: (code,) for code in cells.evaluated}
        values = cells.means_with(deviations)
        labels = {code: f"mean over pairs with {language_name(code)}" for code in columns}
        held = {code: {code} for code in columns}
    else:
        pairs = [pair for pair, there in zip(cells.pairs, cells.shared, strict=True) if there]
        columns = {pair_code(pair): pair for pair in pairs}
        values = deviations[:, cells.shared]
        labels = {pair_code(pair): pair_name(pair) for pair in pairs}
        held = {pair_code(pair): set(pair) for pair in pairs}
    shown = []
    for row in rows:
        line = values[cells.languages.index(row)]
        for (column, words), value in zip(labels.items(), line, strict=True):
            said = f"trained on {language_name(row)}, {words}: {_deviation(float(value))}"
            shown.append(MapCell(row, column, _known(value), thousandths(float(value)), said, row in held[column]))
        said = f"trained on {language_name(row)}, all pairs: {_deviation(overall[row])}"
        shown.append(MapCell(row, ALL, overall[row], thousandths(overall[row]), said))
    limit = round_limit(max(_largest(values), _largest(np.array([*overall.values()]))))
    return CellMap(tuple(rows), {**columns, ALL: (ALL,)}, shown, "difference", limit=limit, last=ALL)


def by_language(cells: PairCells) -> bool:
    """Whether the map of deviations has a column for each language rather than each pair."""
    return int(cells.shared.sum()) > MOST_PAIRS


def thousandths(value: float) -> str:
    """`+18`, `−6`, `0`."""
    return "" if np.isnan(value) else signed(THOUSAND * value, 0)


def map_spoken(shown: CellMap, what: str) -> str:
    """A map's message for screen readers: what it shows, its largest and its smallest cell."""
    known = [cell for cell in shown.cells if cell.value is not None and cell.column != shown.last]
    if not known:
        return f"{what}. Nothing was computed."
    largest, smallest = (pick(known, key=lambda cell: float(cell.value or 0.0)) for pick in (max, min))
    return f"{what}. Largest: {largest.said}. Smallest: {smallest.said}."


def _said(cells: PairCells, values: Array, pair: tuple[str, str] | None, name: str) -> str:
    if pair is None:
        return "not run"
    value = float(values[cells.pairs.index(pair)])
    return "not run" if np.isnan(value) else f"{value_name(name)} {value_number(name, value)}"


def _number(name: str, value: float, places: int) -> str:
    return "" if np.isnan(value) else value_number(name, value, places)


def _deviation(value: float) -> str:
    return "not run" if np.isnan(value) else f"{signed(value, 4)} from the mean of the training languages"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _largest(values: Array) -> float:
    known = np.abs(values[~np.isnan(values)])
    return float(known.max()) if known.size else 0.0
