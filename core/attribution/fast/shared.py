"""F of several classes at points of paths: one forward pass of the hand-written encoder, a backward pass per class."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.attribution.fast import attention
from core.attribution.fast.packed import PackedPaths, PathAlpha
from core.attribution.outputs import class_outputs
from core.results import Target

Evaluated = tuple[Tensor, list[Tensor], list[Tensor]]


def keeps_weights(length: int) -> bool:
    """Whether the attention of a text is kept after a backward pass, so that another one can follow."""
    return length * length <= attention.KEPT_WEIGHTS


@torch.no_grad()
def evaluate_shared(
    packed: PackedPaths, points: Sequence[PathAlpha], targets: Sequence[Sequence[Target]]
) -> list[Evaluated]:
    """Return what `PackedPaths.evaluate` returns, for each sequence of class targets parallel to `points`.

    The texts must be short enough for `keeps_weights`.
    """
    batch, encoder = packed._batch(points), packed._encoder
    order = batch.order.tolist()
    hidden, tape = encoder.forward(batch.rows, batch.spans, batch.read)
    results: list[Evaluated] = []
    for wanted in targets:
        with torch.enable_grad():
            states = hidden.detach().requires_grad_(True)
            values = class_outputs(encoder.class_logits(states), [wanted[index] for index in order])
            (of_states,) = torch.autograd.grad(values.sum(), states)
        gradient = encoder.backward(of_states, tape)
        per_token = (gradient.double() * batch.differences.double()).sum(-1)
        components = gradient.mul_(batch.differences)
        outputs = torch.empty_like(values).index_copy_(0, batch.order, values.detach())
        results.append((outputs, packed._by_point(per_token, batch), packed._by_point(components, batch)))
    return results
