"""Columns of stored pairs: what the store sorts by is what the tables say."""

from dataclasses import replace

import pandas as pd
import pytest

from core.report.pair_columns import above_shuffled, pair_columns, share_of_attainable
from core.report.stored_example import references_of
from core.store import ExampleFilter, PairRecord
from tests.world.records import ABSENT_ROW, pair, records
from tests.world.stores import fill, fill_nli


@pytest.fixture
def pairs(tmp_path):
    reader = fill_nli(tmp_path / "store", trained=("en",), languages=("en", "es"), rows=range(12)).read()
    return reader.examples(where=ExampleFilter("en", "es"), sort="above shuffled", descending=True).frame


def test_the_store_sorts_by_what_is_left_above_shuffled_importance(pairs):
    left = above_shuffled(pairs)
    assert left.dropna().is_monotonic_decreasing
    assert left.isna().sum() == 1
    assert left.iloc[0] == pairs["consistency"].iloc[0] - pairs["shuffled_mean"].iloc[0]


def test_every_reference_has_its_column(pairs):
    columns = pair_columns(pairs).set_index("row")
    stored = pairs.set_index("row")
    names = {
        "equal": "uniform",
        "carried": "carried",
        "mismatched": "mismatched",
        "percentile": "shuffled_percentile",
        "shuffled": "shuffled_mean",
        "shuffled_high": "shuffled_high",
        "shuffled_low": "shuffled_low",
    }
    for ours, theirs in names.items():
        assert columns[ours].dropna().tolist() == stored[theirs].dropna().tolist()
    assert columns.loc[ABSENT_ROW, "problem"] == "DegenerateMassError"


def small_range(record):
    """Every other pair with so wide a range of chance that it has no share of the attainable."""
    return replace(record, shuffled_sd=9.0) if isinstance(record, PairRecord) and record.row % 2 else record


def with_small_ranges(unit):
    return [small_range(record) for record in records(unit)]


def test_the_share_of_the_attainable_is_that_of_each_pair(tmp_path):
    reader = fill(tmp_path / "store", make=with_small_ranges).read()
    where = ExampleFilter("en", "es", end="")
    frame = reader.examples(where=where, sort="share of attainable", descending=True).frame
    shares = pair_columns(frame)["share_of_attainable"]
    known = [small_range(pair("en", "es", int(row))) for row in frame["row"]]
    expected = [
        None if record.consistency is None else references_of(record).share_of_attainable(record.consistency)
        for record in known
    ]
    assert shares.notna().any() and shares.isna().sum() > 1, "some ranges are too small"
    assert [None if pd.isna(share) else share for share in shares] == pytest.approx(expected)
    assert shares.dropna().is_monotonic_decreasing and share_of_attainable(frame).equals(shares)
