"""One sheet for each language, put together into one: by key where the rows have one, otherwise line by line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.data.formats.sheet import MISSING, Sheet, counted, listed
from core.errors import DataError
from core.settings import TASKS
from core.text.languages import language_of

KEYS = ("pairid", "pair_id", "id")
LABEL = "label"
# Names of columns in the original files -> ours.
_OTHER_NAMES = {"hypo": "hypothesis", "gold_label": LABEL, "sentence": "text"}
_NLI_NAMES = {"sentence1": "premise", "sentence2": "hypothesis"}
_LANGUAGE = ("language", "lang")
FIELDS = frozenset(field for task in TASKS.values() for field in task.fields)
NAMES = FIELDS | {LABEL, "answer", "answers", "answer_start"}
_KNOWN = NAMES | {"gold_label", "hypo", "sentence", *_LANGUAGE}


def is_column(name: str) -> bool:
    """Whether a column of this name is read in some layout: `en-US`, `premise.de`, `gold_label`."""
    field, dot, tag = name.rpartition(".")
    lower = name.strip().lower()
    return lower in _KNOWN or (language_of(tag) is not None and (not dot or field.strip().lower() in NAMES))


def is_long(sheet: Sheet) -> bool:
    """Whether each row is of one language, which a column names, as in XNLI's original files."""
    names = {name.strip().lower() for name in sheet.columns}
    return bool(names & set(_LANGUAGE)) and bool(names & (FIELDS | {"sentence"}))


def is_of_one_language(sheet: Sheet) -> bool:
    """Whether the columns are a task's fields without a language."""
    return any(name.strip().lower() in FIELDS | {"sentence"} for name in sheet.columns)


def join_long(sheet: Sheet) -> Sheet:
    """Return the rows of a long file, one for each key, with a column for each field and language."""
    (column,) = [name for name in sheet.columns if name.strip().lower() in _LANGUAGE][:1]
    rows: dict[str, list[int]] = {}
    unknown: dict[str, None] = {}
    for row in range(len(sheet.places)):
        tag = sheet.text(column, row)
        code = language_of(tag)
        if code is None:
            unknown[tag] = None
        else:
            rows.setdefault(code, []).append(row)
    parts = {
        code: Sheet(
            sheet.path,
            sheet.layout,
            {name: [cells[row] for row in chosen] for name, cells in sheet.columns.items() if name != column},
            [sheet.places[row] for row in chosen],
            sheet.western,
        )
        for code, chosen in rows.items()
    }
    if not parts:
        raise DataError(f"{sheet.path} has no language that is known; its column {column} has {listed([*unknown])}.")
    notices = [f"{sheet.path.name}: languages not read: {listed([*unknown])}."] if unknown else []
    return join(sheet.path, parts, keyed=True, notices=[*sheet.notices, *notices])


def join(path: Path, parts: Mapping[str, Sheet], *, keyed: bool = False, notices: Sequence[str] = ()) -> Sheet:
    """Return one sheet with the columns `field.language` (`language` for plain texts) of a sheet for each language.

    Parameters
    ----------
    keyed : the rows must have a key: they are not in the same order in every language.

    Raises
    ------
    DataError : unequal numbers of rows without a key, a key that occurs twice, or a label that differs.
    """
    renamed = {code: _renamed(part) for code, part in parts.items()}
    key = next((name for name in KEYS if all(name in part.columns for part in renamed.values())), None)
    if key is None and keyed:
        raise DataError(f"{path} has no column pairID or id, which tells what rows belong together. Add one.")
    chosen, lost = _by_key(renamed, key) if key else (_line_by_line(renamed), "")
    first = next(iter(renamed))
    columns: dict[str, list[object]] = {}
    for code, part in renamed.items():
        for name, cells in part.columns.items():
            if name in NAMES - {LABEL}:
                columns[code if name == "text" else f"{name}.{code}"] = [cells[row] for row in chosen[code]]
    if all(LABEL in part.columns for part in renamed.values()):
        columns[LABEL] = _labels(renamed, chosen)
    unread = [name for name in renamed[first].columns if name not in NAMES and name != key]
    said = [line for part in parts.values() for line in part.notices]
    said += [f"{path.name}: columns not read: {listed(unread)}."] if unread else []
    places = [renamed[first].places[row] for row in chosen[first]]
    layout = renamed[first].layout
    western = any(part.western for part in parts.values())
    lines = dict.fromkeys([*notices, *said, *([f"{path.name}: {lost}"] if lost else [])])
    return Sheet(path, layout, columns, places, western, tuple(lines))


