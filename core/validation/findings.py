"""The result of a measurement: one table, as text, Markdown or JSON."""

import math
from dataclasses import dataclass
from typing import Any

Cell = str | float | int


@dataclass(frozen=True)
class Findings:
    """One table of a validation.

    Attributes
    ----------
    columns : names; rows : one cell per column, NaN where undefined.
    note : what was measured on which data, in a few sentences.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.name}: every row needs {len(self.columns)} cells.")


def to_text(findings: Findings) -> str:
    """Return the table with aligned columns, its title above and its note below."""
    lines = [findings.columns, *(tuple(_format_cell(cell) for cell in row) for row in findings.rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(findings.columns))]
    numeric = [all(not isinstance(row[k], str) for row in findings.rows) for k in range(len(widths))]
    table = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([findings.title, *table, findings.note, ""])


def to_markdown(findings: Findings) -> str:
    """Return the table as Markdown, its note below."""
    lines = [findings.columns, ("---",) * len(findings.columns)]
    lines += [tuple(_format_cell(cell) for cell in row) for row in findings.rows]
    return "\n".join(
        [f"**{findings.title}**", "", *(f"| {' | '.join(line)} |" for line in lines), "", findings.note, ""]
    )


def to_json(findings: Findings) -> dict[str, Any]:
    """Return the table as plain values in full precision; null where undefined."""
    rows = [
        {name: None if _is_undefined(cell) else cell for name, cell in zip(findings.columns, row, strict=True)}
        for row in findings.rows
    ]
    return {"name": findings.name, "title": findings.title, "rows": rows, "note": findings.note}


def _format_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if _is_undefined(cell):
        return "–"
    return f"{cell:.3f}" if isinstance(cell, float) else f"{cell:,}"


def _is_undefined(cell: Cell) -> bool:
    return isinstance(cell, float) and math.isnan(cell)
