"""Orders of languages for a grid: by family, or with mutually consistent languages as neighbours."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from core.errors import DataError
from core.text.languages import LANGUAGES

Order = Literal["paper", "family", "clustering"]
ORDERS: tuple[Order, ...] = get_args(Order)
FAMILIES = ("Germanic", "Romance", "Slavic", "East Asian", "other Indo-European", "other families")


def order_by_family(languages: Sequence[str]) -> tuple[str, ...]:
    """Return the languages by family, unknown codes last; within a family in the given order."""

    def rank(code: str) -> int:
        language = LANGUAGES.get(code)
        return FAMILIES.index(language.group) if language else len(FAMILIES)

    return tuple(sorted(languages, key=rank))


def order_by_clustering(languages: Sequence[str], consistency: npt.ArrayLike) -> tuple[str, ...]:
    """Return the languages in an order that places mutually consistent ones next to each other.

    Average linkage on the distance 1 - C, the mean of both directions, with the leaves ordered so that neighbours are
    as similar as the tree allows (Bar-Joseph et al. 2001). Of the two possible directions, the one with the first
    given language in its first half is taken, so that the order is unique.

    Parameters
    ----------
    languages : codes of rows and of columns.
    consistency : (language, language) mean C; NaN (a pair without results) is replaced by the mean of the others.

    Raises
    ------
    DataError : the grid is not square over these languages.
    """
    values = np.asarray(consistency, dtype=np.float64)
    n = len(languages)
    if values.shape != (n, n):
        raise DataError(
            f"Clustering needs every language as a training language: {n} languages, a grid of {values.shape}."
        )
    distance = 1.0 - _both_directions(values)
    off = ~np.eye(n, dtype=bool)
    known = distance[off & ~np.isnan(distance)]
    if n < 3 or not len(known):
        return tuple(languages)
    distance = np.where(np.isnan(distance), known.mean(), np.maximum(distance, 0.0))
    np.fill_diagonal(distance, 0.0)
    order = leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
    if int(np.flatnonzero(order == 0)[0]) > (n - 1) / 2:
        order = order[::-1]
    return tuple(languages[k] for k in order)


def order_rows_and_columns(
    rows: Sequence[str], columns: Sequence[str], how: Order, consistency: npt.ArrayLike
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return training languages and evaluation languages in the same order, so that the diagonal stays a diagonal.

    Clustering needs both directions of a pair, so it orders the languages that occur as rows and as columns; the others
    follow in the given order.

    Parameters
    ----------
    how : `paper` (as given), `family` or `clustering`.
    consistency : (row, column) mean C.
    """
    if how == "paper":
        return tuple(rows), tuple(columns)
    if how == "family":
        return order_by_family(rows), order_by_family(columns)
    both = [code for code in columns if code in rows]
    values = np.asarray(consistency, dtype=np.float64)
    square = values[np.ix_([list(rows).index(code) for code in both], [list(columns).index(code) for code in both])]
    ordered = order_by_clustering(both, square)

    def clustered_first(codes: Sequence[str]) -> tuple[str, ...]:
        return (*(code for code in ordered if code in codes), *(code for code in codes if code not in ordered))

    return clustered_first(rows), clustered_first(columns)


def _both_directions(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of (i, j) and (j, i); where one is NaN, the other."""
    mean = (values + values.T) / 2
    return np.where(np.isnan(mean), np.where(np.isnan(values), values.T, values), mean)
