"""Quadrature of the path integral in Eq. 1: plain Gauss-Legendre, and an adaptive rule that estimates its error.

The integrand is a vector: one value per token at each alpha. It is smooth but concentrated: F changes within a small
part of the path, a different one for every text. A fixed rule needs dense nodes everywhere to resolve it; the adaptive
rule places its nodes where the integrand bends, and stops when its error estimate is small enough.

The caller drives a rule, so that the nodes of many texts can share one forward pass:

    while (alphas := rule.pending()).size:
        rule.receive(*evaluate(alphas))
    rule.solution()
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.interpolate import CubicSpline

from core.results import Array

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
    """

    values: Array
    n_nodes: int
    error: float | None
    converged: bool


class Rule(Protocol):
    """A quadrature rule on [0, 1] for vector-valued integrands."""

    def pending(self) -> Array:
        """Return the alphas to evaluate next, (k,); empty when done."""

    def receive(self, outputs: Array, gradients: Array) -> None:
        """Take F, (k,), and the integrand, (k, seq), at the pending alphas, in their order."""

    def solution(self) -> Integral:
        """Return the integral over all nodes received."""


class GaussLegendre:
    """The plain rule with a fixed number of nodes; no error estimate."""

    def __init__(self, n_nodes: int) -> None:
        nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
        self._nodes, self._weights = (nodes + 1) / 2, weights / 2
        self._gradients: Array | None = None

    def pending(self) -> Array:
        return self._nodes if self._gradients is None else np.empty(0)

    def receive(self, outputs: Array, gradients: Array) -> None:
        self._gradients = gradients

    def solution(self) -> Integral:
        if self._gradients is None:
            raise RuntimeError("The rule has received nothing yet.")
        return Integral(self._weights @ self._gradients, len(self._nodes), error=None, converged=True)


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

    Parameters
    ----------
    tolerance : stop at an estimated token error of this share of the largest |score|.
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
        self._pending = np.linspace(0.0, 1.0, FIRST_GRID)

    def pending(self) -> Array:
        return self._pending

    def receive(self, outputs: Array, gradients: Array) -> None:
        alphas = np.concatenate([self._alphas, self._pending])
        order = np.argsort(alphas)
        self._alphas = alphas[order]
        self._outputs = np.concatenate([self._outputs, outputs])[order]
        before = self._gradients.reshape(-1, gradients.shape[1])
        self._gradients = np.concatenate([before, gradients])[order]
        self._values, errors = self._estimate()
        self._error = float(np.sqrt((errors**2).sum(axis=0)).max())
        done = self._error <= self.tolerance or len(self._alphas) >= self.max_nodes
        self._pending = np.empty(0) if done else self._bisect(errors.max(axis=1))

    def solution(self) -> Integral:
        return Integral(self._values, len(self._alphas), self._error, self._error <= self.tolerance)

    def _estimate(self) -> tuple[Array, Array]:
        """Return the integral (seq,) and the relative error estimate of each interval and token, (n-1, seq)."""
        # The cardinal splines of the nodes. A spline is linear in its values, so one factorisation serves all tokens:
        # every quantity below is a product with the gradients, (n, seq).
        spline = CubicSpline(self._alphas, np.eye(len(self._alphas)))
        values = spline.integrate(0.0, 1.0) @ self._gradients
        dropped = self._dropped(spline, values) / DROP_GAIN
        # A node belongs to the two intervals that it bounds, half to each.
        errors = np.maximum((dropped[:-1] + dropped[1:]) / 2, self._incomplete(spline))
        largest = float(np.abs(values).max(initial=0.0))
        return values, errors / largest if largest else np.zeros_like(errors)

    def _incomplete(self, spline: CubicSpline) -> Array:
        """The completeness defect of each interval, distributed over the tokens, (n-1, seq)."""
        summed = spline.antiderivative()(self._alphas) @ self._gradients.sum(axis=1)
        defect = np.abs(np.diff(summed) - np.diff(self._outputs))
        beyond_rounding = np.maximum(defect - ROUNDING * np.abs(self._outputs).max(), 0.0)
        size = np.abs(self._gradients)
        share = size / np.maximum(size.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        return beyond_rounding[:, None] * np.maximum(share[:-1], share[1:])

    def _dropped(self, spline: CubicSpline, values: Array) -> Array:
        """How much the integral changes when a node is left out, (n, seq); 0 for the end nodes, which stay."""
        n = len(self._alphas)
        change = np.zeros((n, self._gradients.shape[1]))
        # `c[0]` is the cubic coefficient of each interval and cardinal spline, a sixth of the third derivative: its
        # difference at a node is the jump there, and the factor cancels in the ratio.
        inner = np.arange(2, n - 2)
        jumps = np.diff(spline.c[0], axis=0)[inner - 1]
        residuals = (jumps @ self._gradients) / jumps[np.arange(len(inner)), inner][:, None]
        change[inner] = spline.integrate(0.0, 1.0)[inner, None] * residuals
        # SciPy's default ends are not-a-knot: no jump at the first and last inner node, so these two need a refit.
        for j in (1, n - 2):
            kept = np.delete(np.arange(n), j)
            refit = CubicSpline(self._alphas[kept], np.eye(n - 1)).integrate(0.0, 1.0)
            change[j] = refit @ self._gradients[kept] - values
        return np.abs(change)

    def _bisect(self, errors: Array) -> Array:
        """Return the midpoints of the intervals with the largest errors, leaving out those with negligible ones."""
        room = min(max(self.batch, len(self._alphas) // 8), self.max_nodes - len(self._alphas))
        worst = np.argsort(-errors, kind="stable")[:room]
        relevant = worst[errors[worst] > self.tolerance / (2 * len(errors))]
        # At least one: the caller would take no pending nodes for a rule that is done.
        chosen = np.sort(relevant if relevant.size else worst[:1])
        return (self._alphas[chosen] + self._alphas[chosen + 1]) / 2
