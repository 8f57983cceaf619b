import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import DataError
from core.statistics import (
    Coefficient,
    LinearFit,
    Undefined,
    correlate,
    correlate_given,
    correlate_languages,
    correlation_over_examples,
    fit_line,
    resample,
)
from tests.world.records import made_up, square_axes

ORACLE = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}


def scatter(n, rho, seed=0):
    x, e = np.random.default_rng(seed).normal(size=(2, n))
    return x, rho * x + np.sqrt(1 - rho**2) * e


@pytest.mark.parametrize("n", [4, 6, 13])
def test_pearson_and_its_interval_are_scipys(n):
    x, y = scatter(n, 0.6)
    found, expected = correlate(x, y), stats.pearsonr(x, y)
    assert found.n == n
    assert found.value == pytest.approx(expected.statistic)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_spearman_is_scipys_with_the_interval_of_bonett_and_wright():
    x, y = scatter(11, 0.6)
    found = correlate(x, y, "spearman")
    r = stats.spearmanr(x, y).statistic
    assert found.value == pytest.approx(r)
    error = 1.959963984540054 * np.sqrt((1 + r**2 / 2) / 8)
    assert (found.low, found.high) == pytest.approx((np.tanh(np.arctanh(r) - error), np.tanh(np.arctanh(r) + error)))


@pytest.mark.parametrize(("kind", "least"), [("pearson", 0.93), ("spearman", 0.92)])
@pytest.mark.parametrize("n", [5, 6, 13])
def test_intervals_cover_the_population_coefficient(kind, least, n):
    rho = 0.6
    truth = rho if kind == "pearson" else 6 / np.pi * np.arcsin(rho / 2)
    found = [correlate(*scatter(n, rho, seed), kind) for seed in range(400)]
    assert np.mean([one.low <= truth <= one.high for one in found]) > least


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_than_four_languages_have_no_coefficient(n):
    x, y = scatter(max(n, 1), 0.5)
    assert correlate(x[:n], y[:n]) == Undefined(n, f"Too few languages for a correlation ({n}).")
    assert isinstance(fit_line(x[:n], y[:n]), Undefined)


def test_missing_values_take_their_language_out():
    x, y = scatter(8, 0.6)
    x[2], y[5] = np.nan, np.nan
    kept = [0, 1, 3, 4, 6, 7]
    assert correlate(x, y) == correlate(x[kept], y[kept])
    assert correlate([1, 2, 3, np.nan], [1, 2, 4, 3]) == Undefined(3, "Too few languages for a correlation (3).")


def test_a_side_that_does_not_vary_has_no_coefficient():
    found = correlate([0.1 + 0.2, 0.3, 0.3, 0.3, 0.3], [1, 2, 3, 4, 5])
    assert isinstance(found, Undefined)
    assert "same value" in found.reason


@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_order_of_few_languages_is_not_certain(sign):
    found = correlate(np.arange(6.0), sign * np.arange(6.0) ** 3, "spearman")
    ends = sorted((sign * found.low, sign * found.high))
    assert found.value == sign
    assert ends[1] == 1.0
    assert 0.4 < ends[0] < 0.8
    line = correlate(np.arange(6.0), sign * np.arange(6.0))
    assert (line.value, line.low, line.high) == pytest.approx((sign, sign, sign))


def test_lengths_must_agree():
    with pytest.raises(DataError, match="Two values per language"):
        correlate([1, 2, 3, 4], [1, 2, 3])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=4, max_size=13),
    st.sampled_from(["pearson", "spearman"]),
)
def test_coefficients_are_symmetric_bounded_and_turn_with_the_sign(points, kind):
    x, y = np.array(points, dtype=float).T
    found = correlate(x, y, kind)
    if isinstance(found, Undefined):
        assert np.ptp(x) == 0 or np.ptp(y) == 0
        return
    assert -1 <= found.low <= found.value <= found.high <= 1
    swapped, turned = correlate(y, x, kind), correlate(x, -y, kind)
    assert (swapped.value, swapped.low) == pytest.approx((found.value, found.low))
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


# given a covariate


def three_values(n, rho, seed=0):
    """x and y, both driven by z, with partial correlation `rho` given z."""
    z = np.random.default_rng(1000 + seed).normal(size=n)
    x, y = scatter(n, rho, seed)
    return z + x, z + y, z


