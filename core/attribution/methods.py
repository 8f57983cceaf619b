"""Captum: its Layer Integrated Gradients as an independent check of ours, and other methods to compare C with.

Captum's layer methods hook the model's modules and are not thread-safe; everything here holds the model's lock.
"""

from collections.abc import Callable, Sequence
from typing import Any

import captum.attr
import numpy as np
import torch
from torch import Tensor

from core.attribution.lig import integrated_gradients
from core.attribution.paths import PathBundle, PathPoint
from core.callbacks import CountCallback, ShouldCancel
from core.errors import Cancelled, OptionError
from core.models.loaded import LoadedModel
from core.results import Array, Target, TokenAttribution, TokenizedText
from core.settings import Settings

SHAP_SAMPLES = 50
SHAP_NOISE = 0.05
BATCH_ROWS = 16
LOCAL_METHODS = ("saliency", "input-x-gradient")


def attribute(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    targets: Sequence[Target],
    settings: Settings,
    *,
    progress: CountCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[TokenAttribution]:
    """Attribute by `settings.method`: the paper's integrated gradients, or one of Captum's other methods.

    The others follow no path and have no error estimate: their `token_error` is None, and a large delta is no fault.

    Returns
    -------
    list of TokenAttribution, parallel to `texts` and `targets`.

    Raises
    ------
    OptionError : the method is zero everywhere for the task.
    CompletenessError, Cancelled : as `integrated_gradients`.
    """
    if settings.method == "integrated-gradients":
        return integrated_gradients(
            model,
            texts,
            targets,
            steps=settings.steps,
            tolerance=settings.tolerance,
            progress=progress,
            should_cancel=should_cancel,
        )
    if settings.task == "meaning" and settings.method in LOCAL_METHODS:
        raise OptionError(
            f"The method {settings.method} is zero for the task meaning: the cosine of a sentence with itself is at "
            "its maximum, where gradients vanish. Choose integrated-gradients, gradient-shap or occlusion."
        )
    bundle = PathBundle(model, texts, targets, independent=True)
    results = []
    for path in range(len(texts)):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled.")
        results.append(_attribute_one(bundle, path, settings))
        if progress is not None:
            progress(path + 1, len(texts))
    return results


def _attribute_one(bundle: PathBundle, path: int, settings: Settings) -> TokenAttribution:
    with bundle.model.lock, torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        scores, n_evaluations = _METHODS[settings.method](bundle, path)
        f_baseline, f_input = bundle.outputs([PathPoint(path, 0.0), PathPoint(path, 1.0)]).tolist()
    text = bundle.texts[path]
    return TokenAttribution(
        text=text,
        target=bundle.targets[path],
        scores=np.where(text.special_mask, 0.0, scores.detach().cpu().double().numpy()),
        f_input=f_input,
        f_baseline=f_baseline,
        n_steps=n_evaluations,
        n_forward=2,
        token_error=None,
        method=settings.method,
    )


def _saliency(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """Sum over the embedding dimension of |dF/dx| at the input; unsigned."""
    _, x = bundle.ends(path)
    method = captum.attr.Saliency(lambda embeds: bundle.value(path, embeds))
    return method.attribute(x.detach().requires_grad_(True), abs=True)[0].sum(-1), 1


def _input_x_gradient(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    _, x = bundle.ends(path)
    method = captum.attr.InputXGradient(lambda embeds: bundle.value(path, embeds))
    return method.attribute(x.detach().requires_grad_(True))[0].sum(-1), 1


def _gradient_shap(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """Expected gradients between the pad baseline and the noisy input (Lundberg and Lee 2017)."""
    start, x = bundle.ends(path)
    method = captum.attr.GradientShap(lambda embeds: bundle.value(path, embeds))
    # Captum draws from NumPy's global generator: seed it from torch's, which the caller has seeded, and restore it.
    state = np.random.get_state()
    np.random.seed(int(torch.randint(2**31, (1,))))
    try:
        scores = method.attribute(
            x.detach().requires_grad_(True),
            baselines=start.detach(),
            n_samples=SHAP_SAMPLES,
            stdevs=SHAP_NOISE * float(x.std()),
        )
    finally:
        np.random.set_state(state)
    return scores[0].sum(-1), SHAP_SAMPLES


def _occlusion(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """By how much F falls when one token's embedding is replaced by the baseline's."""
    start, x = bundle.ends(path)
    with torch.inference_mode():
        method = captum.attr.Occlusion(lambda embeds: bundle.value(path, embeds))
        scores = method.attribute(
            x, sliding_window_shapes=(1, x.shape[-1]), baselines=start, perturbations_per_eval=BATCH_ROWS
        )
    return scores[0, :, 0], x.shape[1]


_METHODS: dict[str, Callable[[PathBundle, int], tuple[Tensor, int]]] = {
    "saliency": _saliency,
    "input-x-gradient": _input_x_gradient,
    "gradient-shap": _gradient_shap,
    "occlusion": _occlusion,
}


def captum_reference(
    model: LoadedModel, text: TokenizedText, target: Target, *, n_steps: int, batch_rows: int = BATCH_ROWS
) -> Array:
    """Return the token scores, (seq,) float64, of Captum's LayerIntegratedGradients on the model's embedding layer.

    The independent way to the same number: token ids in, Captum's hook on the embedding table, Captum's Gauss-Legendre
    rule and Captum's sum. Positions and attention mask are those of the real input, as always.
    """
    bundle = PathBundle(model, [text], [target], independent=True)

    def forward(input_ids: Tensor) -> Tensor:
        embeds = model.embedding(input_ids)
        return bundle.value(0, embeds)

    ids = torch.tensor(text.input_ids, device=model.device)[None]
    special = torch.from_numpy(text.special_mask).to(model.device)
    baseline = torch.where(special, ids, model.pad_id)
    layer: Any = model.embedding
    with model.lock:
        method = captum.attr.LayerIntegratedGradients(forward, layer)
        scores = method.attribute(ids, baselines=baseline, n_steps=n_steps, internal_batch_size=max(batch_rows, 1))
    return np.asarray(scores[0].detach().cpu().double().sum(-1).numpy())
