"""The words of stored pairs in a DuckDB database of their own, from which tables of words are answered.

A cell (run, language, other language) is read once: its flows, a hundred or more a pair, become one entry a word, so
that later questions scan little. The database is a temporary file, not memory: a million pairs have some 25 million
words.
"""

import shutil
import tempfile
import threading
import weakref
from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.data.local import local_rows
from core.errors import DataError, LanguageError, OptionError
from core.report.words.cells import WordCell
from core.report.words.losses import CLASSES, NAMES, WORDS, losses_sql, losses_table, source_sql
from core.report.words.occurrences import Occurrences
from core.report.words.stored import stored_occurrences
from core.report.words.vocabulary import Vocabulary, classes_of, length_class, slices
from core.settings import get_task
from core.store import Reader, RunIdentity

MEMORY = "512MB"
MOST_READ = 200_000
# cell -> the rows that a question is about.
Allowed = Mapping[WordCell, Sequence[int] | npt.NDArray[np.int64]]
ALL_SENTENCES: Allowed | None = None
# Row -> the fields of its text.
Fields = Mapping[int, tuple[str, ...]]
TextSource = Callable[[RunIdentity, str], Fields]
_TABLES = (
    "CREATE TABLE occurrences (cell INTEGER, row INTEGER, cluster INTEGER, word INTEGER, type INTEGER, "
    "field TINYINT, fifth TINYINT, length TINYINT, mass DOUBLE, adds DOUBLE, partners DOUBLE)",
    "CREATE TABLE types (type INTEGER, frequency TINYINT, characters TINYINT, script VARCHAR)",
)


def local_fields(identity: RunIdentity, language: str) -> Fields:
    """Return the texts of a run in one language. Raises DataError or LanguageError where they are not at hand."""
    rows = local_rows(identity, language)
    return dict(zip(rows.rows, rows.texts, strict=True))


