"""Attention within packed sequences, and its vector-Jacobian product.

Sequences are concatenated in (token, hidden) matrices, `rows`. A `Span` is a run of sequences of equal length: it is
attended to as one dense batch (sequence, head, length, size), so that no attention mask is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attribution.fast.memory import Memory

aten = torch.ops.aten

# Up to this many attention weights per head they are kept for the backward pass; above, PyTorch's tiled attention
# computes them again, which takes time but no memory of size query x key.
KEPT_WEIGHTS = 96 * 96


@dataclass(frozen=True)
class Span:
    """`count` sequences of `length` tokens each, the first at row `begin`."""

    begin: int
    count: int
    length: int

    @property
    def end(self) -> int:
        return self.begin + self.count * self.length

    def split(self, rows: Tensor, n_heads: int) -> Tensor:
        """View the span of `rows` as (sequence, head, length, size)."""
        return rows[self.begin : self.end].view(self.count, self.length, n_heads, -1).transpose(1, 2)


def gather_heads(rows: Tensor, spans: Sequence[Span], n_heads: int, memory: Memory) -> list[Tensor]:
    """Copy each span of `rows` into its own contiguous (sequence, head, length, size)."""
    views = [span.split(rows, n_heads) for span in spans]
    return [memory.empty(*view.shape).copy_(view) for view in views]


def scatter_heads(parts: Sequence[Tensor], spans: Sequence[Span], n_heads: int, rows: Tensor) -> Tensor:
    """Copy (sequence, head, length, size) back into the spans of `rows`; returns `rows`."""
    for part, span in zip(parts, spans, strict=True):
        span.split(rows, n_heads).copy_(part)
    return rows


class KeptAttention:
    """c = p v with p = softmax(q kᵀ / √size), for short sequences: p is kept for the backward pass.

    Shapes: q and c (sequence, head, query, size), k and v (sequence, head, key, size). Sequences and heads become one
    batch dimension of `bmm`. The tensors belong to `memory` and must stay valid until the backward pass.
    """

    def __init__(self, query: Tensor, key: Tensor, value: Tensor, memory: Memory) -> None:
        self._shape = query.shape
        self._query, self._key, self._value = (part.flatten(0, 1) for part in (query, key, value))
        self._scale = query.shape[-1] ** -0.5
        p = memory.empty(len(self._query), query.shape[2], key.shape[2])
        # `baddbmm` scales within the product; with beta=0 the uninitialised values of p are ignored, NaN included.
        torch.baddbmm(p, self._query, self._key.mT, beta=0, alpha=self._scale, out=p)
        self._weights = torch.softmax(p, -1, out=p)

    def context(self, memory: Memory) -> Tensor:
        return torch.bmm(self._weights, self._value, out=memory.empty(*self._query.shape)).view(self._shape)

    def backward(self, gradient: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor]:
        """dc -> dq = ds k / √size, dk = dsᵀ q / √size, dv = pᵀ dc, where dp = dc vᵀ and ds = p (dp - Σ dp p)."""
        p, g = self._weights, gradient.flatten(0, 1)
        dq, dk, dv = (memory.empty(*like.shape) for like in (self._query, self._key, self._value))
        ds = memory.empty(*p.shape)
        torch.bmm(p.mT, g, out=dv)
        torch.bmm(g, self._value.mT, out=ds)
        aten._softmax_backward_data.out(ds, p, -1, p.dtype, grad_input=ds)
        torch.baddbmm(dq, ds, self._key, beta=0, alpha=self._scale, out=dq)
        torch.baddbmm(dk, ds.mT, self._query, beta=0, alpha=self._scale, out=dk)
        sequences = self._shape[:2]
        return dq.unflatten(0, sequences), dk.unflatten(0, sequences), dv.unflatten(0, sequences)


class TiledAttention:
    """The same for long sequences, by PyTorch's attention: nothing of size query x key is allocated."""

    def __init__(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        # `data`: the three share a block of memory with other tensors, and with it autograd's version counter. Writing
        # to the others would make autograd refuse the backward pass although these three have not changed.
        q, k, v = self._inputs = [part.data.requires_grad_(True) for part in (query, key, value)]
        with torch.enable_grad():
            self._context = torch.nn.functional.scaled_dot_product_attention(q, k, v)

    def context(self, memory: Memory) -> Tensor:
        return self._context.detach()

    def backward(self, gradient: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor]:
        dq, dk, dv = torch.autograd.grad(self._context, self._inputs, gradient)
        return dq, dk, dv


Attention = KeptAttention | TiledAttention


def attend(query: Tensor, key: Tensor, value: Tensor, memory: Memory) -> Attention:
    """Return the attention of one span: q (sequence, head, query, size), k and v (sequence, head, key, size)."""
    if query.shape[2] * key.shape[2] <= KEPT_WEIGHTS:
        return KeptAttention(query, key, value, memory)
    return TiledAttention(query, key, value)


def keeps_weights(length: int) -> bool:
    """Whether the attention of a text is kept after a backward pass, so that another one can follow."""
    return length * length <= KEPT_WEIGHTS
