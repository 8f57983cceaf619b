"""The working folder of a training, next to its output, so that a checkpoint is either complete or absent.

OUTPUT.training/           created when the training starts, removed when OUTPUT is complete
├── settings.json          the training's settings; it is resumed only with the same ones
├── checkpoint-N/          the trainer's, after N steps; complete once it contains trainer_state.json
└── finished/              the checkpoint being written; renamed to OUTPUT
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from core.errors import OptionError, TrainingError, reason_of

SETTINGS = "settings.json"
STATE = "trainer_state.json"
FINISHED = "finished"
# Parts of the messages of the RuntimeErrors that PyTorch raises when a file cannot be written.
_WRITE_FAILURES = ("PytorchStreamWriter", "unexpected pos", "No space left", "iostream")


@dataclass(frozen=True)
class Workspace:
    """The folders of one training: `output`, the finished checkpoint, and `folder`, the working folder next to it."""

    output: Path

    @property
    def folder(self) -> Path:
        return self.output.with_name(f"{self.output.name}.training")

    def open(self, settings: Mapping[str, Any], needed_bytes: int) -> Path | None:
        """Prepare the folder; return the last complete checkpoint of an interrupted training with these settings.

        Raises
        ------
        OptionError : OUTPUT exists, or an interrupted training has other settings.
        TrainingError : the folder cannot be written, or the disk has less than `needed_bytes` free.
        """
        if self.output.exists() and any(self.output.iterdir()):
            raise OptionError(f"{self.output} exists already. Name another --output, or remove it.")
        plain = json.loads(json.dumps(settings))
        if (self.folder / SETTINGS).is_file():
            self._require_same(plain)
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
            if free < needed_bytes:
                raise TrainingError(
                    f"{self.folder} has {free / 1e6:,.0f} MB free; this training writes up to "
                    f"{needed_bytes / 1e6:,.0f} MB. Free some space, or name another --output."
                )
            write_text(self.folder / SETTINGS, json.dumps(plain, indent=1))
            return self._prune_checkpoints()

    def _require_same(self, settings: Mapping[str, Any]) -> None:
        try:
            saved = json.loads((self.folder / SETTINGS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            saved = {}
        differing = [name for name in settings if saved.get(name) != settings[name]]
        if differing:
            name = differing[0]
            raise OptionError(
                f"{self.folder} contains an interrupted training with another {name} "
                f"({saved.get(name)!r}, not {settings[name]!r}). Use that one to resume it, or remove the folder."
            )

    def _prune_checkpoints(self) -> Path | None:
        """Remove the checkpoints that were not written to the end; return the newest complete one."""
        complete = []
        for path in self.folder.glob("checkpoint-*"):
            try:
                step = int(json.loads((path / STATE).read_text(encoding="utf-8"))["global_step"])
            except (OSError, ValueError, KeyError):
                shutil.rmtree(path, ignore_errors=True)
                continue
            complete.append((step, path))
        return max(complete)[1] if complete else None

    def draft(self) -> Path:
        """Create an empty folder for the finished checkpoint and return it."""
        folder = self.folder / FINISHED
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def finish(self) -> None:
        """Move the draft, flushed to disk, to the output folder, and remove the working folder."""
        draft = self.folder / FINISHED
        for path in draft.iterdir():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
        if self.output.exists():
            self.output.rmdir()
        draft.rename(self.output)
        shutil.rmtree(self.folder, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a small file atomically."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn every kind of failed write into a TrainingError."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(sign in str(error) for sign in _WRITE_FAILURES):
            raise
        reason = getattr(error, "strerror", None) or reason_of(error)
        raise TrainingError(
            f"{folder} cannot be written: {reason}. Free some space; the same command then resumes the training."
        ) from error
