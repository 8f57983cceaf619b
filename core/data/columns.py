"""What the columns of a sheet are: which task, which languages, and which of them are not read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.formats.languages import LABEL, NAMES
from core.data.formats.sheet import Sheet, listed
from core.errors import DataError
from core.settings import TASKS, Task
from core.text.languages import LANGUAGES, language_of

_TEXT = "text"


@dataclass(frozen=True)
class Columns:
    """The columns that name a field and a language.

    Attributes
    ----------
    names : (field, language) -> column; a column that is only a language has the field `text`.
    tags : language -> as it is written in the columns. label : the column of labels; "" without one.
    """

    names: Mapping[tuple[str, str], str]
    tags: Mapping[str, str]
    label: str


def sort_columns(sheet: Sheet, asked: Sequence[str] = ()) -> Columns:
    """Return what each column is. Raises DataError where two are of one field and language."""
    names: dict[tuple[str, str], str] = {}
    tags: dict[str, str] = {}
    for column in sheet.columns:
        field, _, tag = column.rpartition(".")
        code, field = language_of(tag), field.strip().lower() or _TEXT
        if code is None or field not in NAMES:
            continue
        if (field, code) in names:
            if asked and code not in asked:
                continue
            raise DataError(
                f"{sheet.path} has two columns of the language {code}: {names[field, code]} and {column}. Keep one."
            )
        names[field, code] = column
        tags.setdefault(code, tag.strip())
    label = next((column for column in sheet.columns if column.strip().lower() == LABEL), "")
    return Columns(names, tags, label)


def task_of(sheet: Sheet, columns: Columns) -> Task:
    """Return the task whose first field a column has; plain languages are `meaning`. Raises DataError without any."""
    fields = {field for field, _ in columns.names}
    for task in TASKS.values():
        if len(task.fields) > 1 and task.fields[0] in fields:
            if task.classes and not columns.label:
                raise DataError(
                    f"{sheet.path} lacks the column label, as in {_example(task)}. Its columns are "
                    f"{listed([*sheet.columns])}."
                )
            return task
    if _TEXT in fields:
        return TASKS["meaning"]
    expected = "; or ".join(_example(task) for task in TASKS.values())
    raise DataError(
        f"{sheet.path} has the columns of no task: {listed([*sheet.columns])}. Name them {expected}; the languages are "
        f"{' '.join(LANGUAGES)}."
    )


def languages_of(sheet: Sheet, columns: Columns, task: Task) -> tuple[list[str], list[str]]:
    """Return the languages with every field of a task, and the columns that are not read.

    Raises DataError where no language has every field.
    """
    languages = [code for code in columns.tags if _is_complete(columns, task, code)]
    if not languages:
        raise DataError(
            f"{sheet.path} has no language with every field, such as {_example(task)}. Its columns are "
            f"{listed([*sheet.columns])}."
        )
    read = {columns.label} if task.classes else set()
    wanted = {*task.fields} | ({"answer", "answers", "answer_start"} if task.name == "qa" else set())
    read |= {column for (field, code), column in columns.names.items() if field in wanted and code in languages}
    return languages, [column for column in sheet.columns if column not in read]


def _is_complete(columns: Columns, task: Task, code: str) -> bool:
    answered = task.name != "qa" or ("answer", code) in columns.names or ("answers", code) in columns.names
    return answered and all((field, code) in columns.names for field in task.fields)


def _example(task: Task) -> str:
    """The columns of a task, for two languages, as an error names them."""
    fields = [*task.fields, *(("answer",) if task.name == "qa" else ())]
    names = ["en", "de"] if len(fields) == 1 else [f"{field}.{code}" for code in ("en", "de") for field in fields]
    return f"{', '.join(names)}{', label' if task.classes else ''} ({task.name})"
