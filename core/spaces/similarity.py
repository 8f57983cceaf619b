"""Cosine similarity between the vectors of two texts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import TransportError


def cosine_similarity(source_vectors: ArrayLike, target_vectors: ArrayLike) -> NDArray[np.float64]:
    """Return the cosine of every source vector with every target vector.

    Parameters
    ----------
    source_vectors : (n, d) array-like
    target_vectors : (m, d) array-like

    Returns
    -------
    (n, m) float64
        In [-1, 1]; 0 wherever one of the two vectors is zero.

    Raises
    ------
    TransportError
        The vectors differ in dimension, or one is not finite.
    """
    source = _unit_rows("source", source_vectors)
    target = _unit_rows("target", target_vectors)
    if source.shape[1] != target.shape[1]:
        raise TransportError(f"The vectors have {source.shape[1]} and {target.shape[1]} dimensions; use one space.")
    return np.clip(source @ target.T, -1.0, 1.0)


def _unit_rows(side: str, vectors: ArrayLike) -> NDArray[np.float64]:
    """Scale each row to length 1; a zero row stays zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        raise TransportError(f"The {side} vectors have shape {rows.shape}; give one row per token.")
    if not np.isfinite(rows).all():
        raise TransportError(f"The {side} vectors contain NaN or infinity. Compute them in fp32 precision.")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
