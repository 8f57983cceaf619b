"""The table of words: means over occurrences, with intervals over examples that are drawn with their cluster."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from core.report.words.vocabulary import CHARACTERS, FREQUENCIES, LENGTHS
from core.statistics.intervals import LEVEL

WORDS = "word"
# What words can be grouped by -> (needs the text, SQL of the group).
CLASSES: Mapping[str, tuple[bool, str]] = MappingProxyType(
    {
        WORDS: (True, "type"),
        "frequency": (True, "frequency"),
        "position": (False, "fifth"),
        "length": (False, "length"),
        "script": (True, "script"),
        "characters": (True, "characters"),
        "field": (False, "field"),
    }
)
POSITIONS = ("first fifth", "second fifth", "middle", "fourth fifth", "last fifth")
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"frequency": FREQUENCIES, "position": POSITIONS, "length": LENGTHS, "characters": CHARACTERS}
)
SORTS = ("lost", "difference", "share", "n", "mass")
# What is derived from the sums -> its SQL.
_DERIVED: Mapping[str, str] = MappingProxyType({"lost": "(mass - adds)", "difference": "(mass - partners)"})
_SUMMED = ("mass", "adds", "partners")
_OF_SPELLINGS = ("frequency", "script", "characters")


def losses_sql(by: str, *, split: bool, filtered: bool, only: str | None = None, field: bool = False) -> str:
    """Return the SQL of the sums of a table of words; its parameters are the cells' numbers, then the values of `only`
    and `field`.

    Parameters
    ----------
    by : a key of `CLASSES`. split : one line for each cell and group. filtered : over the rows in `allowed` alone.
    only : a key of `CLASSES` of which one group is asked for. field : whether one field is asked for.
    """
    cell = "cell" if split else "0"
    restriction = (f"AND {CLASSES[only][1]} = ? " if only else "") + ("AND field = ?" if field else "")
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMMED)
    squares = ", ".join(
        f"sum({sql} * {sql}) AS {name}_squares, sum({sql} * n) AS {name}_with_n" for name, sql in _DERIVED.items()
    )
    return (
        f"WITH by_cluster AS (SELECT {cell} AS cell, {CLASSES[by][1]} AS key, cluster, count(*)::DOUBLE AS n, {sums} "
        f"FROM {source_sql(by, only, filtered=filtered)} WHERE cell IN (SELECT unnest(?::INTEGER[])) {restriction} "
        f"GROUP BY ALL) SELECT cell, key, sum(n) AS n, count(*) AS examples, {sums}, sum(n * n) AS n_squares, "
        f"{squares} FROM by_cluster GROUP BY ALL ORDER BY cell, key"
    )


def source_sql(*classes: str | None, filtered: bool) -> str:
    """Return the tables that a question about some classes reads."""
    types = " JOIN types USING (type)" if any(name in _OF_SPELLINGS for name in classes) else ""
    return f"occurrences{types}{' SEMI JOIN allowed USING (cell, row)' if filtered else ''}"


def losses_table(sums: pd.DataFrame) -> pd.DataFrame:
    """Return means and intervals from the sums of `losses_sql`.

    Columns: cell, key, n (occurrences), examples (in which they occur; rows of one cluster count once), means over the
    occurrences of mass, adds, lost, partners and difference (mass - partners); met, the similarity that the mass meets;
    share of all that is lost; lost_low, lost_high, difference_low, difference_high: 95% intervals of the means, from
    the variance of a ratio between clusters (Cameron and Miller 2015, A Practitioner's Guide to Cluster-Robust
    Inference) and Student's t with examples - 1 degrees of freedom; NaN where one example holds all of them. What is
    lost is never negative, and neither is its interval.
    """
    n, examples = sums["n"].to_numpy(np.float64), sums["examples"].to_numpy(np.float64)
    table = sums[["cell", "key"]].assign(n=n.astype(np.int64), examples=examples.astype(np.int64))
    for name in _SUMMED:
        table[name] = sums[name].to_numpy() / n
    table["lost"] = table["mass"] - table["adds"]
    table["difference"] = table["mass"] - table["partners"]
    table["met"] = np.divide(sums["adds"], sums["mass"], out=np.zeros(len(sums)), where=sums["mass"] > 0)
    lost = table["lost"] * n
    table["share"] = lost / lost.sum() if lost.sum() > 0 else 0.0
    for name in _DERIVED:
        mean = table[name].to_numpy()
        apart = sums[f"{name}_squares"] - 2 * mean * sums[f"{name}_with_n"] + mean**2 * sums["n_squares"]
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(np.maximum(apart, 0.0) * examples / (examples - 1)) / n
            half = np.where(examples > 1, stdtrit(examples - 1, (1 + LEVEL) / 2) * error, np.nan)
        table[f"{name}_low"], table[f"{name}_high"] = mean - half, mean + half
    return table.assign(lost_low=table["lost_low"].clip(lower=0.0))


def ranked(table: pd.DataFrame, *, sort: str = "lost", descending: bool = True, least: int = 1) -> pd.DataFrame:
    """Return a table in the order of a column; groups in fewer than `least` examples come after all others."""
    few = table["examples"] < least
    values = table[sort].to_numpy()
    order = np.lexsort((table["name"].to_numpy(str), -values if descending else values, few.to_numpy()))
    return table.iloc[order].reset_index(drop=True)
