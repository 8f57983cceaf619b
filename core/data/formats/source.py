"""What `--dataset` names: a file, several files with commas between, or a folder; each layout is recognised."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.data.formats import lines, objects, table, tmx
from core.data.formats.encoding import decode
from core.data.formats.languages import is_column, is_long, is_of_one_language, join, join_long
from core.data.formats.names import group_of, language_in_path
from core.data.formats.sheet import Sheet, listed
from core.errors import DataError

LAYOUTS = (
    "a table with column names (CSV, TSV), JSON Lines or a JSON list, lines with ||| between translations, TMX, the "
    "JSON of SQuAD, or one file for each language"
)
_BINARY = {b"PK": "an archive or spreadsheet", b"PAR1": "Parquet", b"\x1f\x8b": "compressed", b"%PDF": "a PDF"}
# Of a folder with more files, none is read: it is not one of parallel texts.
_MOST_FILES = 5000
TEST = "test"


def read_source(dataset: str, asked: Sequence[str] = (), split: str | None = None) -> tuple[str, Sheet]:
    """Return the name of the texts and their sheet, with a column for each field and language.

    Parameters
    ----------
    asked : languages, in the order of `|||` fields where the file does not name them; of TMX, those that count.
    split : which files of a folder that has several for each language, such as dev and test.

    Raises
    ------
    DataError : one line with the file, what is wrong in it, and the remedy.
    """
    path = Path(dataset)
    if path.is_dir():
        return path.resolve().name, _read_folder(path, split)
    parts = [Path(part.strip()) for part in dataset.split(",") if part.strip()]
    if len(parts) > 1 and not path.exists():
        name, _ = group_of(parts[0], parts[0].parent)
        return name, _read_files(path, parts, asked)
    sheet = _read_file(path, tuple(asked))
    if is_long(sheet):
        return path.stem, join_long(sheet)
    if is_of_one_language(sheet):
        code = language_in_path(path, path.parent)
        if code is None:
            raise DataError(
                f"{path} has texts without a language: {listed(list(sheet.columns))}. Name the columns after theirs, "
                "as in en, de, or give a file for each language, with commas between: texts.en,texts.de."
            )
        return path.stem, join(path, {code: sheet})
    return path.stem, sheet


def _read_file(path: Path, asked: tuple[str, ...]) -> Sheet:
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path} cannot be read: {reason}. Check the path.") from error
    for mark, kind in _BINARY.items():
        if raw.startswith(mark):
            raise DataError(f"{path} is {kind}, not text. Save it as {LAYOUTS}.")
    if _is_xml(raw):
        return tmx.read_tmx(path, raw, asked)
    decoded = decode(path, raw)
    if not decoded.text.strip():
        raise DataError(f"{path} has no rows: it is empty. Add one line per row below the column names.")
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson") or objects.is_json(decoded.text):
        return objects.read_json(path, decoded)
    if lines.has_bars(decoded.text):
        return lines.read_bars(path, decoded, asked)
    delimiter = table.delimiter_of(path, decoded.text, is_column)
    if delimiter is not None:
        return table.read_table(path, decoded, delimiter)
    return lines.read_lines(path, decoded)


def _is_xml(raw: bytes) -> bool:
    begin = raw[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return begin.startswith((b"<?xml", b"<tmx", b"<!DOCTYPE", b"<!--"))


def _read_files(path: Path, files: Sequence[Path], asked: Sequence[str]) -> Sheet:
    """Read files of one language each, which their names tell, or the languages asked for, in the files' order."""
    codes = [language_in_path(file, file.parent.parent) for file in files]
    if not any(codes) and len(asked) == len(files):
        codes = list(asked)
    parts: dict[str, Path] = {}
    for file, code in zip(files, codes, strict=True):
        if code is None:
            raise DataError(
                f"{file}: its name has no known language. Name each file after its language, as in texts.en,texts.de, "
                "or give --languages in the order of the files."
            )
        if code in parts:
            raise DataError(f"{parts[code]} and {file} are both of the language {code}. Give one file for each.")
        parts[code] = file
    return _join_files(path, parts)


def _join_files(path: Path, parts: Mapping[str, Path], notices: Sequence[str] = ()) -> Sheet:
    sheets = {code: _read_file(file, ()) for code, file in parts.items()}
    for code, sheet in sheets.items():
        if is_long(sheet) or not is_of_one_language(sheet):
            raise DataError(
                f"{sheet.path} is not a file of texts in {code} alone: its columns are {listed(list(sheet.columns))}. "
                "Give it by itself."
            )
    kinds = {code: sheet.layout.split(",")[0] for code, sheet in sheets.items()}
    if len(set(kinds.values())) > 1:
        said = listed([f"{parts[code]} is {kind}" for code, kind in kinds.items()])
        raise DataError(f"The files are of different layouts: {said}. Use files of one release.")
    return join(path, sheets, notices=notices)


def _read_folder(folder: Path, split: str | None) -> Sheet:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith(".")]
    if len(files) > _MOST_FILES:
        raise DataError(f"{folder} has {len(files):,} files. Give the folder that has a file for each language.")
    groups: dict[str, dict[str, list[Path]]] = {}
    unread: list[str] = []
    for file in files:
        name, code = group_of(file, folder)
        if code is None:
            unread.append(str(file.relative_to(folder)))
        else:
            groups.setdefault(name, {}).setdefault(code, []).append(file)
    parallel = {name: by_code for name, by_code in groups.items() if len(by_code) > 1}
    if not parallel:
        raise DataError(
            f"{folder} has no texts in two known languages: name its files after them, as in texts.en and texts.de. "
            f"Its files are {listed([str(file.relative_to(folder)) for file in files])}."
        )
    name = _choose_group(folder, parallel, split)
    for code, several in parallel[name].items():
        if len(several) > 1:
            said = " and ".join(str(file.relative_to(folder)) for file in several)
            raise DataError(f"{folder}: {said} are both of the language {code}. Give the files, with commas between.")
    unread += [
        str(file.relative_to(folder))
        for group, by_code in groups.items()
        if group != name
        for several in by_code.values()
        for file in several
    ]
    notices = [f"{folder}: files not read: {listed(unread)}."] if unread else []
    return _join_files(folder, {code: several[0] for code, several in parallel[name].items()}, notices)


def _choose_group(folder: Path, groups: Mapping[str, object], split: str | None) -> str:
    """The files of the split asked for, or of the test split; the only ones where there is one group."""
    if split is None and len(groups) == 1:
        return next(iter(groups))
    wanted = [name for name in groups if split == name] or [name for name in groups if (split or TEST) in name]
    if len(wanted) == 1:
        return wanted[0]
    said = f"no files, or several, of the split {split}" if split else "several files for each language"
    raise DataError(f"{folder} has {said}. Choose one with --split: {listed(list(groups))}.")
