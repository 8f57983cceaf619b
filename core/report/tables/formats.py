"""Tables and figure as text, CSV, LaTeX and JSON."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.consistency.export import to_csv
from core.report.tables.coefficients import NAMES, Entry, Measure
from core.report.tables.figure2 import CorrelationFigure
from core.report.tables.latex import latex_table
from core.report.tables.scatter import Bar
from core.report.tables.sheet import OFF_DIAGONAL, OVERALL, Sheet, figure_sheet, set_name, table_sheet
from core.report.tables.table import REFERENCES, Block, Table
from core.statistics import Coefficient, Means, Undefined
from core.statistics.correlation import KINDS
from core.text.display import display_text

Result = Table | CorrelationFigure
FIGURE2 = "figure2"


def sheet(result: Result) -> Sheet:
    """Lay out a table or the figure."""
    return table_sheet(result) if isinstance(result, Table) else figure_sheet(result)


# text


def to_text(result: Result) -> str:
    """Return aligned columns, names on the left and numbers on the right."""
    page = sheet(result)
    lines = [page.header, *(line for group in page.groups for line in group)]
    lines = [tuple(display_text(cell) for cell in line) for line in lines]
    widths = [max(len(line[k]) for line in lines) for k in range(len(page.header))]
    printed = [_aligned(line, widths, page.n_labels) for line in lines]
    rule = "-" * max(map(len, printed))
    return (
        "\n".join([display_text(page.title), "", printed[0], rule, *printed[1:], rule, *map(display_text, page.notes)])
        + "\n"
    )


def _aligned(line: tuple[str, ...], widths: list[int], n_labels: int) -> str:
    cells = [
        cell.ljust(width) if k < n_labels else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


# LaTeX


def to_latex(result: Result) -> str:
    """Return a `table` environment in the style of booktabs."""
    page = sheet(result)
    name = f"table{result.table}" if isinstance(result, Table) else FIGURE2
    alignment = "l" * page.n_labels + "r" * (len(page.header) - page.n_labels)
    return latex_table(page.title, page.header, page.groups, alignment, label=f"tab:ccta-{name}", notes=page.notes)


# CSV


def to_csv_table(results: list[Result]) -> str:
    """Return one line a number: table, row, column, whose value, value, low, high, n."""
    header = ("table", "row", "column", "values", "value", "low", "high", "n")
    rows = [row for result in results for row in _records(result)]
    return to_csv(header, [tuple("" if _nan(cell) else cell for cell in row) for row in rows])


def _nan(cell: Any) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _records(result: Result) -> list[tuple[Any, ...]]:
    if isinstance(result, CorrelationFigure):
        bars = [(bar, "ours") for bar in result.ours] + [(bar, "paper") for bar in result.paper]
        return [
            (FIGURE2, f"{set_name(bar)}, {bar.model}, {bar.trained_on}", _entry_name(entry), whose, *_numbers(entry))
            for bar, whose in bars
            for entry in (*bar.coefficients.entries, *bar.coefficients.beside)
        ]
    blocks = [("ours", result.ours)] + [(REFERENCES[name], block) for name, block in result.references.items()]
    records = [record for whose, block in blocks for record in _block_records(result, whose, block)]
    for k, row in enumerate(result.rows):
        cells = zip((*result.columns, OVERALL), (*result.paper[k], result.paper_overall[k]), strict=True)
        records += [(result.table, row, column, "paper", float(value), "", "", "") for column, value in cells]
    return [record for record in records if not _nan(record[4])]


def _block_records(table: Table, whose: str, block: Block) -> list[tuple[Any, ...]]:
    records: list[tuple[Any, ...]] = []
    for k, row in enumerate(table.rows):
        for j, column in enumerate(table.columns):
            low, high = map(float, block.interval[k, j])
            records.append((table.table, row, column, whose, float(block.values[k, j]), low, high, int(block.n[k, j])))
        for column, means in ((OVERALL, block.overall), (f"{OVERALL} {OFF_DIAGONAL}", block.overall_off_diagonal)):
            low, high = map(float, means.interval[k])
            records.append((table.table, row, column, whose, float(means.values[k]), low, high, ""))
    return records


def _entry_name(entry: Entry) -> str:
    """`pearson`, `pearson without own`, `pearson of C given equal importance, without own`."""
    if entry.measure != "consistency":
        return f"{entry.kind} of {NAMES[entry.measure]}, {OFF_DIAGONAL}"
    return entry.kind if entry.diagonal else f"{entry.kind} {OFF_DIAGONAL}"


def _numbers(entry: Entry) -> tuple[float, float, float, int]:
    correlation = entry.correlation
    if isinstance(correlation, Coefficient):
        return correlation.value, correlation.low, correlation.high, correlation.n
    return math.nan, math.nan, math.nan, correlation.n


# JSON


def to_json(result: Result) -> dict[str, Any]:
    """Return a JSON object; null where there is no number, and more keys after the agreed ones."""
    return _table_json(result) if isinstance(result, Table) else _figure_json(result)


def _table_json(table: Table) -> dict[str, Any]:
    return {
        "table": table.table,
        "rows": list(table.rows),
        "columns": list(table.columns),
        **_block_json(table.ours),
        "paper": {"values": plain(table.paper), "overall": plain(table.paper_overall)},
        "references": {name: _block_json(block) for name, block in table.references.items()},
        "title": table.title,
        "data_set": table.data_set,
        "measure": table.measure,
        "overall_columns": list(table.overall_columns),
        "n_resamples": table.n_resamples,
        "seed": table.seed,
    }


def _block_json(block: Block) -> dict[str, Any]:
    def means(of: Means) -> dict[str, Any]:
        return {"values": plain(of.values), "interval": plain(of.interval)}

    return {
        "values": plain(block.values),
        "interval": plain(block.interval),
        "n": block.n.tolist(),
        "overall": plain(block.overall.values),
        "overall_interval": plain(block.overall.interval),
        "overall_off_diagonal": means(block.overall_off_diagonal),
    }


def _figure_json(figure: CorrelationFigure) -> dict[str, Any]:
    """Rows are the training languages of PAWS-X, columns the coefficients of C; `bars` holds every bar of the figure.

    `without_own` repeats the grid for the coefficients without the training language, the headline and those beside it.
    """
    rows = list(dict.fromkeys(bar.trained_on for bar in (*figure.paper, *figure.by_language)))
    columns = [_entry_name(entry) for entry in figure.paper[0].coefficients.entries]
    ours, paper = (
        _coefficients(rows, {bar.trained_on: bar.coefficients.entries for bar in bars}, len(columns))
        for bars in (figure.by_language, figure.paper)
    )
    no_mean = [None] * len(rows)
    return {
        "table": FIGURE2,
        "rows": rows,
        "columns": columns,
        **ours,
        "overall": no_mean,
        "paper": {**paper, "overall": no_mean},
        "bars": [_bar_json(bar, "ours") for bar in figure.ours] + [_bar_json(bar, "paper") for bar in figure.paper],
        "without_own": {
            "columns": list(KINDS),
            **{measure: _coefficients(rows, _measured(figure.by_language, measure), len(KINDS)) for measure in NAMES},
        },
    }


def _measured(bars: tuple[Bar, ...], measure: Measure) -> dict[str, tuple[Entry, ...]]:
    """Training language -> Pearson and Spearman of one measure, without the training language."""
    return {bar.trained_on: tuple(bar.entry(kind, measure=measure) for kind in KINDS) for bar in bars}


def _coefficients(rows: list[str], entries: dict[str, tuple[Entry, ...]], width: int) -> dict[str, Any]:
    """values, interval and n, each a grid of rows by `width` coefficients; null for a row without entries."""
    absent = [(math.nan, math.nan, math.nan, 0)] * width
    cells = np.array([[_numbers(entry) for entry in entries[row]] if row in entries else absent for row in rows])
    return {"values": plain(cells[..., 0]), "interval": plain(cells[..., 1:3]), "n": cells[..., 3].astype(int).tolist()}


def _bar_json(bar: Bar, whose: str) -> dict[str, Any]:
    return {
        "data_set": bar.data_set,
        "part": bar.part,
        "model": bar.model,
        "trained_on": bar.trained_on,
        "values": whose,
        "coefficients": {_entry_name(entry): _entry_json(entry) for entry in bar.coefficients.entries},
        "without_own": {
            measure: {kind: _entry_json(bar.entry(kind, measure=measure)) for kind in KINDS} for measure in NAMES
        },
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    value, low, high, n = _numbers(entry)
    reason = entry.correlation.reason if isinstance(entry.correlation, Undefined) else None
    return {
        "value": plain(value),
        "interval": plain((low, high)),
        "n": n,
        "interval_over_examples": entry.over_examples,
        "undefined": reason,
    }


def plain(values: npt.ArrayLike) -> Any:
    """Return nested lists of numbers, null for NaN."""
    array = np.asarray(values, dtype=np.float64)
    objects = array.astype(object)
    objects[np.isnan(array)] = None
    return objects.tolist()
