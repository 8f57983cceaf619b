"""Folders of the cache that are complete or not there at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def complete_folder(folder: Path, mark: str) -> Iterator[Path]:
    """Give a draft beside `folder` to write into, which is renamed to `folder` when the block ends without an error.

    An interrupted conversion leaves nothing that could be mistaken for a model, and of two processes that convert at
    once, the first wins. `mark` is a file that a complete folder has.

    Raises OSError where the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        yield draft
        for path in draft.rglob("*"):
            if path.is_file():
                with path.open("rb") as handle:
                    os.fsync(handle.fileno())
        _move_into_place(draft, folder, mark)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move_into_place(draft: Path, folder: Path, mark: str) -> None:
    """Rename `draft` to `folder`. A complete folder of a faster process stays; an incomplete older one is replaced."""
    if folder.exists() and not (folder / mark).is_file():
        shutil.rmtree(folder)
    try:
        draft.rename(folder)
    except OSError:
        if not (folder / mark).is_file():
            raise