def residual(values, given):
    slope, intercept = stats.linregress(given, values)[:2]
    return values - intercept - slope * given


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize("n", [5, 8, 13])
def test_the_partial_coefficient_is_that_of_the_residuals_of_two_regressions(kind, n):
    values = three_values(n, 0.5)
    found = correlate_given(*values, kind)
    x, y, z = values if kind == "pearson" else map(stats.rankdata, values)
    expected = stats.pearsonr(residual(x, z), residual(y, z)).statistic
    assert (found.kind, found.n) == (kind, n)
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_the_interval_of_a_partial_coefficient_is_that_of_one_language_fewer():
    found = correlate_given(*three_values(9, 0.5))
    ends = np.tanh(np.arctanh(found.value) + np.array([-1, 1]) * 1.959963984540054 / np.sqrt(9 - 1 - 3))
    assert (found.low, found.high) == pytest.approx(tuple(ends))


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_the_partial_coefficient_finds_what_was_simulated(rho):
    x, y, z = three_values(20_000, rho)
    assert stats.pearsonr(x, y).statistic > 0.45
    assert correlate_given(x, y, z).value == pytest.approx(rho, abs=0.02)


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize("n", [5, 7, 12])
def test_without_a_partial_relation_the_interval_holds_0_in_19_of_20_cases(kind, n):
    found = [correlate_given(*three_values(n, 0.0, seed), kind) for seed in range(600)]
    known = [one for one in found if isinstance(one, Coefficient)]
    assert len(known) > 500
    assert np.mean([one.low <= 0 <= one.high for one in known]) > 0.93


def test_a_strong_partial_relation_leaves_0_out():
    found = [correlate_given(*three_values(12, 0.9, seed)) for seed in range(200)]
    assert np.mean([one.low > 0 for one in found]) > 0.9


X, Z = np.array([0.3, 0.5, 0.1, 0.4, 0.2]), np.array([1.0, 2.0, 4.0, 3.0, 7.0])
Y = np.array([0.8, 0.6, 0.9, 0.7, 0.75])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((X[:3], Y[:3], Z[:3]), "Too few languages for a partial correlation (3): it takes at least 5."),
        ((X[:4], Y[:4], Z[:4]), "Too few languages for a partial correlation (4): it takes at least 5."),
        ((X, Y, np.where(X > 0.4, np.nan, Z)), "(4)"),
        ((np.full(5, 0.1 + 0.2), Y, Z), "All 5 languages have the same value"),
        ((X, np.full(5, 0.7), Z), "All 5 languages have the same value"),
        ((X, Y, np.full(5, 2.0)), "All 5 languages have the same value"),
        ((3 * Z + 0.1, Y, Z), "the covariate: nothing is left"),
        ((X, -0.1 * Z + 0.3, Z), "the covariate: nothing is left"),
        ((X, X, X), "the covariate: nothing is left"),
    ],
)
def test_without_a_partial_coefficient_there_is_a_reason_and_no_warning(values, reason, kind):
    found = correlate_given(*values, kind)
    assert isinstance(found, Undefined)
    assert reason in found.reason


def test_equal_orders_leave_no_partial_spearman_but_a_partial_pearson():
    x, y, z = X, Y, X**3
    assert isinstance(correlate_given(x, y, z, "spearman"), Undefined)
    assert isinstance(correlate_given(x, y, z), Coefficient)


def test_a_perfect_partial_relation_is_1():
    y = 2 * X - Z
    found = correlate_given(X, y, Z)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(-50, 50)] * 3), min_size=5, max_size=13),
    st.sampled_from(["pearson", "spearman"]),
)
def test_partial_coefficients_are_symmetric_bounded_and_turn_with_the_sign(points, kind):
    x, y, z = np.array(points, dtype=float).T
    found = correlate_given(x, y, z, kind)
    swapped, turned = correlate_given(y, x, z, kind), correlate_given(x, -y, z, kind)
    if isinstance(found, Undefined):
        assert isinstance(swapped, Undefined) and isinstance(turned, Undefined)
        return
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert swapped.value == pytest.approx(found.value, abs=1e-9)
    assert turned.value == pytest.approx(-found.value, abs=1e-9)


def test_three_lengths_must_agree():
    with pytest.raises(DataError, match="Three values per language"):
        correlate_given(X, Y, Z[:4])


# over a grid


