"""The tables of faithfulness: means over texts, and paired differences from random orders with their intervals."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from core.statistics import Estimate, estimate_mean
from core.validation.findings import Cell, Findings

RANDOM = "random"
WAY_NAMES = {"pad": "padded", "remove": "removed"}
AREAS = ("deletion area", "insertion area")
SHARES = ("comprehensiveness", "sufficiency", "change")
_TEXT = ["row", "language", "way"]
_ORDER = ["way", "method", "order"]
# The columns of a difference from random: its mean and its interval.
_DIFFERENCE = (" - random", " from", " to")


def area_table(frame: pd.DataFrame, about: str) -> Findings:
    """Return the areas of both curves in each order, and how they differ from those of random orders."""
    note = (
        f"{about} Deletion area: how far F is below F(x), mean over the deletion curve; insertion area: how far F is "
        "above F of the special tokens alone, mean over the insertion curve; for both, more is better. Padded: a token "
        "becomes <pad>, its position stays; removed: the model reads the text without it. Texts above random: in their "
        "deletion area."
    )
    return Findings("faithfulness", "Deletion and insertion curves", _columns(AREAS), tuple(_rows(frame, AREAS)), note)


def share_table(frame: pd.DataFrame, about: str) -> Findings:
    """Return comprehensiveness and sufficiency of each order, and how they differ from those of random orders."""
    note = (
        f"{about} Comprehensiveness: F(x) minus F without the first tokens, more is better; sufficiency: F(x) minus F "
        "with these tokens alone, less is better; change: |F(x) minus F without them|, which counts tokens that lower "
        "F as much as those that raise it. Each is the mean over the first 10, 20, 30 and 50% of the tokens. Texts "
        "above random: in their comprehensiveness."
    )
    rows = tuple(_rows(frame, SHARES))
    return Findings("faithfulness-shares", "Comprehensiveness and sufficiency", _columns(SHARES), rows, note)


def order_table(frame: pd.DataFrame, about: str) -> Findings:
    """Return, for each method, how every measure differs between the signed and the absolute order."""
    rows: list[tuple[Cell, ...]] = []
    for (way, method), part in frame[frame["order"] != RANDOM].groupby(["way", "method"], sort=False):
        signed, absolute = (part[part["order"] == order].set_index(_TEXT) for order in ("signed", "absolute"))
        if signed.empty:
            continue
        for measure in (*AREAS, *SHARES):
            difference = _over_rows((signed[measure] - absolute[measure]).reset_index(), measure)
            rows.append((method, WAY_NAMES[way], measure, *_interval(difference), len(signed)))
    columns = ("method", "tokens", "measure", "signed - absolute", "from", "to", "texts")
    return Findings("faithfulness-orders", "Signed minus absolute order", columns, tuple(rows), about)


def language_table(frame: pd.DataFrame, about: str) -> Findings:
    """Return how the areas of each language's texts differ from those of random orders."""
    rows = []
    for (language, way, method, order), part in _minus_random(frame).groupby(["language", *_ORDER], sort=False):
        cells = [cell for measure in AREAS for cell in _interval(_over_rows(part, measure))]
        rows.append((language, method, order, WAY_NAMES[way], *cells, len(part)))
    names = [f"{measure}{of}" for measure in AREAS for of in _DIFFERENCE]
    columns = ("language", "method", "order", "tokens", *names, "texts")
    return Findings("faithfulness-languages", "Curves of each language, minus random", columns, tuple(rows), about)


def _rows(frame: pd.DataFrame, measures: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """One row an order: each measure, its difference from random with interval, and the share of texts above random."""
    differences = dict(iter(_minus_random(frame).groupby(_ORDER, sort=False)))
    for (way, method, order), part in frame.groupby(_ORDER, sort=False):
        paired = differences.get((way, method, order))
        cells: list[Cell] = []
        for measure in measures:
            cells.append(_over_rows(part, measure).value)
            cells += _interval(None if paired is None else _over_rows(paired, measure))
        above = float("nan") if paired is None else float((paired[measures[0]] > 0).mean())
        yield method, order, WAY_NAMES[way], *cells, above, len(part)


def _columns(measures: Sequence[str]) -> tuple[str, ...]:
    names = [f"{measure}{of}" for measure in measures for of in ("", *_DIFFERENCE)]
    return ("method", "order", "tokens", *names, "above random", "texts")


def _minus_random(frame: pd.DataFrame) -> pd.DataFrame:
    """Every order's measures minus those of the random orders of the same text, taken out in the same way."""
    measures = [*AREAS, *SHARES]
    random = frame[frame["order"] == RANDOM].set_index(_TEXT)[measures]
    others = frame[frame["order"] != RANDOM].set_index([*_TEXT, "method", "order"])
    return (others[measures] - random.reindex(others.droplevel(["method", "order"]).index).to_numpy()).reset_index()


def _over_rows(part: pd.DataFrame, measure: str) -> Estimate:
    """The mean of a measure with its interval; the unit is the row, the mean over its languages."""
    return estimate_mean(part.groupby("row")[measure].mean().to_numpy())


def _interval(estimate: Estimate | None) -> tuple[float, float, float]:
    return (np.nan, np.nan, np.nan) if estimate is None else (estimate.value, estimate.low, estimate.high)
