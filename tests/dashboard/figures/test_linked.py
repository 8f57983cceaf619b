"""The linked picture: every part names its units, and the sentences say what the plan says."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from core.attribution.removal import Removal
from core.errors import OptionError
from dashboard.figures.flow.layout import HAIRLINE, small_words
from dashboard.figures.flow.picture import NARROW, ROOMY, flow_svg
from dashboard.figures.linked import both_chips_html, linked_picture
from dashboard.figures.matrix.picture import SMALL, matrix_svg
from dashboard.figures.numbers import adding_up, count
from dashboard.figures.pieces import unit_labels
from dashboard.figures.units import SOURCE, TARGET, flow_key, units_key
from dashboard.figures.what_if import KINDS, asked_of, change_html, change_of
from dashboard.figures.words import sentences
from dashboard.figures.words.pointed import LEAST_FLOW, LEAST_SIMILARITY, Pointed
from tests.world.analyses import Field, hostile, pair, plain_pair, rain, side, storm
from tests.world.pages import Page

SVG = "{http://www.w3.org/2000/svg}"


def linked(analysis, **options):
    sides = (analysis.source, analysis.target)
    chips = both_chips_html(analysis.settings.task, sides, (None, None))
    return linked_picture(analysis, chips, **options)


def named(html):
    return [attributes["data-on"] for _, attributes in Page(html).tags if "data-on" in attributes]


@pytest.mark.parametrize("make", [storm, rain, hostile, lambda: plain_pair(90, 30)])
def test_every_part_names_units_that_there_are_and_has_its_sentence(make):
    analysis = make()
    result = linked(analysis)
    sizes = {SOURCE: len(analysis.source.units), TARGET: len(analysis.target.units)}
    for key in named(result.html):
        units = key.split(" ")
        assert all(int(unit[1:]) < sizes[unit[0]] for unit in units)
        if len({unit[0] for unit in units}) == 1:
            assert result.said[key]
    assert all(
        partner in {"", *named(result.html)} for partners in result.partners.values() for partner in partners.split()
    )


def test_every_word_is_in_chips_flow_and_matrix_and_every_flow_in_flow_matrix_and_table():
    analysis = storm()
    counts = {}
    for key in named(linked(analysis).html):
        counts[key] = counts.get(key, 0) + 1
    for end, units in ((SOURCE, analysis.source.units), (TARGET, analysis.target.units)):
        # Three sizes of the flow, label and bar in two sizes of the matrix, and a chip or a piece of one.
        assert all(counts[units_key(end, [index])] >= 3 + 4 for index in range(len(units)))
    for i, j in np.argwhere(analysis.transport.plan > 0).tolist():
        assert counts[flow_key([i], [j])] == 3 + 2 + 1


def test_a_word_of_two_tokens_is_one_chip_with_one_sentence():
    analysis = storm()
    result = linked(analysis)
    (word,) = [units for units in ((4, 5), (3, 4)) if units_key(SOURCE, units) in result.said]
    both = [analysis.source.units[unit].text for unit in word]
    assert both == ["cancel", "led"]
    assert "<b><bdi>cancelled</bdi></b> carries" in result.said[units_key(SOURCE, word)]
    share = float(analysis.source.mass[list(word)].sum())
    assert f"carries {100 * share:.1f}%" in result.said[units_key(SOURCE, word)]


@pytest.mark.parametrize("end", [SOURCE, TARGET])
@pytest.mark.parametrize("make", [storm, rain, lambda: plain_pair(12, 9)])
def test_the_points_of_a_sentence_add_up_to_the_words_percentage(make, end):
    analysis = make()
    pointed = Pointed(analysis)
    units = analysis.source.units if end == SOURCE else analysis.target.units
    for index in range(len(units)):
        told = pointed.units(end, [index])
        whole = float(re.search(r"carries ([\d.]+)%", told)[1])
        points = [float(number) for number in re.findall(r"([\d.]+) points", told)]
        assert sum(points) == pytest.approx(whole, abs=1e-6) or not points


def test_partners_are_the_notable_flows_largest_first():
    analysis = storm()
    plan, similarity = analysis.transport.plan, analysis.transport.similarity
    for i, row in enumerate(plan):
        wanted = [
            j for j in np.argsort(-row, kind="stable") if row[j] >= LEAST_FLOW and similarity[i, j] >= LEAST_SIMILARITY
        ]
        assert Pointed(analysis).partners(SOURCE, [i]) == wanted


def test_a_sentence_gives_what_each_partner_adds_to_c():
    one = side("en", Field("text", [[("rain", 3.0)], [("road", 1.0)]]))
    other = side("es", Field("text", [[("lluvia", 1.0)], [("calle", 1.0)]]))
    analysis = pair(one, other, similarity=np.array([[0.69, -0.2], [0.0, 0.5]]))
    # By hand: rain has 75 points, 50 of which lluvia takes; road has 25, all of which calle takes.
    told = Pointed(analysis).units(SOURCE, [0])
    assert told == (
        "<b><bdi>rain</bdi></b> carries 75.0%: 50.0 points meet <b><bdi>lluvia</bdi></b> (similarity 0.69) "
        "and add 0.345 to C; 25.0 points find no partner above 0.10."
    )
    assert "(73.4% of it)" in Pointed(analysis).flow(0, 0)
    assert "50.0 points come from <b><bdi>rain</bdi></b>" in Pointed(analysis).units(TARGET, [0])


def test_pieces_that_cancel_are_said_on_the_chip_and_in_the_sentence():
    one = side("en", Field("text", [[("can", 0.5), ("cel", -0.45)], [("rain", 1.0)]]))
    result = linked(pair(one, side("es", Field("text", [[("lluvia", 1.0)]]))))
    assert "+3 · mass 49%" in result.html and "pieces cancel, mass 49%" in result.html
    assert "its pieces cancel" in result.said["s0 s1"]
    assert "its pieces cancel" not in result.said["s2"]


def test_markup_in_a_text_stays_text_in_every_part_and_sentence():
    result = linked(hostile())
    for html in (result.html, *result.said.values()):
        assert "<script" not in html and "<img" not in html and "\u202e" not in html


def test_without_known_similarities_only_the_plan_is_offered():
    assert "data-kind" in linked(storm()).html
    assert "data-kind" not in linked(storm(), similarities=False).html
    assert 'aria-label="Similarity matrix' in linked(storm(), kind="similarity").html


def test_scores_without_text_are_named_by_number():
    analysis = storm()
    sides = []
    for each in (analysis.source, analysis.target):
        fields = tuple((name, "") for name, _ in each.text.fields)
        text = replace(each.text, fields=fields, words=())
        units = tuple(replace(unit, text="") for unit in each.units)
        sides.append(replace(each, attribution=replace(each.attribution, text=text), units=units))
    result = linked(replace(analysis, source=sides[0], target=sides[1]))
    assert "<b><bdi>token 1</bdi></b> carries" in result.said["s0"]


def test_rounded_shares_add_up_to_their_rounded_sum():
    rng = np.random.default_rng(3)
    for size in range(1, 8):
        shares = rng.dirichlet(np.ones(size)) * 0.37
        rounded = adding_up(list(shares))
        assert sum(rounded) == pytest.approx(round(float(shares.sum()), 3))
        assert max(abs(a - b) for a, b in zip(rounded, shares, strict=True)) < 0.001
    assert adding_up([]) == []


def test_a_long_text_begins_with_its_content_words_and_says_what_is_left_out():
    analysis = plain_pair(60, 45)
    html = linked(analysis).html
    assert html.count('data-switch="show"') == 2 and html.count('data-switch="size"') == 2
    assert html.index('data-view="content"') < html.index('data-view="all"')
    short = linked(storm()).html
    assert "data-switch" not in short and short.count("data-view") == 1


def test_small_words_are_thin_bars_and_hairlines_are_left_out():
    analysis = plain_pair(60, 45)
    whole, content = (ElementTree.fromstring(flow_svg(analysis, content=content)) for content in (False, True))
    small = sum(int(small_words(side).sum()) for side in (analysis.source, analysis.target))
    named = [node for node in content.iter(f"{SVG}text") if node.get("class") == "tk"]
    assert small > 10 and len(named) == 60 + 45 - small
    # Every word keeps its bar, of the same scale, and its place in the order.
    assert len([node for node in content.iter(f"{SVG}g") if "node" in node.get("class", "")]) == 60 + 45
    assert float(content.get("height")) < float(whole.get("height"))
    flows = analysis.transport.plan[analysis.transport.plan > 0]
    ribbons = [node for node in content.iter(f"{SVG}path") if "r " in node.get("class", "")]
    assert len(ribbons) == int((flows >= HAIRLINE).sum()) < flows.size
    caption = sentences.content_caption(analysis)
    assert (
        f"{int((flows < HAIRLINE).sum())} below 0.5% are left out ({100 * flows[flows < HAIRLINE].sum():.1f}%)"
        in caption
    )
    share = analysis.source.mass[small_words(analysis.source)].sum()
    assert f"{small} small words without a name carry {100 * share:.1f}% of the English" in caption


def test_a_fitted_matrix_fits_and_its_labels_keep_their_distance():
    analysis = plain_pair(60, 58)
    root = ElementTree.fromstring(matrix_svg(analysis, width=SMALL, fit=True))
    assert float(root.get("width")) <= SMALL
    rows = sorted(float(node.get("y")) for node in root.iter(f"{SVG}text") if node.get("text-anchor") == "end")
    assert len(rows) > 3 and min(np.diff(rows)) >= 12
    zoomed = ElementTree.fromstring(matrix_svg(analysis, width=SMALL))
    labels = [node for node in zoomed.iter(f"{SVG}text") if node.get("class") == "tk"]
    assert len(labels) == 60 + 58


def test_an_orphan_combining_mark_stands_on_a_dotted_circle():
    one = side("hi", Field("text", [[("क", 0.4), ("ि", 0.2)]]))
    assert unit_labels(one) == ["क", "◌ि"]
    assert "<bdi>◌ि</bdi>" in linked(pair(one, storm().target)).said["s1"]


def rain_and_road():
    one = side("en", Field("text", [[("rain", 3.0)], [("road", 1.0)]]))
    other = side("es", Field("text", [[("lluvia", 1.0)], [("calle", 1.0)]]))
    return pair(one, other, similarity=np.array([[0.8, 0.0], [0.0, 0.6]]))


def test_a_pinned_word_says_what_can_be_asked_of_it():
    analysis = rain_and_road()
    asked = linked(analysis).what_if["s0"]
    assert [kind for kind in KINDS if f'data-ask="{kind}"' in asked] == ["partner", "average", "equal"]
    assert "give it the importance of <b><bdi>lluvia</bdi></b> (50.0%)" in asked
    removable = linked(analysis, can_remove=True).what_if["s0"]
    assert 'data-ask="remove"' in removable
    assert linked(plain_pair(60, 4)).what_if == {}
    assert linked(plain_pair(1, 3)).what_if["s0"] == ""
    # Similarities that are not known leave nothing to ask.
    assert linked(analysis, similarities=False).what_if == {}


def test_another_importance_moves_c_and_leaves_the_old_flows_as_ghosts():
    analysis = rain_and_road()
    # By hand: C = .5 x .8 + .25 x .6 = .55; with half of the importance on rain, .5 x .8 + .5 x .6 = .70.
    change = change_of(analysis, asked_of(analysis, "average s0"), None)
    assert change.after.consistency == pytest.approx(0.7)
    found = linked(analysis, change=change)
    said = found.what_if["s0"]
    assert "With 50.0% on <b><bdi>rain</bdi></b>:" in said and "C 0.700 (+0.150)" in said
    assert 'class="ghost"' in found.html and 'class="ghost"' not in linked(analysis).html
    assert "carries 50.0%" in found.said["s0"]
    equal = change_of(analysis, asked_of(analysis, "equal s0"), None)
    assert "shuffling equal importance changes nothing" in change_html(analysis, equal)


def test_a_change_has_its_place_among_shuffles_of_its_own():
    analysis = storm()
    change = change_of(analysis, asked_of(analysis, "remove s2"), None)
    references = change.after.references
    said = (
        f"{references.shuffled_percentile:.1f}% of {count(references.n_shuffles)} shuffles of this importance give less"
    )
    assert said in change_html(analysis, change)


def test_a_removed_word_says_what_the_model_makes_of_the_text():
    analysis = rain_and_road()
    removal = Removal(("road",), 0.5, 2.0, 1.25, {"neutral": 0.6, "<b>": 0.4}, {"neutral": 0.3, "<b>": 0.7})
    change = change_of(analysis, asked_of(analysis, "remove s0"), lambda end, units: removal)
    assert change.after.source.mass.tolist() == [0.0, 1.0]
    said = change_html(analysis, change)
    assert "changes by −0.750 (to 1.250)" in said and "the word was attributed +0.5" in said
    assert "becomes <bdi>&lt;b&gt;</bdi> (0.70); it was <bdi>neutral</bdi> (0.60)" in said
    assert "data-again" in said

    def refuse(end, units):
        raise OptionError("Nothing <would> be left.")

    failed = change_of(analysis, asked_of(analysis, "remove s0"), refuse)
    assert failed.after is None and "Nothing &lt;would&gt; be left." in change_html(analysis, failed)


@pytest.mark.parametrize("value", ["", "remove", "burn s0", "remove s9", "remove s0 t0", "remove sx", "remove u0"])
def test_what_nobody_can_ask_is_nothing(value):
    assert asked_of(rain_and_road(), value) is None


def test_all_words_of_a_long_text_fit_and_zoom():
    analysis = plain_pair(60, 45)
    html = linked(analysis).html
    assert html.count('data-switch="flowsize"') == 2 and html.count("data-flowsize=") == 2
    whole, fitted = (ElementTree.fromstring(flow_svg(analysis, fit=fit)) for fit in (False, True))
    assert float(fitted.get("height")) <= 640 < float(whole.get("height"))
    words = [node for node in fitted.iter(f"{SVG}text") if node.get("class") == "tk"]
    assert 10 < len(words) < 60 + 45
    assert len([node for node in fitted.iter(f"{SVG}g") if "node" in node.get("class", "")]) == 60 + 45


@pytest.mark.parametrize("width", [ROOMY, NARROW])
def test_labels_are_not_cut(width):
    word = "Donaudampfschiffskapitän"
    one = side("de", Field("text", [[(word, 1.0)], [("fährt", 1.0)]]))
    analysis = pair(one, storm().target)
    for svg in (flow_svg(analysis, width), matrix_svg(analysis, width=width)):
        assert word in [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    flow = ElementTree.fromstring(flow_svg(analysis, width))
    (label,) = [node for node in flow.iter(f"{SVG}text") if node.text == word]
    # A word that is wider than its column is drawn narrower.
    assert (label.get("textLength") is None) == (width == ROOMY)
