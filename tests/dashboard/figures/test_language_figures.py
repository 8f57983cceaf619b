"""Figures of the pages about training languages: labels that keep apart, marks, bars, words."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.report.paper import paper_table
from core.report.tables import paper_grid, paper_scatters
from core.statistics import Estimate, FirstShares
from dashboard.figures.colours import LANGUAGE_GROUPS
from dashboard.figures.grids.overall_dots import PAPER, WITH, WITHOUT, overall_dots, overall_frame
from dashboard.figures.scatter.labels import HALF_HEIGHT, LETTER, Line, place_labels
from dashboard.figures.scatter.picture import scatter_chart, scatter_domains, scatter_frame
from dashboard.figures.words.correlation import relation, relation_of_several
from dashboard.figures.words.languages import Cell, answer, cell_html, difference_answer

HOSTILE = "<img src=x onerror=1>'; datum \u202e"


def boxes_overlap(first, second):
    return abs(first.x - second.x) < 4 * LETTER - 0.01 and abs(first.y - second.y) < 2 * HALF_HEIGHT - 0.01


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(60, 540), st.floats(60, 340)), min_size=2, max_size=5))
@example([(60.0, 88.0), (60.0, 88.0), (60.0, 97.0), (60.0, 97.0)])
def test_labels_of_a_few_points_never_cover_each_other_and_stay_inside(points):
    places = place_labels(points, ["en"] * len(points), (600, 400))
    assert not any(boxes_overlap(*pair) for pair in itertools.combinations(places, 2))
    assert all(0 <= place.x <= 600 and 0 <= place.y <= 400 for place in places)


def test_a_crowd_sends_some_labels_further_off():
    places = place_labels([(300.0, 200.0 + k) for k in range(13)], ["xx"] * 13, (600, 400))
    assert any(place.far for place in places) and not all(place.far for place in places)


@given(st.lists(st.floats(10, 80), min_size=4, max_size=4), st.floats(60, 540), st.floats(100, 300))
def test_the_label_of_a_point_lies_beside_the_lines_through_it(reach, x, y):
    left, right, above, below = reach
    cross = [Line(x - left, x + right, y, y), Line(x, x, y - above, y + below)]
    (place,) = place_labels([(x, y)], ["en"], (600, 400), cross)
    assert not place.far
    assert abs(place.x - x) > 2 * LETTER and abs(place.y - y) > HALF_HEIGHT
    (free,) = place_labels([(x, y)], ["en"], (600, 400))
    assert free.y == y


def test_a_scatter_draws_every_point_with_its_groups_shape_and_the_own_one_as_a_ring():
    spanish = paper_scatters()[2]
    frame = scatter_frame(spanish, diagonal=True)
    assert list(frame["code"]) == list(spanish.languages)
    assert list(frame[frame["own"]]["code"]) == ["es"]
    assert set(frame["group"]) == {"Germanic", "Romance", "East Asian"}
    chart = scatter_chart(spanish, scatter_domains([spanish], diagonal=True), performance_name="Accuracy", theme="dark")
    text = chart.to_json()
    assert all(group.shape in text and group.dark in text for group in LANGUAGE_GROUPS.values())
    (parameter,) = json.loads(text)["params"]
    assert parameter["name"] == "point" and parameter["select"]["fields"] == ["code"]
    assert "es" not in set(scatter_frame(spanish, diagonal=False)["code"])
    assert "C 1.000, accuracy 0." in text and "performance" not in text


def test_domains_hold_every_point_of_all_pictures():
    every = paper_scatters()
    domains = scatter_domains(every, diagonal=False)
    for scatter in every:
        frame = scatter_frame(scatter, diagonal=False)
        assert frame["x"].between(*domains.x).all() and frame["y"].between(*domains.y).all()
    assert domains.x[1] < 1


def test_overall_is_drawn_with_and_without_the_diagonal_and_the_papers():
    grid = paper_grid(paper_table("5"))
    frame = overall_frame(grid, paper=grid)
    assert frame["whose"].value_counts().to_dict() == {WITH: 6, WITHOUT: 6, PAPER: 6}
    assert list(dict.fromkeys(frame["language"]))[:2] == ["Spanish", "French"]
    first = frame[frame["language"] == "Spanish"].set_index("whose")["value"]
    assert first[WITH] == first[PAPER] == 0.557
    assert first[WITHOUT] == pytest.approx(np.mean([0.458, 0.512, 0.604, 0.424, 0.341]), abs=1e-6)
    assert overall_dots(grid).to_dict()["height"] > 6 * 24


def ranked_with(shares):
    grid = paper_grid(paper_table("5"))
    summary = grid.summary
    first = FirstShares(summary.axes.rows, np.array(shares), summary.overall.values, 1000, True)
    return type(grid)(summary, first, first, grid.grand, grid.grand_off_diagonal)


def test_under_four_fifths_no_language_stands_out():
    unclear = answer(ranked_with([0, 0, 0.54, 0.41, 0.05, 0]), "c", diagonal=True)
    assert "<b>no training language stands out</b>" in unclear.sentence
    assert "in 54.0%" in unclear.sentence and "French in 41.0%" in unclear.sentence
    assert list(unclear.bars) == ["es", "fr", "ko"]
    clear = answer(ranked_with([0, 0, 0.8, 0.2, 0, 0]), "c", diagonal=True)
    assert "<b>Spanish</b> has the highest mean C" in clear.sentence and "first in 80.0%" in clear.sentence


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.01, 0.03, "a higher C than"), (-0.03, -0.01, "a lower C than"), (-0.01, 0.05, "No clear difference")],
)
def test_a_difference_is_claimed_only_where_its_interval_leaves_out_0(low, high, words):
    grid = ranked_with([0] * 6)
    mean = Estimate((low + high) / 2, low, high, 50)
    found = difference_answer(type(grid)(grid.summary, None, None, mean, mean), ("a<b>", "b"), "c")
    assert words in found.sentence and "a&lt;b&gt;" in found.sentence


def test_a_cell_that_was_not_run_says_so():
    cell = Cell("en", "zh", None, "C", None, "accuracy", None, 0)
    assert cell_html(cell) == '<p class="cell-line"><b>English → Chinese</b>: not run</p>'


def test_relations_say_what_the_interval_allows():
    every = paper_scatters()
    for scatter in every:
        found = scatter.entry().correlation
        said = relation(scatter, "Accuracy", diagonal=True)
        assert ("No clear relation" in said) == (found.low <= 0 <= found.high)
        assert ("rise together" in said) == (found.low > 0)
    rising = sum(scatter.entry().correlation.low > 0 for scatter in every)
    assert f"<b>{rising} of 6 checkpoints</b>" in relation_of_several(every, "Accuracy", diagonal=True)
