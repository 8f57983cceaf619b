"""What the pair brings and what the training language adds, as two maps, and the line about the selected cell."""

from collections.abc import Callable
from functools import partial
from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.report.pair_cells import PairCells, pair_means
from core.report.readings import Reading
from core.statistics import order_rows_and_columns
from dashboard.figures.colours import ATTRIBUTION
from dashboard.figures.grids.marks import SELECTION
from dashboard.figures.legend import consistency_legend, difference_legend, head_html, legend_html
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, decimal, interval
from dashboard.figures.readings.layout import (
    THOUSAND,
    by_language,
    deviation_map,
    map_spoken,
    thousandths,
    triangle_map,
)
from dashboard.figures.readings.maps import CellMap, cell_map, map_labels_html
from dashboard.figures.words.readings import SIGNED, pair_code, pair_name, value_name
from dashboard.languages.choices import LanguagesChoice
from dashboard.languages.computed import SAME_PAIRS, Computed
from dashboard.shared.address import Address
from dashboard.shared.charts import show_chart
from dashboard.shared.grid_sources import StoredSource
from dashboard.shared.navigation import link_to
from dashboard.shared.style import chart_theme

BRINGS, ADDS = "What the pair brings", "What the training language adds"
PAIR, TRAINED, LENS = "pair", "src", "pairs"
LENSES = {"mean": "mean of checkpoints", "equal": "equal importance"}
UNDERLINED = "underlined: the pair contains the training language"
Array = npt.NDArray[np.float64]
Selected = tuple[str, tuple[str, str]]


def choose_pair(address: Address, cells: PairCells, default: str) -> Selected:
    """Two select boxes, the keyboard's way to choose a cell of the maps; a link's `tgt` names the pair too."""
    left, right = st.columns(2)
    with left:
        languages = {code: language_name(code) for code in cells.languages}
        trained = address.select(TRAINED, "Training language", languages, default=default)
    linked = cells.pair_of(trained, address.peek("tgt"))
    pairs = {pair_code(pair): pair_name(pair) for pair in cells.pairs}
    strongest = cells.pairs[int(np.nanargmax(pair_means(cells.means["consistency"])))]
    with right:
        chosen = address.select(PAIR, "Language pair", pairs, default=pair_code(linked or strongest))
    return trained, next(pair for pair in cells.pairs if pair_code(pair) == chosen)


def maps(address: Address, choice: LanguagesChoice, computed: Computed, reading: Reading | None, at: Selected) -> None:
    """Both maps; where one language has been trained the pairs alone."""
    left, right = st.columns([37, 63])
    if reading is None:
        with left.container(border=True, key="pairs-card"):
            _triangle(address, choice, computed.cells, SAME_PAIRS, at)
        return
    name = reading.definition.name
    with left.container(border=True, key="pairs-card", height="stretch"):
        _triangle(address, choice, computed.cells, name, at)
    with right.container(border=True, key="deviations-card", height="stretch"):
        _deviations(address, computed.cells, reading, at)


def _triangle(address: Address, choice: LanguagesChoice, cells: PairCells, name: str, at: Selected) -> None:
    lens = value_name(name) == "C" and not np.isnan(cells.means["uniform"]).all()
    values, note, of = _pair_values(cells, name, is_equal=lens and address.one(LENS, LENSES) == "equal")
    shown = triangle_map(cells, values, _order(choice, cells), of)
    st.html(head_html(BRINGS, _legend(of, shown), note=note))
    if lens:
        address.segments(LENS, "Values of the pairs", LENSES, labelled=False)
    _show(shown, "map-pairs", partial(_pick_pair, address, cells), _in_triangle(shown, at), note)


def _pair_values(cells: PairCells, name: str, *, is_equal: bool) -> tuple[Array, str, str]:
    """The values of the triangle, what they are, and the reading in whose unit they are."""
    if is_equal:
        note = "C when every word counts the same, whichever checkpoint: the similarity of the two languages alone."
        return pair_means(cells.means["uniform"]), note, SAME_PAIRS
    n = len(cells.languages)
    each = "checkpoints that have the pair" if cells.waiting_for else "training languages"
    of = f"under the checkpoint trained in {language_name(cells.languages[0])}" if n == 1 else f"over the {each}"
    return pair_means(cells.of_reading(name)), f"Mean {value_name(name)} {of}.", name


def _deviations(address: Address, cells: PairCells, reading: Reading, at: Selected) -> None:
    name = reading.definition.name
    if not cells.shared.any():
        st.html(head_html(ADDS))
        st.caption(
            "No pair has been computed under every checkpoint. The command “core run --pairs all” adds the pairs from "
            "the stored attributions."
        )
        return
    shown = deviations_shown(cells, reading)
    means = pair_means(cells.of_reading(name))[cells.shared]
    span = THOUSAND * float(means.max() - means.min())
    what = value_name(name)[0].upper() + value_name(name)[1:]
    note = (
        f"{what}, minus the mean of all training languages on the same pair, in thousandths. The scale ends at "
        f"{THOUSAND * shown.limit:.0f}; the pairs themselves span {span:.0f}."
    )
    if by_language(cells):
        note += " A column is the mean over the pairs that contain the language."
    end = f"{THOUSAND * shown.limit:.0f}"
    legend = legend_html(ATTRIBUTION, f"−{end}", f"+{end}", "thousandths")
    st.html(head_html(ADDS, legend, note=note))
    pick = partial(_pick_cell, address, cells)
    _show(shown, "map-deviations", pick, _in_deviations(cells, at), ADDS)
    st.caption(UNDERLINED if not by_language(cells) else "underlined: pairs that contain the training language")


