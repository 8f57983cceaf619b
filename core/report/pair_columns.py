"""Stored pairs as the columns of a file: C, its references, and how C compares with them."""

import pandas as pd

from core import results


def above_shuffled(pairs: pd.DataFrame) -> pd.Series:
    """Return C minus the mean C of shuffled importance, NaN where there is no C; examples can be sorted by it."""
    return pairs["consistency"] - pairs["shuffled_mean"]


def share_of_attainable(pairs: pd.DataFrame) -> pd.Series:
    """Return `References.share_of_attainable` of every pair, NaN where it is None or there is no C."""
    columns = ("consistency", "shuffled_mean", "shuffled_sd", "carried")
    return pd.Series(results.share_of_attainable(*(pairs[name] for name in columns)), index=pairs.index)


def pair_columns(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a file of pairs, from `Reader.values` or `Reader.examples`."""
    return pd.DataFrame(
        {
            "row": pairs["row"],
            "consistency": pairs["consistency"],
            "shuffled": pairs["shuffled_mean"],
            "shuffled_low": pairs["shuffled_low"],
            "shuffled_high": pairs["shuffled_high"],
            "above_shuffled": above_shuffled(pairs),
            "percentile": pairs["shuffled_percentile"],
            "equal": pairs["uniform"],
            "carried": pairs["carried"],
            "share_of_attainable": share_of_attainable(pairs),
            "mismatched": pairs["mismatched"],
            "tokens_source": pairs["n_source"],
            "tokens_target": pairs["n_target"],
            "problem": pairs["problem"],
        }
    )
