"""What the sentences on a C claim, for every order of C and its references."""

from dataclasses import replace

import pytest

from core.report.verdict import BELOW_EQUAL, verdict
from tests.world.analyses import REFERENCES


def found(consistency, **changes):
    return verdict(consistency, replace(REFERENCES, **changes))


def test_above_chance():
    assert found(0.547).text == (
        "Above chance. C is higher than 99.5% of 1,000 random shuffles of the same importance; 95% lie between 0.263 "
        "and 0.446. C is 0.028 above equal importance (0.519). C is 93% of the way from chance (mean 0.352) to "
        "carried-over importance (0.561)."
    )


def test_within_the_range_of_the_shuffles_nothing_is_claimed():
    assert found(0.36, shuffled_percentile=61.0).text.startswith(
        "Not distinguishable from chance. 61% of 1,000 random shuffles of the same importance give less; 95% lie "
        "between 0.263 and 0.446. "
    )
    same = found(0.352, shuffled_low=0.352, shuffled_high=0.352, shuffled_sd=0.0, shuffled_percentile=50.0)
    assert same.chance == "Each of 1,000 random shuffles of the same importance gives the same C, 0.352."


@pytest.mark.parametrize(
    ("consistency", "place", "lead"),
    [
        (0.5195, "above", "Above chance"),
        (0.4461, "above", "Above chance, below equal importance"),
        (0.446, "within", "Not distinguishable from chance"),
        (0.263, "within", "Not distinguishable from chance"),
        (0.2629, "below", "Below chance"),
    ],
)
def test_the_range_of_the_shuffles_decides_and_above_is_not_said_without_below(consistency, place, lead):
    assert (found(consistency).place, found(consistency).lead) == (place, lead)
    assert found(consistency, shuffled_percentile=50.0).place == place, "not the rounded percentile"


def test_below_equal_importance_says_what_it_means():
    assert found(0.453).equal == f"C is 0.066 below equal importance (0.519): {BELOW_EQUAL}."
    assert found(0.5189).equal == "C is the same as with equal importance (0.519)."
    assert BELOW_EQUAL not in found(0.52).text


def test_all_replaces_a_hundred_percent():
    assert "higher than all 1,000 random shuffles" in found(0.6, shuffled_percentile=100.0).text
    assert "lower than all 1,000 random shuffles" in found(0.1, shuffled_percentile=0.0).text
    assert "over 99.9% of 10,000" in found(0.6, shuffled_percentile=99.99, n_shuffles=10_000).text


def test_the_share_of_the_attainable_is_said_where_there_is_one():
    assert found(0.448).carried.startswith("C is 46% of the way from chance (mean 0.352) to carried-over importance")
    assert found(0.6).carried.endswith("(0.561), so above it.")
    assert found(0.2).carried == (
        "C is below the mean of the shuffles (0.352): it covers none of the way from there to carried-over importance "
        "(0.561)."
    )
    assert "below chance" not in found(0.3).text, "within the range nothing is claimed"
    assert found(0.448, shuffled_sd=0.2).carried == (
        "From chance (mean 0.352) to carried-over importance (0.561) the range is too small to say how much C covers."
    )
    assert "is not above chance (mean 0.352), so no share" in found(0.448, carried=0.3).carried
