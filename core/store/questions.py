"""What a question to the reader names: runs, pairs and their order; and the answers that are more than a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.results import LEAST_RANGE_SD, SAME_CONSISTENCY

_ATTAINABLE = "(carried - shuffled_mean)"
SORTS = {
    "consistency": "consistency",
    "above shuffled": "consistency - shuffled_mean",
    "share of attainable": (
        f"CASE WHEN {_ATTAINABLE} >= {LEAST_RANGE_SD} * shuffled_sd AND {_ATTAINABLE} > {SAME_CONSISTENCY} "
        f"THEN (consistency - shuffled_mean) / {_ATTAINABLE} END"
    ),
    "shuffled_percentile": "shuffled_percentile",
    "row": "row",
    "n_source": "n_source",
    "n_target": "n_target",
    "source_language": "source_language",
    "target_language": "target_language",
}


@dataclass(frozen=True)
class Scope:
    """Which runs a question is about; None: any.

    `group` is `RunIdentity.group`: runs with the same settings on the same data, one a checkpoint.
    """

    dataset: str | None = None
    split: str | None = None
    checkpoints: tuple[str, ...] | None = None
    group: str | None = None
    runs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ExampleFilter:
    """Which pairs a question is about; None: any.

    `lengths` bounds the larger of both token numbers, `source_lengths` the source's, `consistency` bounds C, all
    inclusive. `outcomes` are pairs (source correct, target correct). `rows` are data set rows, for example those
    whose text a search has found.
    """

    source_language: str | None = None
    target_language: str | None = None
    end: str | None = None
    source_correct: bool | None = None
    target_correct: bool | None = None
    same_prediction: bool | None = None
    consistency: tuple[float, float] | None = None
    lengths: tuple[int, int] | None = None
    source_lengths: tuple[int, int] | None = None
    outcomes: tuple[tuple[bool, bool], ...] | None = None
    rows: Sequence[int] | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """Return SQL and its parameters."""
        equal = ("source_language", "target_language", "end", "source_correct", "target_correct", "same_prediction")
        given = [(name, getattr(self, name)) for name in equal if getattr(self, name) is not None]
        parts = [f'"{name}" = ?' for name, _ in given]
        parameters: list[Any] = [value for _, value in given]
        if self.consistency is not None:
            parts.append("consistency BETWEEN ? AND ?")
            parameters += self.consistency
        if self.lengths is not None:
            parts.append("greatest(n_source, n_target) BETWEEN ? AND ?")
            parameters += self.lengths
        if self.source_lengths is not None:
            parts.append("n_source BETWEEN ? AND ?")
            parameters += self.source_lengths
        if self.outcomes is not None:
            wanted = " OR ".join(
                f"(source_correct = {ours} AND target_correct = {theirs})" for ours, theirs in self.outcomes
            )
            parts.append(f"({wanted or 'false'})")
        if self.rows is not None:
            parts.append("row IN (SELECT unnest(?::INTEGER[]))")
            parameters.append([int(row) for row in self.rows])
        return " AND ".join(parts) or "true", parameters

    def languages(self) -> tuple[str | None, ...]:
        return (self.source_language, self.target_language)


@dataclass(frozen=True)
class Page:
    """Some examples in order, and how many there are in all."""

    frame: pd.DataFrame
    total: int


@dataclass(frozen=True)
class Neighbours:
    """The position of a row among `total` examples, from 1, and the rows before and after it."""

    position: int
    previous: int | None
    next: int | None
    total: int
