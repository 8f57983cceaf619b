"""The paper's tables as printed (`assets/paper`), for comparison with ours."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.errors import DataError, OptionError
from core.paths import ASSETS

FOLDER = ASSETS / "paper"
TABLES = ("1", "2", "3", "4", "5")
OVERALL = "overall"


@dataclass(frozen=True)
class PaperRow:
    """One row of a table: a model, the language it was trained on, and the answer's end (`part`) in table 3."""

    model: str
    trained_on: str
    part: str | None


@dataclass(frozen=True)
class PaperTable:
    """One table as the paper prints it.

    Attributes
    ----------
    table : its number, "1" to "5".
    data_set, measure : `xnli`, `paws-x` or `xquad`; `consistency` or `accuracy`.
    rows, columns : what was evaluated, and the codes of the languages it was evaluated on.
    values : (row, column), read-only.
    overall : (row,) the column "Overall" as printed: the row mean, rounded (table 4, zh: not so), read-only.
    """

    table: str
    title: str
    data_set: str
    measure: str
    rows: tuple[PaperRow, ...]
    columns: tuple[str, ...]
    values: npt.NDArray[np.float64]
    overall: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.rows), len(self.columns)) or self.overall.shape != (len(self.rows),):
            raise DataError(
                f"Table {self.table} has {len(self.rows)} rows and {len(self.columns)} columns, but values of shape "
                f"{self.values.shape} and {len(self.overall)} overall: restore {FOLDER}."
            )
        self.values.setflags(write=False)
        self.overall.setflags(write=False)

    @property
    def by_language(self) -> bool:
        """True where the rows are training languages of one model (tables 4 and 5), not models."""
        return len({row.model for row in self.rows}) == 1

    @property
    def labels(self) -> tuple[str, ...]:
        """One name a row: the language, or the model with the answer's end."""
        if self.by_language:
            return tuple(row.trained_on for row in self.rows)
        return tuple(f"{row.model}, {row.part}" if row.part else row.model for row in self.rows)


def paper_table(table: str) -> PaperTable:
    """Return one table of the paper.

    Raises
    ------
    OptionError : the paper has no table of that number.
    DataError : the shipped file is missing or broken.
    """
    if table not in TABLES:
        raise OptionError(f"The paper has no table {table!r}: choose one of {', '.join(TABLES)}.")
    return _load()[table]


def largest_asymmetry(table: PaperTable) -> float:
    """Return the largest absolute difference between a cell and the cell of the same two languages exchanged.

    Both cells hold the same pair of languages, whose C does not depend on its direction, under two checkpoints. So
    this is by how much a cell changes with the checkpoint. Languages that are not both row and column are left out.
    """
    both = [code for code in table.labels if code in table.columns]
    rows, columns = ([names.index(code) for code in both] for names in (table.labels, table.columns))
    square = table.values[np.ix_(rows, columns)]
    return float(np.abs(square - square.T).max()) if both else 0.0


def paper_consistency(data_set: str, trained_on: str, language: str, part: str = "") -> dict[str, float]:
    """Return model -> the paper's mean C of a training language with another one; empty where it has none.

    Parameters
    ----------
    part : "start" or "end" for `xquad`.
    """
    by_model: dict[str, float] = {}
    for table in (paper_table(number) for number in TABLES):
        if table.data_set != data_set or table.measure != "consistency" or language not in table.columns:
            continue
        column = table.columns.index(language)
        for row, values in zip(table.rows, table.values, strict=True):
            if row.trained_on == trained_on and (row.part or "") == part:
                by_model.setdefault(row.model, float(values[column]))
    return by_model


@lru_cache(maxsize=1)
def _load() -> MappingProxyType[str, PaperTable]:
    index = {line["table"]: line for line in _read(FOLDER / "tables.csv", ("table", "data_set", "measure", "title"))}
    missing = [table for table in TABLES if table not in index]
    if missing:
        raise DataError(f"{FOLDER / 'tables.csv'} lacks table {', '.join(missing)}: reinstall the product.")
    return MappingProxyType({table: _load_table(**index[table]) for table in TABLES})


def _load_table(table: str, title: str, data_set: str, measure: str) -> PaperTable:
    path = FOLDER / f"table{table}.csv"
    cells: dict[PaperRow, dict[str, float]] = {}
    try:
        for line in _read(path, ("part", "model", "trained_on", "evaluated_on", "value")):
            row = PaperRow(line["model"], line["trained_on"], line["part"] or None)
            cells.setdefault(row, {})[line["evaluated_on"]] = float(line["value"])
        columns = tuple(name for name in next(iter(cells.values())) if name != OVERALL)
        values = np.array([[row[column] for column in columns] for row in cells.values()])
        overall = np.array([row[OVERALL] for row in cells.values()])
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise DataError(f"{path} is not a table of the paper ({error!r}): reinstall the product.") from error
    return PaperTable(table, title, data_set, measure, tuple(cells), columns, values, overall)


def _read(path: Path, header: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read ({error}): reinstall the product.") from error
    if not lines or tuple(lines[0]) != header:
        raise DataError(f"{path} must have the columns {', '.join(header)}: reinstall the product.")
    return lines
