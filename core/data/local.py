"""The text behind stored scores: read from the data set on this computer, by row index, when it is the same data."""

from pathlib import Path
from tempfile import TemporaryDirectory

from core.data.catalogue import DATASETS, get_dataset
from core.data.files import SPLIT, SUFFIXES, read_parallel_file
from core.data.load import ParallelRows, available_languages, load_rows, pivot_of
from core.errors import DataError
from core.paths import data_folder, uploads_folder
from core.store import RunIdentity


def local_rows(identity: RunIdentity, language: str) -> ParallelRows:
    """Return the rows of a run's data set in one language.

    Raises
    ------
    DataError : they are not on this computer, or are other data than the run's; the line says how to get them.
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
            "and set CCTA_DATA to the folder around it."
        )
    rows = load_rows(spec.name, language, identity.split, folder)
    pivot = pivot_of(available_languages(spec.name, folder))
    of_pivot = rows if language == pivot else load_rows(spec.name, pivot, identity.split, folder)
    if of_pivot.fingerprint != identity.data_fingerprint:
        raise DataError(
            f"The {spec.title} in {folder} is not the data of this run: use the release that it was computed on."
        )
    return rows


def keep_file(name: str, content: bytes) -> Path:
    """Keep a parallel file that a user dropped, under its fingerprint, so that runs and pages find it again.

    Raises
    ------
    DataError : it is no parallel file, or one of its cells does not fit (one line says why), or cannot be written.
    """
    folder = uploads_folder()
    plain = Path(name.replace("\\", "/")).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of its own: another user's file may have the same name.
        with TemporaryDirectory(prefix="arrived-", dir=folder) as place:
            arrived = Path(place) / plain[-80:]
            arrived.write_bytes(content)
            try:
                file = read_parallel_file(arrived)
                file.rows(file.languages)
            except DataError as error:
                raise DataError(str(error).replace(str(arrived), plain)) from error
            kept = folder / file.fingerprint / arrived.name
            kept.parent.mkdir(exist_ok=True)
            return arrived.replace(kept)
    except OSError as error:
        raise DataError(f"{plain} cannot be kept in {folder} ({error.strerror}); set CCTA_CACHE.") from error


def _rows_of_file(identity: RunIdentity, language: str) -> ParallelRows:
    folder = uploads_folder() / identity.data_fingerprint
    found = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise DataError(
            f"The file {identity.dataset} is not on this computer. Give it to `python -m core run`, or drop it on the "
            "page Runs, once more."
        )
    return read_parallel_file(found[0]).rows([language])[language]


__all__ = ["keep_file", "local_rows"]
