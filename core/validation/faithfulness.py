"""Attributions against the model itself: how F moves when tokens are taken out in the order that the scores give.

Each method is measured on the same texts, in the signed and in the absolute order of its scores, and next to random
orders. All values are in units of F (`core.validation.curves`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.attribution.methods import LOCAL_METHODS, attribute
from core.callbacks import CountCallback
from core.models.loaded import LoadedModel
from core.results import Target, TokenizedText
from core.settings import METHODS, Settings
from core.validation.curves import WAYS, Curves, Order, random_orders, token_curves, token_orders
from core.validation.faithfulness_tables import area_table, language_table, order_table, share_table
from core.validation.findings import Findings
from core.validation.texts import Explained, explained_texts

N_RANDOM = 10
# Column of the frame -> what it is of a curve.
MEASURES: Mapping[str, Callable[[Curves], float]] = {
    "deletion area": lambda curves: curves.deletion_area,
    "insertion area": lambda curves: curves.insertion_area,
    "comprehensiveness": lambda curves: curves.comprehensiveness,
    "sufficiency": lambda curves: curves.sufficiency,
    "change": lambda curves: curves.change,
}


@dataclass(frozen=True)
class Variant:
    """One way to attribute, measured next to others: its name in the tables, and its settings."""

    name: str
    settings: Settings


def method_names(text: str) -> tuple[str, ...]:
    """Return the methods that `text` names, separated by commas, or all. Raises OptionError for any other."""
    names = METHODS if text == "all" else tuple(name.strip() for name in text.split(","))
    return tuple(dict.fromkeys(Settings(method=name).method for name in names))


def method_variants(model: LoadedModel, methods: Sequence[str] = METHODS, *, seed: int = 0) -> list[Variant]:
    """Return the methods as variants; where all are given, those that are zero for the model's task are left out."""
    if model.task == "meaning" and set(methods) == set(METHODS):
        methods = [name for name in methods if name not in LOCAL_METHODS]
    common = Settings(task=model.task, explain="own", precision=model.precision, seed=seed)
    return [Variant(name, common.with_changes(method=name)) for name in methods]


def measure_faithfulness(
    model: LoadedModel,
    texts: Sequence[Explained],
    variants: Sequence[Variant],
    *,
    n_random: int = N_RANDOM,
    seed: int = 0,
    progress: CountCallback | None = None,
) -> list[Findings]:
    """Return four tables: areas of the curves, shares of the tokens, signed minus absolute order, and each language.

    Intervals of differences are paired: both terms have the same texts. The translations of a row are not independent
    of each other, so that rows are resampled, not texts.

    Parameters
    ----------
    variants : what is compared, on the same targets and by the same perturbation.
    n_random : random orders of each text; their values are averaged.
    progress : called after each text with (texts done, texts).

    Raises
    ------
    OptionError : a method is zero everywhere for the model's task.
    """
    frame = faithfulness_frame(model, texts, variants, n_random=n_random, seed=seed, progress=progress)
    n_rows = len({text.row for text in texts})
    about = (
        f"{model.info.name}, {model.task}, XNLI test, {len(texts)} texts of {n_rows} rows. In units of F, which is the "
        f"model's own prediction. Random: {n_random} orders per text. Intervals: 95%, rows resampled, paired."
    )
    return [table(frame, about) for table in (area_table, share_table, order_table, language_table)]


def faithfulness_frame(
    model: LoadedModel,
    texts: Sequence[Explained],
    variants: Sequence[Variant],
    *,
    n_random: int = N_RANDOM,
    seed: int = 0,
    progress: CountCallback | None = None,
) -> pd.DataFrame:
    """Return one row for each text, way to take tokens out, variant and order; scores without a sign have one order.

    Columns: `row`, `language`, `way`, `method` (the variant's name), `order` (signed, absolute, random) and `MEASURES`.
    Random orders are a method of their own, and the mean over `n_random` of them.
    """
    tokenized, targets = explained_texts(model, texts)
    scores = [
        [np.asarray(found.scores) for found in attribute(model, tokenized, targets, variant.settings)]
        for variant in variants
    ]
    # The two orders of scores without a sign are one.
    unsigned = {variant.name for variant, of in zip(variants, scores, strict=True) if all((s >= 0).all() for s in of)}
    random = np.random.default_rng(seed)
    records: list[dict[str, object]] = []
    for k, (given, text, target) in enumerate(zip(texts, tokenized, targets, strict=True)):
        orders = {
            (variant.name, order): positions
            for variant, of_texts in zip(variants, scores, strict=True)
            for order, positions in token_orders(text, of_texts[k]).items()
            if order == "absolute" or variant.name not in unsigned
        }
        measured = _measure_text(model, text, target, orders, random_orders(text, n_random, random))
        records += [{"row": given.row, "language": given.language} | record for record in measured]
        if progress is not None:
            progress(k + 1, len(texts))
    return pd.DataFrame(records)


def _measure_text(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    orders: Mapping[tuple[str, str], Order],
    at_random: Sequence[Order],
) -> Iterator[dict[str, object]]:
    for way in WAYS:
        curves = token_curves(model, text, target, [*orders.values(), *at_random], way=way)
        for (method, order), of_order in zip(orders, curves[: len(orders)], strict=True):
            yield {"way": way, "method": method, "order": order} | _measures([of_order])
        yield {"way": way, "method": "random", "order": "random"} | _measures(curves[len(orders) :])


def _measures(curves: Sequence[Curves]) -> dict[str, object]:
    return {name: float(np.mean([measure(each) for each in curves])) for name, measure in MEASURES.items()}
