"""Facets of examples, and the difference between two groups of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.paths import SHIPPED_RESULTS
from core.report.facets import chosen_rows, facet_table, group_difference, sizes_of
from core.store import ExampleFilter, Scope, open_store

RUN = next(SHIPPED_RESULTS.glob("xnli-*-nli-en-*")).name


@pytest.fixture(scope="module")
def pairs():
    return open_store(SHIPPED_RESULTS).read().values(Scope(runs=(RUN,)), ExampleFilter("en", "zh"))


def test_every_row_is_in_one_group_of_a_facet(pairs):
    table = facet_table(pairs, dict.fromkeys(pairs["row"], "neutral"))
    assert table["right"].value_counts().to_dict() == {
        name: int(((pairs.source_correct == ours) & (pairs.target_correct == theirs)).sum())
        for name, ours, theirs in (
            ("both", True, True),
            ("source", True, False),
            ("target", False, True),
            ("neither", False, False),
        )
    }
    assert set(table["gold"]) == {"neutral"}
    assert (table["agree"] == "agree").sum() == pairs.same_prediction.sum()
    sizes = sizes_of(pairs)
    assert (table["size"] == "short").sum() == (pairs.n_source <= sizes.low).sum()
    assert (table["size"] == "long").sum() == (pairs.n_source > sizes.high).sum()
    swapped = facet_table(pairs, {}, swapped=True)
    assert (swapped["right"] == "target").sum() == (table["right"] == "source").sum()


def test_facets_are_combined_with_and(pairs):
    table = facet_table(pairs, {})
    rows = chosen_rows(table, {"right": ("source", "target"), "size": ("long",), "gold": ()})
    one_right = pairs.source_correct.astype(bool) ^ pairs.target_correct.astype(bool)
    assert sorted(rows) == sorted(pairs.row[one_right & (pairs.n_source > sizes_of(pairs).high)])
    assert len(chosen_rows(table, {})) == len(pairs)


def test_a_difference_without_clusters_is_that_of_two_samples():
    rng = np.random.default_rng(0)
    x, inside = pd.Series(rng.normal(size=400)), pd.Series(rng.random(400) < 0.5)
    found = group_difference(x, inside, pd.Series(np.arange(400)))
    expected = stats.ttest_ind(x[inside], x[~inside], equal_var=False).confidence_interval()
    assert found.value == pytest.approx(x[inside].mean() - x[~inside].mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=2e-3)
    assert (found.n_first, found.n_second) == (inside.sum(), (~inside).sum())


def test_the_shipped_difference_between_wrong_and_right_equals_pandas(pairs):
    wrong = ~pairs.target_correct.astype(bool)
    found = group_difference(pairs.consistency, wrong, pairs.cluster)
    means = pairs.groupby(wrong).consistency.agg(["mean", "size"])
    centred = (pairs.consistency - wrong.map(means["mean"])) / wrong.map(means["size"]) * np.where(wrong, 1, -1)
    sums = centred.groupby(pairs.cluster).sum()
    half = stats.t.ppf(0.975, len(sums) - 1) * np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum())
    value = means["mean"][True] - means["mean"][False]
    assert (found.value, found.low, found.high) == pytest.approx((value, value - half, value + half))


def test_the_interval_covers_the_difference_of_dependent_examples():
    """Clusters of three rows share half of their variance, and one in three of a cluster's rows is in the group."""
    rng, held = np.random.default_rng(1), []
    clusters = pd.Series(np.repeat(np.arange(80), 3))
    for _ in range(400):
        inside = pd.Series(rng.random(240) < 1 / 3)
        x = pd.Series(np.repeat(rng.normal(size=80), 3) + rng.normal(size=240) + 0.3 * inside)
        found = group_difference(x, inside, clusters)
        held.append(found.low <= 0.3 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.975


def test_an_empty_group_has_no_difference(pairs):
    assert group_difference(pairs.consistency, pairs.row < 0, pairs.cluster) is None
