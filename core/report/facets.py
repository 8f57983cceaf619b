"""Facets of the examples of a language pair: which groups they fall into, and whether two groups differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.statistics.linearised import half_width

RIGHT = ("both", "source", "target", "neither")
AGREE = ("agree", "differ")
SIZES = ("short", "middle", "long")
SHARED = ("shared", "alone")
# The columns of `facet_table` that group examples.
FACETS = ("right", "gold", "agree", "size", "field", "cluster")
Chosen = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Sizes:
    """The thirds of the source texts by the number of units that carry mass: up to `low`, up to `high`, and more."""

    low: int
    high: int

    def name(self, size: str) -> str:
        """`≤ 15`, `16–22`, `> 22`."""
        return {"short": f"≤ {self.low}", "middle": f"{self.low + 1}–{self.high}", "long": f"> {self.high}"}[size]


@dataclass(frozen=True)
class GroupDifference:
    """Mean of the first group minus that of the second, with its 95% interval (NaN where one cluster holds all)."""

    value: float
    low: float
    high: float
    first: float
    second: float
    n_first: int
    n_second: int

    @property
    def settled(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def sizes_of(pairs: pd.DataFrame) -> Sizes | None:
    """Return the thirds of a language pair; None where its texts have too few lengths for three groups."""
    lengths = pairs["n_source"][pairs["problem"] == ""]
    if lengths.nunique() < len(SIZES):
        return None
    low, high = (int(lengths.quantile(share)) for share in (1 / 3, 2 / 3))
    return Sizes(low, high) if lengths.min() <= low < high < lengths.max() else None


def facet_table(
    pairs: pd.DataFrame,
    gold: Mapping[int, str | None],
    *,
    swapped: bool = False,
    fields: Mapping[int, int] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return the groups of each example: columns row, label (of its cluster), and those of `FACETS`.

    A group is "" where a facet does not apply. `cluster` says whether other examples of the pair share the cluster.

    Parameters
    ----------
    pairs : of one run, language pair and end, as `Reader.values` gives them.
    gold : row -> gold class.
    swapped : `source` of the facet `right` means the target language of the pairs.
    fields : row -> index of the field with most importance (`leading_fields`).
    """
    ours, theirs = pairs["source_correct"], pairs["target_correct"]
    if swapped:
        ours, theirs = theirs, ours
    known = (ours.notna() & theirs.notna()).to_numpy()
    right = np.select(
        [(ours == one).to_numpy() & (theirs == other).to_numpy() for one in (True, False) for other in (True, False)],
        RIGHT,
        "",
    )
    same = pairs["same_prediction"]
    sizes = sizes_of(pairs)
    lengths = pairs["n_source"].to_numpy()
    rows = pairs["row"].to_numpy(np.int64)
    label = pairs["cluster"].fillna(pairs["row"]).to_numpy(np.int64)
    groups = {
        "right": np.where(known, right, ""),
        "gold": [gold.get(row) or "" for row in rows.tolist()] if gold else "",
        "agree": np.select([(same == True).to_numpy(), (same == False).to_numpy()], AGREE, ""),  # noqa: E712
        "size": ""
        if sizes is None
        else np.where(lengths <= sizes.low, "short", np.where(lengths <= sizes.high, "middle", "long")),
        "field": [str(fields[row]) if row in fields else "" for row in rows.tolist()] if fields else "",
        "cluster": np.where(pd.Series(label).groupby(label).transform("size") > 1, *SHARED),
    }
    # As categories: few groups of up to a million examples.
    return pd.DataFrame({"row": rows, "label": label, **groups}).astype(dict.fromkeys(FACETS, "category"))


def chosen_rows(table: pd.DataFrame, chosen: Chosen) -> npt.NDArray[np.int64]:
    """Return the rows in one of the chosen groups of every facet; a facet without a choice leaves all."""
    kept = np.ones(len(table), dtype=bool)
    for name, groups in chosen.items():
        if groups:
            kept &= table[name].isin(list(groups)).to_numpy()
    rows: npt.NDArray[np.int64] = table["row"].to_numpy()[kept]
    return rows


def group_difference(values: pd.Series, first: pd.Series, clusters: pd.Series) -> GroupDifference | None:
    """Compare the mean of one group of examples with that of all others.

    Rows of one cluster may be in both groups. The variance is that of the sums of influences within clusters (the
    linearised difference of two means), and the interval Student's with one degree of freedom less than clusters.

    Parameters
    ----------
    values : (example,) NaN where there is none. first : (example,) whether it is in the first group.
    clusters : (example,) label of the rows that share a text.

    Returns
    -------
    None where a group is empty.
    """
    known = values.notna().to_numpy()
    x, inside = values.to_numpy(np.float64)[known], first.to_numpy(bool)[known]
    n_first, n_second = int(inside.sum()), int((~inside).sum())
    if not n_first or not n_second:
        return None
    means = float(x[inside].mean()), float(x[~inside].mean())
    influence = np.where(inside, (x - means[0]) / n_first, -(x - means[1]) / n_second)
    half = half_width(influence, clusters.to_numpy()[known])
    value = means[0] - means[1]
    return GroupDifference(value, value - half, value + half, *means, n_first, n_second)
