"""The straight path from a baseline to an input, and F and its gradient at points of many such paths at once.

Every forward pass goes through `inputs_embeds`: no hooks, so nothing is shared between threads but the model,
and that is under its lock. Gradients are taken for the inputs only: by the hand-written encoder where it knows the
model, else by the module and autograd. Work is cut into chunks of a bounded number of tokens, texts of similar length
together; a chunk that does not fit into memory is halved, and the smaller size is kept from then on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.attribution.fast.encoder import encoder_of
from core.attribution.fast.packed import PackedPaths
from core.callbacks import CountCallback, ShouldCancel
from core.errors import Cancelled, CctaError
from core.models.loaded import ChunkSize, LoadedModel, RowInputs
from core.results import Target, TokenizedText

Array = npt.NDArray[np.float64]

CPU_CHUNK_TOKENS = 2048
GPU_CHUNK_TOKENS = 32_768


@dataclass(frozen=True)
class PathPoint:
    """One point of one path: the index of the path, and alpha in [0, 1]."""

    path: int
    alpha: float


@dataclass(frozen=True)
class Point:
    """F at one point of a path, and the integrand of Eq. 1 there: sum_k (x - x')_k dF/dx_k, (seq,)."""

    output: float
    gradient: Array


def default_chunk(model: LoadedModel) -> ChunkSize:
    """Return the chunk size that all work on `model` shares."""
    if model.chunk is None:
        model.chunk = ChunkSize(CPU_CHUNK_TOKENS if model.device.type == "cpu" else GPU_CHUNK_TOKENS)
    return model.chunk


class PathBundle:
    """The paths of several (text, target) pairs through one model.

    With `independent` the module itself computes everything, as a check of the hand-written encoder must.
    """

    def __init__(
        self,
        model: LoadedModel,
        texts: Sequence[TokenizedText],
        targets: Sequence[Target],
        *,
        independent: bool = False,
    ) -> None:
        self.model = model
        self.texts = list(texts)
        self.targets = list(targets)
        self._ends = [self._embed_ends(text) for text in texts]
        self._packed = None if independent else self._pack()
        has_meanings = self._packed is None and bool(targets) and targets[0].kind == "meaning"
        self._meanings = self._own_encodings() if has_meanings else None

    def _pack(self) -> PackedPaths | None:
        encoder = encoder_of(self.model)
        if encoder is None:
            return None
        inputs = [self.model.rows([text]) for text in self.texts]
        starts = [start + encoder.places(rows) for (start, _), rows in zip(self._ends, inputs, strict=True)]
        return PackedPaths(encoder, self.targets, starts, [way for _, way in self._ends])

    def _embed_ends(self, text: TokenizedText) -> tuple[Tensor, Tensor]:
        """Return x' and x - x', (seq, embed) each; equal rows where the token is a special."""
        ids = torch.tensor(text.input_ids)
        baseline_ids = torch.where(torch.from_numpy(text.special_mask), ids, self.model.pad_id)
        start = self.model.embed(baseline_ids)
        return start, self.model.embed(ids) - start

    def _own_encodings(self) -> Tensor:
        """The pooled encodings of the unperturbed texts, (text, hidden): what `meaning` compares with."""
        with torch.inference_mode():
            return torch.cat(
                [
                    self.model.pooled((start + way)[None], self.model.rows([text]))
                    for text, (start, way) in zip(self.texts, self._ends, strict=True)
                ]
            ).clone()

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
        """Return F and the integrand at `requests`, all in one forward and one backward pass."""
        if self._packed is not None:
            outputs, integrands = self._packed.evaluate([(request.path, request.alpha) for request in requests])
            return [
                Point(output, integrand.numpy()) for output, integrand in zip(outputs.tolist(), integrands, strict=True)
            ]
        embeds, ways, rows = self._assemble(requests)
        embeds.requires_grad_(True)
        values = self._target_values(embeds, rows, requests)
        (gradients,) = torch.autograd.grad(values.sum(), embeds)
        # MPS has no float64; there the sum over the embedding dimension stays in float32.
        exact = torch.float32 if gradients.device.type == "mps" else torch.float64
        per_token = (gradients.to(exact) * ways.to(exact)).sum(-1).cpu().double().numpy()
        found = values.detach().float().cpu().double().numpy()
        return [
            Point(float(found[row]), per_token[row, : self.length(request.path)])
            for row, request in enumerate(requests)
        ]

    def ends(self, path: int) -> tuple[Tensor, Tensor]:
        """Return x' and x of one path, (1, seq, embed) each."""
        start, way = self._ends[path]
        return start[None], (start + way)[None]

    def value(self, path: int, embeds: Tensor) -> Tensor:
        """Return F of one path's target at any embeddings of its text: (batch, seq, embed) -> (batch,).

        Always the module's own, so the bundle must be `independent`.
        """
        index = torch.zeros(len(embeds), dtype=torch.long, device=embeds.device)
        rows = self.model.rows([self.texts[path]]).repeat(index)
        return self._target_values(embeds, rows, [PathPoint(path, 1.0)] * len(embeds))

    def _assemble(self, requests: Sequence[PathPoint]) -> tuple[Tensor, Tensor, RowInputs]:
        """Return the embeddings at the requested points and x - x', (batch, seq, embed) each, and the other inputs."""
        used = sorted({request.path for request in requests})
        place = {path: row for row, path in enumerate(used)}
        index = torch.tensor([place[request.path] for request in requests], device=self.model.device)
        alphas = torch.tensor([request.alpha for request in requests], device=self.model.device)
        starts = torch.nn.utils.rnn.pad_sequence([self._ends[path][0] for path in used], batch_first=True)
        ways = torch.nn.utils.rnn.pad_sequence([self._ends[path][1] for path in used], batch_first=True)[index]
        embeds = starts[index] + alphas[:, None, None].to(starts.dtype) * ways
        return embeds, ways, self.model.rows([self.texts[path] for path in used]).repeat(index)

    def _target_values(self, embeds: Tensor, rows: RowInputs, requests: Sequence[PathPoint]) -> Tensor:
        targets = [self.targets[request.path] for request in requests]
        if self._meanings is not None:
            own = self._meanings[torch.tensor([request.path for request in requests], device=embeds.device)]
            return torch.nn.functional.cosine_similarity(self.model.pooled(embeds, rows).float(), own.float(), dim=-1)
        at = torch.tensor([target.index for target in targets], device=embeds.device)[:, None]
        if targets[0].kind == "class":
            return self.model.class_logits(embeds, rows).gather(1, at)[:, 0]
        starts, ends = self.model.span_logits(embeds, rows)
        is_start = torch.tensor([target.kind == "start" for target in targets], device=embeds.device)
        return torch.where(is_start, starts.gather(1, at)[:, 0], ends.gather(1, at)[:, 0])


def evaluate_all(
    bundle: PathBundle,
    requests: Sequence[PathPoint],
    chunk: ChunkSize,
    *,
    progress: CountCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[Point]:
    """Return a point for each request, computed in length-bucketed chunks.

    `progress(done, of)` is called after each chunk; `should_cancel()` is asked before each.

    Raises
    ------
    Cancelled : `should_cancel` said so. CctaError : not even one row fits into memory.
    """
    order = sorted(range(len(requests)), key=lambda i: (bundle.length(requests[i].path), i))
    points: dict[int, Point] = {}
    for position in _chunks(bundle, requests, order, chunk, points):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled.")
        with bundle.model.lock:
            found = _evaluate_or_halve(bundle, [requests[i] for i in position], chunk)
        if found is not None:
            points.update(zip(position, found, strict=True))
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
    """Yield the next requests that fit into a chunk until `done` holds all; a failed chunk comes again, smaller."""
    while len(done) < len(order):
        left = order[len(done) :]
        position: list[int] = []
        for i in left:
            if position and (len(position) + 1) * bundle.length(requests[i].path) > chunk.tokens:
                break
            position.append(i)
        yield position


def _evaluate_or_halve(bundle: PathBundle, requests: list[PathPoint], chunk: ChunkSize) -> list[Point] | None:
    """Return the points, or None after halving the chunk because they did not fit into memory."""
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
    return isinstance(error, torch.OutOfMemoryError) or "alloc" in str(error).lower()
