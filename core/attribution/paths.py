"""The straight path from a baseline to an input, and F and its gradient at points of many such paths at once.

Every forward pass goes through `inputs_embeds`. It needs no hooks, so threads share nothing but the model, which its
lock protects. Gradients are taken with respect to the inputs only: by the hand-written encoder where it supports the
model, else by the module and autograd. Work is split into chunks of a bounded number of tokens, texts of similar length
together; a chunk that does not fit into memory is halved, and later chunks keep the smaller size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attribution.baselines import baseline_embeddings
from core.attribution.fast.encoder import encoder_of
from core.attribution.fast.packed import Evaluated, PackedPaths
from core.attribution.outputs import class_outputs
from core.attribution.quadrature import Components
from core.callbacks import CountCallback, ShouldCancel
from core.errors import Cancelled, CctaError
from core.models.loaded import ChunkSize, LoadedModel, RowInputs
from core.results import Array, Target, TokenizedText


@dataclass(frozen=True)
class PathPoint:
    """One point of one path: the index of the path, and alpha in [0, 1]."""

    path: int
    alpha: float


@dataclass(frozen=True)
class Point:
    """F at one point of a path, and the integrand of Eq. 1 there.

    `gradient` is sum_k (x - x')_k dF/dx_k, (seq,); `components` are its terms, (seq, embed) float32.
    """

    output: float
    gradient: Array
    components: Components


def points_of(evaluated: Evaluated) -> list[Point]:
    """Return what the hand-written encoder evaluated, point by point."""
    outputs, *by_point = evaluated
    return [
        Point(output, integrand.numpy(), components.numpy())
        for output, integrand, components in zip(outputs.tolist(), *by_point, strict=True)
    ]


class PathBundle:
    """The paths of any number of (text, target) pairs through one model; all targets are of one kind and output.

    `baseline` says where they begin. With `independent` the module itself computes everything, for checks of the
    hand-written encoder.
    """

    def __init__(
        self,
        model: LoadedModel,
        texts: Sequence[TokenizedText],
        targets: Sequence[Target],
        *,
        baseline: str = "pad",
        independent: bool = False,
    ) -> None:
        self.model = model
        self.texts = list(texts)
        self.targets = list(targets)
        self._ends = [self._embed_ends(text, baseline) for text in texts]
        self._packed = None if independent else self._pack()
        needs_encodings = self._packed is None and bool(targets) and targets[0].kind == "meaning"
        self._encodings = self._encode_inputs() if needs_encodings else None

    def _pack(self) -> PackedPaths | None:
        encoder = encoder_of(self.model)
        pools = bool(self.targets) and self.targets[0].kind == "meaning"
        if encoder is None or (pools and not self.model.pooling.is_mean):
            return None
        inputs = [self.model.rows([text]) for text in self.texts]
        baselines = [
            baseline + encoder.position_and_type(rows) for (baseline, _), rows in zip(self._ends, inputs, strict=True)
        ]
        return PackedPaths(encoder, self.targets, baselines, [difference for _, difference in self._ends])

    def _embed_ends(self, text: TokenizedText, baseline: str) -> tuple[Tensor, Tensor]:
        """Return x' and x - x', (seq, embed) each; x - x' is exactly 0 on specials."""
        start = baseline_embeddings(self.model, text, baseline)
        return start, self.model.embed(torch.tensor(text.input_ids)) - start

    def _encode_inputs(self) -> Tensor:
        """The pooled encodings of the inputs x, (text, hidden), with which `meaning` compares by cosine."""
        with torch.inference_mode():
            return torch.cat(
                [
                    self.model.pooled((baseline + difference)[None], self.model.rows([text]))
                    for text, (baseline, difference) in zip(self.texts, self._ends, strict=True)
                ]
            )

    def length(self, path: int) -> int:
        return len(self.texts[path].input_ids)

    def outputs(self, requests: Sequence[PathPoint]) -> Tensor:
        """Return F at `requests`, (batch,), without gradients."""
        if self._packed is not None:
            return self._packed.outputs([(request.path, request.alpha) for request in requests])
        with torch.inference_mode():
            embeds, _, rows = self._assemble(requests)
            return self._target_values(embeds, rows, requests)

    def evaluate(self, requests: Sequence[PathPoint]) -> list[Point]:
        """Return F and the integrand at `requests`, by one forward and one backward pass over all of them."""
        if self._packed is not None:
            return points_of(self._packed.evaluate([(request.path, request.alpha) for request in requests]))
        embeds, differences, rows = self._assemble(requests)
        embeds.requires_grad_(True)
        values = self._target_values(embeds, rows, requests)
        # Rows do not interact, so the gradient of the sum holds the gradient of each F in its own row.
        (gradients,) = torch.autograd.grad(values.sum(), embeds)
        return self._points_at(requests, values, gradients, differences)

    def _points_at(
        self, requests: Sequence[PathPoint], values: Tensor, gradients: Tensor, differences: Tensor
    ) -> list[Point]:
        """Return the points from F, (batch,), its gradients and x - x', (batch, seq, embed) each."""
        # MPS has no float64; there the sum over the embedding dimension stays in float32.
        dtype = torch.float32 if gradients.device.type == "mps" else torch.float64
        per_token = (gradients.to(dtype) * differences.to(dtype)).sum(-1).cpu().double().numpy()
        components = (gradients * differences).float().cpu().numpy()
        at_points = values.detach().float().cpu().double().numpy()
        lengths = [self.length(request.path) for request in requests]
        return [
            Point(float(at_points[row]), per_token[row, :length], components[row, :length])
            for row, length in enumerate(lengths)
        ]

    def ends(self, path: int) -> tuple[Tensor, Tensor]:
        """Return x' and x of one path, (1, seq, embed) each."""
        baseline, difference = self._ends[path]
        return baseline[None], (baseline + difference)[None]

    def value(self, path: int, embeds: Tensor) -> Tensor:
        """Return F of one path's target at any embeddings of its text: (batch, seq, embed) -> (batch,).

        The module always computes it, so the bundle must be `independent`.
        """
        index = torch.zeros(len(embeds), dtype=torch.long, device=embeds.device)
        rows = self.model.rows([self.texts[path]]).repeat(index)
        return self._target_values(embeds, rows, [PathPoint(path, 1.0)] * len(embeds))

    def _assemble(self, requests: Sequence[PathPoint]) -> tuple[Tensor, Tensor, RowInputs]:
        """Return the embeddings at the requested points and x - x', (batch, seq, embed) each, and the other inputs."""
        # Each path is padded once, then its row is repeated for each of its points.
        paths = sorted({request.path for request in requests})
        row_of = {path: row for row, path in enumerate(paths)}
        index = torch.tensor([row_of[request.path] for request in requests], device=self.model.device)
        alphas = torch.tensor([request.alpha for request in requests], device=self.model.device)
        baselines = torch.nn.utils.rnn.pad_sequence([self._ends[path][0] for path in paths], batch_first=True)
        differences = torch.nn.utils.rnn.pad_sequence([self._ends[path][1] for path in paths], batch_first=True)[index]
        embeds = baselines[index] + alphas[:, None, None].to(baselines.dtype) * differences
        return embeds, differences, self.model.rows([self.texts[path] for path in paths]).repeat(index)

    def _target_values(self, embeds: Tensor, rows: RowInputs, requests: Sequence[PathPoint]) -> Tensor:
        targets = [self.targets[request.path] for request in requests]
        if self._encodings is not None:
            paths = torch.tensor([request.path for request in requests], device=embeds.device)
            pooled = self.model.pooled(embeds, rows).float()
            return torch.nn.functional.cosine_similarity(pooled, self._encodings[paths].float(), dim=-1)
        if targets[0].kind == "class":
            return class_outputs(self.model.class_logits(embeds, rows), targets)
        columns = torch.tensor([target.index for target in targets], device=embeds.device)[:, None]
        starts, ends = self.model.span_logits(embeds, rows)
        is_start = torch.tensor([target.kind == "start" for target in targets], device=embeds.device)
        return torch.where(is_start, starts.gather(1, columns)[:, 0], ends.gather(1, columns)[:, 0])


def evaluate_all(
    bundle: PathBundle,
    requests: Sequence[PathPoint],
    chunk: ChunkSize,
    *,
    progress: CountCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[Point]:
    """Return a point for each request, computed in chunks of similar length.

    `progress(done, total)` is called after each chunk, `should_cancel()` before each. The model's lock is held for one
    chunk at a time, so that other work on the model can go on between chunks.

    Raises
    ------
    Cancelled : `should_cancel()` was true. CctaError : not even one row fits into memory.
    """
    order = sorted(range(len(requests)), key=lambda i: (bundle.length(requests[i].path), i))
    points: dict[int, Point] = {}
    for positions in _chunks(bundle, requests, order, chunk, points):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled.")
        with bundle.model.lock:
            evaluated = _evaluate_or_halve(bundle, [requests[i] for i in positions], chunk)
        if evaluated is not None:
            points.update(zip(positions, evaluated, strict=True))
            if progress is not None:
                progress(len(points), len(requests))
    return [points[i] for i in range(len(requests))]


def _chunks(
    bundle: PathBundle,
    requests: Sequence[PathPoint],
    order: list[int],
    chunk: ChunkSize,
    done: dict[int, Point],
) -> Iterator[list[int]]:
    """Yield the next requests that fit into a chunk until all are in `done`; a failed chunk is yielded again, smaller.

    The caller adds the results of each chunk to `done` before it asks for the next, and halves `chunk` where one fails.
    """
    while len(done) < len(order):
        # Chunks follow `order`, so the first len(done) of it are exactly the finished ones.
        remaining = order[len(done) :]
        positions: list[int] = []
        for i in remaining:
            # `order` is by length, so this row is the longest yet: rows x its length is the chunk's padded size.
            if positions and (len(positions) + 1) * bundle.length(requests[i].path) > chunk.tokens:
                break
            positions.append(i)
        yield positions


def _evaluate_or_halve(bundle: PathBundle, requests: list[PathPoint], chunk: ChunkSize) -> list[Point] | None:
    """Return the points, or None where they did not fit into memory; `chunk` is then half of what failed."""
    try:
        return bundle.evaluate(requests)
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        if len(requests) == 1:
            raise CctaError(
                f"A text of {bundle.length(requests[0].path)} tokens does not fit into the memory of "
                f"{bundle.model.device}. Shorten it, or use --device cpu."
            ) from error
    if bundle.model.device.type == "cuda":
        torch.cuda.empty_cache()
    chunk.tokens = len(requests) * max(bundle.length(request.path) for request in requests)
    chunk.halve()
    return None


def _is_out_of_memory(error: Exception) -> bool:
    # PyTorch's CPU allocator raises a plain RuntimeError that says "can't allocate memory".
    return isinstance(error, torch.OutOfMemoryError) or "alloc" in str(error).lower()
