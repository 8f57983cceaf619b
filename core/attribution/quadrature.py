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
from scipy.interpolate import CubicSpline

from core.attribution.norms import Components, norm_changes, norms_of
from core.results import Array, Norms

# The first nodes, equally spaced, both ends included: F(x) and F(x') then need no forward pass of their own.
FIRST_GRID = 17
# Intervals bisected in a round: a round is a forward pass, so one at a time would waste it.
BATCH = 4
MAX_NODES = 257
# By how much the full rule is assumed to be better than the one without a node; see `AdaptiveSpline`.
DROP_GAIN = 2.5
# F comes from a float32 forward pass: differences of F below this share of |F| are rounding.
ROUNDING = 32 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Integral:
    """A path integral and its error estimate.

    Attributes
    ----------
    values : (seq,) the integral per token. n_nodes : gradient evaluations spent.
    error : estimated max_i |error_i| / max_i |values_i|; None where the rule has no estimate.
    converged : whether the rule's own stopping test was met.
    norms : of the integrals of the components; None where none were received.
    """

    values: Array
    n_nodes: int
    error: float | None
    converged: bool
    norms: Norms | None = None


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


class AdaptiveSpline:
    """Cubic-spline quadrature whose nodes are added where the error estimate is largest.

    The estimate is, for each interval and token, the larger of two independent indicators of error. Neither needs
    another model evaluation. The intervals are summed in quadrature, as if their errors were uncorrelated. It is an
    estimate, not a bound.

    - Dropping a node: by how much the integral would change without it. For interpolating splines this needs no refit:
      the spline without node j differs from the full one by (leave-one-out residual at j) x (cardinal spline of j), so
      the integral differs by residual x weight, and the residual is the jump of the third derivative at j divided by
      the cardinal spline's own jump. Leaving a node out doubles the spacing around it, and a cubic spline's error is
      of fourth order: the full rule is better by up to 2**4, and `DROP_GAIN` assumes far less.
    - Completeness on each interval: F is known at every node, so the integral of the integrand summed over tokens must
      equal the difference of F between neighbouring nodes. This detects a jump between two nodes, which the first
      indicator cannot see; the defect is distributed over the tokens in proportion to their share of the integrand.

    The norms have errors of their own, by the same two indicators: by how much a norm would change without a node, and
    the completeness defect, taken as the same relative error of every term. They are estimated once the sums are within
    the tolerance, and nodes are added until all three are.

    Parameters
    ----------
    tolerance : stop at an estimated token error of this share of the largest |score|, and of the largest norm.
    max_nodes : stop at this number of nodes whatever the estimate.
    batch : a round bisects at most this many intervals, or an eighth of the nodes where that is more.
    """

    def __init__(self, tolerance: float, *, max_nodes: int = MAX_NODES, batch: int = BATCH) -> None:
        self.tolerance = tolerance
        self.max_nodes = max_nodes
        self.batch = batch
        self._alphas = np.empty(0)
        self._outputs = np.empty(0)
        self._gradients = np.empty((0, 0))
        self._components: list[Components] = []
        self._norms: Norms | None = None
        self._pending = np.linspace(0.0, 1.0, FIRST_GRID)

    def pending(self) -> Array:
        return self._pending

    def receive(self, outputs: Array, gradients: Array, components: Sequence[Components] = ()) -> None:
        alphas = np.concatenate([self._alphas, self._pending])
        order = np.argsort(alphas)
        arrived = [*self._components, *components]
        self._components = [arrived[k] for k in order] if arrived else []
        self._alphas = alphas[order]
        self._outputs = np.concatenate([self._outputs, outputs])[order]
        before = self._gradients.reshape(-1, gradients.shape[1])
        self._gradients = np.concatenate([before, gradients])[order]
        # The cardinal splines of the nodes. A spline is linear in its values, so one factorisation serves all tokens:
        # every quantity below is a product with the gradients, (n, seq).
        spline = CubicSpline(self._alphas, np.eye(len(self._alphas)))
        errors = self._estimate(spline)
        full = len(self._alphas) >= self.max_nodes
        within = self._error <= self.tolerance
        if self._components and (within or full):
            errors = np.maximum(errors, self._estimate_norms(spline))
            within = within and self._norm_error <= self.tolerance
        self._pending = np.empty(0) if within or full else self._bisect(errors.max(axis=1))

    def solution(self) -> Integral:
        return Integral(self._values, len(self._alphas), self._error, self._error <= self.tolerance, self._norms)

    @property
    def _norm_error(self) -> float:
        norms = self._norms
        return 0.0 if norms is None else max(norms.l2_error or 0.0, norms.l1_error or 0.0)

    def _estimate(self, spline: CubicSpline) -> Array:
        """Set the integral (seq,) and its error; return the relative error of each interval and token, (n-1, seq)."""
        self._values = spline.integrate(0.0, 1.0) @ self._gradients
        dropped = np.abs(self._changes(spline, self._gradients, self._values))
        errors, self._error = self._combined(spline, dropped, np.abs(self._gradients), self._values)
        return errors

    def _estimate_norms(self, spline: CubicSpline) -> Array:
        """Set the norms with their errors; return the larger of the two of each interval and token, (n-1, seq)."""
        integrals, changes, sizes = norm_changes(
            self._components, spline.integrate(0.0, 1.0), lambda block, values: self._changes(spline, block, values)
        )
        both = [
            self._combined(spline, change, size, integral)
            for change, size, integral in zip(changes, sizes, integrals, strict=True)
        ]
        l2, l1 = integrals
        self._norms = Norms(l2, l1, l2_error=both[0][1], l1_error=both[1][1])
        return np.maximum(both[0][0], both[1][0])

    def _combined(self, spline: CubicSpline, dropped: Array, sizes: Array, values: Array) -> tuple[Array, float]:
        """Return the relative error of each interval and token, (n-1, seq), and the largest token's over the path.

        Parameters
        ----------
        dropped : (n, seq) by how much a value changes without a node. sizes : (n, seq) of the integrand there.
        values : (seq,) the integrals.
        """
        dropped = dropped / DROP_GAIN
        # A node belongs to the two intervals that it bounds, half to each.
        errors = np.maximum((dropped[:-1] + dropped[1:]) / 2, self._incomplete(spline, sizes))
        largest = float(np.abs(values).max(initial=0.0))
        errors = errors / largest if largest else np.zeros_like(errors)
        return errors, float(np.sqrt((errors**2).sum(axis=0)).max())

    def _incomplete(self, spline: CubicSpline, sizes: Array) -> Array:
        """The completeness defect of each interval, as a share of the integrand applied to `sizes`, (n-1, seq)."""
        summed = spline.antiderivative()(self._alphas) @ self._gradients.sum(axis=1)
        defect = np.abs(np.diff(summed) - np.diff(self._outputs))
        beyond_rounding = np.maximum(defect - ROUNDING * np.abs(self._outputs).max(), 0.0)
        total = np.abs(self._gradients).sum(axis=1, keepdims=True)
        share = sizes / np.maximum(total, np.finfo(float).tiny)
        return beyond_rounding[:, None] * np.maximum(share[:-1], share[1:])

    def _changes(self, spline: CubicSpline, integrand: Array, values: Array) -> Array:
        """By how much the integrals, (column,), change without a node, (n, column); 0 for the end nodes, which stay.

        Parameters
        ----------
        integrand : (n, column) at the nodes.
        """
        n = len(self._alphas)
        change = np.zeros((n, integrand.shape[1]))
        # `c[0]` is the cubic coefficient of each interval and cardinal spline, a sixth of the third derivative: its
        # difference at a node is the jump there, and the factor cancels in the ratio.
        inner = np.arange(2, n - 2)
        jumps = np.diff(spline.c[0], axis=0)[inner - 1]
        residuals = (jumps @ integrand) / jumps[np.arange(len(inner)), inner][:, None]
        # The value at the node without it is the value with it minus this residual.
        change[inner] = -spline.integrate(0.0, 1.0)[inner, None] * residuals
        # SciPy's default ends are not-a-knot: no jump at the first and last inner node, so these two need a refit.
        for j in (1, n - 2):
            kept = np.delete(np.arange(n), j)
            refit = CubicSpline(self._alphas[kept], np.eye(n - 1)).integrate(0.0, 1.0)
            change[j] = refit @ integrand[kept] - values
        return change

    def _bisect(self, errors: Array) -> Array:
        """Return the midpoints of the intervals with the largest errors, leaving out those with negligible ones."""
        room = min(max(self.batch, len(self._alphas) // 8), self.max_nodes - len(self._alphas))
        worst = np.argsort(-errors, kind="stable")[:room]
        relevant = worst[errors[worst] > self.tolerance / (2 * len(errors))]
        # At least one: the caller would take no pending nodes for a rule that is done.
        chosen = np.sort(relevant if relevant.size else worst[:1])
        return (self._alphas[chosen] + self._alphas[chosen + 1]) / 2
