"""Parallel texts of the user's: a row is the same in every language.

| task | columns |
|---|---|
| `meaning` | `en`, `de`, ... |
| `nli` | `premise.en`, `hypothesis.en`, ..., `label` |
| `paraphrase` | `sentence1.en`, `sentence2.en`, ..., `label` |
| `qa` | `question.en`, `context.en`, `answer.en`, ..., and `answer_start.en` where an answer occurs several times |

These are tables, JSON Lines or a JSON list; `core.data.formats` reads further layouts into the same columns. A language
may be written `en-US` or `eng_Latn`. A label is a class name or its number; an answer is a slice of its context. Every
cell of a table is text: `=1+1` is a sentence of four characters. Columns that are not read are named.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.catalogue import DATASETS
from core.data.cells import Reading
from core.data.columns import Columns, languages_of, sort_columns, task_of
from core.data.formats.sheet import Sheet, counted, listed
from core.data.formats.source import read_source
from core.data.rows import ParallelRows
from core.errors import DataError, LanguageError
from core.settings import Task


@dataclass(frozen=True)
class ParallelFile:
    """Texts of the user's, checked.

    Attributes
    ----------
    name : of the file without its extension, or of the folder. path : as it was given.
    languages : those with all fields of the task, in the order of the columns. texts : language -> its rows.
    fingerprint : a hash of the content, whatever its layout. notices : one line each, on how it was read and what not.
    """

    name: str
    path: Path
    task: Task
    languages: tuple[str, ...]
    texts: Mapping[str, ParallelRows]
    fingerprint: str
    notices: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        return len(self.texts[self.languages[0]])

    def rows(self, languages: Sequence[str]) -> dict[str, ParallelRows]:
        """Return all rows in each language. Raises LanguageError where the file lacks one."""
        for language in languages:
            if language not in self.texts:
                raise LanguageError(
                    f"{self.path} has no language {language!r} with every field ({_expected(self.task, language)}). "
                    f"Its languages are {' '.join(self.languages)}."
                )
        return {language: self.texts[language] for language in languages}

    def require_two_languages(self) -> None:
        """Raise DataError where one language remains: it would be compared with itself."""
        if len(self.languages) < 2:
            said = " ".join(self.notices[1:])
            raise DataError(
                f"{self.path} has texts in one language that is read, {self.languages[0]}: there is nothing to compare "
                f"it with. {f'{said} ' if said else ''}Add the same rows in a second language."
            )


def is_own(dataset: str) -> bool:
    """Whether `--dataset` names texts of the user's rather than one of the catalogue's data sets."""
    return dataset not in DATASETS and (any(mark in dataset for mark in "./\\,") or Path(dataset).exists())


def read_parallel_file(dataset: str | Path, asked: Sequence[str] = (), split: str | None = None) -> ParallelFile:
    """Read a file, several files with commas between, or a folder; see `core.data.formats.source.read_source`.

    Raises
    ------
    DataError : it cannot be read, has the columns of no task, or a cell is not what its column holds; one line that
        names file, line, column and remedy.
    """
    name, sheet = read_source(str(dataset), asked, split)
    if not sheet.places:
        raise DataError(f"{sheet.path} has no rows. Add one for each text.")
    columns = sort_columns(sheet, asked)
    task = task_of(sheet, columns)
    languages, unread = languages_of(sheet, columns, task)
    texts = Reading(name, sheet, columns, task).rows(languages)
    notices = _notices(sheet, columns, languages, unread)
    return ParallelFile(name, Path(dataset), task, tuple(languages), texts, _fingerprint(task, texts), notices)


def _notices(sheet: Sheet, columns: Columns, languages: Sequence[str], unread: Sequence[str]) -> tuple[str, ...]:
    names = [f"{code} ({columns.tags[code]})" if columns.tags[code] != code else code for code in languages]
    said = f"{sheet.path}: {sheet.layout}; {counted(len(sheet.places), 'row')} in {', '.join(names)}."
    lacking = [f"{sheet.path}: columns not read: {listed(unread)}."] if unread else []
    return (said, *sheet.notices, *lacking)


def _fingerprint(task: Task, texts: Mapping[str, ParallelRows]) -> str:
    content = (task.name, [(code, texts[code].fingerprint) for code in sorted(texts)])
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _expected(task: Task, code: str) -> str:
    return code if len(task.fields) == 1 else ", ".join(f"{field}.{code}" for field in task.fields)
