"""The pictures of the readings: what their cells, dots, bars and words hold."""

import itertools

import numpy as np
import pytest

from core.report.pair_cells import Drivers, OwnPairParts, pair_cells
from core.report.readings import compute_readings
from core.statistics.pair_values import PairValues
from core.statistics.variance import VarianceComponents
from dashboard.figures.readings.dots import MEAN, PAPER, SEED, dots_frame, reading_dots
from dashboard.figures.readings.drivers import drivers_chart, drivers_frame, parts_chart, parts_frame
from dashboard.figures.readings.layout import by_language, deviation_map, map_spoken, thousandths, triangle_map
from dashboard.figures.readings.maps import cell_map, map_cells, map_labels_html, round_limit
from dashboard.figures.readings.variance import single_sentence_shares, variance_html, variance_sentence
from tests.world.pages import Page


def stored(languages="en de es fr ko zh", seeds=1, lacking=None):
    codes = tuple(languages.split())
    pairs = tuple(itertools.combinations(codes, 2))
    trained = tuple(code for code in codes for _ in range(seeds))
    rng = np.random.default_rng(1)
    effects = np.repeat(np.linspace(0.02, -0.02, len(codes)), seeds)
    values = 0.4 + effects[:, None, None] + rng.normal(0, 0.05, len(pairs))[:, None]
    values = values + rng.normal(0, 0.01, (len(trained), len(pairs), 12))
    if lacking:
        values[0, pairs.index(lacking)] = np.nan
    others = {"shuffled": values - 0.05, "uniform": values + 0.04, "carried": values + 0.1}
    examples = np.arange(12)
    quantities = {"consistency": values, **others}
    return {name: PairValues(trained, pairs, examples, examples, array) for name, array in quantities.items()}


@pytest.fixture(scope="module")
def cells():
    return pair_cells(stored(), n_resamples=50)


def overall(cells):
    means = cells.means["consistency"][:, cells.shared].mean(axis=1)
    return dict(zip(cells.languages, map(float, means - means.mean()), strict=True))


def test_the_triangle_has_every_pair_once(cells):
    means = cells.means["consistency"].mean(axis=0)
    shown = triangle_map(cells, means, ("en", "de", "es", "fr", "ko", "zh"), "same-pairs")
    assert len(shown.cells) == 15 == len({frozenset((cell.row, cell.column)) for cell in shown.cells})
    (cell,) = [one for one in shown.cells if (one.row, one.column) == ("fr", "es")]
    assert cell.value == pytest.approx(means[cells.pairs.index(("es", "fr"))])
    assert cell.text == f"{cell.value:.3f}" and cell.said == f"Spanish–French: C {cell.value:.3f}"
    frame = map_cells(shown, "light")
    assert set(frame["y0"]) == {0, 1, 2, 3, 4} and (frame["x0"] <= frame["y0"]).all()


def test_deviations_are_sorted_underlined_and_sum_to_nothing(cells):
    shown = deviation_map(cells, "same-pairs", overall(cells))
    assert shown.rows == cells.languages, "the largest mean first"
    by_pair = {column: [c.value for c in shown.cells if c.column == column] for column in shown.columns}
    assert all(sum(values) == pytest.approx(0, abs=1e-12) for values in by_pair.values())
    for cell in shown.cells:
        assert cell.underlined == (cell.row in cell.column.split("-") and cell.column != "all")
    (first,) = [cell for cell in shown.cells if (cell.row, cell.column) == ("en", "all")]
    assert first.text == thousandths(first.value) and first.text.startswith("+")
    assert shown.limit >= max(abs(cell.value) for cell in shown.cells)


def test_from_sixteen_pairs_on_the_columns_are_languages():
    crowd = pair_cells(stored("en ar de es fr tr vi zh"), n_resamples=20)
    assert by_language(crowd)
    shown = deviation_map(crowd, "same-pairs", overall(crowd))
    assert list(shown.columns) == [*crowd.evaluated, "all"]
    (cell,) = [one for one in shown.cells if (one.row, one.column) == ("es", "tr")]
    held = [k for k, pair in enumerate(crowd.pairs) if "tr" in pair]
    assert cell.value == pytest.approx(crowd.deviations("same-pairs")[crowd.languages.index("es"), held].mean())


