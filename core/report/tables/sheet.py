"""A table or figure laid out in lines of printed cells, from which text and LaTeX are made."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.report.tables.coefficients import LINES, NAMES, Entry, Measure
from core.report.tables.figure2 import CorrelationFigure
from core.report.tables.scatter import Bar
from core.report.tables.table import REFERENCES, Block, Table
from core.statistics import Coefficient, Means
from core.statistics.correlation import KINDS
from core.text.numbers import MISSING, decimal

Array = npt.NDArray[np.float64]
OVERALL = "Overall"
OFF_DIAGONAL = "without own"
ONLY_THE_PAPERS = "the paper’s values alone"


@dataclass(frozen=True)
class Sheet:
    """Lines of printed cells.

    Attributes
    ----------
    title : one line above.
    header : (cell,)
    groups : lines that belong together (a model, a language); each line has as many cells as the header, the first
        `n_labels` of them names.
    notes : lines below.
    """

    title: str
    header: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], ...], ...]
    notes: tuple[str, ...]
    n_labels: int


def bounds(low: float, high: float, digits: int = 3) -> str:
    """A printed interval."""
    return MISSING if math.isnan(low) or math.isnan(high) else f"[{decimal(low, digits)}, {decimal(high, digits)}]"


def table_sheet(table: Table) -> Sheet:
    """Lay out one of the tables 1 to 5: per row ours, its interval, the references, and the paper's."""
    names = "trained on" if table.rows == table.columns or table.table in {"4", "5"} else "model"
    header = (names, "values", *table.columns, OVERALL)
    ours = not table.ours.empty
    if ours:
        header = (*header, OFF_DIAGONAL)
    groups = tuple(
        tuple((label if first else "", *cells) for first, cells in _marked(_lines_of_row(table, k)))
        for k, label in enumerate(table.rows)
    )
    whose = "" if ours else f", {ONLY_THE_PAPERS}"
    title = f"Table {table.table}{whose}. {table.title}" if table.table.isdigit() else table.title
    return Sheet(title, header, groups, tuple(_notes(table)), n_labels=2)


def _marked(lines: Iterator[tuple[str, ...]]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    return ((k == 0, cells) for k, cells in enumerate(lines))


def _lines_of_row(table: Table, k: int) -> Iterator[tuple[str, ...]]:
    filled = not table.ours.empty
    if not np.isnan(table.ours.values[k]).all():
        yield "ours", *_cells(table.ours, k, _means)
        yield "95% interval", *_cells(table.ours, k, _intervals)
    for quantity, block in table.references.items():
        if not np.isnan(block.values[k]).all():
            yield REFERENCES[quantity], *_cells(block, k, _means)
    if not math.isnan(table.paper_overall[k]):
        printed = [decimal(value) for value in (*table.paper[k], table.paper_overall[k])]
        yield ("paper", *printed, _without_own(table, k)) if filled else ("paper", *printed)


def _cells(block: Block, k: int, print_: Callable[[Array, Array], list[str]]) -> list[str]:
    def of(means: Means) -> list[str]:
        return print_(means.values[k : k + 1], means.interval[k : k + 1])

    return [*print_(block.values[k], block.interval[k]), *of(block.overall), *of(block.overall_off_diagonal)]


def _means(values: Array, interval: Array) -> list[str]:
    del interval
    return [decimal(value) for value in values]


def _intervals(values: Array, interval: Array) -> list[str]:
    del values
    return [bounds(low, high) for low, high in interval]


def _without_own(table: Table, k: int) -> str:
    """The paper's row mean without the training language: English in the tables of models."""
    own = table.rows[k] if table.rows[k] in table.columns else "en"
    others = [value for code, value in zip(table.columns, table.paper[k], strict=True) if code != own]
    return decimal(float(np.nanmean(others)))


def _notes(table: Table) -> Iterator[str]:
    if table.ours.empty:
        yield "As the paper prints it; no results of ours are given."
    else:
        counts = table.ours.n[table.ours.n > 0]
        n = f"{counts.min():,}" if counts.min() == counts.max() else f"{counts.min():,} to {counts.max():,}"
        yield f"n = {n} examples a cell. 95% intervals from {table.n_resamples:,} resamples of the examples, the same"
        yield f"ones for all cells (seed {table.seed}); intervals of single accuracies are Wilson’s."
        yield f"{OVERALL}: row mean. {OFF_DIAGONAL}: row mean without the training language."
        if table.overall_columns != table.columns:
            yield f"Our {OVERALL} is over {' '.join(table.overall_columns)} alone: do not compare it with the paper’s."
    for label in table.misprints:
        k = table.rows.index(label)
        printed, mean = decimal(table.paper_overall[k]), decimal(float(np.nanmean(table.paper[k])))
        yield f"The paper prints {OVERALL} {printed} for {label}; the mean of that row is {mean}."


def figure_sheet(figure: CorrelationFigure) -> Sheet:
    """Lay out the bars of figure 2 as a table of coefficients, each with its interval over languages."""
    header = ("data set", "trained on", "model", "values", "performance with", "n", "Pearson", "Spearman")
    bars = [(bar, "ours") for bar in figure.ours] + [(bar, "paper") for bar in figure.paper]
    notes = [
        "Correlation of performance with consistency across target languages, with the 95% interval that other",
        f"languages would leave open (Fisher’s z). n counts languages. {OFF_DIAGONAL}: without the training language,",
        "whose C is 1 by definition; C with own is what the paper has. C given equal importance: partial correlation",
        "given C of equal importance, which no model enters; C minus shuffled and equal importance are without own.",
        "The paper prints figure 2 without numbers; its bars here are recomputed from its tables 4 and 5.",
    ]
    groups = tuple(_bar_lines(bar, whose) for bar, whose in bars)
    return Sheet("Figure 2. Correlation of performance with consistency.", header, groups, tuple(notes), n_labels=5)


def _bar_lines(bar: Bar, whose: str) -> tuple[tuple[str, ...], ...]:
    """One line for each of `LINES`; of the paper only those that its tables give."""
    lines: list[tuple[str, ...]] = []
    for measure, diagonal in LINES:
        if whose == "ours" or measure == "consistency":
            entries = [bar.entry(kind, diagonal=diagonal, measure=measure) for kind in KINDS]
            names = (set_name(bar), bar.trained_on, bar.model, whose) if not lines else ("",) * 4
            n = str(entries[0].correlation.n)
            lines.append((*names, line_name(measure, diagonal=diagonal), n, *map(coefficient, entries)))
    return tuple(lines)


def line_name(measure: Measure, *, diagonal: bool) -> str:
    """What performance is correlated with, as a table of coefficients calls it."""
    if measure != "consistency":
        return NAMES[measure]
    return f"{NAMES[measure]} with own" if diagonal else f"{NAMES[measure]} {OFF_DIAGONAL}"


def set_name(bar: Bar) -> str:
    """The data set as people write it, with the answer's end, and with the measure where that is not the usual one."""
    name = {"xnli": "XNLI", "paws-x": "PAWS-X", "xquad": "XQuAD"}.get(bar.data_set, bar.data_set)
    measure = "exact match" if bar.quantity == "exact_match" else ""
    return ", ".join(filter(None, (name, bar.part, measure)))


def coefficient(entry: Entry) -> str:
    """A printed coefficient with its interval."""
    correlation = entry.correlation
    if not isinstance(correlation, Coefficient):
        return MISSING
    return f"{decimal(correlation.value, 2)} {bounds(correlation.low, correlation.high, 2)}"
