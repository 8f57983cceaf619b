import pytest

from core.text.numbers import duration
from dashboard.figures import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.12, "+1.12"), (-0.041, "−0.0410"), (0, "0"), (0.9996, "+1.00"), (12.345, "+12.3"), (-1234.5, "−1230")],
)
def test_scores_have_three_figures_and_a_sign(value, text):
    assert numbers.score(value) == text


def test_signs_are_never_hyphens_and_zero_has_none():
    assert numbers.signed(-0.11) == "−0.110"
    assert numbers.signed(-0.0001) == "0.000"
    assert numbers.signed_percent(0.323) == "+32"
    assert numbers.signed_percent(-0.004) == "0"
    assert numbers.spoken_percent(-0.05) == "minus 5 percent"
    assert numbers.decimal(-0.00001) == "0.000"


def test_interval_does_not_break():
    assert numbers.interval(0.462, 0.449, 0.475).replace("\u00a0", " ") == "0.462 [0.449, 0.475]"
    assert " " not in numbers.interval(0.462, 0.449, 0.475)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.41, "0.4 s"), (7.4, "7.4 s"), (9.97, "10 s"), (59.7, "1 min"), (200, "3 min 20 s"), (7800, "2 h 10 min")],
)
def test_times(seconds, text):
    assert duration(seconds) == text


def test_counts_and_shares():
    assert numbers.count(10_000) == "10,000"
    assert numbers.counted(1, "token") == "1 token"
    assert numbers.counted(84, "token") == "84 tokens"
    assert numbers.percent(0.2664) == "26.6%"
    assert numbers.percent(1.0) == "100%"
    assert numbers.percent(0.9996) == "100.0%"
    assert numbers.spread(0.047).replace("\u00a0", " ") == "sd 0.047"
