"""Columns of stored pairs: what the store sorts by is what the tables say."""

import pytest

from core.report.pair_columns import above_shuffled, pair_columns
from core.store import ExampleFilter
from tests.world.records import ABSENT_ROW
from tests.world.stores import fill_nli


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
        "mismatched": "mismatched",
        "percentile": "shuffled_percentile",
        "shuffled": "shuffled_mean",
    }
    for ours, theirs in names.items():
        assert columns[ours].dropna().tolist() == stored[theirs].dropna().tolist()
    assert columns.loc[ABSENT_ROW, "problem"] == "DegenerateMassError"
