"""Captum: its Layer Integrated Gradients as an independent check of ours, and other methods to compare C with.

Captum's layer methods hook the model's modules and are not thread-safe; everything here holds the model's lock.
"""

from collections.abc import Callable, Sequence
from typing import Any

import captum.attr
import numpy as np
import torch
from torch import Tensor

from core.attribution.baselines import baseline_ids
from core.attribution.lig import integrated_gradients
from core.attribution.norms import norms
from core.attribution.paths import PathBundle, PathPoint
from core.callbacks import CountCallback, ShouldCancel
from core.errors import Cancelled, OptionError
from core.models.loaded import LoadedModel
from core.results import Array, Norms, Target, TokenAttribution, TokenizedText
from core.settings import LOCAL_METHODS, Settings

SHAP_SAMPLES = 50
SHAP_NOISE = 0.05
BATCH_ROWS = 16


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
    OptionError : the method is zero everywhere for the task, or has no norms to aggregate by.
    CompletenessError, Cancelled : as `integrated_gradients`.
    """
    require_aggregate(settings)
    if settings.method == "integrated-gradients":
        return integrated_gradients(
            model,
            texts,
            targets,
            steps=settings.steps,
            tolerance=settings.tolerance,
            baseline=settings.baseline,
            progress=progress,
            should_cancel=should_cancel,
        )
    if settings.task == "meaning" and settings.method in LOCAL_METHODS:
        raise OptionError(
            f"The method {settings.method} is zero for the task meaning: the cosine of a sentence with itself is at "
            "its maximum, where gradients vanish. Choose integrated-gradients, gradient-shap or occlusion."
        )
    bundle = PathBundle(model, texts, targets, baseline=settings.baseline, independent=True)
    results = []
    for path in range(len(texts)):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled.")
        results.append(_attribute_one(bundle, path, settings))
        if progress is not None:
            progress(path + 1, len(texts))
    return results


def has_norms(method: str) -> bool:
    """Whether a method attributes to every embedding dimension, so that a token has an l2 and an l1 norm."""
    return method != "occlusion"


def require_aggregate(settings: Settings) -> None:
    """Raise OptionError where a method gives one number a token, and a norm of its dimensions is asked for."""
    if settings.aggregate != "sum" and not has_norms(settings.method):
        raise OptionError(
            f"{settings.method} gives one number a token, no dimensions to aggregate: use --aggregate sum."
        )


def _attribute_one(bundle: PathBundle, path: int, settings: Settings) -> TokenAttribution:
    with bundle.model.lock, torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        terms, n_evaluations = _METHODS[settings.method](bundle, path)
        f_baseline, f_input = bundle.outputs([PathPoint(path, 0.0), PathPoint(path, 1.0)]).tolist()
    text = bundle.texts[path]
    by_dimension = np.where(text.special_mask[:, None], 0.0, terms.detach().cpu().double().numpy())
    return TokenAttribution(
        text=text,
        target=bundle.targets[path],
        scores=by_dimension.sum(-1),
        f_input=f_input,
        f_baseline=f_baseline,
        n_steps=n_evaluations,
        n_forward=2,
        token_error=None,
        method=settings.method,
        norms=Norms(*norms(by_dimension)) if by_dimension.shape[1] > 1 else None,
    )


# Each method returns its terms over the embedding dimension, (seq, embed), and the evaluations that it took.


def _saliency(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """|dF/dx| at the input; unsigned."""
    _, x = bundle.ends(path)
    method = captum.attr.Saliency(lambda embeds: bundle.value(path, embeds))
    return method.attribute(x.detach().requires_grad_(True), abs=True)[0], 1


def _input_x_gradient(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    _, x = bundle.ends(path)
    method = captum.attr.InputXGradient(lambda embeds: bundle.value(path, embeds))
    return method.attribute(x.detach().requires_grad_(True))[0], 1


def _gradient_shap(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """Expected gradients between the baseline and the noisy input (Lundberg and Lee 2017)."""
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
    return scores[0], SHAP_SAMPLES


def _occlusion(bundle: PathBundle, path: int) -> tuple[Tensor, int]:
    """By how much F falls when one token's embedding is replaced by the baseline's: one number, (seq, 1)."""
    start, x = bundle.ends(path)
    with torch.inference_mode():
        method = captum.attr.Occlusion(lambda embeds: bundle.value(path, embeds))
        scores = method.attribute(
            x, sliding_window_shapes=(1, x.shape[-1]), baselines=start, perturbations_per_eval=BATCH_ROWS
        )
    return scores[0, :, :1], x.shape[1]


_METHODS: dict[str, Callable[[PathBundle, int], tuple[Tensor, int]]] = {
    "saliency": _saliency,
    "input-x-gradient": _input_x_gradient,
    "gradient-shap": _gradient_shap,
    "occlusion": _occlusion,
}


def captum_reference(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    *,
    n_steps: int,
    baseline: str = "pad",
    aggregate: str = "sum",
    batch_rows: int = BATCH_ROWS,
) -> Array:
    """Return the token scores, (seq,) float64, of Captum's LayerIntegratedGradients on the model's embedding layer.

    The independent way to the same number: token ids in, Captum's hook on the embedding table, Captum's Gauss-Legendre
    rule, and the sum or norm of what it returns. Positions and attention mask are those of the real input, as always. A
    baseline that is no token has no ids: there Captum's IntegratedGradients starts from its vectors.
    """
    bundle = PathBundle(model, [text], [target], baseline=baseline, independent=True)
    size = max(batch_rows, 1)

    def forward(input_ids: Tensor) -> Tensor:
        embeds = model.embedding(input_ids)
        return bundle.value(0, embeds)

    with model.lock:
        if baseline in ("pad", "mask"):
            ids = torch.tensor(text.input_ids, device=model.device)[None]
            start = baseline_ids(model, text, baseline).to(model.device)[None]
            layer: Any = model.embedding
            method = captum.attr.LayerIntegratedGradients(forward, layer)
            scores = method.attribute(ids, baselines=start, n_steps=n_steps, internal_batch_size=size)
        else:
            start, x = (end.detach() for end in bundle.ends(0))
            on_vectors = captum.attr.IntegratedGradients(lambda embeds: bundle.value(0, embeds))
            scores = on_vectors.attribute(x, baselines=start, n_steps=n_steps, internal_batch_size=size)
    terms = scores[0].detach().cpu().double().numpy()
    l2, l1 = norms(terms)
    return np.asarray({"sum": terms.sum(-1), "l2": l2, "l1": l1}[aggregate])
