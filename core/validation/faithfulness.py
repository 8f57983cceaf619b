"""Attributions against the model itself: F without the highest-ranked tokens, and F with these tokens alone.

Comprehensiveness and sufficiency (ERASER; DeYoung et al. 2020), averaged over `SHARES` of the tokens. A token is
removed as in the baseline of Eq. 1: its embedding is replaced by that of `<pad>`, its position stays.

Both are divided by F(x) - F(x'), so that texts with logits of different scale can be averaged. The sign of this
difference matters: where F(x) < F(x'), the division turns a fall of F into a negative value and a rise into a positive
one. The averages over texts of both signs therefore do not decide which order of the tokens is more faithful.
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
# Highest score first (tokens that raise F), largest |score| first (as in `abs` masses), and random orders.
ORDERS = ("score", "|score|", "random")


@dataclass(frozen=True)
class Faithfulness:
    """Means over the shares of tokens, each term divided by F(x) - F(x') and clipped to [-2, 2].

    Attributes
    ----------
    comprehensiveness : (F(x) - F without the tokens) / (F(x) - F(x')).
    sufficiency : (F(x) - F with the tokens alone) / (F(x) - F(x')).
    """

    comprehensiveness: float
    sufficiency: float


def measure_faithfulness(
    model: LoadedModel, texts: Sequence[Explained], *, n_random: int = N_RANDOM, seed: int = 0
) -> Findings:
    """Return comprehensiveness and sufficiency of each order of the tokens, with 95% intervals over texts.

    "texts above random" is the share of the texts whose comprehensiveness exceeds that of the mean random order.
    """
    tokenized, targets = explained_texts(model, texts)
    attributions = integrated_gradients(model, tokenized, targets)
    random = np.random.default_rng(seed)
    by_text = [
        faithfulness(model, text, target, np.asarray(attribution.scores), n_random=n_random, random=random)
        for text, target, attribution in zip(tokenized, targets, attributions, strict=True)
    ]
    rows = []
    for order in ORDERS:
        comprehensiveness = [of_order[order].comprehensiveness for of_order in by_text]
        sufficiency = [of_order[order].sufficiency for of_order in by_text]
        above = [of_order[order].comprehensiveness > of_order["random"].comprehensiveness for of_order in by_text]
        share = float(np.mean(above)) if order != "random" else float("nan")
        rows.append((order, *_interval(comprehensiveness), *_interval(sufficiency), share, len(by_text)))
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
        f"the tokens; random: {n_random} orders per text. Comprehensiveness: F(x) minus F without these tokens; "
        "sufficiency: F(x) minus F with them alone; both divided by F(x) - F(x') and clipped to [-2, 2]. Where "
        "F(x) < F(x'), the division reverses the sign.",
    )


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    estimate = estimate_mean(values)
    return estimate.value, estimate.low, estimate.high


def faithfulness(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    scores: Array,
    *,
    n_random: int,
    random: np.random.Generator,
) -> Mapping[str, Faithfulness]:
    """Return comprehensiveness and sufficiency for each of `ORDERS` of one text's tokens.

    Parameters
    ----------
    scores : (seq,) attributions, specials included; specials are never removed.
    n_random : random orders, whose values are averaged.
    """
    bundle = PathBundle(model, [text], [target], independent=True)
    positions = np.flatnonzero(~text.special_mask)
    orders = {
        "score": [positions[np.argsort(-scores[positions], kind="stable")]],
        "|score|": [positions[np.argsort(-np.abs(scores[positions]), kind="stable")]],
        "random": [random.permutation(positions) for _ in range(n_random)],
    }
    kept = np.array([mask for of_name in orders.values() for order in of_name for mask in _masks(text, order)])
    outputs = iter(outputs_with(bundle, kept).reshape(-1, len(SHARES), 2))
    ends = np.ones((2, len(text.tokens)), dtype=bool)
    ends[1, positions] = False
    f_input, f_baseline = outputs_with(bundle, ends)
    by_name = {name: np.stack([next(outputs) for _ in of_name]) for name, of_name in orders.items()}
    difference = f_input - f_baseline
    return {
        name: Faithfulness(*(float(np.clip((f_input - f[..., k]) / difference, -2, 2).mean()) for k in (0, 1)))
        for name, f in by_name.items()
    }


def outputs_with(bundle: PathBundle, kept: npt.NDArray[np.bool_]) -> Array:
    """Return F, (row,), of a bundle's only text with the tokens in `kept`, (row, seq), and `<pad>` for the others."""
    baseline, x = bundle.ends(0)
    rows = max(1, BATCH_TOKENS // kept.shape[1])
    values = []
    with torch.inference_mode(), bundle.model.lock:
        for first in range(0, len(kept), rows):
            mask = torch.from_numpy(kept[first : first + rows]).to(x.device)[..., None]
            values.append(bundle.value(0, torch.where(mask, x, baseline)).double().cpu())
    return np.asarray(torch.cat(values).numpy())


def _masks(text: TokenizedText, order: npt.NDArray[np.int64]) -> list[npt.NDArray[np.bool_]]:
    """The tokens that are kept, for each share: all but the first of an order, then the first and specials alone."""
    masks = []
    for share in SHARES:
        leading = order[: max(1, round(share * len(order)))]
        without, alone = np.ones(len(text.tokens), dtype=bool), text.special_mask.copy()
        without[leading], alone[leading] = False, True
        masks += [without, alone]
    return masks