def resampled_pair(seed=1):
    axes = square_axes()
    consistency = made_up(axes, n=120).with_own_consistency()
    return resample(consistency, seed=seed), resample(made_up(axes, n=120, seed=9, proportion=True), seed=seed)


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
@pytest.mark.parametrize("diagonal", [True, False])
def test_a_row_is_correlated_over_its_languages(kind, diagonal):
    consistency, performance = resampled_pair()
    kept = [k for k in range(6) if diagonal or k != 2]
    found = correlate_languages(consistency, performance, "es", kind, diagonal=diagonal)
    expected = ORACLE[kind](consistency.mean[2, kept], performance.mean[2, kept]).statistic
    assert isinstance(found, Coefficient)
    assert (found.value, found.n) == (pytest.approx(expected), len(kept))
    low, high = correlation_over_examples(consistency, performance, "es", kind, diagonal=diagonal)
    each = [
        ORACLE[kind](a[2, kept], b[2, kept]).statistic
        for a, b in zip(consistency.replicates, performance.replicates, strict=True)
    ]
    assert (low, high) == pytest.approx(tuple(np.quantile(each, (0.025, 0.975))))


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_a_row_is_correlated_given_a_third_grid(kind):
    consistency, performance = resampled_pair()
    uniform = resample(made_up(square_axes(), n=120, seed=5), seed=1)
    kept = [0, 1, 3, 4, 5]
    given = {"diagonal": False, "given": uniform}
    found = correlate_languages(consistency, performance, "es", kind, **given)
    grids = (consistency, performance, uniform)
    assert found == correlate_given(*(grid.mean[2, kept] for grid in grids), kind)
    each = [
        correlate_given(*values, kind) for values in zip(*(grid.replicates[:, 2, kept] for grid in grids), strict=True)
    ]
    known = [one.value for one in each if isinstance(one, Coefficient)]
    interval = correlation_over_examples(consistency, performance, "es", kind, **given)
    assert interval == pytest.approx(tuple(np.quantile(known, (0.025, 0.975))))
    with pytest.raises(DataError, match="not resampled together"):
        other = resample(made_up(square_axes(), n=120, seed=5), seed=3)
        correlation_over_examples(consistency, performance, "es", given=other)


def test_grids_that_were_not_drawn_together_are_refused():
    consistency, _ = resampled_pair(seed=1)
    _, other = resampled_pair(seed=2)
    with pytest.raises(DataError, match="not resampled together"):
        correlation_over_examples(consistency, other, "es")
    with pytest.raises(DataError, match="no row 'xx'"):
        correlate_languages(consistency, other, "xx")
    with pytest.raises(DataError, match="same languages"):
        correlate_languages(consistency, resample(made_up(square_axes("en de es"))), "es")


def test_too_few_languages_have_no_interval_over_examples_either():
    grid = resample(made_up(square_axes("en de es")))
    assert correlation_over_examples(grid, grid, "en") is None


# line


def test_the_line_is_scipys_and_its_band_a_closed_form_at_the_mean():
    x, y = scatter(11, 0.7)
    found, expected = fit_line(x, y, n_points=101), stats.linregress(x, y)
    assert isinstance(found, LinearFit)
    assert (found.slope, found.intercept) == pytest.approx((expected.slope, expected.intercept))
    np.testing.assert_allclose(found.y, expected.intercept + expected.slope * found.x)
    t = stats.t.ppf(0.975, 9)
    # Far from the mean the band's half width is t times the standard error of slope and intercept together.
    at = np.abs(found.x - x.mean()).argmin()
    residual = y - (expected.intercept + expected.slope * x)
    narrowest = t * np.sqrt((residual**2).sum() / 9 / 11)
    assert (found.high - found.low)[at] / 2 == pytest.approx(narrowest, rel=1e-3)
    error = np.sqrt((narrowest / t) ** 2 + (expected.stderr * (found.x - x.mean())) ** 2)
    np.testing.assert_allclose((found.high - found.low) / 2, t * error)
    np.testing.assert_allclose(found.y - found.low, found.high - found.y)


def test_the_band_covers_the_true_line():
    x = np.linspace(0.2, 1.0, 6)
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        found = fit_line(x, 0.5 + 0.4 * x + rng.normal(0, 0.1, 6), n_points=5)
        truth = 0.5 + 0.4 * found.x
        covered.append((found.low <= truth) & (truth <= found.high))
    assert (np.abs(np.mean(covered, axis=0) - 0.95) < 0.035).all()
