"""Rows of a data set, parallel by row index, which is verified when they are read.

`datasets.load_dataset` reads them, with the same call for the hub and for a local folder with the same layout.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data.catalogue import DatasetSpec, get_dataset
from core.data.labels import class_of
from core.data.rows import ParallelRows, is_slice, shortened
from core.errors import DataError, LanguageError, OptionError, reason_of
from core.paths import data_folder, is_folder, missing_data_folder
from core.results import Answer
from core.settings import get_task

HUB = "hub"
PIVOT = "en"
NO_LABEL = -1
# The largest data set of the catalogue has under half a million rows in a language, and 0.1 GB.
_MOST_ROWS = 20_000_000
_MOST_BYTES = 16 * 2**30


def load_parallel(name: str, languages: Sequence[str], split: str, source: str | Path = HUB) -> dict[str, ParallelRows]:
    """Return the rows of each language; row i of one is a translation of row i of the others.

    Rows without a label (`qa`: an answer) in any of the languages are dropped in all of them.

    Parameters
    ----------
    source : "hub", or the folder that contains the data set's folder (`xnli`, `paws-x`, ...).

    Raises
    ------
    OptionError : unknown data set or split. LanguageError : the data lack a language.
    DataError : the data are missing or damaged, or their rows are not parallel.
    """
    spec = get_dataset(name)
    if split not in spec.splits:
        raise OptionError(f"{spec.title} has no split {split!r}. Choose one of {', '.join(spec.splits)}.")
    tables = {language: _read_table(spec, language, split, source) for language in dict.fromkeys(languages)}
    _require_parallel(spec, tables)
    labelled = _labelled_rows(spec, tables)
    return {language: _rows(spec, language, split, table, labelled) for language, table in tables.items()}


def load_rows(name: str, language: str, split: str, source: str | Path = HUB) -> ParallelRows:
    """Return the rows of one language; see `load_parallel`."""
    return load_parallel(name, [language], split, source)[language]


def data_source(given: str | None) -> str | Path:
    """Return where data sets are read from: what is given, else CCTA_DATA or the folder beside the project, else hub.

    Raises
    ------
    DataError : nothing is given, and CCTA_DATA names no folder: the hub is not asked in its place.
    """
    missing = missing_data_folder()
    if missing is not None and not given:
        raise DataError(f"CCTA_DATA names {missing}, which is no folder. Correct it, unset it, or give --data.")
    return given or data_folder() or HUB


def choose_rows(n_rows: int, limit: int | None, seed: int) -> list[int]:
    """Return `limit` of the positions 0 to `n_rows` - 1, drawn with `seed`, in ascending order; None takes all.

    Raises
    ------
    OptionError : the limit is below 1.
    """
    if limit is None or limit >= n_rows:
        return list(range(n_rows))
    if limit < 1:
        raise OptionError(f"limit {limit} takes no rows. Use 1 or more, or leave it out to take all.")
    return sorted(np.random.default_rng(seed).choice(n_rows, limit, replace=False).tolist())


def row_order(n_rows: int, seed: int) -> list[int]:
    """Return the positions 0 to `n_rows` - 1 in a random order drawn with `seed`.

    Its first N contain its first M for every M < N; samples of two sizes by `choose_rows` share few rows.
    """
    order: list[int] = np.random.default_rng(seed).permutation(n_rows).tolist()
    return order


def available_languages(name: str, source: str | Path) -> list[str]:
    """Return the languages of a local copy of the data set; the paper's where the source is the hub.

    Raises
    ------
    DataError : the folder does not exist, or has no language.
    """
    spec = get_dataset(name)
    if source == HUB:
        return list(spec.languages)
    folder = Path(source) / spec.name
    if not is_folder(folder):
        raise DataError(
            f"There is no data set folder {folder}. Give --data a folder that contains {spec.name}, or hub."
        )
    if spec.config is None:
        return list(spec.languages)
    prefix = spec.config.format(language="")
    languages = [path.name.removeprefix(prefix) for path in sorted(folder.glob(f"{prefix}*")) if path.is_dir()]
    if not languages:
        raise DataError(f"The data set folder {folder} contains no language. Restore it, or use another --data.")
    return sorted(languages, key=lambda code: (code not in spec.languages, code))


def languages_with(name: str, split: str, source: str | Path) -> list[str]:
    """Return those of `available_languages` whose local copy has a split; all of them where the source is the hub."""
    spec = get_dataset(name)
    languages = available_languages(name, source)
    if source == HUB:
        return languages
    return [language for language in languages if _has_split(spec, language, split, Path(source) / spec.name)]


def pivot_of(languages: Iterable[str]) -> str:
    """The language whose rows identify the content of a data set: English, else the first by code."""
    codes = sorted(languages)
    return PIVOT if PIVOT in codes else codes[0]


def _has_split(spec: DatasetSpec, language: str, split: str, folder: Path) -> bool:
    import datasets

    try:
        return split in datasets.get_dataset_split_names(str(folder), spec.config_of(language))
    except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError):
        # Reading the split then raises the error that says what is wrong.
        return True


def _read_table(spec: DatasetSpec, language: str, split: str, source: str | Path) -> dict[str, list[Any]]:
    """Return the columns of one language as lists."""
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    path = _path(spec, language, source)
    name = f"{path} ({language})"
    needed = [*spec.columns, *(("id", "answers") if spec.task == "qa" else ("label",))]
    try:
        if source != HUB:
            _require_bounded(Path(path), name)
        cache = None if source == HUB else _cache_of(Path(path), datasets.config.HF_DATASETS_CACHE)
        table = datasets.load_dataset(path, spec.config_of(language), split=split, cache_dir=cache)
        missing = [column for column in needed if column not in table.column_names]
        if missing:
            columns = ", ".join(table.column_names)
            raise DataError(f"{name} lacks the column {', '.join(missing)}; it has {columns}. Correct the data.")
        cells = {column: table[column][:] for column in needed}
        if "label" in cells:
            called = getattr(table.features["label"], "names", None) or ()
            cells["label"] = [
                _class_index(spec, f"{name}, row {row}", cell, called) for row, cell in enumerate(cells["label"])
            ]
        return cells
    except DataError:
        raise
    except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise DataError(_refusal(name, split, error, from_hub=source == HUB)) from error


def _require_bounded(folder: Path, name: str) -> None:
    """Raise DataError, before anything is unpacked, where a Parquet file announces more than a data set of ours has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in sorted(folder.rglob("*.parquet")):
        try:
            metadata = pq.read_metadata(file)
        except (pa.ArrowException, OSError):
            continue  # `datasets` names the file that it cannot read, if it needs it
        size = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
        if metadata.num_rows > _MOST_ROWS or size > _MOST_BYTES:
            raise DataError(
                f"{name}: {file.name} announces {metadata.num_rows:,} rows and {size:,} bytes unpacked, more than is "
                "read here. Restore the data."
            )


