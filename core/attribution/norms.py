"""The l2 and l1 norms of token attributions, from the terms of the integrand over the embedding dimension."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from core.results import Array, Norms

Components = npt.NDArray[np.float32]
"""(seq, embed) terms (x - x')_k dF/dx_k of the integrand at one point; they sum to it."""

# Numbers of a block of tokens that are worked on at once: 32 MB in double precision.
BLOCK = 2**22


def norms_of(weights: Array, components: Sequence[Components]) -> Norms:
    """Return the norms of the integrals of the components, (n,) quadrature weights at n nodes; without errors."""
    parts = [norms(np.tensordot(weights, block, 1)) for _, block in _blocks(components)]
    l2, l1 = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Norms(l2, l1)


def norms(vectors: npt.NDArray[np.floating]) -> tuple[Array, Array]:
    """Return the l2 and the l1 norm over the last axis, in double precision."""
    wide = vectors.astype(np.float64, copy=False)
    return np.sqrt(np.einsum("...k,...k->...", wide, wide)), np.abs(wide).sum(axis=-1)


def norm_changes(
    components: Sequence[Components], weights: Array, changes: Callable[[Array], Array]
) -> tuple[list[Array], list[Array]]:
    """Return the l2 and l1 norms of the integrals, and how much each changes without a node.

    Parameters
    ----------
    components : n of (seq, embed). weights : (n,) of the quadrature rule.
    changes : (n, column) integrand -> (n, column) by how much its integrals change.

    Returns
    -------
    integrals, changes : for l2 and l1, (seq,) and (n, seq) each.
    """
    found: list[list[tuple[Array, Array]]] = [[], []]
    for width, block in _blocks(components):
        n, tokens, _ = block.shape
        flat = block.reshape(n, -1)
        integral = weights @ flat
        changed = (integral + changes(flat)).reshape(n, tokens, width)
        whole = norms(integral.reshape(tokens, width))
        without = norms(changed)
        found[0].append(whole)
        found[1].append((np.abs(without[0] - whole[0]), np.abs(without[1] - whole[1])))
    integrals, moved = ([np.concatenate(pair, axis=-1) for pair in zip(*part, strict=True)] for part in found)
    return integrals, moved


def _blocks(components: Sequence[Components]) -> Iterator[tuple[int, Array]]:
    """Yield (embed, (n, token, embed) in double precision), so many tokens at once that a block stays small."""
    seq, width = components[0].shape
    tokens = max(1, BLOCK // (len(components) * width))
    for begin in range(0, seq, tokens):
        yield width, np.stack([one[begin : begin + tokens] for one in components]).astype(np.float64)
