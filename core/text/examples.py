"""The example sentences that ship with the product: original texts, each in the 14 languages of the paper."""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import DataError, LanguageError
from core.paths import ASSETS
from core.settings import Task, get_task
from core.text.languages import get_language

FOLDER = ASSETS / "examples"


@dataclass(frozen=True)
class Example:
    """One example of a task in all its languages.

    Attributes
    ----------
    label : the gold class, for the tasks that have classes.
    fields : field name -> language code -> text, in the task's input order.
    answer : language code -> a substring of the context (`qa`), else None.
    """

    id: str
    task: str
    topic: str
    label: str | None
    fields: dict[str, dict[str, str]] = field(hash=False)
    answer: dict[str, str] | None = field(default=None, hash=False)

    def texts(self, language: str) -> tuple[str, ...]:
        """Return the texts in one language, one per field of the task, in input order.

        Raises
        ------
        LanguageError : the language is unknown, or the example has no text in it.
        """
        code = get_language(language).code
        missing = [name for name, texts in self.fields.items() if code not in texts]
        if missing:
            available = " ".join(next(iter(self.fields.values())))
            raise LanguageError(f"Example {self.id!r} has no text in {code!r}: use one of {available}.")
        return tuple(texts[code] for texts in self.fields.values())


@lru_cache(maxsize=16)
def load_examples(task_name: str) -> tuple[Example, ...]:
    """Return the shipped examples of a task, in file order.

    Raises
    ------
    OptionError : there is no such task.
    DataError : the file is missing or broken.
    """
    task = get_task(task_name)
    path = FOLDER / f"{task.name}.toml"
    return tuple(_read_example(table, task, path) for table in _read_tables(path))


def _read_tables(path: Path) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"The examples {path} cannot be read: {error.strerror}. Reinstall the product.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"The examples {path} are not valid TOML: {error}. Correct the file.") from error
    tables: list[dict[str, Any]] = content.get("example", [])
    return tables


def _read_example(table: dict[str, Any], task: Task, path: Path) -> Example:
    required = ("id", "topic", *task.fields, *(("label",) if task.classes else ()))
    missing = [key for key in required if key not in table]
    if missing:
        raise DataError(f"An example in {path} lacks {', '.join(missing)}: add it.")
    label = table.get("label")
    if task.classes and label not in task.classes:
        raise DataError(f"Example {table['id']!r} in {path} has label {label!r}: use {', '.join(task.classes)}.")
    return Example(
        id=table["id"],
        task=task.name,
        topic=table["topic"],
        label=label,
        fields={name: table[name] for name in task.fields},
        answer=table.get("answer"),
    )
