"""Rows of texts in one language, and gold answers within them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from core.results import Answer

_FINGERPRINT_LENGTH = 16
_QUOTED = 40


@dataclass(frozen=True)
class ParallelRows:
    """Rows of one data set, split and language; all sequences are parallel.

    Attributes
    ----------
    rows : index of each row in the published data set.
    texts : the fields of the task, in its order. labels : class names (empty strings for `qa`).
    answers : gold answers, at least one per row for `qa`; empty otherwise.
    """

    dataset: str
    split: str
    language: str
    task: str
    rows: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    answers: tuple[tuple[Answer, ...], ...]

    def __post_init__(self) -> None:
        sizes = {len(self.rows), len(self.texts), len(self.labels), len(self.answers)}
        if len(sizes) != 1:
            raise ValueError(f"The columns of {self.dataset} must be parallel; their lengths are {sorted(sizes)}.")

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Sequence[int]) -> "ParallelRows":
        """Return the rows at `positions` (not row indices), in that order."""
        return ParallelRows(
            self.dataset,
            self.split,
            self.language,
            self.task,
            tuple(self.rows[i] for i in positions),
            tuple(self.texts[i] for i in positions),
            tuple(self.labels[i] for i in positions),
            tuple(self.answers[i] for i in positions),
        )

    @property
    def fingerprint(self) -> str:
        """A hash of row indices, texts, labels and answers: equal data have equal fingerprints."""
        digest = hashlib.sha256()
        for row in zip(self.rows, self.texts, self.labels, self.answers, strict=True):
            digest.update(repr(row).encode())
        return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def is_slice(answer: Answer, context: str) -> bool:
    """Whether the context reads the answer at its position."""
    return answer.start >= 0 and context.startswith(answer.text, answer.start)


def shortened(text: str) -> str:
    """The beginning of a text in quotation marks, on one line, as an error names it."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")