def deviations_shown(cells: PairCells, reading: Reading) -> CellMap:
    """The map of what the training language adds."""
    return deviation_map(cells, reading.definition.name, _overall(cells, reading))


def pairs_shown(choice: LanguagesChoice, cells: PairCells, name: str) -> CellMap:
    """The map of what the pair brings, as the mean over checkpoints."""
    return triangle_map(cells, pair_means(cells.of_reading(name)), _order(choice, cells), name)


def _overall(cells: PairCells, reading: Reading) -> dict[str, float]:
    """Training language -> what it adds over all shared pairs: in a reading on shared pairs, its own values."""
    if reading.definition.on_shared_pairs:
        values = reading.ranking.values
    else:
        values = cells.means["consistency"][:, cells.shared].mean(axis=1)
    return dict(zip(cells.languages, map(float, values - values.mean()), strict=True))


def _order(choice: LanguagesChoice, cells: PairCells) -> tuple[str, ...]:
    means = pair_means(cells.means["consistency"])
    square = np.ones((len(cells.evaluated), len(cells.evaluated)))
    for pair, value in zip(cells.pairs, means, strict=True):
        i, j = (cells.evaluated.index(code) for code in pair)
        square[i, j] = square[j, i] = value
    return order_rows_and_columns(cells.evaluated, cells.evaluated, choice.order, square)[1]


def _legend(name: str, shown: CellMap) -> str:
    return difference_legend(shown.limit) if name in SIGNED else consistency_legend()


def _show(
    shown: CellMap, key: str, pick: Callable[[str, str], None], selected: tuple[str, str] | None, what: str
) -> None:
    wide = len(shown.columns) > 8
    with st.container(key=f"scroll-languages-{'wide' if wide else 'fitting'}-{key}"):
        if wide:
            st.html(map_labels_html(shown))
        show_chart(
            cell_map,
            shown,
            theme=chart_theme(),
            selected=selected,
            row_labels=not wide,
            on_select=partial(_clicked, key, pick),
            selection=SELECTION,
            key=key,
            alt=map_spoken(shown, what.rstrip(".")),
        )


def _clicked(key: str, pick: Callable[[str, str], None]) -> None:
    cells = st.session_state[key]["selection"].get(SELECTION, [])
    if cells:
        pick(str(cells[0].get("row", "")), str(cells[0].get("column", "")))


def _pick_pair(address: Address, cells: PairCells, row: str, column: str) -> None:
    pair = cells.pair_of(row, column)
    if pair is not None:
        address.set(PAIR, pair_code(pair))


def _pick_cell(address: Address, cells: PairCells, row: str, column: str) -> None:
    """A pair with its training language; in a map of languages the pair of the two; the last column, the row alone."""
    if row not in cells.languages:
        return
    address.set(TRAINED, row)
    named = next((pair for pair in cells.pairs if pair_code(pair) == column), cells.pair_of(row, column))
    if named is not None:
        address.set(PAIR, pair_code(named))


def _in_triangle(shown: CellMap, at: Selected) -> tuple[str, str] | None:
    sides = (at[1], at[1][::-1])
    return next((side for side in sides if side[0] in shown.rows and side[1] in shown.columns), None)


def _in_deviations(cells: PairCells, at: Selected) -> tuple[str, str] | None:
    trained, pair = at
    if not by_language(cells):
        return trained, pair_code(pair)
    other = [code for code in pair if code != trained]
    return (trained, other[0]) if trained in pair else None


def cell_line(computed: Computed, at: Selected) -> None:
    """C of the selected pair under the selected checkpoint, with its interval, the mean of all and the references."""
    cells, (trained, pair) = computed.cells, at
    place = cells.at(trained, pair)
    name = f"<b>Trained on {escape(language_name(trained))}, {escape(pair_name(pair))}</b>"
    value = float("nan") if place is None else float(cells.means["consistency"][place])
    if place is None or np.isnan(value):
        st.html(f'<p class="cell-line">{name}: not run</p>')
        return
    low, high = map(float, cells.interval[place])
    parts = [f"C {interval(value, low, high)}"]
    if len(cells.languages) > 1 and cells.shared[place[1]]:
        mean = float(cells.means["consistency"][:, place[1]].mean())
        parts.append(f"mean of training languages {decimal(mean)}, {thousandths(value - mean)} thousandths from it")
    for quantity, words in (("shuffled", "shuffled"), ("uniform", "equal"), ("carried", "carried over")):
        reference = float(cells.means[quantity][place])
        parts += [] if np.isnan(reference) else [f"{words} {decimal(reference)}"]
    parts.append(f"n = {count(len(cells.values.examples))}")
    st.html(f'<p class="cell-line">{name}: {" · ".join(parts)}</p>')


def open_pair(source: StoredSource, at: Selected) -> None:
    """The link to the examples behind the selected cell."""
    choices = source.pair_link(*at)
    if choices is not None:
        link_to("Results", "Open this pair’s examples", choices)
