"""The texts of stored scores, read by row index from the data set on this computer if it is the data of the run."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from core.data.catalogue import DATASETS, get_dataset
from core.data.cells import SPLIT
from core.data.files import read_parallel_file
from core.data.load import available_languages, load_rows, pivot_of
from core.data.rows import ParallelRows
from core.errors import DataError
from core.paths import data_folder, uploads_folder
from core.settings import get_task
from core.store import RunIdentity

# Characters of a file's name that are kept.
MOST_OF_A_NAME = 80


def local_rows(identity: RunIdentity, language: str) -> ParallelRows:
    """Return the rows of a run's data set in one language.

    Raises
    ------
    DataError : they are not on this computer, or are not the data of the run; the message says how to get them.
    LanguageError : the data lack the language.
    """
    if identity.split == SPLIT:
        return _rows_of_file(identity, language)
    if identity.dataset not in DATASETS:
        raise DataError(f"The texts of {identity.dataset} are not known to this version.")
    spec, folder = get_dataset(identity.dataset), data_folder()
    if folder is None or not (folder / spec.name).is_dir():
        raise DataError(
            f"{spec.title} is not on this computer. Put the data set {spec.hub} of the hub into a folder {spec.name}, "
            "and set CCTA_DATA to its parent folder."
        )
    rows = load_rows(spec.name, language, identity.split, folder)
    pivot = pivot_of(available_languages(spec.name, folder))
    pivot_rows = rows if language == pivot else load_rows(spec.name, pivot, identity.split, folder)
    if pivot_rows.fingerprint != identity.data_fingerprint:
        raise DataError(
            f"The {spec.title} in {folder} is not the data of this run: use the release that it was computed on."
        )
    return rows


def keep_rows(texts: Mapping[str, ParallelRows], fingerprint: str, name: str = "") -> Path:
    """Store parallel texts under their fingerprint, where runs and pages find them; return the path.

    `name` is what they are called; by default as their data set.
    They are kept as JSON Lines whatever layout they came in: one object a row, which `read_parallel_file` reads back
    with the same fingerprint. Raises DataError where they cannot be written.
    """
    folder = uploads_folder()
    first = next(iter(texts.values()))
    path = folder / fingerprint / f"{(name or first.dataset)[-MOST_OF_A_NAME:]}.jsonl"
    lines = (json.dumps(_object_of(texts, row), ensure_ascii=False) for row in range(len(first)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="arrived-", dir=folder) as temporary:
            written = Path(temporary) / "texts.jsonl"
            written.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
            return written.replace(path)
    except OSError as error:
        raise DataError(f"{path.name} cannot be stored in {folder} ({error.strerror}); set CCTA_CACHE.") from error


def _object_of(texts: Mapping[str, ParallelRows], row: int) -> dict[str, object]:
    """A row in the columns of `core.data.files`."""
    cells: dict[str, object] = {}
    for code, rows in texts.items():
        fields = get_task(rows.task).fields
        names = [code] if len(fields) == 1 else [f"{field}.{code}" for field in fields]
        cells |= dict(zip(names, rows.texts[row], strict=True))
        if rows.answers[row]:
            golds = rows.answers[row]
            cells[f"answers.{code}"] = {
                "text": [gold.text for gold in golds],
                "answer_start": [gold.start for gold in golds],
            }
        if rows.labels[row]:
            cells["label"] = rows.labels[row]
    return cells


def _rows_of_file(identity: RunIdentity, language: str) -> ParallelRows:
    folder = uploads_folder() / identity.data_fingerprint
    paths = sorted(folder.glob("*"))
    if not paths:
        raise DataError(
            f"The file {identity.dataset} is not on this computer. Upload it on the page Runs, or give it to "
            "`python -m core run` again."
        )
    file = read_parallel_file(paths[0])
    # Earlier versions kept a file as it was, under a hash of its bytes.
    if identity.data_fingerprint not in (file.fingerprint, hashlib.sha256(paths[0].read_bytes()).hexdigest()[:16]):
        raise DataError(
            f"{paths[0]} is damaged: it does not hold the texts of the run. Upload the file {identity.dataset} on the "
            "page Runs, or give it to `python -m core run` again."
        )
    return file.rows([language])[language]
