"""F as a function of a classification head's logits: what is explained of the class."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.results import Target


def class_outputs(logits: Tensor, targets: Sequence[Target]) -> Tensor:
    """Return F of each row for its target, (batch,) from logits (batch, class); all targets have one output.

    ``logit`` z_c; ``contrast`` z_c - z_r with the fixed rival r; ``log-odds`` log p_c / (1 - p_c), which is z_c minus
    the log-sum-exp of the other logits; ``probability`` p_c. With two classes, contrast and log-odds are equal.
    """
    columns = _columns([target.index for target in targets], logits)
    chosen = logits.gather(1, columns)[:, 0]
    output = targets[0].output
    if output == "contrast":
        return chosen - logits.gather(1, _columns([target.rival for target in targets], logits))[:, 0]
    if output == "log-odds":
        return chosen - torch.logsumexp(logits.scatter(1, columns, -torch.inf), dim=1)
    if output == "probability":
        return torch.softmax(logits, dim=1).gather(1, columns)[:, 0]
    return chosen


def _columns(indices: Sequence[int], logits: Tensor) -> Tensor:
    return torch.tensor(indices, device=logits.device)[:, None]
