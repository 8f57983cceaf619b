"""Attributions against the model itself: what happens to F when the tokens they name are taken away, or kept alone.

Comprehensiveness and sufficiency of DeYoung et al. 2020 (ERASER), over several shares of tokens. A token is taken away
as the baseline of Eq. 1 does it: its embedding becomes that of `<pad>`, its position stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core.attribution.lig import integrated_gradients
from core.attribution.paths import PathBundle
from core.models.loaded import LoadedModel
from core.results import Array, Target, TokenizedText
from core.statistics import estimate_mean
from core.validation.findings import Findings
from core.validation.texts import Explained, explained_texts

SHARES = (0.1, 0.2, 0.3, 0.5)
N_RANDOM = 10
BATCH_TOKENS = 2048
# Highest score first (what raises F), largest |score| first (what `abs` masses weigh), and no order at all.
ORDERS = ("score", "|score|", "random")


@dataclass(frozen=True)
class Faithfulness:
    """Means over the shares of tokens, in units of F(x) - F(x'): 1 is all that the text adds to the baseline.

    `comprehensiveness` is what F loses without the tokens (high is good), `sufficiency` what it lacks with them alone
    (low is good).
    """

    comprehensiveness: float
    sufficiency: float


def measure_faithfulness(
    model: LoadedModel, texts: Sequence[Explained], *, n_random: int = N_RANDOM, seed: int = 0
) -> Findings:
    """Return comprehensiveness and sufficiency of the model's attributions, beside a random order of the tokens."""
    tokenized, targets = explained_texts(model, texts)
    attributions = integrated_gradients(model, tokenized, targets)
    random = np.random.default_rng(seed)
    found = [
        faithfulness(model, text, target, np.asarray(attribution.scores), n_random=n_random, random=random)
        for text, target, attribution in zip(tokenized, targets, attributions, strict=True)
    ]
    rows = []
    for order in ORDERS:
        comprehensiveness = [entry[order].comprehensiveness for entry in found]
        sufficiency = [entry[order].sufficiency for entry in found]
        better = [entry[order].comprehensiveness > entry["random"].comprehensiveness for entry in found]
        share = float(np.mean(better)) if order != "random" else float("nan")
        rows.append((order, *_interval(comprehensiveness), *_interval(sufficiency), share, len(found)))
    return Findings(
        "faithfulness",
        "Faithfulness of the attributions",
        (
            "order",
            "comprehensiveness",
            "from",
            "to",
            "sufficiency",
            "suff. from",
            "suff. to",
            "texts above random",
            "n",
        ),
        tuple(rows),
        f"{model.info.name}, {model.task}, XNLI test; mean over the first {', '.join(f'{s:.0%}' for s in SHARES)} of "
        f"the tokens, in units of F(x) - F(x'), each cut to [-2, 2]; random: {n_random} orders a text. Without these "
        "tokens F loses the comprehensiveness (high is good), with them alone it lacks the sufficiency (low is good).",
    )


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    found = estimate_mean(values)
    return found.value, found.low, found.high


def faithfulness(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    scores: Array,
    *,
    n_random: int,
    random: np.random.Generator,
) -> Mapping[str, Faithfulness]:
    """Return the faithfulness of each order of one text's tokens.

    Parameters
    ----------
    scores : (seq,) attributions, specials included; specials are never taken away.
    """
    bundle = PathBundle(model, [text], [target], independent=True)
    places = np.flatnonzero(~text.special_mask)
    orders = {
        "score": [places[np.argsort(-scores[places], kind="stable")]],
        "|score|": [places[np.argsort(-np.abs(scores[places]), kind="stable")]],
        "random": [random.permutation(places) for _ in range(n_random)],
    }
    kept = np.array([mask for several in orders.values() for order in several for mask in _masks(text, order)])
    values = iter(values_with(bundle, kept).reshape(-1, len(SHARES), 2))
    whole = np.ones((2, len(text.tokens)), dtype=bool)
    whole[1, places] = False
    full, nothing = values_with(bundle, whole)
    of_order = {name: np.stack([next(values) for _ in several]) for name, several in orders.items()}
    gain = full - nothing
    return {
        name: Faithfulness(*(float(np.clip((full - found[..., k]) / gain, -2, 2).mean()) for k in (0, 1)))
        for name, found in of_order.items()
    }


def values_with(bundle: PathBundle, kept: npt.NDArray[np.bool_]) -> Array:
    """Return F of a bundle's only text with the tokens of each row of `kept`, (row, seq); all others are `<pad>`."""
    baseline, whole = bundle.ends(0)
    rows = max(1, BATCH_TOKENS // kept.shape[1])
    values = []
    with torch.inference_mode(), bundle.model.lock:
        for first in range(0, len(kept), rows):
            mask = torch.from_numpy(kept[first : first + rows]).to(whole.device)[..., None]
            values.append(bundle.value(0, torch.where(mask, whole, baseline)).double().cpu())
    return np.asarray(torch.cat(values).numpy())


def _masks(text: TokenizedText, order: npt.NDArray[np.int64]) -> list[npt.NDArray[np.bool_]]:
    """Which tokens stay, for each share: first without the leading tokens of an order, then with them alone."""
    masks = []
    for share in SHARES:
        leading = order[: max(1, round(share * len(order)))]
        without, alone = np.ones(len(text.tokens), dtype=bool), text.special_mask.copy()
        without[leading], alone[leading] = False, True
        masks += [without, alone]
    return masks
