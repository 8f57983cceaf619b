"""Plain lines: one text a line in a file of one language (Moses), or `text ||| translation`."""

from collections.abc import Sequence
from pathlib import Path

from core.data.formats.encoding import Decoded
from core.data.formats.sheet import Sheet
from core.errors import DataError
from core.text.languages import language_of

BARS = "|||"
TEXT = "text"


def lines_of(decoded: Decoded) -> list[str]:
    """Return the lines of a text, without an empty last one."""
    text = decoded.text if "\n" in decoded.text else decoded.text.replace("\r", "\n")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def read_lines(path: Path, decoded: Decoded) -> Sheet:
    """Read a file of one text a line."""
    lines = lines_of(decoded)
    places = [f"line {number}" for number in range(1, len(lines) + 1)]
    return Sheet(path, f"a text a line, {decoded.encoding}", {TEXT: lines}, places, decoded.western)


def has_bars(text: str) -> bool:
    """Whether the first line with text has two fields with bars between."""
    return BARS in next((line for line in text.split("\n") if line.strip()), "")


def read_bars(path: Path, decoded: Decoded, asked: Sequence[str]) -> Sheet:
    """Read `text ||| translation` lines; the languages are those of a first line of codes, of the name, or `asked`.

    Raises DataError where none of them names the languages, or a line has another number of fields.
    """
    rows = [[field.strip() for field in line.split(BARS)] for line in lines_of(decoded)]
    header = [language_of(field) for field in rows[0]]
    begin = int(None not in header)
    codes = rows[0] if begin else languages_in_name(path) or list(asked)
    if len(codes) != len(rows[0]):
        said = f"--languages and the name say {len(codes)}" if codes else "neither its name nor --languages names them"
        raise DataError(
            f"{path} has {len(rows[0])} fields a line, but {said}. Name the languages in the order of the fields, "
            "as in --languages en,de, or call the file like texts.en-de."
        )
    for number, fields in enumerate(rows, start=1):
        if len(fields) != len(codes):
            raise DataError(
                f"{path}, line {number}: {len(fields)} fields with {BARS} between, but {len(codes)} languages. Correct "
                "the line."
            )
    columns = {code: [fields[index] for fields in rows[begin:]] for index, code in enumerate(codes)}
    places = [f"line {number}" for number in range(begin + 1, len(rows) + 1)]
    return Sheet(path, f"lines with {BARS} between fields, {decoded.encoding}", columns, places, decoded.western)


def languages_in_name(path: Path) -> list[str]:
    """Return the languages of a name such as `news.en-de`; none where no part of it is several codes."""
    for part in reversed(path.name.split(".")):
        codes = part.replace("_", "-").split("-")
        if len(codes) > 1 and len(set(codes)) == len(codes) and all(language_of(code) for code in codes):
            return codes
    return []
