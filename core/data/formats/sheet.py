"""What every reader returns: rows under the names of columns, with the place of each row in its file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError

MISSING = object()
"""The cell of a row that lacks the column."""


@dataclass(frozen=True)
class Sheet:
    """Rows of a file as it holds them; nothing is interpreted yet.

    Attributes
    ----------
    path : the file, or the folder, as errors name it. layout : `a table with tabs between cells, UTF-8`.
    columns : name -> one cell per row; a cell of JSON may be of any type.
    places : where each row is, `line 3`. western : the bytes were read as Windows-1252, which has no other alphabets.
    notices : one line each, on what was not read.
    """

    path: Path
    layout: str
    columns: Mapping[str, Sequence[object]]
    places: Sequence[str]
    western: bool = False
    notices: tuple[str, ...] = ()

    def refuse(self, row: int, problem: str) -> DataError:
        """Return the error that names file and row; `problem` says what is wrong there, and the remedy."""
        return DataError(f"{self.path}, {self.places[row]}: {problem}")

    def text(self, column: str, row: int, *, empty: bool = False) -> str:
        """Return a cell as text. Raises DataError where it is of another type, or empty unless `empty` allows it."""
        cell = self.columns[column][row]
        if not isinstance(cell, str):
            raise self.refuse(row, f"{column} is {kind_of(cell)}, not text. Give its text, or remove the row.")
        if not empty and not cell.strip():
            raise self.refuse(row, f"{column} is empty. Give its text, or remove the row in every language.")
        if any("\ud800" <= char <= "\udfff" for char in cell):
            raise self.refuse(row, f"{column} is not valid Unicode (half of a surrogate pair). Correct the cell.")
        return cell


def kind_of(cell: object) -> str:
    """Name the type of a cell that is not text."""
    if cell is MISSING:
        return "missing"
    if cell is None:
        return "null"
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and math.isnan(cell):
        return "NaN"
    if isinstance(cell, int | float):
        return f"the number {str(cell)[:20]}"
    return "a list" if isinstance(cell, list) else "an object"


def counted(number: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names with commas between; of many, the first ones and how many more there are."""
    names = [name if name.strip() else "one without a name" for name in names] or ["none"]
    more = len(names) - most
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:most])} and {more} more"
