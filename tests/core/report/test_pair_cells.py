"""The cells behind the readings: their means are the readings' values, and their parts sum up to the lead."""

import itertools

import numpy as np
import pytest

from core.report.pair_cells import (
    checkpoints_most_alike_with,
    drivers,
    own_pair_parts,
    pair_cells,
    pair_means,
)
from core.report.readings import compute_readings
from core.statistics.pair_values import PairValues

LANGUAGES = ("en", "de", "es", "fr", "ko", "zh")
PAIRS = tuple(itertools.combinations(LANGUAGES, 2))


def quantities(*, trained=LANGUAGES, missing=(), seed=0, alike=None, checkpoint=None):
    """C and its references; `missing` are (checkpoint, pair) without values, `alike` and `checkpoint` their effects."""
    rng = np.random.default_rng(seed)
    pair_effects = rng.normal(0, 0.05, len(PAIRS)) if alike is None else np.asarray(alike)
    effects = rng.normal(0, 0.02, len(trained)) if checkpoint is None else np.asarray(checkpoint)
    shape = (len(trained), len(PAIRS), 20)
    values = 0.4 + effects[:, None, None] + pair_effects[:, None] + rng.normal(0, 0.02, shape)
    parts = {
        "consistency": values,
        "shuffled": values - 0.06 + rng.normal(0, 0.01, shape),
        "uniform": values + 0.05 + rng.normal(0, 0.01, shape),
        "carried": values + 0.08 + rng.normal(0, 0.01, shape),
    }
    for array in parts.values():
        for i, j in missing:
            array[i, j] = np.nan
    examples = np.arange(20)
    return {name: PairValues(tuple(trained), PAIRS, examples, examples // 2, array) for name, array in parts.items()}


@pytest.fixture(scope="module")
def whole():
    stored = quantities()
    return pair_cells(stored, n_resamples=100), compute_readings(stored, n_resamples=100)


@pytest.mark.parametrize("name", ["same-pairs", "above-shuffled", "above-equal", "share-of-attainable"])
def test_the_mean_of_a_readings_cells_is_its_value(whole, name):
    cells, readings = whole
    np.testing.assert_allclose(cells.of_reading(name).mean(axis=1), readings.by_name(name).ranking.values, rtol=1e-12)
    np.testing.assert_allclose(cells.deviations(name).mean(axis=0), 0, atol=1e-12)


def test_drivers_are_the_difference_pair_by_pair_and_lose_the_strongest(whole):
    cells, readings = whole
    found, ranking = drivers(cells, readings, "same-pairs"), readings.by_name("same-pairs").ranking
    assert found.differences.mean() == pytest.approx(ranking.difference.value)
    assert list(found.differences) == sorted(found.differences, reverse=True)
    assert found.without_strongest == pytest.approx(found.differences[1:].mean())
    assert found.n_ahead == sum(value > 0 for value in found.differences)


def test_without_the_own_language_only_pairs_with_neither_are_compared(whole):
    cells, readings = whole
    found, ranking = drivers(cells, readings, "other-languages"), readings.by_name("other-languages").ranking
    assert len(found.pairs) == 6
    assert not any({ranking.leader, ranking.runner_up} & set(pair) for pair in found.pairs)
    assert found.without_strongest is not None


@pytest.mark.parametrize(("name", "share"), [("own-pairs", 1.0), ("paper", 5 / 6)])
def test_without_a_checkpoint_effect_the_lead_on_own_pairs_is_all_pairs(name, share):
    alike = [0.1 if "en" in pair else 0.0 for pair in PAIRS]
    stored = quantities(alike=alike, checkpoint=[0.0] * 6)
    cells, readings = pair_cells(stored, n_resamples=50), compute_readings(stored, n_resamples=50)
    parts = own_pair_parts(cells, readings, name)
    assert readings.by_name(name).ranking.leader == "en"
    assert parts.pairs == pytest.approx(0.08 * share, abs=0.01)
    assert parts.checkpoint == pytest.approx(0.0, abs=0.01)
    assert parts.total == pytest.approx(readings.by_name(name).ranking.difference.value)
    assert checkpoints_most_alike_with(cells, "en") == 6
    assert checkpoints_most_alike_with(cells, "zh") == 0


def test_without_a_pair_effect_the_lead_on_own_pairs_is_the_checkpoints():
    stored = quantities(alike=[0.0] * len(PAIRS), checkpoint=[0, 0, 0.05, 0, 0, 0])
    cells, readings = pair_cells(stored, n_resamples=50), compute_readings(stored, n_resamples=50)
    parts = own_pair_parts(cells, readings, "own-pairs")
    assert readings.by_name("own-pairs").ranking.leader == "es"
    assert parts.checkpoint == pytest.approx(0.05, abs=0.01)
    assert abs(parts.pairs) < 0.01


def test_a_pair_that_waits_for_a_checkpoint_is_named_and_not_compared():
    at = PAIRS.index(("en", "es"))
    stored = quantities(missing=[(LANGUAGES.index("ko"), at)])
    cells = pair_cells(stored, n_resamples=50)
    assert cells.waiting_for == ("ko",)
    assert int(cells.shared.sum()) == len(PAIRS) - 1
    assert np.isnan(cells.deviations("same-pairs")[:, at]).all()
    assert pair_means(cells.means["consistency"])[at] == pytest.approx(
        np.delete(cells.means["consistency"][:, at], 4).mean()
    )


def test_own_pairs_alone_cannot_be_split():
    missing = [(i, j) for i, code in enumerate(LANGUAGES) for j, pair in enumerate(PAIRS) if code not in pair]
    stored = quantities(missing=missing)
    cells, readings = pair_cells(stored, n_resamples=50), compute_readings(stored, n_resamples=50)
    assert own_pair_parts(cells, readings, "paper") is None
    assert cells.waiting_for == LANGUAGES
    assert checkpoints_most_alike_with(cells, "en") == 0


def test_one_training_language_has_cells_with_intervals_but_no_readings():
    cells = pair_cells(quantities(trained=("en",)), n_resamples=50)
    assert cells.languages == ("en",) and cells.shared.all() and cells.waiting_for == ()
    low, high = cells.interval[0, 0]
    assert low < cells.means["consistency"][0, 0] < high


def test_the_mean_with_a_language_is_over_the_pairs_that_contain_it(whole):
    cells, _ = whole
    found = cells.means_with(cells.means["consistency"])
    held = [k for k, pair in enumerate(PAIRS) if "ko" in pair]
    assert found[2, cells.evaluated.index("ko")] == pytest.approx(cells.means["consistency"][2, held].mean())
    assert cells.pair_of("zh", "en") == ("en", "zh") and cells.pair_of("en", "en") is None
    assert cells.at("en", ("de", "en")) is None and cells.at("es", ("en", "de")) == (2, 0)
