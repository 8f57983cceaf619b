"""F and its gradient at points of many paths by the hand-written encoder: packed sequences, no padding, no mask."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attribution.fast.attention import Span
from core.attribution.fast.encoder import Encoder
from core.attribution.outputs import class_outputs
from core.results import Target

# The most tokens of inputs that are encoded at once; points of paths are limited by the caller.
ENCODING_TOKENS = 2048

PathAlpha = tuple[int, float]  # index of a path, and alpha in [0, 1]
Evaluated = tuple[Tensor, list[Tensor], list[Tensor]]  # F, the integrand, and its components, by point


@dataclass(frozen=True)
class Batch:
    """Points packed one after the other, sorted by length, so that equal lengths form one span.

    Attributes
    ----------
    order : (point,) the index among the requested points of each packed one; paths : its path.
    spans : the runs of equal length.
    rows, differences : x' + alpha (x - x') plus position and type embeddings, and x - x'; (token, hidden) each.
    read : (point,) the row of the last hidden states that F depends on, one per point; None where it depends on all.
    """

    order: Tensor
    paths: list[int]
    spans: list[Span]
    rows: Tensor
    differences: Tensor
    read: Tensor | None


class PackedPaths:
    """The paths of any number of (text, target) pairs; all targets are of one kind.

    Parameters
    ----------
    baselines : x' of each path plus position and type embeddings, (seq, hidden) each. These do not change along the
        path, so adding them once is enough.
    differences : x - x' of each path, (seq, hidden) each.
    """

    def __init__(
        self, encoder: Encoder, targets: Sequence[Target], baselines: Sequence[Tensor], differences: Sequence[Tensor]
    ) -> None:
        self._encoder, self._targets, self._baselines, self._differences = encoder, targets, baselines, differences
        self._kind = targets[0].kind if targets else ""
        self._encodings = self._encode_inputs() if self._kind == "meaning" else None

    @torch.no_grad()
    def _encode_inputs(self) -> Tensor:
        """The pooled encodings of the inputs x, (text, hidden), with which `meaning` compares by cosine."""
        encodings = torch.empty(len(self._differences), self._differences[0].shape[1])
        paths = sorted(range(len(self._differences)), key=self._length)
        n_texts = max(1, ENCODING_TOKENS // self._length(paths[-1]))
        for begin in range(0, len(paths), n_texts):
            batch = self._batch([(path, 1.0) for path in paths[begin : begin + n_texts]])
            hidden = self._encoder.states(batch.rows, batch.spans, None)
            encodings[batch.paths] = _means(hidden, batch.spans)
        return encodings

    def _length(self, path: int) -> int:
        return len(self._differences[path])

    @torch.no_grad()
    def outputs(self, points: Sequence[PathAlpha]) -> Tensor:
        """Return F at `points`, (point,), without gradients."""
        batch = self._batch(points)
        hidden = self._encoder.states(batch.rows, batch.spans, batch.read)
        return _reordered(self._values(hidden, batch), batch.order)

    def evaluate(self, points: Sequence[PathAlpha]) -> Evaluated:
        """Return F at `points`, (point,), and the integrand of Eq. 1.

        The integrand is sum_k (x - x')_k dF/dx_k, (seq,) float64 each, and its components, (seq, hidden) each.
        """
        batch = self._batch(points)
        (evaluated,) = self._evaluate(batch, [lambda hidden: self._values(hidden, batch)])
        return evaluated

    def evaluate_classes(self, points: Sequence[PathAlpha], targets: Sequence[Sequence[Target]]) -> list[Evaluated]:
        """Return what `evaluate` does, for each sequence of class targets parallel to `points`, by one forward pass.

        The texts must be short enough for `core.attribution.fast.attention.keeps_weights`.
        """
        batch = self._batch(points)
        order = batch.order.tolist()

        def logits_of(wanted: Sequence[Target]) -> Callable[[Tensor], Tensor]:
            packed = [wanted[index] for index in order]
            return lambda hidden: class_outputs(self._encoder.class_logits(hidden), packed)

        return self._evaluate(batch, list(map(logits_of, targets)))

    @torch.no_grad()
    def _evaluate(self, batch: Batch, outputs: Sequence[Callable[[Tensor], Tensor]]) -> list[Evaluated]:
        """Evaluate functions of the last hidden states, each (point,): one forward pass, a backward pass for each."""
        last, tape = self._encoder.forward(batch.rows, batch.spans, batch.read)
        evaluated = []
        for output in outputs:
            with torch.enable_grad():  # autograd only for the head; the encoder's backward pass is written by hand
                hidden = last.detach().requires_grad_(True)
                values = output(hidden)
                (gradient,) = torch.autograd.grad(values.sum(), hidden)
            gradient = self._encoder.backward(gradient, tape)
            per_token = (gradient.double() * batch.differences.double()).sum(-1)
            # In place: the gradient is new memory of the last norm's backward pass, and nothing else reads it.
            components = gradient.mul_(batch.differences)
            evaluated.append(
                (
                    _reordered(values.detach(), batch.order),
                    self._by_point(per_token, batch),
                    self._by_point(components, batch),
                )
            )
        return evaluated

    def _by_point(self, per_token: Tensor, batch: Batch) -> list[Tensor]:
        """Split what has a row for each token by point, in the requested order."""
        parts = per_token.split([self._length(path) for path in batch.paths])
        return [part for _, part in sorted(zip(batch.order.tolist(), parts, strict=True), key=_index)]

    def _batch(self, points: Sequence[PathAlpha]) -> Batch:
        order = sorted(range(len(points)), key=lambda i: self._length(points[i][0]))
        spans: list[Span] = []
        for length, group in itertools.groupby(order, key=lambda i: self._length(points[i][0])):
            spans.append(Span(spans[-1].end if spans else 0, len(list(group)), length))
        rows = torch.empty(spans[-1].end, self._differences[0].shape[1])
        differences = torch.empty_like(rows)
        paths = [points[i][0] for i in order]
        begins = [0, *itertools.accumulate(self._length(path) for path in paths)]
        for i, path, begin, end in zip(order, paths, begins[:-1], begins[1:], strict=True):
            differences[begin:end] = self._differences[path]
            torch.add(self._baselines[path], self._differences[path], alpha=points[i][1], out=rows[begin:end])
        return Batch(torch.tensor(order), paths, spans, rows, differences, self._rows_read(paths, begins))

    def _rows_read(self, paths: Sequence[int], begins: Sequence[int]) -> Tensor | None:
        """The rows that F depends on: the first token for a class, the target's token for a position, None for all."""
        if self._kind == "meaning":
            return None
        offsets = [0 if self._kind == "class" else self._targets[path].index for path in paths]
        return torch.tensor([begin + offset for begin, offset in zip(begins[:-1], offsets, strict=True)])

    def _values(self, hidden: Tensor, batch: Batch) -> Tensor:
        """F of each point from the hidden states that it depends on, (point,)."""
        if self._encodings is not None:
            return torch.nn.functional.cosine_similarity(_means(hidden, batch.spans), self._encodings[batch.paths])
        targets = [self._targets[path] for path in batch.paths]
        if self._kind == "class":
            return class_outputs(self._encoder.class_logits(hidden), targets)
        columns = [0 if target.kind == "start" else 1 for target in targets]
        return self._encoder.span_logits(hidden).gather(1, torch.tensor(columns)[:, None])[:, 0]


def _means(hidden: Tensor, spans: Sequence[Span]) -> Tensor:
    """The mean state of each sequence: (token, hidden) -> (sequence, hidden)."""
    return torch.cat([hidden[span.begin : span.end].view(span.count, span.length, -1).mean(1) for span in spans])


def _reordered(values: Tensor, order: Tensor) -> Tensor:
    """Undo the sorting by length: packed -> requested order."""
    return torch.empty_like(values).index_copy_(0, order, values)


def _index(indexed: tuple[int, Tensor]) -> int:
    return indexed[0]