def _class_index(spec: DatasetSpec, place: str, label: object, names: Sequence[str]) -> int:
    """The number of a label in our order of the classes, whatever the order of the data's own `names`."""
    if label is None or label == NO_LABEL:
        return NO_LABEL
    chosen = class_of(label, get_task(spec.task), names)
    if chosen is None:
        called = names[label] if isinstance(label, int) and 0 <= label < len(names) else label
        raise DataError(
            f"{place}: the label {shortened(str(called))} is none of {', '.join(spec.classes)}, nor a number from 0 "
            f"to {len(spec.classes) - 1}. Correct the data."
        )
    return spec.classes.index(chosen)


def _path(spec: DatasetSpec, language: str, source: str | Path) -> str:
    """The path of a data set for `load_dataset`: its id on the hub, or its folder. Raises LanguageError."""
    if source == HUB:
        if spec.config is not None and language not in spec.languages:
            known = " ".join(spec.languages)
            raise LanguageError(f"{spec.title} on the hub is not known to have the language {language!r}: use {known}.")
        return spec.hub
    folder = Path(source) / spec.name
    languages = available_languages(spec.name, source)
    if language not in languages:
        raise LanguageError(f"{spec.title} in {folder} has no language {language!r}; it has {' '.join(languages)}.")
    return str(folder)


