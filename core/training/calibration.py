"""Bias-corrected temperature scaling (Alexandari et al. 2020): put a classifier's logits on the scale of other rows.

XNLI's training rows are of other genres than its development and test rows, and not equally many of each class: of
the latter a checkpoint takes too few for entailments. A scale and a bias a class, fitted on development rows, put that
right. Neither changes the masses of a class's attributions: the gradient of its logit is only multiplied.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import nn

from core.data.load import ParallelRows
from core.evaluation.evaluate import evaluate
from core.models.loaded import LoadedModel
from core.results import Array

# A scale of zero or less would turn the model's opinion round.
SMALLEST_SCALE = 0.01


@dataclass(frozen=True)
class Calibration:
    """Logits z become `scale` z + `bias`, one value a class, zero on the mean; fitted on `rows` rows."""

    scale: float
    bias: tuple[float, ...]
    rows: int


def fit_calibration(probabilities: Array, labels: np.ndarray) -> Calibration:
    """Return the scale and bias under which labels are most likely, with a normal prior of unit width around (1, 0).

    The prior weighs as much as one row: it keeps finite what a few rows, all of them right, would send to infinity.

    Parameters
    ----------
    probabilities : (row, class), the softmax of the logits. labels : (row,) indices of the right classes.
    """
    logits = np.log(np.maximum(probabilities, np.finfo(float).tiny))
    logits -= logits.mean(axis=1, keepdims=True)
    n_rows, n_classes = logits.shape
    right = np.eye(n_classes)[labels]
    start = np.concatenate(([1.0], np.zeros(n_classes)))

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        predicted = log_softmax(values[0] * logits + values[1:], axis=1)
        surplus = np.exp(predicted) - right
        away = values - start
        gradient = np.concatenate(([(surplus * logits).sum()], surplus.sum(axis=0)))
        return float(away @ away / 2 - (predicted * right).sum()) / n_rows, (gradient + away) / n_rows

    bounds = [(SMALLEST_SCALE, None), *[(None, None)] * n_classes]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9}).x
    bias = found[1:] - found[1:].mean()
    return Calibration(float(found[0]), tuple(float(value) for value in bias), n_rows)


def calibrate(model: LoadedModel, module: nn.Module, rows: ParallelRows) -> Calibration:
    """Fit the calibration of a trained classifier on `rows` and put it into its last layer's weights.

    Parameters
    ----------
    module : what was trained, the model's own or the one with adapters around it.
    """
    module.eval()
    labels = np.array([model.classes.index(label) for label in rows.labels], int)
    found = fit_calibration(evaluate(model, rows).probabilities, labels)
    layer = _last_layer(module, len(model.classes))
    with torch.no_grad():
        layer.weight.mul_(found.scale)
        layer.bias.mul_(found.scale).add_(torch.tensor(found.bias, dtype=layer.bias.dtype, device=layer.bias.device))
    return found


def _last_layer(module: nn.Module, n_classes: int) -> Any:
    """The trained linear map whose outputs are the logits."""
    return [
        part
        for part in module.modules()
        if isinstance(part, nn.Linear) and part.out_features == n_classes and part.weight.requires_grad
    ][-1]
