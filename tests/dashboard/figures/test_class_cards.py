"""The cards of the classes, and a pair beside itself."""

from dataclasses import replace

import numpy as np
import pytest

from core.consistency.sensitivity import Variant, single_changes
from core.results import Target
from dashboard.figures.beside import beside_picture
from dashboard.figures.choices import choices_svg, choices_table
from dashboard.figures.classes import ClassCard, class_cards_html
from dashboard.figures.words.choices import change_title, range_sentence
from tests.world.analyses import Field, pair, plain_pair, side, storm


def explained(analysis, label, prediction):
    sides = [
        replace(
            each,
            attribution=replace(each.attribution, target=Target("class", 0, label)),
            prediction=prediction,
        )
        for each in (analysis.source, analysis.target)
    ]
    return replace(analysis, source=sides[0], target=sides[1])


def test_a_card_says_c_its_place_and_both_probabilities():
    probabilities = {"entailment": 0.2, "neutral": 0.5, "<i>": 0.3}
    cards = [ClassCard(explained(storm(), label, probabilities)) for label in probabilities]
    html = class_cards_html(cards, {"neutral"})
    assert html.count("data-class=") == 3 and html.count('aria-pressed="true"') == 1
    assert 'data-class="&lt;i&gt;"' in html and "<i>" not in html.replace('<i aria-hidden="true">', "")
    percentile = storm().references.shuffled_percentile
    assert html.count(f"{percentile:.1f}% of shuffles give less") == 3
    assert html.count("0.50 ✓") == 2 and html.count("probability 0.20 in English") == 1


def test_contrast_stands_beside_the_logit():
    logit = explained(storm(), "neutral", {"neutral": 0.6, "entailment": 0.4})
    target = Target("class", 0, "neutral", "contrast", 1, "entailment")
    attribution = replace(logit.source.attribution, target=target)
    contrast = replace(logit, source=replace(logit.source, attribution=attribution))
    assert "minus entailment: C 0" in class_cards_html([ClassCard(logit, contrast)], {"neutral"})
    assert "its logit: C 0" in class_cards_html([ClassCard(contrast, logit)], {"neutral"})


def test_two_results_list_what_differs_by_word():
    first = plain_pair(4, 3)
    mass = first.source.mass[::-1].copy()
    second = replace(first, source=replace(first.source, mass=mass))
    found = beside_picture(first, second, ("This page", "<other>"))
    assert "&lt;other&gt;" in found.html and "<other>" not in found.html
    rows = [row for row in found.html.split("<tr")[1:] if "English" in row]
    assert len(rows) == 4
    largest = int(np.argmax(np.abs(mass - first.source.mass)))
    assert f'data-on="s{largest}"' in rows[0] or np.isclose(*np.abs(mass - first.source.mass)[[largest, 3 - largest]])
    # Both flows name their words alike, so that one is lit in both.
    assert found.html.count('data-on="s0"') >= 5
    assert set(found.partners) >= {"s0", "t0"}


def test_results_of_other_texts_are_not_compared_by_word():
    other = pair(side("en", Field("text", [[("rain", 1.0)], [("fell", 1.0)]])), storm().target)
    html = beside_picture(storm(), other, ("a", "b")).html
    assert "different texts" in html and "Mass by word" not in html


def test_choices_say_from_where_to_where_c_runs():
    shown = plain_pair(4, 3)
    changes = single_changes(shown.settings)[:3]
    variants = []
    for change in changes:
        plan = shown.transport.plan * 0
        transport = replace(shown.transport, plan=plan)
        references = replace(shown.references, shuffled_low=-0.2, shuffled_high=-0.1)
        variants.append(replace(change, analyses=(replace(shown, transport=transport, references=references),)))
    failed = Variant(changes[0].name, changes[0].value, changes[0].settings, error="It failed.")
    said = range_sentence(shown, [*variants, failed])
    assert f"C runs from 0.000 ({change_title(changes[0])}) to {shown.consistency:.3f} (as on this page)" in said
    assert "above the range of the shuffles under 3 of 3 changes. 1 change has no result." in said
    table = choices_table(shown, [*variants, failed])
    assert list(table["Setting"][:2]) == ["as on this page", change_title(changes[0])]
    assert table["Source"].iloc[-1] == "It failed."
    assert choices_svg(shown, variants).count("<circle") == 6


@pytest.mark.parametrize(
    ("name", "title"), [("baseline", "Baseline: mask token"), ("procrustes", "English (Procrustes): no")]
)
def test_a_change_has_the_words_of_the_page(name, title):
    change = next(each for each in single_changes(storm().settings) if each.name == name)
    assert change_title(change).endswith(title)
