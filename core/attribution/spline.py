"""The adaptive rule for the path integral: cubic splines, corrected by what F itself says of each interval.

F is known at every node, so the integral of the integrand over an interval, summed over the tokens, is known exactly:
it is the difference of F. The spline misses it by a defect. How the tokens share in the defect is estimated: a spline
without one of the nodes misses the integrand there by a vector over the tokens, and the full spline's error is assumed
to have about that direction. Given the covariance of the tokens' errors, the defect determines their conditional mean,
which is added to the integral, and their conditional variance, which is the error estimate (kriging under a linear
constraint).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from core.attribution.norms import Components, norm_changes
from core.attribution.quadrature import Integral
from core.results import Array, Norms

# The first nodes: both ends, so that F(x) and F(x') need no pass of their own, eighths, and three more where F usually
# moves.
FIRST_NODES = (0.0, 0.125, 0.1875, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875, 1.0)
MAX_NODES = 257
# Intervals bisected in a round, or an eighth of the nodes where that is more: a round costs a forward pass, a needless
# node a gradient.
BATCH = 2
# By what factor bisecting an interval is expected to reduce its error, at least; a spline's rate is 2**4.
REDUCTION = 8.0
# By how much the full spline is assumed to be better than the one without a node: see `_Interpolant.doubts`.
DROP_GAIN = 2.5
# A change of the integral belongs to the two intervals beside its node, in proportion to this power of their lengths.
LENGTH_POWER = 4
# Standard deviation of a token's own error beside the error that it shares with the others, as a multiple.
OWN = 3.0
# Where the spline without a node differs in nothing, the doubt about a token is this share of its integrand.
LEAST_SHARE = 0.01
# The least scale that small defects may give to the errors.
LEAST_SCALE = 0.05
# A defect whose square is this many times its variance is not explained by what the nodes show.
UNEXPLAINED = 4.0
# F comes from a float32 forward pass: differences of F below this share of |F| are rounding.
ROUNDING = 32 * float(np.finfo(np.float32).eps)
# Variance of a norm's error as a multiple of that of the two changes alone: tokens' own errors enter it.
NORM_VARIANCE = 3.0
TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class _Interpolant:
    """The cubic spline through n nodes, as products with the values there: one factorisation serves all tokens.

    Attributes
    ----------
    alphas : (n,) the nodes, ascending. cardinal : the splines that are 1 at one node and 0 at the others.
    between : (n - 1, n) weights of the integral over each interval. weights : (n,) of the integral over the path.
    """

    alphas: Array
    cardinal: CubicSpline
    between: Array
    weights: Array

    @classmethod
    def through(cls, alphas: Array) -> "_Interpolant":
        cardinal = CubicSpline(alphas, np.eye(len(alphas)))
        between = np.diff(cardinal.antiderivative()(alphas), axis=0)
        return cls(alphas, cardinal, between, between.sum(axis=0))

    def changes(self, integrand: Array) -> Array:
        """By how much the integrals change without a node, (n, column); the ends, which stay, repeat their neighbour.

        For interpolating splines this needs no refit: the spline without node j differs from the full one by
        (leave-one-out residual at j) x (cardinal spline of j), and the residual is the jump of the third derivative at
        j divided by the cardinal spline's own jump.

        Parameters
        ----------
        integrand : (n, column) at the nodes.
        """
        n = len(self.alphas)
        change = np.zeros((n, integrand.shape[1]))
        # `c[0]` is the cubic coefficient of each interval and cardinal spline, a sixth of the third derivative: its
        # difference at a node is the jump there, and the factor cancels in the ratio.
        inner = np.arange(2, n - 2)
        jumps = np.diff(self.cardinal.c[0], axis=0)[inner - 1]
        residuals = (jumps @ integrand) / jumps[np.arange(len(inner)), inner][:, None]
        # The value at the node without it is the value with it minus this residual.
        change[inner] = -self.weights[inner, None] * residuals
        # SciPy's default ends are not-a-knot: no jump at the first and last inner node, so these two need a refit.
        for j in (1, n - 2):
            kept = np.delete(np.arange(n), j)
            refit = CubicSpline(self.alphas[kept], np.eye(n - 1)).integrate(0.0, 1.0)
            change[j] = refit @ integrand[kept] - self.weights @ integrand
        change[[0, -1]] = change[[1, -2]]
        return change

    def doubts(self, changes: Array) -> tuple[Array, Array]:
        """Share the changes out to the intervals: of each, the parts of its first and its second node, (n - 1, column).

        Leaving a node out doubles the spacing around it, and a cubic spline's error is of fourth order: the full spline
        is better by up to 2**4, and `DROP_GAIN` assumes far less. The longer of two neighbours has most of the error.
        """
        sizes = np.diff(self.alphas) ** LENGTH_POWER
        before, after = np.r_[sizes[0], sizes], np.r_[sizes, sizes[-1]]
        later = (after / (before + after))[:, None]
        return later[:-1] * changes[:-1] / DROP_GAIN, (1.0 - later)[1:] * changes[1:] / DROP_GAIN


class AdaptiveSpline:
    """Cubic-spline quadrature whose nodes are added where the error estimate is largest.

    On interval i, with `a` and `b` (seq,) the parts there of the changes that leaving out its two nodes makes, the
    errors e of the tokens have the prior covariance

        S = s (a aᵀ + b bᵀ + D),    D = diag(OWN² (a² + b²) + (LEAST_SHARE |d| share)²),

    where d is the known defect, the difference of F minus the spline's sum, and `share` a token's share of the absolute
    integrand. Since the errors must add up to d, their mean is S1 d / 1ᵀS1 and their variances are the diagonal of
    S - S1 1ᵀS / 1ᵀS1. The scale s is the mean ratio of the squared defects to their variances, at least `LEAST_SCALE`,
    and on each interval at least its own ratio: this is how a jump between two nodes is seen.
    The intervals are summed in quadrature, as if their errors were uncorrelated. It is an estimate, not a bound.

    The norms have errors of their own, by the changes that leaving out a node makes to them, with the same scale. They
    are estimated once the sums are within the tolerance, and nodes are added until all three are.

    Parameters
    ----------
    tolerance : stop at an estimated token error of this share of the largest |score|, and of the largest norm.
    max_nodes : stop at this number of nodes whatever the estimate.

    References
    ----------
    Constants chosen on 180 texts, their effect measured on others: docs/experiments/validation.md.
    """

    def __init__(self, tolerance: float, *, max_nodes: int = MAX_NODES) -> None:
        self.tolerance = tolerance
        self.max_nodes = max_nodes
        self._alphas = np.empty(0)
        self._outputs = np.empty(0)
        self._gradients = np.empty((0, 0))
        self._components: list[Components] = []
        self._norms: Norms | None = None
        self._pending = np.array(FIRST_NODES)

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
        self._pending = self._refine()

    def solution(self) -> Integral:
        return Integral(
            self._values,
            len(self._alphas),
            self._error,
            self._error <= self.tolerance,
            self._norms,
            defect=self._defect,
        )

    def _refine(self) -> Array:
        """Estimate the integral and its errors from the nodes at hand; return the next nodes, none where it is done."""
        spline = _Interpolant.through(self._alphas)
        errors = self._estimate(spline)
        self._error = _over_path(errors)
        full = len(self._alphas) >= self.max_nodes
        if self._components and (self._error <= self.tolerance or full):
            errors = np.concatenate([errors, self._estimate_norms(spline)], axis=1)
        return np.empty(0) if full or _over_path(errors) <= self.tolerance else self._bisect(errors)

    def _estimate(self, spline: _Interpolant) -> Array:
        """Set the integral (seq,); return the relative error of each interval and token, (n - 1, seq)."""
        integrals = spline.between @ self._gradients
        first, second = spline.doubts(spline.changes(self._gradients))
        defects = np.diff(self._outputs) - integrals.sum(axis=1)
        self._defect = abs(float(defects.sum()))
        # What is rounding is not shared out, and no reason to doubt.
        rounding = ROUNDING * np.abs(self._outputs).max()
        column = (np.sign(defects) * np.maximum(np.abs(defects) - rounding, 0.0))[:, None]
        shared = first**2 + second**2
        own = OWN**2 * shared + (LEAST_SHARE * column * _shares(self._gradients)) ** 2
        with_sum = first * _total(first) + second * _total(second) + own
        of_sum = np.maximum(_total(with_sum), TINY)
        self._values = (integrals + with_sum * (column / of_sum)).sum(axis=0)
        ratios = column**2 / of_sum
        mean_ratio = float((column**2).sum() / of_sum.sum())
        self._scales = np.maximum(max(LEAST_SCALE, mean_ratio), ratios)
        variances = np.maximum(shared + own - with_sum * (with_sum / of_sum), 0.0)
        errors = np.sqrt(self._scales * variances)
        # Of a jump between two nodes, they say nothing: any token may have it.
        return _relative(np.where(ratios > UNEXPLAINED, np.maximum(errors, np.abs(column)), errors), self._values)

    def _estimate_norms(self, spline: _Interpolant) -> Array:
        """Set the norms with their errors; return the relative error of each interval and norm, (n - 1, 2 seq)."""
        integrals, changes = norm_changes(self._components, spline.weights, spline.changes)
        found = []
        for integral, change in zip(integrals, changes, strict=True):
            first, second = spline.doubts(change)
            found.append(_relative(np.sqrt(NORM_VARIANCE * self._scales * (first**2 + second**2)), integral))
        l2, l1 = integrals
        self._norms = Norms(l2, l1, l2_error=_over_path(found[0]), l1_error=_over_path(found[1]))
        return np.concatenate(found, axis=1)

    def _bisect(self, errors: Array) -> Array:
        """Return the midpoints of the worst intervals, as many as will probably do.

        Parameters
        ----------
        errors : (n - 1, column) relative errors of each interval.
        """
        n = len(self._alphas)
        room = min(max(BATCH, n // 8), self.max_nodes - n)
        worst = np.argsort(-errors.max(axis=1), kind="stable")[:room]
        # (room, column): the variance that is left once the first k + 1 intervals are bisected.
        gained = np.cumsum(errors[worst] ** 2, axis=0) * (1.0 - REDUCTION**-2)
        left = np.sqrt(np.maximum((errors**2).sum(axis=0) - gained, 0.0).max(axis=1))
        enough = int(np.argmax(left <= self.tolerance)) + 1 if (left <= self.tolerance).any() else room
        chosen = np.sort(worst[:enough])
        return (self._alphas[chosen] + self._alphas[chosen + 1]) / 2


def _shares(integrand: Array) -> Array:
    """Each token's share of the absolute integrand on each interval, (n - 1, seq), the larger of its two ends."""
    sizes = np.abs(integrand)
    shares = sizes / np.maximum(_total(sizes), TINY)
    return np.maximum(shares[:-1], shares[1:])


def _total(rows: Array) -> Array:
    return np.asarray(rows.sum(axis=1, keepdims=True))


def _relative(errors: Array, values: Array) -> Array:
    largest = float(np.abs(values).max(initial=0.0))
    return errors / largest if largest else np.zeros_like(errors)


def _over_path(errors: Array) -> float:
    """The largest column's error over the whole path, from those of the intervals."""
    return float(np.sqrt((errors**2).sum(axis=0)).max(initial=0.0))