class WordIndex:
    """Answers questions about the words of one version of a store; threads may share it."""

    def __init__(self, reader: Reader, texts: TextSource = local_fields) -> None:
        self._reader = reader
        self._source = texts
        self._lock = threading.RLock()
        self._numbers: dict[tuple[WordCell, bool], int] = {}
        self._texts: dict[tuple[str, str], Fields] = {}
        self._counter = count()
        # The words of a text are the same in all its pairs.
        self._read: dict[tuple[str, str, int], array[int]] = {}
        self._vocabularies: dict[str, Vocabulary] = {}
        folder = Path(tempfile.mkdtemp(prefix="ccta-words-"))
        self._connection = duckdb.connect(str(folder / "words.duckdb"), config={"memory_limit": MEMORY})
        weakref.finalize(self, _discard, self._connection, folder)
        for sql in _TABLES:
            self._connection.execute(sql)

    def reason(self, cell: WordCell) -> str:
        """Return why the words of a cell have no text, and how to get it; "" where they have."""
        try:
            self.texts(cell.run, cell.language)
        except (DataError, LanguageError) as error:
            return str(error)
        return ""

    def texts(self, run: str, language: str) -> Fields:
        """Return the texts of a run in a language. Raises DataError or LanguageError where they are not at hand."""
        identity = self._reader.runs[run].identity
        key = (identity.data_fingerprint, language)
        if key not in self._texts:
            self._texts[key] = self._source(identity, language)
        return self._texts[key]

    def texts_or_none(self, run: str, language: str) -> Fields | None:
        """As `texts`, and None where they are not at hand."""
        try:
            return self.texts(run, language)
        except (DataError, LanguageError):
            return None

    def losses(
        self,
        cells: Sequence[WordCell],
        by: str = WORDS,
        *,
        allowed: Allowed | None = None,
        only: tuple[str, Any] | None = None,
        field: int | None = None,
        split: bool = False,
    ) -> pd.DataFrame:
        """Return the table of words, or of classes of words (`CLASSES`), over all sentences of some cells.

        Parameters
        ----------
        cells : of one language.
        allowed : the rows of each cell that are counted; None: all.
        only : one class or word, as (a key of `CLASSES`, a value of the column `key`).
        field : only words of this field, by its index.
        split : one line for each cell.

        Returns
        -------
        Columns: those of `losses_table`, with `cell` as the cell itself (None unless `split`), and `name`, the word or
        the class.

        Raises
        ------
        OptionError : `by` is unknown, or needs a text that is not at hand.
        """
        self._require(by, cells)
        numbers = {self.load(cell): cell for cell in cells}
        parameters: list[Any] = [
            list(numbers),
            *([_plain(only[1])] if only else []),
            *([] if field is None else [field]),
        ]
        sql = losses_sql(
            by,
            split=split,
            filtered=allowed is not None,
            only=only[0] if only else None,
            field=field is not None,
        )
        cursor = self._connection.cursor()
        if allowed is not None:
            cursor.register("allowed", _allowed(numbers, allowed))
        table = losses_table(cursor.sql(sql, params=parameters).to_df())
        table["name"] = [self.name(by, key, cells[0]) for key in table["key"]]
        return table.assign(cell=[numbers.get(number) if split else None for number in table["cell"]])

    def name(self, by: str, key: Any, cell: WordCell) -> str:
        """Return the word or the class that a key of a table stands for."""
        if by == WORDS:
            return self._vocabularies[cell.language].name(int(key))
        if by == "field":
            return get_task(self._reader.runs[cell.run].identity.task).fields[int(key)]
        return NAMES[by][int(key)] if by in NAMES else str(key)

    def key(self, cell: WordCell, name: str, by: str = WORDS) -> Any | None:
        """Return the key of a word (in any case) or of a class by its name; None for one that does not occur."""
        self.load(cell)
        if by == WORDS:
            vocabulary = self._vocabularies.get(cell.language)
            return None if vocabulary is None else vocabulary.find(name)
        fields = get_task(self._reader.runs[cell.run].identity.task).fields
        names = fields if by == "field" else NAMES.get(by)
        if names is None:
            return name
        return names.index(name) if name in names else None

    def occurrences(
        self,
        cell: WordCell,
        only: tuple[str, Any],
        *,
        allowed: Allowed | None = None,
        field: int | None = None,
        limit: int | None = 8,
        offset: int = 0,
    ) -> pd.DataFrame:
        """Return single occurrences of a word or class, most lost first.

        Columns: row, word (index in its text), mass, adds, lost, met, partners.
        """
        number = self.load(cell)
        cursor = self._connection.cursor()
        if allowed is not None:
            cursor.register("allowed", _allowed({number: cell}, allowed))
        return cursor.sql(
            "SELECT row, word, mass, adds, mass - adds AS lost, CASE WHEN mass > 0 THEN adds / mass ELSE 0 END AS met, "
            f"partners FROM {source_sql(only[0], filtered=allowed is not None)} WHERE cell = ? "
            f"AND {CLASSES[only[0]][1]} = ? AND coalesce(field = ?, true) "
            "ORDER BY lost DESC, row, word LIMIT ? OFFSET ?",
            params=[number, _plain(only[1]), field, limit, offset],
        ).to_df()

    def load(self, cell: WordCell) -> int:
        """Read the words of a cell, once; return its number in the database."""
        with_text = not self.reason(cell)
        with self._lock:
            if (cell, with_text) not in self._numbers:
                number = len(self._numbers)
                for block in stored_occurrences(self._reader, cell):
                    self._insert(number, cell, block, with_text=with_text)
                self._numbers[cell, with_text] = number
            return self._numbers[cell, with_text]

    def _require(self, by: str, cells: Sequence[WordCell]) -> None:
        if by not in CLASSES:
            raise OptionError(f"Unknown class of words {by!r}: choose one of {', '.join(CLASSES)}.")
        needs_text, _ = CLASSES[by]
        if needs_text and (reason := next((line for cell in cells if (line := self.reason(cell))), "")):
            offered = ", ".join(name for name, (needs, _) in CLASSES.items() if not needs)
            raise OptionError(f"{reason} Without the text, words are shown by {offered} only.")

    def _insert(self, number: int, cell: WordCell, block: Occurrences, *, with_text: bool) -> None:
        types = self._types(cell, block) if with_text else np.full(len(block.row), None)
        entries = pa.table(
            {
                "cell": np.full(len(block.row), number, np.int32),
                "row": block.row.astype(np.int32),
                "cluster": block.cluster.astype(np.int32),
                "word": block.word.astype(np.int32),
                "type": pa.array(types, pa.int32()),
                "field": block.field.astype(np.int8),
                "fifth": block.fifth.astype(np.int8),
                "length": np.array([length_class(size) for size in (block.end - block.start).tolist()], np.int8),
                "mass": block.mass,
                "adds": block.adds,
                "partners": block.partners,
            }
        )
        cursor = self._connection.cursor()
        cursor.register("entries", entries)
        cursor.execute("INSERT INTO occurrences SELECT * FROM entries")

    def _types(self, cell: WordCell, block: Occurrences) -> list[int]:
        """The number of each word of a block; the classes of new words go into the database."""
        texts = self.texts(cell.run, cell.language)
        vocabulary = self._vocabularies.setdefault(cell.language, Vocabulary(cell.language, self._counter))
        known = len(vocabulary.forms)
        begins = np.flatnonzero(np.diff(block.row, prepend=-1))
        spans = list(zip(block.field.tolist(), block.start.tolist(), block.end.tolist(), strict=True))
        numbers: list[int] = []
        for begin, stop in zip(begins, [*begins[1:], len(spans)], strict=True):
            key = (cell.run, cell.language, int(block.row[begin]))
            if key not in self._read:
                if key[2] not in texts:
                    raise DataError(f"Row {key[2]} is not in the data set on this computer: use the run's release.")
                words = slices(texts[key[2]], spans[begin:stop], cell.language, key[2])
                self._read[key] = array("i", map(vocabulary.number, words))
            numbers += self._read[key]
        if len(self._read) > MOST_READ:
            self._read.clear()
        self._describe(vocabulary, known)
        return numbers

    def _describe(self, vocabulary: Vocabulary, known: int) -> None:
        spellings = list(vocabulary.numbers)[known:]
        if not spellings:
            return
        classes = [classes_of(spelling, vocabulary.language) for spelling in spellings]
        cursor = self._connection.cursor()
        cursor.register(
            "entries",
            pa.table(
                {
                    "type": pa.array([vocabulary.numbers[spelling] for spelling in spellings], pa.int32()),
                    "frequency": [one.frequency for one in classes],
                    "characters": [one.characters for one in classes],
                    "script": [one.script for one in classes],
                }
            ),
        )
        cursor.execute("INSERT INTO types SELECT * FROM entries")


def _plain(key: Any) -> Any:
    """A value of the column `key` as DuckDB takes it."""
    return key.item() if isinstance(key, np.generic) else key


def _allowed(numbers: Mapping[int, WordCell], allowed: Allowed) -> pa.Table:
    rows = {number: np.asarray(allowed[cell], np.int32) for number, cell in numbers.items()}
    return pa.table(
        {
            "cell": np.concatenate([np.full(len(held), number, np.int32) for number, held in rows.items()]),
            "row": np.concatenate(list(rows.values())),
        }
    )


def _discard(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
