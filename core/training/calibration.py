"""Bias-corrected temperature scaling (Alexandari et al. 2020): adapt a classifier's logits to another class prior.

XNLI's training rows are from other genres than its development and test rows, and its classes are not balanced there:
on the latter a checkpoint predicts too few entailments. One scale, and one bias per class, fitted on development rows
correct this. Neither changes the masses of a class's attributions: the scale multiplies the gradient of its logit, the
bias leaves it unchanged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import nn

from core.data.rows import ParallelRows
from core.evaluation.evaluate import evaluate
from core.models.loaded import LoadedModel
from core.results import Array

# A scale of zero or less would discard or invert the model's prediction.
SMALLEST_SCALE = 0.01


@dataclass(frozen=True)
class Calibration:
    """Logits z become `scale` z + `bias`, one bias per class with mean zero; fitted on `rows` rows."""

    scale: float
    bias: tuple[float, ...]
    rows: int


def fit_calibration(probabilities: Array, labels: npt.NDArray[np.int64]) -> Calibration:
    """Return the scale and bias with the highest posterior, under a standard normal prior around (1, 0).

    The prior keeps the estimates finite where all of a few rows are classified correctly.

    Parameters
    ----------
    probabilities : (row, class), the softmax of the logits. labels : (row,) indices of the correct classes.
    """
    logits = np.log(np.maximum(probabilities, np.finfo(float).tiny))
    logits -= logits.mean(axis=1, keepdims=True)
    n_rows, n_classes = logits.shape
    one_hot = np.eye(n_classes)[labels]
    identity = np.concatenate(([1.0], np.zeros(n_classes)))

    def loss(values: Array) -> tuple[float, Array]:
        log_probabilities = log_softmax(values[0] * logits + values[1:], axis=1)
        residual = np.exp(log_probabilities) - one_hot
        shift = values - identity
        gradient = np.concatenate(([(residual * logits).sum()], residual.sum(axis=0)))
        return float(shift @ shift / 2 - (log_probabilities * one_hot).sum()) / n_rows, (gradient + shift) / n_rows

    bounds = [(SMALLEST_SCALE, None), *[(None, None)] * n_classes]
    options = {"ftol": 1e-14, "gtol": 1e-9}
    scale, *biases = minimize(loss, identity, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    centred = np.array(biases) - np.mean(biases)
    return Calibration(float(scale), tuple(float(bias) for bias in centred), n_rows)


def calibrate(model: LoadedModel, module: nn.Module, rows: ParallelRows) -> Calibration:
    """Fit the calibration of a trained classifier on `rows` and apply it to the weights of its last layer.

    Parameters
    ----------
    module : the trained module: the model's, or the PEFT module around it.
    """
    module.eval()
    labels = np.array([model.classes.index(label) for label in rows.labels], int)
    fitted = fit_calibration(evaluate(model, rows).probabilities, labels)
    layer = _last_layer(module, len(model.classes))
    with torch.no_grad():
        layer.weight.mul_(fitted.scale)
        layer.bias.mul_(fitted.scale).add_(torch.tensor(fitted.bias, dtype=layer.bias.dtype, device=layer.bias.device))
    return fitted


def _last_layer(module: nn.Module, n_classes: int) -> Any:
    """The trained linear map whose outputs are the logits."""
    return [
        part
        for part in module.modules()
        if isinstance(part, nn.Linear) and part.out_features == n_classes and part.weight.requires_grad
    ][-1]
