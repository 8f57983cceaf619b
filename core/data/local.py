"""The texts of stored scores, read by row index from the data set on this computer if it is the data of the run."""

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


def keep_file(name: str, content: bytes) -> Path:
    """Store an uploaded parallel file under its fingerprint, so that runs and pages find it again; return its path.

    Raises
    ------
    DataError : it is not a valid parallel file, or it cannot be written.
    """
    folder = uploads_folder()
    base_name = Path(name.replace("\\", "/")).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In a separate folder: a file of another user may have the same name.
        with TemporaryDirectory(prefix="arrived-", dir=folder) as temporary:
            uploaded = Path(temporary) / base_name[-80:]
            uploaded.write_bytes(content)
            try:
                file = read_parallel_file(uploaded)
                file.rows(file.languages)
            except DataError as error:
                raise DataError(str(error).replace(str(uploaded), base_name)) from error
            path = folder / file.fingerprint / uploaded.name
            path.parent.mkdir(exist_ok=True)
            return uploaded.replace(path)
    except OSError as error:
        raise DataError(f"{base_name} cannot be stored in {folder} ({error.strerror}); set CCTA_CACHE.") from error


def _rows_of_file(identity: RunIdentity, language: str) -> ParallelRows:
    folder = uploads_folder() / identity.data_fingerprint
    paths = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise DataError(
            f"The file {identity.dataset} is not on this computer. Upload it on the page Runs, or give it to "
            "`python -m core run` again."
        )
    return read_parallel_file(paths[0]).rows([language])[language]
