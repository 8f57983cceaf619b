"""The example sentences that ship with the product: our own texts, each in the 14 languages of the paper."""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import DataError, LanguageError, OptionError
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
        LanguageError : the language is unknown, or the example is not written in it.
        """
        code = get_language(language).code
        missing = [name for name, texts in self.fields.items() if code not in texts]
        if missing:
            offered = " ".join(next(iter(self.fields.values())))
            raise LanguageError(f"Example {self.id!r} has no text in {code!r}: use one of {offered}.")
        return tuple(texts[code] for texts in self.fields.values())


@lru_cache(maxsize=16)
def load_examples(task: str) -> tuple[Example, ...]:
    """Return the shipped examples of a task, in file order.

    Raises
    ------
    OptionError : there is no such task.
    DataError : the file is missing or broken.
    """
    found = get_task(task)
    path = FOLDER / f"{found.name}.toml"
    return tuple(_read_example(entry, found, path) for entry in _read_entries(path))


def example_by_id(task: str, id: str) -> Example:
    """Return the example of `task` called `id`.

    Raises
    ------
    OptionError : there is no such task, or it has no such example.
    """
    examples = load_examples(task)
    for example in examples:
        if example.id == id:
            return example
    offered = ", ".join(example.id for example in examples)
    raise OptionError(f"Unknown example {id!r} of task {task!r}. Choose one of {offered}.")


def _read_entries(path: Path) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"The examples {path} cannot be read: {error.strerror}. Reinstall the product.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"The examples {path} are not valid TOML: {error}. Correct the file.") from error
    entries: list[dict[str, Any]] = content.get("example", [])
    return entries


def _read_example(entry: dict[str, Any], task: Task, path: Path) -> Example:
    needed = ("id", "topic", *task.fields, *(("label",) if task.classes else ()))
    missing = [key for key in needed if key not in entry]
    if missing:
        raise DataError(f"An example in {path} lacks {', '.join(missing)}: add it.")
    label = entry.get("label")
    if task.classes and label not in task.classes:
        raise DataError(f"Example {entry['id']!r} in {path} has label {label!r}: use {', '.join(task.classes)}.")
    return Example(
        id=entry["id"],
        task=task.name,
        topic=entry["topic"],
        label=label,
        fields={name: entry[name] for name in task.fields},
        answer=entry.get("answer"),
    )
