"""Initialise a new pooler to pass on the differences between texts, not what all texts share."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.models.loaded import LoadedModel
from core.training.features import Batcher, Feature

TEXTS, BATCH = 256, 32
# Standard deviation of the input of the pooler's tanh: small enough to stay in its linear range.
SPREAD = 0.3
LEAST_DEVIATION = 1e-6


def fit_pooler(model: LoadedModel, features: Sequence[Feature]) -> None:
    """Initialise a new pooler to standardise the first token's vector; a trained pooler is left unchanged.

    With random weights, the adapters first have to learn to pass the vector on. With the identity, most of the vector
    is the same for every text (90% of the squared norm in multilingual-e5-small), and the head first has to learn to
    ignore that.

    Parameters
    ----------
    features : training examples; mean and standard deviation are those of the first `TEXTS` of them.
    """
    pooler: Any = getattr(model.encoder, "pooler", None)
    # New layers have no bias yet. One text has no standard deviation.
    if pooler is None or pooler.dense.bias.any() or len(features) < 2:
        return
    with torch.no_grad():
        vectors = first_vectors(model, features[:TEXTS])
        deviation = vectors.std(dim=0)
        # A dimension in which the examples do not differ has no deviation to divide by.
        scale = SPREAD / torch.where(deviation > LEAST_DEVIATION, deviation, torch.ones_like(deviation))
        pooler.dense.weight.copy_(torch.diag(scale))
        pooler.dense.bias.copy_(-scale * vectors.mean(dim=0))


def first_vectors(model: LoadedModel, features: Sequence[Feature]) -> Tensor:
    """Return the encoder's vector of the first token of each example, (n, hidden)."""
    batcher, vectors = Batcher(model), []
    for start in range(0, len(features), BATCH):
        inputs = {name: part.to(model.device) for name, part in batcher(features[start : start + BATCH]).items()}
        inputs.pop("labels", None)
        vectors.append(model.encoder(**inputs).last_hidden_state[:, 0].float())
    return torch.cat(vectors)