def _cache_of(folder: Path, caches: str | Path) -> str:
    """The cache of `datasets` for a local folder. `datasets` does not notice changed files, so their states name it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    states = [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    digest = hashlib.sha256(repr((str(folder.resolve()), states)).encode()).hexdigest()
    return str(Path(caches) / f"ccta-{digest[:16]}")


def _refusal(name: str, split: str, error: Exception, *, from_hub: bool) -> str:
    if from_hub:
        return (
            f"The split {split} of {name} cannot be read from the hub ({type(error).__name__}). "
            "Check the network, or give --data a local folder with the same layout."
        )
    # Where the data set's README names a file that is missing, `datasets` appends about a hundred possible extensions.
    reason = reason_of(error).partition(" with any supported extension")[0]
    return f"The split {split} of {name} cannot be read: {reason}. Choose another split, or restore the file."


def _require_parallel(spec: DatasetSpec, tables: Mapping[str, Mapping[str, list[Any]]]) -> None:
    """Raise DataError unless all languages have the same number of rows and the same labels (`qa`: ids)."""
    pivot, *others = tables
    key = "id" if spec.task == "qa" else "label"
    for language in others:
        ours, theirs = tables[pivot][key], tables[language][key]
        if len(ours) != len(theirs):
            raise DataError(
                f"{spec.title} is not parallel: {len(ours)} rows in {pivot}, {len(theirs)} in {language}. "
                "Use files of one release."
            )
        differing = next(
            (row for row, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b and NO_LABEL not in (a, b)),
            None,
        )
        if differing is not None:
            raise DataError(
                f"{spec.title} is not parallel: row {differing} has another {key} in {language} than in {pivot}. "
                "Use files of one release."
            )


def _labelled_rows(spec: DatasetSpec, tables: Mapping[str, Mapping[str, list[Any]]]) -> list[int]:
    """The rows that have a label (or an answer) in every language."""
    first = next(iter(tables.values()))
    n_rows = len(first[spec.columns[0]])
    if spec.task == "qa":
        return [row for row in range(n_rows) if all(table["answers"][row]["text"] for table in tables.values())]
    return [row for row in range(n_rows) if all(table["label"][row] != NO_LABEL for table in tables.values())]


def _rows(
    spec: DatasetSpec, language: str, split: str, table: Mapping[str, list[Any]], labelled: Sequence[int]
) -> ParallelRows:
    texts = tuple(tuple(str(table[column][row]) for column in spec.columns) for row in labelled)
    if spec.task == "qa":
        labels = ("",) * len(labelled)
        answers = tuple(_answers(spec, language, row, table) for row in labelled)
    else:
        labels = tuple(spec.classes[table["label"][row]] for row in labelled)
        answers = ((),) * len(labelled)
    return ParallelRows(spec.name, split, language, spec.task, tuple(labelled), texts, labels, answers)


def _answers(spec: DatasetSpec, language: str, row: int, table: Mapping[str, list[Any]]) -> tuple[Answer, ...]:
    cell, context = table["answers"][row], str(table["context"][row])
    answers = tuple(Answer(text, int(start)) for text, start in zip(cell["text"], cell["answer_start"], strict=True))
    for answer in answers:
        if not is_slice(answer, context):
            raise DataError(
                f"Row {row} of {spec.title} ({language}): answer_start is {answer.start}, where the context does not "
                f"read {shortened(answer.text)}. Restore the data."
            )
    return answers
