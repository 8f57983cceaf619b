"""F and its gradient at points of many paths by the hand-written encoder: texts end to end, no padding, no mask."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attribution.fast.attention import Span
from core.attribution.fast.encoder import Encoder
from core.results import Target

ENCODING_TOKENS = 2048

PathAlpha = tuple[int, float]  # a path, and alpha in [0, 1]


@dataclass(frozen=True)
class Batch:
    """Points laid end to end, sorted by length.

    Attributes
    ----------
    order : which of the points asked for stands at each place, (point,); paths : its path.
    spans : the runs of one length.
    rows, ways : x' + alpha (x - x') with position and type embeddings added, and x - x'; (token, hidden) each.
    read : the row that F reads of each point, (point,), or None where it reads all.
    """

    order: Tensor
    paths: list[int]
    spans: list[Span]
    rows: Tensor
    ways: Tensor
    read: Tensor | None


class PackedPaths:
    """The paths of several (text, target) pairs.

    Parameters
    ----------
    starts : x' of each path with position and type embeddings added, (seq, hidden) each.
    ways : x - x' of each path, (seq, hidden) each.
    """

    def __init__(
        self, encoder: Encoder, targets: Sequence[Target], starts: Sequence[Tensor], ways: Sequence[Tensor]
    ) -> None:
        self._encoder, self._targets, self._starts, self._ways = encoder, targets, starts, ways
        self._kind = targets[0].kind if targets else ""
        self._meanings = self._own_encodings() if self._kind == "meaning" else None

    @torch.no_grad()
    def _own_encodings(self) -> Tensor:
        """The pooled encodings of the unperturbed texts, (text, hidden): what `meaning` compares with."""
        found = torch.empty(len(self._ways), self._ways[0].shape[1])
        paths = sorted(range(len(self._ways)), key=self._length)
        at_once = max(1, ENCODING_TOKENS // self._length(paths[-1]))
        for begin in range(0, len(paths), at_once):
            batch = self._batch([(path, 1.0) for path in paths[begin : begin + at_once]])
            hidden = self._encoder.states(batch.rows, batch.spans, None)
            found[batch.paths] = _means(hidden, batch.spans)
        return found

    def _length(self, path: int) -> int:
        return len(self._ways[path])

    @torch.no_grad()
    def outputs(self, points: Sequence[PathAlpha]) -> Tensor:
        """Return F at `points`, (point,), without gradients."""
        batch = self._batch(points)
        hidden = self._encoder.states(batch.rows, batch.spans, batch.read)
        return _reordered(self._values(hidden, batch), batch.order)

    @torch.no_grad()
    def evaluate(self, points: Sequence[PathAlpha]) -> tuple[Tensor, list[Tensor]]:
        """Return F at `points`, (point,), and the integrand of Eq. 1, sum_k (x - x')_k dF/dx_k, (seq,) float64 each."""
        batch = self._batch(points)
        hidden, tape = self._encoder.forward(batch.rows, batch.spans, batch.read)
        with torch.enable_grad():  # of the head alone
            hidden.requires_grad_(True)
            values = self._values(hidden, batch)
            (gradient,) = torch.autograd.grad(values.sum(), hidden)
        gradient = self._encoder.backward(gradient, tape)
        per_token = (gradient.double() * batch.ways.double()).sum(-1)
        pieces = per_token.split([self._length(path) for path in batch.paths])
        integrands = [piece for _, piece in sorted(zip(batch.order.tolist(), pieces, strict=True), key=_first)]
        return _reordered(values.detach(), batch.order), integrands

    def _batch(self, points: Sequence[PathAlpha]) -> Batch:
        order = sorted(range(len(points)), key=lambda i: self._length(points[i][0]))
        spans: list[Span] = []
        for length, group in itertools.groupby(order, key=lambda i: self._length(points[i][0])):
            spans.append(Span(spans[-1].end if spans else 0, len(list(group)), length))
        rows = torch.empty(spans[-1].end, self._ways[0].shape[1])
        ways = torch.empty_like(rows)
        paths = [points[i][0] for i in order]
        begins = [0, *itertools.accumulate(self._length(path) for path in paths)]
        for i, path, begin, end in zip(order, paths, begins[:-1], begins[1:], strict=True):
            ways[begin:end] = self._ways[path]
            torch.add(self._starts[path], self._ways[path], alpha=points[i][1], out=rows[begin:end])
        return Batch(torch.tensor(order), paths, spans, rows, ways, self._rows_read(paths, begins))

    def _rows_read(self, paths: Sequence[int], begins: Sequence[int]) -> Tensor | None:
        """Where F reads: the first token for a class, the target's own for a position, all for the meaning."""
        if self._kind == "meaning":
            return None
        inside = [0 if self._kind == "class" else self._targets[path].index for path in paths]
        return torch.tensor([begin + index for begin, index in zip(begins[:-1], inside, strict=True)])

    def _values(self, hidden: Tensor, batch: Batch) -> Tensor:
        """F of each point from the states it reads, (point,)."""
        if self._meanings is not None:
            return torch.nn.functional.cosine_similarity(_means(hidden, batch.spans), self._meanings[batch.paths])
        targets = [self._targets[path] for path in batch.paths]
        if self._kind == "class":
            columns = [target.index for target in targets]
            return self._encoder.class_logits(hidden).gather(1, torch.tensor(columns)[:, None])[:, 0]
        columns = [0 if target.kind == "start" else 1 for target in targets]
        return self._encoder.span_logits(hidden).gather(1, torch.tensor(columns)[:, None])[:, 0]


def _means(hidden: Tensor, spans: Sequence[Span]) -> Tensor:
    """The mean state of each sequence: (token, hidden) -> (sequence, hidden)."""
    return torch.cat([hidden[span.begin : span.end].view(span.count, span.length, -1).mean(1) for span in spans])


def _reordered(values: Tensor, order: Tensor) -> Tensor:
    return torch.empty_like(values).index_copy_(0, order, values)


def _first(pair: tuple[int, Tensor]) -> int:
    return pair[0]
