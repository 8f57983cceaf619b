"""The answer that a question-answering head finds in a context of any length: best span over overlapping windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.results import Array
from core.text.tokenization import Piece

MAX_ANSWER_TOKENS = 30
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
    """Return the span with the largest start plus end logit in any window.

    Parameters
    ----------
    windows : the pieces of each window; starts, ends : its logits, (seq,) each, parallel to its pieces.

    Returns
    -------
    The answer; empty text where no window holds a visible piece of the context.
    """
    found = [_best_in_window(context, *window) for window in zip(windows, starts, ends, strict=True)]
    return max(found, key=lambda answer: answer.score)


def _best_in_window(context: str, pieces: Sequence[Piece], starts: Array, ends: Array) -> FoundAnswer:
    """End not before start, at most MAX_ANSWER_TOKENS long, both inside the context."""
    places = [position for position, piece in enumerate(pieces) if piece.field == CONTEXT_FIELD]
    scores = np.asarray(starts, float)[places][:, None] + np.asarray(ends, float)[places][None, :]
    allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(np.ones_like(scores, dtype=bool), MAX_ANSWER_TOKENS)
    scores[~allowed] = -np.inf
    for flat in np.argsort(-scores, axis=None, kind="stable"):
        first, last = divmod(int(flat), len(places))
        start, end = _trim(context, pieces[places[first]].span[0], pieces[places[last]].span[1])
        # A bare space piece alone answers nothing.
        if start < end and np.isfinite(scores[first, last]):
            return FoundAnswer(context[start:end], start, end, float(scores[first, last]))
    return FoundAnswer("", 0, 0, -np.inf)


def _trim(context: str, start: int, end: int) -> tuple[int, int]:
    """Leave out space at the edges: a piece's span may begin with the space before its word."""
    text = context[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
