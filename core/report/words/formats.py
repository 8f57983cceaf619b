"""The table of words as text, CSV and JSON."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.consistency.export import to_csv
from core.store import RunIdentity
from core.text.display import display_text
from core.text.languages import get_language
from core.text.numbers import MISSING, decimal

# Columns of a file -> those of `losses_table`. Names are what they hold: means over occurrences, in mass.
COLUMNS = (
    "n",
    "examples",
    "mass",
    "adds",
    "lost",
    "lost_low",
    "lost_high",
    "met",
    "share",
    "partners",
    "difference",
    "difference_low",
    "difference_high",
)
_PLACES = 6
_WIDEST = 24


@dataclass(frozen=True)
class WordTable:
    """A ranked table with what it is about; `frame` as `ranked` returns it, `least` the fewest examples that rank."""

    frame: pd.DataFrame
    identity: RunIdentity
    language: str
    others: tuple[str, ...]
    by: str
    end: str
    least: int


def words_to_frame(table: WordTable) -> pd.DataFrame:
    """Return the columns of a file: what the table is about, the word or class, and the numbers."""
    about: dict[str, Any] = {
        "dataset": table.identity.dataset,
        "checkpoint": table.identity.checkpoint,
        "language": table.language,
        "others": " ".join(table.others),
        **({"end": table.end} if table.end else {}),
    }
    frame = table.frame[list(COLUMNS)].round(_PLACES)
    frame.insert(0, table.by, table.frame["name"])
    for name, value in reversed(about.items()):
        frame.insert(0, name, value)
    return frame


def words_to_csv(table: WordTable) -> str:
    """Return one line a word or class; no spreadsheet takes a word for a formula."""
    frame = words_to_frame(table)
    rows = [tuple("" if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False, name=None)]
    return to_csv(tuple(frame.columns), rows)


def words_to_json(table: WordTable) -> str:
    """Return a list of objects with the columns of the CSV; an interval that is not defined is null."""
    frame = words_to_frame(table).astype(object)
    plain = frame.where(frame.notna(), None).to_dict("records")
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def words_to_text(table: WordTable) -> str:
    """Return a table for the terminal, after a line that says what it is of."""
    others = ", ".join(get_language(code).name for code in table.others)
    few = int((table.frame["examples"] < table.least).sum())
    head = [
        f"{table.identity.dataset} {table.identity.split}, {table.identity.checkpoint}: "
        f"{get_language(table.language).name} against {others}{f', answer {table.end}' if table.end else ''}.",
        "Lost = mass x (1 - similarity met), mean over n occurrences; 95% interval over examples.",
    ]
    if few:
        head.append(f"{few} of {len(table.frame)} in fewer than {table.least} examples come last.")
    lines = [f"{table.by:<{_WIDEST}} {'n':>7} {'examples':>9} {'lost':>7} {'interval':>16} {'mass':>7} {'partners':>9}"]
    for entry in table.frame.itertuples():
        interval = MISSING if pd.isna(entry.lost_low) else f"[{decimal(entry.lost_low)}, {decimal(entry.lost_high)}]"
        lines.append(
            f"{display_text(str(entry.name))[:_WIDEST]:<{_WIDEST}} {entry.n:>7,} {entry.examples:>9,} "
            f"{decimal(entry.lost):>7} {interval:>16} {decimal(entry.mass):>7} {decimal(entry.partners):>9}"
        )
    return "\n".join([*head, "", *lines]) + "\n"
