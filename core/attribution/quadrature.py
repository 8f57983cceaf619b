"""Quadrature of the path integral in Eq. 1: plain Gauss-Legendre, and an adaptive rule that estimates its error.

The integrand is a vector: one value per token at each alpha. It is smooth but concentrated: F changes within a small
part of the path, a different one for every text. A fixed rule needs dense nodes everywhere to resolve it; the adaptive
rule places its nodes where the integrand bends, and stops when its error estimate is small enough.

A token's value is a sum over the embedding dimension. Where the terms of that sum are received too, the same nodes give
the integral of every term, and from them the token's l2 and l1 norm.

The caller drives a rule, so that the nodes of many texts can share one forward pass:

    while (alphas := rule.pending()).size:
        rule.receive(*evaluate(alphas))
    rule.solution()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.attribution.norms import Components, norms_of
from core.results import Array, Norms


@dataclass(frozen=True)
class Integral:
    """A path integral and its error estimate.

    Attributes
    ----------
    values : (seq,) the integral per token. n_nodes : gradient evaluations spent.
    error : estimated max_i |error_i| / max_i |values_i|; None where the rule has no estimate.
    converged : whether the rule's own stopping test was met.
    norms : of the integrals of the components; None where none were received.
    defect : |sum_i values_i - (F(x) - F(x'))| before that difference of F corrected the values; None where it did not.
    """

    values: Array
    n_nodes: int
    error: float | None
    converged: bool
    norms: Norms | None = None
    defect: float | None = None


class Rule(Protocol):
    """A quadrature rule on [0, 1] for vector-valued integrands."""

    def pending(self) -> Array:
        """Return the alphas to evaluate next, (k,); empty when done."""

    def receive(self, outputs: Array, gradients: Array, components: Sequence[Components] = ()) -> None:
        """Take F, (k,), and the integrand, (k, seq), at the pending alphas, in their order.

        `components` are the terms of the integrand over the embedding dimension, k arrays (seq, embed), or none.
        """

    def solution(self) -> Integral:
        """Return the integral over all nodes received."""


class GaussLegendre:
    """The plain rule with a fixed number of nodes; no error estimate."""

    def __init__(self, n_nodes: int) -> None:
        nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
        self._nodes, self._weights = (nodes + 1) / 2, weights / 2
        self._gradients: Array | None = None
        self._components: Sequence[Components] = ()

    def pending(self) -> Array:
        return self._nodes if self._gradients is None else np.empty(0)

    def receive(self, outputs: Array, gradients: Array, components: Sequence[Components] = ()) -> None:
        self._gradients, self._components = gradients, components

    def solution(self) -> Integral:
        if self._gradients is None:
            raise RuntimeError("The rule has received nothing yet.")
        norms = norms_of(self._weights, self._components) if self._components else None
        return Integral(self._weights @ self._gradients, len(self._nodes), error=None, converged=True, norms=norms)
