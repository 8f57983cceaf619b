"""Rows of a data set, parallel by row index and verified when they are read.

`datasets.load_dataset` does the reading, the same call for the hub and for a folder laid out like it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.data.catalogue import DatasetSpec, get_dataset
from core.errors import DataError, LanguageError, OptionError, first_line

HUB = "hub"
PIVOT = "en"
NO_LABEL = -1
_FINGERPRINT_LENGTH = 16


@dataclass(frozen=True)
class Answer:
    """A gold answer: the slice of the context that begins at character `start`."""

    text: str
    start: int


@dataclass(frozen=True)
class ParallelRows:
    """Rows of one data set, split and language; all sequences are parallel.

    Attributes
    ----------
    rows : index of each row in the data set as it is published.
    texts : the fields of the task, in its order. labels : class names (empty strings for `qa`).
    answers : gold answers, at least one a row for `qa`; empty otherwise.
    """

    dataset: str
    split: str
    language: str
    task: str
    rows: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    answers: tuple[tuple[Answer, ...], ...]

    def __post_init__(self) -> None:
        sizes = {len(self.rows), len(self.texts), len(self.labels), len(self.answers)}
        if len(sizes) != 1:
            raise ValueError(f"The columns of {self.dataset} must be parallel; their lengths are {sorted(sizes)}.")

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Sequence[int]) -> "ParallelRows":
        """Return the rows at `positions` (not row indices), in that order."""
        return ParallelRows(
            self.dataset,
            self.split,
            self.language,
            self.task,
            tuple(self.rows[i] for i in positions),
            tuple(self.texts[i] for i in positions),
            tuple(self.labels[i] for i in positions),
            tuple(self.answers[i] for i in positions),
        )

    @property
    def fingerprint(self) -> str:
        """A hash of everything in these rows: equal data, equal fingerprint."""
        digest = hashlib.sha256()
        for entry in zip(self.rows, self.texts, self.labels, self.answers, strict=True):
            digest.update(repr(entry).encode())
        return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def load_parallel(name: str, languages: Sequence[str], split: str, source: str | Path = HUB) -> dict[str, ParallelRows]:
    """Return the rows of every language, row i of each a translation of row i of the others.

    Rows that lack a label in any language are dropped in all of them.

    Parameters
    ----------
    source : "hub", or the folder that holds the data set's folder (`xnli`, `paws-x`, ...).

    Raises
    ------
    OptionError : unknown data set or split. LanguageError : the data lack a language; the line lists what is there.
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


def choose_rows(n_rows: int, limit: int | None, seed: int) -> list[int]:
    """Return `limit` of the positions 0 to `n_rows` - 1, chosen by `seed`, in ascending order; None takes all.

    Raises
    ------
    OptionError : the limit is not a positive number.
    """
    if limit is None or limit >= n_rows:
        return list(range(n_rows))
    if limit < 1:
        raise OptionError(f"limit {limit} takes no rows. Use 1 or more, or leave it out to take all.")
    return sorted(np.random.default_rng(seed).choice(n_rows, limit, replace=False).tolist())


def row_order(n_rows: int, seed: int) -> list[int]:
    """Return the positions 0 to `n_rows` - 1 in the order in which `seed` takes them.

    The first N of them are a choice that a larger N only adds to; two choices of `choose_rows` share few rows.
    """
    order: list[int] = np.random.default_rng(seed).permutation(n_rows).tolist()
    return order


def available_languages(name: str, source: str | Path) -> list[str]:
    """Return the languages that a local copy of the data set holds; the paper's where the source is the hub.

    Raises
    ------
    DataError : there is no such folder, or it holds none.
    """
    spec = get_dataset(name)
    if source == HUB:
        return list(spec.languages)
    folder = Path(source) / spec.name
    if not folder.is_dir():
        raise DataError(f"There is no data set folder {folder}. Give --data a folder that holds {spec.name}, or hub.")
    if spec.config is None:
        return list(spec.languages)
    prefix = spec.config.format(language="")
    found = [path.name.removeprefix(prefix) for path in sorted(folder.glob(f"{prefix}*")) if path.is_dir()]
    if not found:
        raise DataError(f"The data set folder {folder} holds no language. Restore it, or use another --data.")
    return sorted(found, key=lambda code: (code not in spec.languages, code))


