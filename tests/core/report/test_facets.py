"""Facets of examples, and the difference between two groups of them."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from core.paths import SHIPPED_RESULTS
from core.report.facets import chosen_rows, facet_table, group_difference, sizes_of
from core.report.fields import leading_fields
from core.store import AttributionRecord, ExampleFilter, PairRecord, Scope, WorkUnit, open_store
from tests.world.records import identity
from tests.world.stores import fill

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


def test_clusters_are_the_rows_that_share_a_premise(pairs):
    table = facet_table(pairs, {}).set_index("row")
    sizes = pairs.groupby("cluster")["row"].transform("size").to_numpy()
    assert ((table["cluster"] == "shared").to_numpy() == (sizes > 1)).all()
    assert 0 < (sizes > 1).sum() < len(pairs)
    assert (table["label"].to_numpy() == pairs["cluster"].to_numpy()).all()


@pytest.mark.parametrize("target", ["zh", "ar"])
def test_the_field_with_most_importance_equals_pandas(target):
    reader = open_store(SHIPPED_RESULTS).read()
    found = leading_fields(reader, RUN, ExampleFilter("en", target, end=""))
    read = {
        kind: pd.concat([pq.read_table(path).to_pandas() for path in (SHIPPED_RESULTS / RUN / kind).glob("*.parquet")])
        for kind in ("pairs", "attributions")
    }
    pairs = read["pairs"].query("source_language == 'en' and target_language == @target and consistency.notna()")
    texts = read["attributions"].query("language == 'en'")
    joined = pairs.merge(texts, left_on=["row", "source_target"], right_on=["row", "target_index"])
    tokens = joined.explode(["scores", "fields", "special"])
    sums = tokens[~tokens.special.astype(bool)].assign(mass=lambda held: held.scores.astype(float).abs())
    by_field = sums.pivot_table(index="row", columns="fields", values="mass", aggfunc="sum")
    assert found == by_field.idxmax(axis=1).astype(int).to_dict()
    assert set(found.values()) == {0, 1}


@pytest.mark.parametrize(
    ("mass", "level", "leading"), [("abs", "token", 1), ("positive", "token", 0), ("abs", "word", 0)]
)
def test_the_field_with_most_importance_follows_the_runs_mass_and_level(tmp_path, mass, level, leading):
    """Field 0 has a token of 1.0; field 1 one word of two, 0.9 and -0.6: 1.5 in size, 0.9 above 0, 0.3 as a word."""
    text = AttributionRecord(
        0,
        scores=(0.0, 1.0, 0.9, -0.6, 0.0),
        starts=(0, 0, 0, 2, 0),
        ends=(0, 2, 2, 4, 0),
        fields=(-1, 0, 1, 1, -1),
        words=(-1, 0, 1, 1, -1),
        special=(True, False, False, False, True),
    )
    settings = {"mass": mass, "level": level}
    units = [WorkUnit("attributions", ("en",), (0,)), WorkUnit("pairs", ("en", "es"), (0,))]
    made = {"attributions": [text], "pairs": [PairRecord(0, 2, 2, 0.5)]}
    store = fill(
        tmp_path / "store",
        units=units,
        run=identity(task="meaning", labels=(), settings=settings),
        make=lambda unit: made[unit.kind],
    )
    reader = store.read()
    (run,) = reader.runs
    assert leading_fields(reader, run, ExampleFilter("en", "es", end="")) == {0: leading}


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
