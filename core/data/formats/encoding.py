"""The encoding of a file's text, recognised from its bytes."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte order mark"),
    # The mark of UTF-32 LE begins with that of UTF-16 LE.
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SEVERAL_BYTES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
# In UTF-16, the high bytes of Latin text, spaces and line breaks are zero: nearly all zeros are on one side.
_ONE_SIDE = 0.9
WESTERN = "Windows-1252"


@dataclass(frozen=True)
class Decoded:
    """A file's text without byte order mark, and the name of its encoding."""

    text: str
    encoding: str

    @property
    def western(self) -> bool:
        return self.encoding == WESTERN


def decode(path: Path, raw: bytes) -> Decoded:
    """Decode UTF-8, UTF-16 and UTF-32 with or without byte order mark, and Windows-1252.

    Bytes that are not UTF-8 are Windows-1252 unless the file holds more valid characters of UTF-8 than broken ones: it
    is then damaged. Raises DataError, with byte and line, for what cannot be decoded.
    """
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            # Programs that add a mark to a file that has one leave two.
            return Decoded(_strict(path, raw, codec, name, skip=len(mark)).lstrip("\ufeff"), name)
    if b"\0" in raw:
        return _without_mark(path, raw)
    try:
        return Decoded(raw.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        if _is_damaged(raw):
            raise _refusal(path, raw, error.start, "UTF-8") from error
    return Decoded(_strict(path, raw, "cp1252", WESTERN), WESTERN)


def _strict(path: Path, raw: bytes, codec: str, name: str, skip: int = 0) -> str:
    try:
        return raw[skip:].decode(codec)
    except UnicodeDecodeError as error:
        raise _refusal(path, raw, error.start + skip, name if codec != "cp1252" else "UTF-8") from error


def _without_mark(path: Path, raw: bytes) -> Decoded:
    """Decode UTF-16 without a mark, which zero bytes on one side of most pairs tell."""
    zeros = [raw[side::2].count(0) for side in (0, 1)]
    side = int(zeros[1] > zeros[0])
    if zeros[side] >= _ONE_SIDE * sum(zeros) and zeros[side] > 1 and len(raw) % 2 == 0:
        text = _strict(path, raw, ("utf-16-be", "utf-16-le")[side], "UTF-16")
        if "\0" not in text:
            return Decoded(text, "UTF-16 without a byte order mark")
    raise _refusal(path, raw, raw.index(0), "text")


def _is_damaged(raw: bytes) -> bool:
    replaced = raw.decode("utf-8", errors="replace")
    broken = replaced.count("\ufffd") - raw.count("\ufffd".encode())
    return len(_SEVERAL_BYTES.findall(raw)) > broken


def _refusal(path: Path, raw: bytes, position: int, name: str) -> DataError:
    line = raw.count(b"\n", 0, position) + 1
    return DataError(
        f"{path}, line {line}: byte {position} ({raw[position]:#04x}) is not {name}. Save the file as UTF-8."
    )
