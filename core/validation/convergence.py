"""The token error of `--steps auto`, and of fixed numbers of nodes, against 300 Gauss-Legendre nodes."""

import math
from collections.abc import Sequence

import numpy as np

from core.attribution.lig import integrated_gradients
from core.models.loaded import LoadedModel
from core.results import Array, TokenAttribution
from core.validation.findings import Cell, Findings
from core.validation.texts import Explained, explained_texts

TRUTH_STEPS = 300
RULES: tuple[int | str, ...] = ("auto", 32, 50, 100)
GOAL = 0.01


def measure_convergence(
    model: LoadedModel, texts: Sequence[Explained], *, rules: Sequence[int | str] = RULES
) -> Findings:
    """Return the errors of quadrature rules on the same texts.

    The error of a text is its largest token error over its largest |score|; the reference is `TRUTH_STEPS` nodes. The
    estimate of a text is kept where its error is not above it.
    """
    tokenized, targets = explained_texts(model, texts)
    truth = [np.asarray(a.scores) for a in integrated_gradients(model, tokenized, targets, steps=TRUTH_STEPS)]
    rows: list[tuple[Cell, ...]] = []
    for rule in rules:
        attributions = integrated_gradients(model, tokenized, targets, steps=rule)
        errors = token_errors([np.asarray(a.scores) for a in attributions], truth)
        steps = [a.n_steps for a in attributions]
        name = rule if isinstance(rule, str) else f"{rule} nodes"
        quantiles = [float(np.quantile(errors, share)) for share in (0.5, 0.9, 1.0)]
        under = float(np.mean(errors < GOAL))
        rows.append(
            (name, float(np.mean(steps)), max(steps), *quantiles, under, _kept(attributions, errors), len(errors))
        )
    return Findings(
        "convergence",
        "Token error of the integral",
        ("steps", "gradients, mean", "most", "median error", "90%", "worst", "under 1%", "estimate kept", "n"),
        tuple(rows),
        f"{model.info.name}, {model.task}, XNLI test. Error: largest token error over largest |score|, relative to "
        f"{TRUTH_STEPS} Gauss-Legendre nodes.",
    )


def _kept(attributions: Sequence[TokenAttribution], errors: Array) -> float:
    """The share of texts whose estimate holds; NaN for a rule without one."""
    estimates = [a.token_error for a in attributions if a.token_error is not None]
    return float(np.mean(np.array(estimates) >= errors)) if len(estimates) == len(errors) else math.nan


def token_errors(scores: Sequence[Array], truth: Sequence[Array]) -> Array:
    """Return each text's largest token error over its largest |score|, (text,)."""
    return np.array([np.abs(a - b).max() / np.abs(b).max() for a, b in zip(scores, truth, strict=True)])
