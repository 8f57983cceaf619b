"""Tables under a line of column names, with commas, semicolons, tabs or bars between cells.

Tabs: cells are read as they stand, unless every one is quoted. Otherwise a cell that begins with a quotation mark ends
with one, and may contain line breaks where it cannot be the mark of an ordinary line that was never closed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.formats.encoding import Decoded
from core.data.formats.sheet import Sheet, counted
from core.errors import DataError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_USUAL = {".csv": ",", ".tsv": "\t"}
_LINE_END = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_NUMBER = re.compile(r"-?[0-9.]*")
# How programs write a value that is not there.
_NO_VALUE = frozenset(
    {
        *(
            "NaN",
            "nan",
            "NAN",
            "-nan",
            "-NaN",
            "NULL",
            "null",
            "Null",
            "None",
            "<NA>",
            "N/A",
            "n/a",
            "NA",
            "#N/A",
            "\\N",
        ),
        *("#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"),
    }
)


@dataclass(frozen=True)
class _Record:
    """The cells of a row, whether each was quoted, and the lines that it begins and ends on."""

    cells: tuple[str, ...]
    quoted: tuple[bool, ...]
    first: int
    last: int

    @property
    def is_quoted_throughout(self) -> bool:
        return any(self.quoted) and all(
            quoted or _NUMBER.fullmatch(cell) for cell, quoted in zip(self.cells, self.quoted, strict=True)
        )


def delimiter_of(path: Path, text: str, is_known: Callable[[str], bool]) -> str | None:
    """Return the delimiter that gives the first line most known column names; None where this is no table.

    Without any known name it is the usual one of the extension, so that the error can name the columns.
    """
    header = next((line for line in _LINE_END.split(text) if line.strip()), "")
    usual = _USUAL.get(path.suffix.lower())
    scores = {
        delimiter: (sum(map(is_known, names)), delimiter == usual)
        for delimiter in DELIMITERS
        if len(names := _header_names(header, delimiter)) > 1 or delimiter == usual
    }
    best = max(scores, key=scores.__getitem__, default=None)
    # A line of text may by chance contain the name of a column.
    least = 1 if usual else 2
    return usual if best is None or scores[best][0] < least else best


def read_table(path: Path, decoded: Decoded, delimiter: str) -> Sheet:
    """Read a table. Raises DataError, with the line, for one that has no clear rows."""
    records, notices = _records_of(path, decoded.text, delimiter)
    if not records:
        raise DataError(f"{path} has no rows. Add one line per row below the column names.")
    names = [name.strip() for name in records[0].cells]
    if len(set(names)) != len(names):
        raise DataError(f"{path} has two columns of one name: {', '.join(names)}. Rename one of them.")
    rows = [record for record in records[1:] if any(cell.strip() for cell in record.cells)]
    for record in rows:
        if len(record.cells) != len(names):
            raise DataError(
                f"{path}, line {record.first}: {counted(len(record.cells), 'cell')} under {len(names)} column names. "
                f"Quote {'every cell' if delimiter == chr(9) else 'cells'}, or correct the line."
            )
    columns = {name: [_value(record.cells[index]) for record in rows] for index, name in enumerate(names)}
    layout = f"a table with {DELIMITERS[delimiter]} between cells, {decoded.encoding}"
    places = [f"line {record.first}" for record in rows]
    return Sheet(path, layout, columns, places, decoded.western, tuple(notices))


def _value(cell: str) -> str | None:
    return None if cell.strip() in _NO_VALUE else cell


def _records_of(path: Path, text: str, delimiter: str) -> tuple[list[_Record], list[str]]:
    if delimiter != "\t":
        records = list(_parse(path, text, delimiter))
        _require_lines(path, records, text, delimiter)
        return records, []
    if '"' in text:
        try:
            quoted = list(_parse(path, text, delimiter))
        except DataError:
            quoted = []
        if len({len(record.cells) for record in quoted}) == 1 and all(
            record.is_quoted_throughout for record in quoted[1:]
        ):
            return quoted, []
    lines = _LINE_END.split(text)
    plain = [
        _Record(cells := tuple(line.split("\t")), (False,) * len(cells), number, number)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    marked = sum(_QUOTED.fullmatch(cell) is not None for record in plain for cell in record.cells)
    notice = f"{path.name}: {counted(marked, 'cell')} in quotation marks keep them, since not every cell is quoted."
    return plain, [notice] if marked else []


def _header_names(header: str, delimiter: str) -> Sequence[str]:
    return [name.strip().strip('"') for name in header.split(delimiter)]


def _parse(path: Path, text: str, delimiter: str) -> Iterator[_Record]:
    """Yield the rows of a table with quotation. Raises DataError for a mark that does not end its cell."""
    position, line, size = 0, 1, len(text)
    while position < size:
        first, cells, quoted = line, [], []
        while True:
            match = _QUOTED.match(text, position)
            ends = match is not None and (match.end() == size or text[match.end()] in f"{delimiter}\r\n")
            if match is not None and ends:
                cells.append(match[1].replace('""', '"'))
                line += len(_LINE_END.findall(match[1]))
                position = match.end()
            else:
                end = _end_of_cell(text, position, delimiter)
                cell = text[position:end]
                if cell.lstrip().startswith('"'):
                    raise DataError(
                        f"{path}, line {line}: a cell begins with a quotation mark that does not end it, or ends "
                        "elsewhere. Quote whole cells, and double the marks inside them."
                    )
                cells.append(cell)
                position = end
            quoted.append(ends)
            if position == size or text[position] != delimiter:
                break
            position += 1
        if any(cell.strip() for cell in cells):
            yield _Record(tuple(cells), tuple(quoted), first, line)
        line_end = _LINE_END.match(text, position)
        position, line = (line_end.end(), line + 1) if line_end else (position, line)


def _end_of_cell(text: str, position: int, delimiter: str) -> int:
    """Where a cell without quotation ends: before the next delimiter or line end."""
    match = re.compile(f"[{re.escape(delimiter)}\r\n]").search(text, position)
    return match.start() if match else len(text)


def _require_lines(path: Path, records: Sequence[_Record], text: str, delimiter: str) -> None:
    """Raise DataError where a cell with line breaks may be several rows, the first with a mark that is not closed.

    That is so where each of its lines has the cells of a row. A delimiter before a space or between digits is taken for
    punctuation, unless the line of names has a space after each of them.
    """
    if all(record.is_quoted_throughout for record in records[1:]):
        return
    mark = re.escape(delimiter)
    spaced = any(name.startswith(" ") for name in records[0].cells)
    delimiting = re.compile(mark if spaced else rf"(?<![0-9]){mark}(?!\s)|{mark}(?![\s0-9])")
    lines: list[str] = []
    for record in records:
        if record.first == record.last:
            continue
        lines = lines or _LINE_END.split(text)
        parts = lines[record.first - 1 : record.last]
        if all(len(delimiting.split(part)) == len(records[0].cells) for part in parts):
            raise DataError(
                f"{path}, line {record.first}: a quotation mark begins a cell that ends on line {record.last}, but "
                "each of these lines may be a row. Close the mark, or quote every cell of the file."
            )