def _renamed(part: Sheet) -> Sheet:
    """The sheet with our names of columns; sentences with an NLI label are premise and hypothesis."""
    names = {name: _OTHER_NAMES.get(name.strip().lower(), name.strip().lower()) for name in part.columns}
    original = {name.strip().lower() for name in part.columns}
    labels = next((cells for name, cells in part.columns.items() if names[name] == LABEL), ())
    if "gold_label" in original or set(TASKS["nli"].classes) & {cell for cell in labels if isinstance(cell, str)}:
        names = {name: _NLI_NAMES.get(ours, ours) for name, ours in names.items()}
    columns = {ours: part.columns[name] for name, ours in names.items()}
    if len(columns) < len(names):
        raise DataError(f"{part.path} has two columns of one meaning: {listed(list(part.columns))}. Remove one.")
    return Sheet(part.path, part.layout, columns, part.places, part.western, part.notices)


def _by_key(parts: Mapping[str, Sheet], key: str) -> tuple[dict[str, list[int]], str]:
    """Language -> its rows, in the first language's order of the keys that all have; and what was left out."""
    places: dict[str, dict[str, int]] = {}
    for code, part in parts.items():
        own = places[code] = {}
        for row, cell in enumerate(part.columns[key]):
            value = str(cell)
            if cell is MISSING or cell is None or not value.strip():
                raise part.refuse(row, f"{key} is missing. Give every row its {key}.")
            if value in own:
                raise part.refuse(row, f"the {key} {value[:40]} occurs twice in {code}. Keep one of the rows.")
            own[value] = row
    first, *others = places.values()
    common = [value for value in first if all(value in other for other in others)]
    every = len({value for own in places.values() for value in own})
    if not common:
        some = next(iter(parts.values()))
        raise DataError(
            f"{some.path}: no {key} occurs in every language of {listed([*parts])}. Use files of one release."
        )
    lost = every - len(common)
    said = (
        f"{lost:,} of {every:,} rows are not in every language of {listed([*parts])} and are left out." if lost else ""
    )
    return {code: [own[value] for value in common] for code, own in places.items()}, said


def _line_by_line(parts: Mapping[str, Sheet]) -> dict[str, list[int]]:
    sizes = {code: len(part.places) for code, part in parts.items()}
    (first, size), *others = sizes.items()
    for code, other in others:
        if other != size:
            raise DataError(
                f"{parts[code].path} has {counted(other, 'row')}, but {parts[first].path} has {size:,}: they are not "
                "translations line by line. Use files of equal length."
            )
    return {code: list(range(size)) for code in sizes}


def _labels(parts: Mapping[str, Sheet], chosen: Mapping[str, Sequence[int]]) -> list[object]:
    (first, pivot), *others = parts.items()
    labels = [pivot.columns[LABEL][row] for row in chosen[first]]
    for code, part in others:
        for label, own, row in zip(labels, chosen[code], chosen[first], strict=True):
            if part.columns[LABEL][own] != label:
                raise part.refuse(
                    own,
                    f"the label is {part.columns[LABEL][own]!r}, but {label!r} in {first} ({pivot.places[row]}). "
                    "Correct one of them.",
                )
    return labels
