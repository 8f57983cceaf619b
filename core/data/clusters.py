"""Rows of a data set that are not independent: they share a premise, a context, or a sentence."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.data.rows import ParallelRows
from core.settings import get_task


def clusters_of(rows: ParallelRows) -> dict[int, int]:
    """Return row -> the lowest row of its cluster, from the texts of one language.

    Rows are in one cluster if they share one of the task's `cluster_fields`, directly or through other rows: XNLI has
    three hypotheses a premise, XQuAD about five questions a context, and PAWS-X repeats sentences. A row that shares
    nothing is its own cluster.
    """
    labels = shared_labels([[texts[field] for texts in rows.texts] for field in get_task(rows.task).cluster_fields])
    lowest: dict[int, int] = {}
    if not labels:
        return {row: row for row in rows.rows}
    for row, label in zip(rows.rows, labels, strict=True):
        lowest[label] = min(row, lowest.get(label, row))
    return {row: lowest[label] for row, label in zip(rows.rows, labels, strict=True)}


def shared_labels(columns: Sequence[Sequence[str]]) -> list[int]:
    """Return a label for each position of parallel columns: equal where a chain of equal values connects two.

    Examples
    --------
    >>> shared_labels([["a", "a", "b", "c"], ["x", "y", "y", "z"]])
    [0, 0, 0, 1]
    """
    if not columns:
        return []
    size = len(columns[0])
    values = [np.unique(np.array(column, dtype=object), return_inverse=True)[1] for column in columns]
    # A graph of positions and values: a position is joined to its value in each column.
    first = np.cumsum([size, *(int(column.max(initial=-1)) + 1 for column in values)])
    ends = np.concatenate([column + start for column, start in zip(values, first, strict=False)])
    starts = np.tile(np.arange(size), len(columns))
    graph = coo_array((np.ones(len(starts)), (starts, ends)), shape=(first[-1], first[-1]))
    return connected_components(graph, directed=False)[1][:size].tolist()
