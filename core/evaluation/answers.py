"""The answer of a question-answering head in a context of any length: the best span over overlapping windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.attribution.targets import answer_spans
from core.results import Array
from core.text.tokenization import Piece

CONTEXT_FIELD = 1


@dataclass(frozen=True)
class FoundAnswer:
    """A slice `[start, end)` of the context, and the sum of its start and end logits."""

    text: str
    start: int
    end: int
    score: float


def best_answer(
    context: str, windows: Sequence[Sequence[Piece]], starts: Sequence[Array], ends: Sequence[Array]
) -> FoundAnswer:
    """Return the span with the largest sum of start and end logit in any window.

    Parameters
    ----------
    windows : the pieces of each window; starts, ends : its logits, (seq,) each, parallel to its pieces.

    Returns
    -------
    The answer; an empty text where no window contains a visible piece of the context.
    """
    answers = [_best_in_window(context, *window) for window in zip(windows, starts, ends, strict=True)]
    return max(answers, key=lambda answer: answer.score)


def _best_in_window(context: str, pieces: Sequence[Piece], starts: Array, ends: Array) -> FoundAnswer:
    positions = [position for position, piece in enumerate(pieces) if piece.field == CONTEXT_FIELD]
    scores = np.asarray(starts, float)[positions][:, None] + np.asarray(ends, float)[positions][None, :]
    scores[~answer_spans(len(positions))] = -np.inf
    for flat in np.argsort(-scores, axis=None, kind="stable"):
        first, last = divmod(int(flat), len(positions))
        start, end = _trim(context, pieces[positions[first]].span[0], pieces[positions[last]].span[1])
        # A bare space piece alone is not an answer.
        if start < end and np.isfinite(scores[first, last]):
            return FoundAnswer(context[start:end], start, end, float(scores[first, last]))
    return FoundAnswer("", 0, 0, -np.inf)


def _trim(context: str, start: int, end: int) -> tuple[int, int]:
    """Strip space at both ends: a piece's span may begin with the space before its word."""
    text = context[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
