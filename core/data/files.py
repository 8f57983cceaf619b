"""A parallel file of the user's: one column per field and language, each line one row in all languages.

| task | columns |
|---|---|
| `meaning` | `en`, `de`, ... |
| `nli` | `premise.en`, `hypothesis.en`, ..., `label` |
| `paraphrase` | `sentence1.en`, `sentence2.en`, ..., `label` |
| `qa` | `question.en`, `context.en`, `answer.en`, ... |

CSV, TSV or JSON Lines, by the file's extension. A label is a class name or its number; an answer is a slice of its
context. Every cell is read as text: `=1+1` is a sentence of four characters. Other columns are ignored.
"""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.load import ParallelRows
from core.errors import DataError, LanguageError
from core.results import Answer
from core.settings import TASKS, Task
from core.text.languages import LANGUAGES

SUFFIXES = (".csv", ".tsv", ".jsonl")
SPLIT = "file"
_ANSWER = "answer"
_LABEL = "label"


@dataclass(frozen=True)
class ParallelFile:
    """The content of a file.

    Attributes
    ----------
    name : the file's name without its extension. task : determined by the columns.
    languages : those with all fields of the task, in the order of the columns.
    fingerprint : a hash of the file's bytes.
    columns : column -> one cell per row.
    """

    name: str
    path: Path
    task: Task
    languages: tuple[str, ...]
    fingerprint: str
    columns: dict[str, list[str]]

    def rows(self, languages: Sequence[str]) -> dict[str, ParallelRows]:
        """Return all rows in each language.

        Raises
        ------
        LanguageError : the file lacks a language. DataError : an unknown label, or an answer not in its context.
        """
        for language in languages:
            if language not in self.languages:
                lacking = [name for name in _fields(self.task, language) if name not in self.columns]
                raise LanguageError(
                    f"{self.path} has no language {language!r}: it lacks {', '.join(lacking)}. "
                    f"Its languages are {' '.join(self.languages)}."
                )
        labels = self._labels()
        return {language: self._rows_in(language, labels) for language in languages}

    def _rows_in(self, language: str, labels: tuple[str, ...]) -> ParallelRows:
        texts = tuple(zip(*(self.columns[name] for name in _texts(self.task, language)), strict=True))
        answers: tuple[tuple[Answer, ...], ...] = ((),) * len(texts)
        if self.task.name == "qa":
            cells = self.columns[f"{_ANSWER}.{language}"]
            answers = tuple(
                (self._answer(row, language, context, answer),)
                for row, ((_, context), answer) in enumerate(zip(texts, cells, strict=True))
            )
        return ParallelRows(
            self.name, SPLIT, language, self.task.name, tuple(range(len(texts))), texts, labels, answers
        )

    def _answer(self, row: int, language: str, context: str, answer: str) -> Answer:
        start = context.find(answer)
        if not answer or start < 0:
            raise DataError(
                f"{self.path}, row {row}: the {_ANSWER}.{language} does not occur in its context. Correct the cell."
            )
        return Answer(answer, start)

    def _labels(self) -> tuple[str, ...]:
        n_rows = len(next(iter(self.columns.values())))
        classes = self.task.classes
        if not classes:
            return ("",) * n_rows
        numbered = {str(number): name for number, name in enumerate(classes)} | {name: name for name in classes}
        for row, label in enumerate(self.columns[_LABEL]):
            if label.strip() not in numbered:
                raise DataError(
                    f"{self.path}, row {row}: the label {label[:40]!r} is none of {', '.join(classes)}, "
                    f"nor a number from 0 to {len(classes) - 1}. Correct the cell."
                )
        return tuple(numbered[label.strip()] for label in self.columns[_LABEL])


def is_file_name(dataset: str) -> bool:
    """Whether `--dataset` names a parallel file rather than one of the catalogue's data sets."""
    return dataset.lower().endswith(SUFFIXES)


def read_parallel_file(path: str | Path) -> ParallelFile:
    """Read a CSV, TSV or JSON Lines file with one column per field and language.

    Raises
    ------
    DataError : the file does not exist, cannot be read, or has the columns of no task.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    columns = _read_json_lines(path, text) if path.suffix.lower() == ".jsonl" else _read_table(path, text)
    if not columns or not next(iter(columns.values())):
        raise DataError(f"{path} has no rows. Add one line per row below the column names.")
    task = _task_of(path, columns)
    languages = [code for code in _languages(columns) if all(name in columns for name in _fields(task, code))]
    if not languages:
        raise DataError(
            f"{path} has no language with every field, such as {_expected(task)}. Its columns are {', '.join(columns)}."
        )
    fingerprint = hashlib.sha256(raw).hexdigest()[:16]
    return ParallelFile(path.stem, path, task, tuple(languages), fingerprint, columns)


def _read_table(path: Path, text: str) -> dict[str, list[str]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    csv.field_size_limit(sys.maxsize)
    try:
        header, *lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if line]
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path} is not a table under a line of column names ({error}). Correct the file.") from error
    names = [name.strip() for name in header]
    if len(set(names)) != len(names):
        raise DataError(f"{path} has two columns of one name: {', '.join(names)}. Rename one of them.")
    for row, line in enumerate(lines):
        if len(line) != len(names):
            raise DataError(
                f"{path}, row {row}: {len(line)} cells under {len(names)} column names. Quote cells that hold the "
                "delimiter."
            )
    return {name: [line[index] for line in lines] for index, name in enumerate(names)}


def _read_json_lines(path: Path, text: str) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for row, line in enumerate(line for line in text.split("\n") if line.strip()):
        try:
            cells = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path}, row {row} is not JSON ({error}). Write one object per line.") from error
        if not isinstance(cells, dict) or (columns and cells.keys() != columns.keys()):
            expected = f" with {', '.join(columns)}" if columns else ""
            raise DataError(f"{path}, row {row} is not an object{expected}. Give every line the same names.")
        for name, cell in cells.items():
            columns.setdefault(str(name), []).append(cell if isinstance(cell, str) else json.dumps(cell))
    return columns


def _task_of(path: Path, columns: dict[str, list[str]]) -> Task:
    """The task whose first field a column is named after; plain language codes are `meaning`."""
    for task in TASKS.values():
        if len(task.fields) > 1 and any(name.split(".")[0] == task.fields[0] for name in columns):
            if task.classes and _LABEL not in columns:
                raise DataError(
                    f"{path} lacks the column label, as in {_expected(task)}. Its columns are {', '.join(columns)}."
                )
            return task
    if any(name in LANGUAGES for name in columns):
        return TASKS["meaning"]
    expected = "; or ".join(_expected(task) for task in TASKS.values())
    raise DataError(f"{path} has the columns of no task: {', '.join(columns)}. Name them {expected}.")


def _languages(columns: dict[str, list[str]]) -> list[str]:
    """The language codes in the names of the columns, in their order."""
    return list(dict.fromkeys(code for name in columns if (code := name.rpartition(".")[2]) in LANGUAGES))


def _texts(task: Task, language: str) -> list[str]:
    return [language] if len(task.fields) == 1 else [f"{field}.{language}" for field in task.fields]


def _fields(task: Task, language: str) -> list[str]:
    return _texts(task, language) + ([f"{_ANSWER}.{language}"] if task.name == "qa" else [])


def _expected(task: Task) -> str:
    """The columns of a task, for two languages, as an error names them."""
    names = ", ".join(name for code in ("en", "de") for name in _fields(task, code))
    return f"{names}{', label' if task.classes else ''} ({task.name})"
