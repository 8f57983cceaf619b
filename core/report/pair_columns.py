"""Stored pairs as the columns of a file: C, its references, and their difference."""

import pandas as pd


def above_shuffled(pairs: pd.DataFrame) -> pd.Series:
    """Return C minus the mean C of shuffled importance, NaN where there is no C; examples can be sorted by it."""
    return pairs["consistency"] - pairs["shuffled_mean"]


def pair_columns(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a file of pairs, from `Reader.values` or `Reader.examples`."""
    return pd.DataFrame(
        {
            "row": pairs["row"],
            "consistency": pairs["consistency"],
            "shuffled": pairs["shuffled_mean"],
            "above_shuffled": above_shuffled(pairs),
            "percentile": pairs["shuffled_percentile"],
            "equal": pairs["uniform"],
            "mismatched": pairs["mismatched"],
            "tokens_source": pairs["n_source"],
            "tokens_target": pairs["n_target"],
            "problem": pairs["problem"],
        }
    )
