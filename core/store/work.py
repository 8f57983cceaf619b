"""The identity of a run, and the units that its work is divided into."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.store.layout import KINDS, SCHEMA_VERSION
from core.store.plain import to_plain

_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class RunIdentity:
    """Everything that a run's numbers depend on; any change of it is another run.

    The number of rows or languages is not part of it: more of them continue the same run.

    Attributes
    ----------
    checkpoint, revision, family, task, train_language, labels : the model; `labels` are its classes in order,
        empty for `qa` and `meaning`.
    data_fingerprint : names the content of the data set, so that another version of it is another run.
    settings : whatever else changes a number, as plain JSON values.
    """

    dataset: str
    split: str
    checkpoint: str
    revision: str
    family: str
    task: str
    train_language: str | None
    labels: tuple[str, ...]
    data_fingerprint: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plain = json.loads(json.dumps(to_plain(self.settings), sort_keys=True, allow_nan=False))
        object.__setattr__(self, "settings", plain)
        object.__setattr__(self, "labels", tuple(self.labels))

    @property
    def run_id(self) -> str:
        """Data set, split and checkpoint in readable form, and a hash of the whole identity."""
        readable = "-".join(_NAME.sub("_", part) for part in (self.dataset, self.split, self.checkpoint))
        return f"{readable.strip('._')[-80:]}-{digest(self.to_json())[:12]}"

    @property
    def group(self) -> str:
        """Equal for runs that differ only in the checkpoint; such runs make one grid."""
        shared = (self.dataset, self.split, self.task, self.data_fingerprint, self.seed, self.settings)
        return digest([SCHEMA_VERSION, *shared])[:12]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, the schema version among them."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"labels": list(self.labels), "schema_version": SCHEMA_VERSION}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RunIdentity":
        """Return what `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        names = list(cls.__dataclass_fields__)
        return cls(**{name: plain[name] for name in names})


@dataclass(frozen=True)
class WorkUnit:
    """One piece of work: some rows of one kind in one language (of two texts: source, target). It becomes one shard.

    `variant` is the class that is explained, where a run attributes the same text for several classes.
    """

    kind: str
    languages: tuple[str, ...]
    rows: tuple[int, ...]
    variant: str = ""

    def __post_init__(self) -> None:
        wanted = KINDS[self.kind].languages
        if len(self.languages) != len(wanted):
            raise ValueError(f"A unit of {self.kind} names {', '.join(wanted)}; given: {self.languages}.")
        if not self.rows or list(self.rows) != sorted(set(self.rows)) or self.rows[0] < 0:
            raise ValueError("The rows of a unit are ascending, from 0, without repetition, and at least one.")

    def name(self, run: str) -> str:
        """Return the name of its shard: languages, first and last row, and a hash of the run and the whole unit.

        Every worker gives the same unit the same name, so that only one of them can create the shard.
        """
        # A shard of an earlier version keeps its name, so that this one can be written beside it.
        version = [KINDS[self.kind].version] if KINDS[self.kind].version > 1 else []
        key = digest([run, self.kind, self.languages, self.variant, self.rows, *version])[:16]
        return f"{'-'.join(self.languages)}.{self.rows[0]}-{self.rows[-1]}.{key}"


def blocks(
    kind: str, languages: Sequence[str], rows: Sequence[int], *, size: int = 64, variant: str = ""
) -> list[WorkUnit]:
    """Divide rows, in their order, into units of `size` rows: rows added at the end leave full units as they are."""
    parts = (rows[first : first + size] for first in range(0, len(rows), size))
    return [WorkUnit(kind, tuple(languages), tuple(sorted(part)), variant) for part in parts]


def digest(value: Any) -> str:
    """Return the sha256 of a plain value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
