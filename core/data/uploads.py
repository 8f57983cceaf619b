"""Parallel texts that someone uploads: read once, and kept where runs and pages find them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.data.files import ParallelFile, read_parallel_file
from core.data.local import MOST_OF_A_NAME, keep_rows
from core.errors import DataError
from core.paths import uploads_folder

# A folder in memory: a file that is refused never reaches a disk. Where there is none, the uploads' own folder.
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Uploaded:
    """One file as it came: its name, and its bytes."""

    name: str
    content: bytes

    @property
    def base_name(self) -> str:
        """The name without folders, cut to what a file system takes."""
        return Path(self.name.replace("\\", "/")).name[-MOST_OF_A_NAME:]


@dataclass(frozen=True)
class KeptTexts:
    """Texts that were kept: `file` as `read_parallel_file` read it, its notices under the names of the upload."""

    path: Path
    file: ParallelFile


def keep_files(files: Sequence[Uploaded], name: str = "") -> KeptTexts:
    """Store the texts of one file, or of several with one language each, under their content.

    Parameters
    ----------
    name : what the texts are called wherever their results are shown; by default the file's name.

    Raises
    ------
    DataError : they are no valid texts of two languages or more, the name cannot be one, or they cannot be written; one
        line, under the names of the upload.
    """
    called = _checked_name(name.strip())
    folder, said = uploads_folder(), ", ".join(file.base_name for file in files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In a separate folder: a file of another user may have the same name.
        in_memory = _memory_for(sum(len(file.content) for file in files))
        with TemporaryDirectory(prefix="ccta-arrived-", dir=in_memory or folder) as temporary:
            paths = _write(Path(temporary), files)
            try:
                file = read_parallel_file(",".join(map(str, paths)))
                file.require_two_languages()
            except DataError as error:
                raise DataError(_renamed(str(error), paths)) from error
    except OSError as error:
        raise DataError(f"{said} cannot be stored in {folder} ({error.strerror}); set CCTA_CACHE.") from error
    notices = tuple(_renamed(line, paths) for line in file.notices)
    return KeptTexts(
        keep_rows(file.texts, file.fingerprint, called or file.name),
        replace(file, name=called or file.name, notices=notices),
    )


def _write(folder: Path, files: Sequence[Uploaded]) -> dict[Path, str]:
    """Write each file into a folder of its own, since two may have one name; path -> the name that it came with."""
    paths = {}
    for number, file in enumerate(files):
        # A comma separates files where several are named.
        path = folder / str(number) / file.base_name.replace(",", "_")
        path.parent.mkdir()
        path.write_bytes(file.content)
        paths[path] = file.base_name
    return paths


def _memory_for(size: int) -> Path | None:
    """The folder in memory, if it can be written and has room for `size` bytes twice."""
    try:
        room = os.statvfs(_MEMORY)
    except OSError:
        return None
    is_enough = room.f_bavail * room.f_frsize > 2 * size
    return _MEMORY if is_enough and os.access(_MEMORY, os.W_OK) else None


def _renamed(line: str, paths: Mapping[Path, str]) -> str:
    for path, name in paths.items():
        line = line.replace(str(path), name)
    return line


def _checked_name(name: str) -> str:
    """Return a name that can be a file's. Raises DataError for any other."""
    if any(mark in name for mark in "/\\") or name.startswith(".") or not name.isprintable():
        raise DataError(f"{name!r} cannot be a name: leave out /, \\ and a point at its beginning.")
    if len(name) > MOST_OF_A_NAME:
        raise DataError(f"The name has {len(name)} characters; at most {MOST_OF_A_NAME} are taken.")
    return name
