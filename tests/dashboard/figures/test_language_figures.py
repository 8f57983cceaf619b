"""Figures of the pages about training languages: labels that keep apart, marks, bars, words."""

import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.report.paper import paper_table
from core.report.tables import paper_grid, paper_scatters
from core.report.tables.coefficients import Coefficients, Entry
from core.statistics import Coefficient, Estimate, FirstShares, Undefined
from dashboard.figures.colours import LANGUAGE_GROUPS
from dashboard.figures.grids.overall_dots import PAPER, WITH, WITHOUT, overall_dots, overall_frame
from dashboard.figures.scatter.labels import HALF_HEIGHT, LETTER, Line, place_labels
from dashboard.figures.scatter.picture import scatter_chart, scatter_domains, scatter_frame
from dashboard.figures.words.correlation import conclusion, conclusion_of_several, relation, relation_of_several
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


def test_the_training_language_is_off_the_scale_and_does_not_stretch_it():
    spanish = paper_scatters()[2]
    without, domains = (scatter_domains([spanish], diagonal=diagonal) for diagonal in (False, True))
    assert without.scale_end is None and domains.scale_end == without.x[1] < 1
    scale, strip = domains.scale_end - domains.x[0], domains.x[1] - domains.scale_end
    assert domains.x[0] == without.x[0] and 0 < strip < 0.2 * scale
    assert domains.y[1] >= spanish.performance.max()
    chart = scatter_chart(spanish, domains, performance_name="Accuracy").to_dict()
    lines = [line for data in chart["datasets"].values() for line in data]
    (own,) = {(line["x"], line["value"]) for line in lines if line.get("own")}
    assert domains.scale_end < own[0] < domains.x[1] and own[1] == "C = 1"
    text = json.dumps(chart)
    assert "triangle-right" in text and f"datum.value <= {domains.scale_end}" in text
    assert (
        "triangle-right" not in scatter_chart(spanish, without, performance_name="Accuracy", diagonal=False).to_json()
    )


def test_a_training_language_among_the_others_stays_on_the_scale():
    spanish = paper_scatters()[2]
    near = replace(spanish, consistency=np.where(spanish.consistency < 1, spanish.consistency + 0.39, 1.0))
    domains = scatter_domains([near], diagonal=True)
    assert near.consistency.max() == 1 and domains.scale_end is None and domains.x[1] > 1
    assert "triangle-right" not in scatter_chart(near, domains, performance_name="Accuracy").to_json()


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


PERFORMANCE = "Accuracy"


def coefficient(low, high, kind="pearson", n=5):
    return Coefficient(kind, (low + high) / 2, low, high, n)


def with_coefficients(c, partial, uniform=coefficient(0.3, 0.9), own=coefficient(0.1, 0.8, n=6)):
    """The Spanish row of the paper's tables with coefficients of C, partial, and of equal importance."""
    rest = Undefined(5, "none")
    entries = (
        Entry("pearson", True, own),
        Entry("pearson", False, c),
        Entry("spearman", True, rest),
        Entry("spearman", False, rest),
    )
    beside = (Entry("pearson", False, partial, None, "partial"), Entry("pearson", False, uniform, None, "uniform"))
    return replace(paper_scatters()[2], coefficients=Coefficients(entries, beside))


OPEN = coefficient(-0.9, 0.8)
RISING, FALLING = coefficient(0.1, 0.9), coefficient(-0.9, -0.1)


@pytest.mark.parametrize(
    ("found", "words"), [(OPEN, "cannot tell"), (RISING, "rise together"), (FALLING, "falls as C rises")]
)
def test_the_headline_says_what_the_interval_without_the_training_language_allows(found, words):
    # The coefficient with the training language is above 0 every time.
    said = relation(with_coefficients(found, OPEN), PERFORMANCE)
    others = {"cannot tell", "rise together", "falls as C rises"} - {words}
    assert words in said and not any(other in said for other in others)
    assert "as in the paper, with Spanish, whose C is 1 by definition: +0.45" in said.replace("\u00a0", " ")
    assert said.index(f"{found.value:+.2f}".replace("-", "−")) < said.index("+0.45")


@pytest.mark.parametrize(
    ("found", "words"), [(OPEN, "cannot tell"), (RISING, "predicts accuracy beyond"), (FALLING, "lower where C is")]
)
def test_what_follows_depends_on_the_partial_coefficient_alone(found, words):
    others = {"cannot tell", "predicts accuracy beyond</b>", "lower where C is", "remains open"}
    for c in (OPEN, RISING, FALLING):
        said = conclusion(with_coefficients(c, found), PERFORMANCE)
        assert words in said and not any(other in said for other in others if words not in other)
        assert f"partial correlation {found.value:+.2f}".replace("-", "−") in said
        assert "equal importance alone +0.60" in said.replace("\u00a0", " ")


def test_an_open_interval_is_never_said_to_show_that_there_is_nothing():
    said = relation(with_coefficients(OPEN, OPEN), PERFORMANCE) + conclusion(with_coefficients(OPEN, OPEN), PERFORMANCE)
    several = [with_coefficients(OPEN, OPEN)] * 3
    said += relation_of_several(several, PERFORMANCE) + conclusion_of_several(several, PERFORMANCE)
    assert said.count("cannot tell") == 4
    assert not re.search(r"no (clear )?relation|does not|adds nothing|not predict", said)


def test_without_a_partial_coefficient_the_reason_is_given():
    reason = "The paper prints no C with equal <importance>."
    scatter = with_coefficients(RISING, Undefined(0, reason))
    for said in (conclusion(scatter, PERFORMANCE), conclusion_of_several([scatter] * 2, PERFORMANCE)):
        assert "remains open" in said and said.endswith("equal &lt;importance&gt;.")
    few = with_coefficients(Undefined(3, "Too few languages for a correlation (3)."), OPEN)
    assert relation(few, PERFORMANCE) == "Too few languages for a correlation (3)."


def test_several_checkpoints_are_counted_by_their_intervals():
    several = [with_coefficients(c, partial) for c, partial in ((RISING, OPEN), (RISING, RISING), (FALLING, FALLING))]
    several.append(with_coefficients(OPEN, OPEN))
    said = relation_of_several(several, PERFORMANCE)
    assert "rise together in <b>2 of 4 checkpoints</b>; accuracy falls as C rises in 1;" in said
    assert "cannot tell in the other 1: Pearson from −0.50 to +0.50." in said
    beyond = conclusion_of_several(several, PERFORMANCE)
    assert "in <b>1 of 4 checkpoints</b>; given it, accuracy falls as C rises in 1;" in beyond
    assert "cannot tell in the other 2." in beyond


def test_relations_of_the_papers_rows_follow_their_intervals():
    every = paper_scatters()
    for scatter in every:
        found = scatter.entry().correlation
        said = relation(scatter, PERFORMANCE)
        assert found.n == 5
        assert ("cannot tell" in said) == (found.low <= 0 <= found.high)
        assert ("rise together" in said) == (found.low > 0)
    rising = sum(scatter.entry().correlation.low > 0 for scatter in every)
    assert f"<b>{rising} of 6 checkpoints</b>" in relation_of_several(every, PERFORMANCE)
