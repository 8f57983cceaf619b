"""From the cells of a sheet to texts, labels and answers; a cell that is not what its column holds is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.columns import Columns
from core.data.formats.sheet import Sheet, listed
from core.data.labels import class_of
from core.data.rows import ParallelRows, is_slice, shortened
from core.errors import DataError
from core.results import Answer
from core.settings import Task
from core.text.cleaning import occurrences

SPLIT = "file"
# Languages whose letters Windows-1252 holds.
_WESTERN = frozenset({"en", "de", "es", "fr", "sw"})


@dataclass(frozen=True)
class Reading:
    """A sheet whose columns are known. Every error is a DataError of one line with file, line and column."""

    name: str
    sheet: Sheet
    columns: Columns
    task: Task

    def rows(self, languages: Sequence[str]) -> dict[str, ParallelRows]:
        """Return the rows of each language. Raises DataError for a cell that is not text, a class, or an answer."""
        foreign = [code for code in languages if code not in _WESTERN]
        if self.sheet.western and foreign:
            raise DataError(
                f"{self.sheet.path} is not UTF-8, and Windows-1252 has no letters for {', '.join(foreign)}. Save it as "
                "UTF-8."
            )
        labels = self._labels()
        return {code: self._rows_in(code, labels) for code in languages}

    def _rows_in(self, code: str, labels: tuple[str, ...]) -> ParallelRows:
        fields = [self.columns.names[field, code] for field in self.task.fields]
        places = range(len(self.sheet.places))
        texts = tuple(tuple(self.sheet.text(column, row) for column in fields) for row in places)
        answers = tuple(self._answers(code, row, texts[row][-1]) if self.task.name == "qa" else () for row in places)
        return ParallelRows(self.name, SPLIT, code, self.task.name, tuple(places), texts, labels, answers)

    def _labels(self) -> tuple[str, ...]:
        if not self.task.classes:
            return ("",) * len(self.sheet.places)
        return tuple(self._label(row, cell) for row, cell in enumerate(self.sheet.columns[self.columns.label]))

    def _label(self, row: int, cell: object) -> str:
        name = class_of(cell, self.task)
        if name is None:
            raise self.sheet.refuse(
                row,
                f"the {self.columns.label} {str(cell)[:40]!r} is none of {', '.join(self.task.classes)}, nor a number "
                f"from 0 to {len(self.task.classes) - 1}. Correct the cell.",
            )
        return name

    def _answers(self, code: str, row: int, context: str) -> tuple[Answer, ...]:
        """The gold answers of a row: a text with its position, or the hub's `answers` with several of both."""
        names = self.columns.names
        if ("answers", code) in names:
            column = names["answers", code]
            pairs = _pairs(self.sheet.columns[column][row])
            if not pairs:
                raise self.sheet.refuse(row, f'{column} is not {{"text": [...], "answer_start": [...]}}. Correct it.')
            return tuple(self._checked(row, column, pair, context) for pair in pairs)
        column = names["answer", code]
        text = self.sheet.text(column, row)
        if ("answer_start", code) in names:
            start = _position(self.sheet.columns[names["answer_start", code]][row])
            return (self._checked(row, column, (text, start), context),)
        starts = occurrences(context, text)
        if not starts:
            said = f"the {column} {shortened(text)} does not occur in its context. Correct the cell."
            raise self.sheet.refuse(row, said)
        if len(starts) > 1:
            said = f"the {column} {shortened(text)} occurs {len(starts)} times in its context, at"
            said = f"{said} {listed([str(start) for start in starts])}. Say which in a column answer_start.{code}."
            raise self.sheet.refuse(row, said)
        return (Answer(text, starts[0]),)

    def _checked(self, row: int, column: str, pair: tuple[str, int | None], context: str) -> Answer:
        text, start = pair
        if start is None:
            said = f"the answer_start of {column} is not a whole number. Give the character of the context, from 0."
            raise self.sheet.refuse(row, said)
        answer = Answer(text, start)
        if not is_slice(answer, context):
            reads = shortened(context[start : start + len(text)]) if 0 <= start < len(context) else "nothing"
            said = f"{column} is {shortened(text)}, but at answer_start {start} the context reads {reads}. Correct it."
            raise self.sheet.refuse(row, said)
        return answer


def _pairs(cell: object) -> list[tuple[str, int | None]]:
    """The texts and positions of the hub's form of answers; none where it is not that."""
    if not isinstance(cell, dict):
        return []
    texts, starts = cell.get("text"), cell.get("answer_start")
    if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
        return []
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return []
    return [(text, _position(start)) for text, start in zip(texts, starts, strict=True)]


def _position(cell: object) -> int | None:
    if isinstance(cell, str) and cell.strip().isascii() and cell.strip().isdigit():
        return int(cell.strip()[:12])
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else None
