"""Both models' chips, their scale and their sentence."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from core.report.verdict import BELOW_EQUAL
from dashboard.figures.chips.paired import paired_card_html, paired_chips_html
from dashboard.figures.compare_scale import compare_scale_svg
from dashboard.figures.words.two_models import (
    compare_cost_line,
    compare_keys_html,
    compare_meaning,
    compare_text_html,
    which_is_higher,
)
from tests.world.analyses import REFERENCES, Field, hostile, rain, retold, side, storm
from tests.world.pages import Page

NAMES = ("trained in English", "trained in Spanish")


def test_each_word_stands_under_itself_with_the_difference_below():
    first, second = storm().source, retold(storm()).source
    page = Page(paired_chips_html(first, second))
    pairs = [attrs for attrs in page.having("pair") if "aria-label" in attrs]
    assert len(pairs) == len(first.text.words)
    total = abs(first.attribution.scores).sum()
    place = next(index for index, unit in enumerate(first.units) if unit.text == "storm")
    shares = [each.scores[place] / total for each in (first, second)]
    label = next(attrs["aria-label"] for attrs in pairs if attrs["aria-label"].startswith("storm"))
    found = [int(number.replace("minus ", "-")) for number in re.findall(r"(?:\+|minus )?\d+", label)]
    assert found == [round(100 * share) for share in (*shares, shares[0] - shares[1])]
    assert [attrs["tabindex"] for attrs in pairs] == ["0"] * len(pairs)
    assert len(page.having("diff")) == len(pairs) + 2  # and one label in front of each field


def test_equal_models_differ_nowhere():
    page = Page(paired_chips_html(storm().source, storm().source))
    numbers = [attrs for attrs in page.having("diff") if "dir" in attrs]
    assert numbers
    assert all("a5" in attrs["class"].split() for attrs in numbers)


def test_arabic_keeps_its_direction_its_runs_and_its_strips():
    page = Page(paired_chips_html(rain().target, retold(rain()).target))
    (row,) = page.having("pairs")
    assert (row["dir"], row["lang"]) == ("rtl", "ar")
    # A strip under each of both chips of a word, and one in front to keep the letters level.
    assert len(page.having("pieces")) == 2 * len(rain().target.text.words) + 2


def test_nothing_a_token_holds_becomes_markup():
    html = paired_chips_html(hostile().target, retold(hostile()).target)
    assert not [tag for tag, _ in Page(html).tags if tag in ("script", "img")]
    assert "\u202e" not in html


def test_a_long_field_folds_what_neither_model_finds_notable():
    words = [[(f"w{index}", 0.001)] for index in range(200)]
    first, second = list(words), list(words)
    first[100], second[150] = [("w100", 5.0)], [("w150", 5.0)]
    sides = [side("en", Field("text", entries)) for entries in (first, second)]
    page = Page(paired_chips_html(*sides))
    folded = page.having("skip")
    assert len(folded) == 3
    summary = next(text for text in page.texts if " words, " in text)
    assert re.fullmatch(r"79 words, \d\.\d% and \d\.\d% of the mass", summary)


def test_the_card_says_what_each_model_predicts():
    first, second = storm().source, retold(storm()).source
    html = paired_card_html("<English>", (first, second), "")
    assert "A: predicts contradiction 0.93" in html
    assert "B: predicts contradiction 0.93" in html
    assert "&lt;English&gt;" in html


def test_the_scale_draws_both_c_where_they_are():
    first, second = storm(), retold(storm())
    picture = ElementTree.fromstring(compare_scale_svg(first, second))
    diamonds = [
        path.attrib["d"] for path in picture.iter("{http://www.w3.org/2000/svg}path") if "l7 8" in path.attrib["d"]
    ]
    placed = [(float(path[1:].split()[0]) - 20) / 272 for path in diamonds]
    assert placed == pytest.approx([first.consistency, second.consistency], abs=1e-3)
    assert f"C of B {second.consistency:.3f}" in picture.attrib["aria-label"]


def test_the_sentence_names_the_higher_one_and_each_models_standing():
    first, second = storm(), retold(storm())
    difference = first.consistency - second.consistency
    letter, name = ("A", NAMES[0]) if difference > 0 else ("B", NAMES[1])
    assert which_is_higher(first, second, NAMES) == f"C is {abs(difference):.3f} higher with {letter}, {name}."
    assert which_is_higher(second, first, NAMES[::-1]).endswith(f"with {'AB'['AB'.index(letter) - 1]}, {name}.")
    assert "the same with both" in which_is_higher(first, first, NAMES)
    within = replace(second, references=replace(REFERENCES, shuffled_percentile=61.0, shuffled_high=0.9, uniform=0.9))
    html = compare_text_html(first, within, NAMES, ("English", "Spanish"))
    above = f"{first.consistency - 0.519:.3f} above equal importance (0.519)"
    below = f"{0.9 - second.consistency:.3f} below equal importance (0.900)"
    assert f"<b>A:</b> above chance, higher than 99.5% of 1,000 random shuffles; {above}. C is " in html
    assert (
        f"<b>B:</b> not distinguishable from chance, higher than 61% of 1,000 random shuffles; {below}. C is " in html
    )
    assert f"Below equal importance with B: {BELOW_EQUAL}." in html
    assert "Below equal importance" not in compare_text_html(first, first, NAMES, ("English", "Spanish"))


def test_the_keys_hold_the_references_of_both():
    other = replace(retold(storm()), references=replace(REFERENCES, uniform=0.411))
    page = Page(compare_keys_html(storm(), other))
    assert {"0.519", "0.411", "A", "B"} <= set(page.texts)


def test_two_targets_are_both_named():
    first, second = storm(), retold(storm())
    assert compare_meaning(first, second, ("x", "x")) == "x"
    assert (
        compare_meaning(first, second, ("x", "y"))
        == "share of all attribution to A’s contradiction and B’s contradiction"
    )


def test_the_cost_covers_both_models():
    assert (
        compare_cost_line(storm(), retold(storm()), 12.8)
        == "13 s for both models · 20 nodes a text · token error ≤ 0.6%"
    )
