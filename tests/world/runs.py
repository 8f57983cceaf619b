"""What the tests of `python -m core run` share: its usual options, and what it left in a store."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import pandas as pd

from core.data.load import load_parallel
from core.models.loaded import LoadedModel
from core.runs.jobs import Checkpoint
from core.store import WorkUnit, open_store
from core.store.check import Content, check
from core.store.records import Record
from tests.world.sentences import write_split

QUICK = ["--steps", "8", "--permutations", "5", "--space", "static", "--workers", "1", "--device", "cpu"]


@dataclass(frozen=True)
class DeadlyJob:
    """A job that a worker does not survive."""

    checkpoint: Checkpoint
    unit: WorkUnit

    @property
    def units(self) -> tuple[WorkUnit, ...]:
        return (self.unit,)

    def compute(self, model: LoadedModel) -> list[list[Record]]:
        os._exit(1)


def content(folder: Path) -> Content:
    """What a store holds: its rows of every kind, and their hash."""
    return check(open_store(folder)).total


def frame(folder: Path, kind: str = "pairs") -> pd.DataFrame:
    """All records of one kind in a store."""
    return open_store(folder).read().sql(f"SELECT * FROM {kind} ORDER BY ALL")


def until(process: "Popen[Any]", condition: Callable[[], Any], seconds: float = 120) -> None:
    """Wait for something, as long as the process that does it runs."""
    end = time.monotonic() + seconds
    while process.poll() is None and not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def other_texts(data: Path, code: str, **changes: Any) -> None:
    """Write XNLI's test split of a language again, with some columns changed."""
    rows = load_parallel("xnli", [code], "test", data)[code]
    columns = {
        "premise": [a for a, _ in rows.texts],
        "hypothesis": [b for _, b in rows.texts],
        "label": [0, 2, 0, 1] * 3,
    }
    write_split(data, "xnli", "test", {code: columns | changes})
