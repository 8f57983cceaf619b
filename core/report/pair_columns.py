"""The numbers of stored pairs as columns of a table: C, what it is read against, and what is left of it."""

import pandas as pd


def above_shuffled(pairs: pd.DataFrame) -> pd.Series:
    """Return C minus the mean C of shuffled importance, by which a store can sort; NaN where there is no C."""
    return pairs["consistency"] - pairs["shuffled_mean"]


def pair_columns(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what files say of each pair of a store (`Reader.values`, `Reader.examples`), in their names."""
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