def languages_with(name: str, split: str, source: str | Path) -> list[str]:
    """Return those of `available_languages` whose local copy has a split; all of them where the source is the hub."""
    spec = get_dataset(name)
    offered = available_languages(name, source)
    if source == HUB:
        return offered
    return [language for language in offered if _has_split(spec, language, split, Path(source) / spec.name)]


def pivot_of(languages: Iterable[str]) -> str:
    """The language whose rows name the content of a data set: English, or where there is none the first by code."""
    codes = sorted(languages)
    return PIVOT if PIVOT in codes else codes[0]


def _has_split(spec: DatasetSpec, language: str, split: str, folder: Path) -> bool:
    import datasets

    try:
        return split in datasets.get_dataset_split_names(str(folder), spec.config_of(language))
    except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError):
        # Whoever reads it says what is wrong.
        return True


def _read_table(spec: DatasetSpec, language: str, split: str, source: str | Path) -> dict[str, list[Any]]:
    """Return the columns of one language as lists."""
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    place, where = _place(spec, language, source)
    needed = [*spec.columns, *(("id", "answers") if spec.task == "qa" else ("label",))]
    try:
        cache = None if source == HUB else _cache_of(Path(place), datasets.config.HF_DATASETS_CACHE)
        table = datasets.load_dataset(place, spec.config_of(language), split=split, cache_dir=cache)
        missing = [column for column in needed if column not in table.column_names]
        if missing:
            there = ", ".join(table.column_names)
            raise DataError(f"{where} lacks the column {', '.join(missing)}; it holds {there}. Correct the data.")
        return {column: table[column][:] for column in needed}
    except DataError:
        raise
    except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise DataError(_refusal(where, split, error, from_hub=source == HUB)) from error


def _place(spec: DatasetSpec, language: str, source: str | Path) -> tuple[str, str]:
    """What `load_dataset` is given, and how an error names it."""
    if source == HUB:
        if spec.config is not None and language not in spec.languages:
            known = " ".join(spec.languages)
            raise LanguageError(f"{spec.title} on the hub is not known to have the language {language!r}: use {known}.")
        return spec.hub, f"{spec.hub} ({language})"
    folder = Path(source) / spec.name
    offered = available_languages(spec.name, source)
    if language not in offered:
        raise LanguageError(f"{spec.title} in {folder} has no language {language!r}; it holds {' '.join(offered)}.")
    return str(folder), f"{folder} ({language})"


def _cache_of(folder: Path, caches: str | Path) -> str:
    """Where `datasets` keeps its copy of a local folder: elsewhere once a file changes, which it does not notice."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    states = [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    digest = hashlib.sha256(repr((str(folder.resolve()), states)).encode()).hexdigest()
    return str(Path(caches) / f"ccta-{digest[:16]}")


def _refusal(where: str, split: str, error: Exception, *, from_hub: bool) -> str:
    if from_hub:
        return (
            f"The split {split} of {where} cannot be read from the hub ({type(error).__name__}). "
            "Check the network, or give --data a folder laid out like it."
        )
    # Where the data set's README names a file that is missing, `datasets` appends about a hundred possible extensions.
    reason = first_line(error).partition(" with any supported extension")[0]
    return f"The split {split} of {where} cannot be read: {reason}. Choose another split, or restore the file."


def _require_parallel(spec: DatasetSpec, tables: Mapping[str, Mapping[str, list[Any]]]) -> None:
    """Raise DataError unless all languages have as many rows, and the same labels (`qa`: ids)."""
    pivot, *others = tables
    known = "id" if spec.task == "qa" else "label"
    for language in others:
        ours, theirs = tables[pivot][known], tables[language][known]
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
                f"{spec.title} is not parallel: row {differing} has another {known} in {language} than in {pivot}. "
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
        answers = tuple(_answers(table["answers"][row]) for row in labelled)
    else:
        labels = tuple(_class_name(spec, table["label"][row], row) for row in labelled)
        answers = ((),) * len(labelled)
    return ParallelRows(spec.name, split, language, spec.task, tuple(labelled), texts, labels, answers)


def _answers(entry: Mapping[str, Sequence[Any]]) -> tuple[Answer, ...]:
    return tuple(Answer(text, int(start)) for text, start in zip(entry["text"], entry["answer_start"], strict=True))


def _class_name(spec: DatasetSpec, label: int, row: int) -> str:
    if not 0 <= label < len(spec.classes):
        raise DataError(f"Row {row} of {spec.title} has the label {label}; it must be 0 to {len(spec.classes) - 1}.")
    return spec.classes[label]
