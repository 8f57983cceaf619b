"""Folders of the cache that are complete, or are made again."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.checksums import damage_of, write_checksums

_LOG = logging.getLogger(__name__)


def is_whole(folder: Path) -> bool:
    """Whether a folder that `complete_folder` wrote is there, and every byte of it as it was written.

    A warning names what is damaged, since the caller makes the folder again.
    """
    damage = damage_of(folder)
    if damage and folder.is_dir():
        _LOG.warning("The converted model %s is damaged (%s) and is converted again.", folder, damage)
    return not damage


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """Give a draft beside `folder` to write into, which becomes `folder` when the block ends without an error.

    An interrupted conversion leaves nothing that could be mistaken for a model, and of two processes that convert at
    once, the first wins. A damaged folder is replaced.

    Raises OSError where the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        yield draft
        write_checksums(draft)
        for path in draft.rglob("*"):
            if path.is_file():
                with path.open("rb") as handle:
                    os.fsync(handle.fileno())
        _move_into_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move_into_place(draft: Path, folder: Path) -> None:
    """Rename `draft` to `folder`. A whole folder of a faster process stays; a damaged one is replaced."""
    if folder.exists() and damage_of(folder):
        # Moved first, so that another process finds no folder for a moment instead of half a one.
        damaged = Path(tempfile.mkdtemp(prefix=".damaged-", dir=folder.parent))
        folder.rename(damaged / folder.name)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        draft.rename(folder)
    except OSError:
        if damage_of(folder):
            raise