def test_a_pair_that_one_checkpoint_lacks_is_left_out_of_the_deviations():
    lacking = pair_cells(stored(lacking=("es", "zh")), n_resamples=20)
    shown = deviation_map(lacking, "same-pairs", overall(lacking))
    assert "es-zh" not in shown.columns and len(shown.columns) == 15


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_map_can_be_clicked_and_frames_the_selected_cell(cells, theme):
    shown = deviation_map(cells, "above-equal", overall(cells))
    with_frame = cell_map(shown, theme=theme, selected=("es", "es-fr")).to_dict()
    without = cell_map(shown, theme=theme, selected=("es", "nothing")).to_dict()
    (parameter,) = with_frame["params"]
    assert parameter["name"] == "cell" and parameter["select"]["fields"] == ["row", "column"]
    assert len(with_frame["layer"]) == len(without["layer"]) + 1
    assert map_labels_html(shown).count("<span") == 6


def test_a_map_says_its_largest_and_smallest_cell(cells):
    shown = triangle_map(cells, cells.means["consistency"].mean(axis=0), cells.evaluated, "same-pairs")
    largest = max(shown.cells, key=lambda cell: cell.value)
    assert f"Largest: {largest.said}." in map_spoken(shown, "What the pair brings")
    nothing = triangle_map(cells, np.full(15, np.nan), cells.evaluated, "same-pairs")
    assert map_spoken(nothing, "Pairs") == "Pairs. Nothing was computed."


@pytest.mark.parametrize(("value", "limit"), [(0.0, 0.005), (0.0201, 0.025), (0.025, 0.025), (0.12, 0.12)])
def test_scales_end_at_the_next_five_thousandths(value, limit):
    assert round_limit(value) == pytest.approx(limit)


def test_dots_have_seeds_as_rings_and_the_paper_as_a_tick():
    quantities = stored(seeds=3)
    found = compute_readings(quantities, n_resamples=50).by_name("paper")
    trained = quantities["consistency"].trained_on
    frame = dots_frame(found, trained, paper={"en": 0.5, "xx": 0.1})
    assert frame["whose"].value_counts().to_dict() == {SEED: 18, MEAN: 6, PAPER: 1}
    of_spanish = frame[(frame["code"] == "es") & (frame["whose"] == SEED)]["value"]
    mean = frame[(frame["code"] == "es") & (frame["whose"] == MEAN)]["value"].item()
    assert of_spanish.mean() == pytest.approx(mean)
    means = frame[frame["whose"] == MEAN]
    assert list(means["value"]) == sorted(means["value"], reverse=True)
    assert len(reading_dots(frame).to_dict()["layer"]) == 4


def test_one_training_a_language_draws_no_rings():
    quantities = stored()
    found = compute_readings(quantities, n_resamples=50).by_name("above-equal")
    frame = dots_frame(found, quantities["consistency"].trained_on)
    assert set(frame["whose"]) == {MEAN}
    assert frame["tooltip"].str.contains("\u2212").all(), "below equal importance in every language"


def test_bars_of_a_lead_keep_order_and_sign():
    driven = Drivers((("en", "es"), ("de", "ko")), np.array([0.02, -0.01]), 0.003)
    frame = drivers_frame(driven)
    assert list(frame["pair"]) == ["en-es", "de-ko"]
    assert frame["tooltip"].iloc[1] == "German–Korean: \u22120.010"
    assert "in the reading +0.005" in drivers_chart(frame, 0.005).to_json()
    parts = parts_frame(OwnPairParts(0.012, -0.006))
    assert list(parts["text"]) == ["+0.012", "\u22120.006", "+0.006"]
    assert parts_chart(parts).to_dict()["height"] > 100


def test_the_split_of_the_variance_adds_up_and_is_spoken():
    parts = VarianceComponents(pair=0.0096, checkpoint=0.0003, interaction=0.0001, example=0.03)
    assert sum(single_sentence_shares(parts).values()) == pytest.approx(1)
    page = Page(variance_html(parts, 90))
    bars = page.having("stack")
    assert bars[0]["aria-label"].startswith("90 cell means: language pair 96.0%, training language 3.0%")
    assert "sentence 75.0%" in bars[1]["aria-label"]
    assert "makes 96.0%" in variance_sentence(parts) and "makes 3.0%" in variance_sentence(parts)


def test_cells_that_do_not_differ_have_no_shares():
    nothing = VarianceComponents(0.0, 0.0, 0.0, 0.01)
    assert "%" not in variance_sentence(nothing)
    assert "no variance" in variance_html(nothing, 4)
