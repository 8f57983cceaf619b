"""A job that a worker does not survive; in a module of its own, which a process of an engine can import."""

import os
from dataclasses import dataclass

from core.models.loaded import LoadedModel
from core.runs.jobs import Checkpoint
from core.store import WorkUnit
from core.store.records import Record


@dataclass(frozen=True)
class DeadlyJob:
    checkpoint: Checkpoint
    unit: WorkUnit

    @property
    def units(self) -> tuple[WorkUnit, ...]:
        return (self.unit,)

    def compute(self, model: LoadedModel) -> list[list[Record]]:
        os._exit(1)
