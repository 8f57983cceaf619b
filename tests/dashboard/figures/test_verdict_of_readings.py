"""What may be said over all readings, against cases in which the opposite is true."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.report.readings import DEFINITIONS, Reading, Readings
from core.statistics import Estimate
from core.statistics.leaders import Ranking
from core.statistics.pair_values import PairValues
from dashboard.figures.words.readings import (
    RULE,
    chosen_sentence,
    coverage_sentence,
    reading_rows,
    uncertainty_sentence,
    value_words,
)
from dashboard.figures.words.verdict import MostAlike, verdict

LANGUAGES = ("en", "es", "ko")
NAMES = [definition.name for definition in DEFINITIONS]
OWN_PAIRS = {"paper", "own-pairs"}


def reading(name, leader="es", share=0.99, low=0.01, values=None, agrees=None):
    """A reading whose leader is first in a share of the resamples; `low` is the lower end of its paired difference."""
    definition = next(one for one in DEFINITIONS if one.name == name)
    order = [leader, *(code for code in LANGUAGES if code != leader)]
    shown = values or {code: 0.5 - 0.02 * place for place, code in enumerate(order)}
    array = np.array([shown[code] for code in LANGUAGES])
    first = np.array([share if code == leader else (1 - share) / 2 for code in LANGUAGES])
    difference = Estimate(0.02, low, 0.03, 100)
    interval = np.stack([array - 0.01, array + 0.01], axis=1)
    return Reading(definition, Ranking(LANGUAGES, array, interval, first, difference), array, agrees)


def all_readings(changes=None, absent=()):
    """Every reading with Spanish leading, but for `changes`: name -> what differs."""
    changes = changes or {}
    found = tuple(reading(name, **changes.get(name, {})) for name in NAMES if name not in absent)
    shape = (3, 3, 4)
    pairs = (("en", "es"), ("en", "ko"), ("es", "ko"))
    values = PairValues(LANGUAGES, pairs, np.arange(4), np.arange(4), np.zeros(shape))
    return Readings(values, {}, found, dict.fromkeys(absent, "the store has no carried values"), None)


def plain(found):
    return re.sub("<[^>]+>", "", " ".join([found.headline, *found.lines])).replace("\u00a0", " ")


def test_one_leader_in_every_reading_is_called_the_most_consistent_by_every_reading():
    found = verdict(all_readings())
    assert found.kind == "every"
    assert found.headline == "By every reading, the model trained in Spanish is the most consistent."


@pytest.mark.parametrize("name", NAMES)
def test_one_reading_that_is_not_settled_is_enough_not_to_say_every(name):
    for change in ({"share": 0.9}, {"low": -0.001}, {"share": 0.5}):
        found = verdict(all_readings({name: change}))
        assert found.kind == "some"
        assert "every reading" not in plain(found) and "most consistent" not in plain(found)


@pytest.mark.parametrize("share", [0.85, 0.99])
@pytest.mark.parametrize("name", NAMES)
def test_it_depends_where_another_language_leads_or_is_ahead_in_any_reading(name, share):
    found = verdict(all_readings({name: {"leader": "ko", "share": share}}))
    assert found.kind == "depends" and found.headline == "It depends on how you ask."
    assert "Korean" in plain(found), "whoever else is ahead is named"
    assert "most consistent" not in plain(found)


def test_a_larger_value_without_a_clear_lead_does_not_make_it_depend():
    found = verdict(all_readings({"above-equal": {"leader": "ko", "share": 0.6}}))
    assert found.kind == "some" and found.headline.startswith("Spanish leads in 6 of 7 readings")


@pytest.mark.parametrize("share", [0.4, 0.79, 0.9])
def test_without_a_settled_lead_nobody_stands_out(share):
    found = verdict(all_readings({name: {"share": share} for name in NAMES}))
    assert found.kind == "none" and found.headline == "No training language stands out."
    assert "leads" not in plain(found)
    assert ("is ahead, not settled" in plain(found)) == (share >= 0.8)


def test_ahead_is_never_called_a_lead():
    found = verdict(all_readings({"paper": {"leader": "en", "share": 0.94}, "same-pairs": {"share": 0.79}}))
    assert "English is ahead, not settled (first in 94.0% of resamples)" in plain(found)
    assert "English leads" not in plain(found)
    assert "On the same pairs there is no clear leader (largest: Spanish, first in 79.0% of resamples)" in plain(found)


def test_first_in_nearly_all_resamples_without_a_difference_from_0_is_not_settled():
    (row,) = [row for row in reading_rows(all_readings({"same-pairs": {"low": -0.001}})) if row.name == "same-pairs"]
    assert (row.standing, row.settled) == ("is ahead, not settled", False)


def test_a_lead_on_own_pairs_alone_is_said_to_be_that():
    found = verdict(all_readings({name: {"share": 0.7} for name in NAMES if name not in OWN_PAIRS}))
    assert found.headline == "Spanish leads on its own pairs; on the same pairs no lead is settled."


def test_own_pairs_alone_give_no_verdict_over_readings():
    found = verdict(all_readings(absent=[name for name in NAMES if name not in OWN_PAIRS]))
    assert found.kind == "own pairs"
    assert "every reading" not in plain(found) and "different pairs" in plain(found)


def test_readings_that_were_not_computed_are_not_counted_as_agreeing():
    found = verdict(all_readings(absent=["share-of-attainable"]))
    assert found.headline.startswith("By each of the 6 readings computed (of 7),")


def test_the_pairs_explain_the_papers_reading_only_where_they_do():
    readings = all_readings({"paper": {"leader": "en"}, "own-pairs": {"leader": "en"}})
    assert "Pairs with English have the highest mean C under every checkpoint." in plain(
        verdict(readings, most_alike=MostAlike(3, 3))
    )
    assert "under 2 of 3 checkpoints" in plain(verdict(readings, most_alike=MostAlike(2, 3)))
    assert "highest mean C" not in plain(verdict(readings, most_alike=MostAlike(1, 3)))
    assert "highest mean C" not in plain(verdict(all_readings(), most_alike=MostAlike(3, 3)))


def test_names_are_escaped(monkeypatch):
    hostile = SimpleNamespace(name="<img src=x>")
    monkeypatch.setattr("dashboard.figures.names.LANGUAGES", {"es": hostile, "en": hostile, "ko": hostile})
    found = verdict(all_readings({"same-pairs": {"leader": "ko"}}), paper_leader="es")
    assert not any("<img" in line for line in found.lines)
    assert "&lt;img" in found.lines[0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("above-equal", -0.014, "0.014 below equal importance"),
        ("above-equal", 0.014, "0.014 above equal importance"),
        ("above-shuffled", -0.0004, "equal to shuffled importance to three decimals"),
        ("above-shuffled", 0.06, "0.060 above shuffled importance"),
        ("same-pairs", 0.379, "0.379"),
        ("share-of-attainable", 0.46, "0.460 of the attainable"),
    ],
)
def test_a_negative_value_is_never_worded_as_a_surplus(name, value, words):
    assert value_words(name, value) == words


def test_values_below_0_in_every_language_are_remarked():
    below = {"values": {"en": -0.05, "es": -0.04, "ko": -0.06}}
    some = {"values": {"en": -0.05, "es": 0.04, "ko": -0.06}}
    for change, remark in ((below, "all training languages below 0"), (some, "")):
        (row,) = [one for one in reading_rows(all_readings({"above-equal": change})) if one.name == "above-equal"]
        assert row.remark == remark
    sentence = chosen_sentence(reading("above-equal", **below))
    assert "Spanish 0.040 below equal importance" in sentence and "above" not in sentence


@pytest.mark.parametrize(("low", "words"), [(0.001, "does not contain 0"), (-0.001, "contains 0"), (0.0, "contains 0")])
def test_the_chosen_reading_says_whether_its_interval_contains_0(low, words):
    assert chosen_sentence(reading("same-pairs", low=low)).replace("\u00a0", " ").endswith(f"{words}.")


def test_rows_name_the_agreement_and_what_is_lacking():
    found = all_readings({"paper": {"agrees": False}, "same-pairs": {"agrees": True}}, absent=["share-of-attainable"])
    rows = {row.name: row for row in reading_rows(found)}
    assert list(rows) == NAMES
    assert [rows[name].agreement for name in ("paper", "same-pairs", "above-equal")] == ["other", "same", "nothing"]
    assert "not computed, the store has no carried values" in rows["share-of-attainable"].spoken
    assert "another leader than in the paper" in rows["paper"].spoken


@pytest.mark.parametrize(
    ("seeds", "sd", "there", "not_there"),
    [
        ((1, 1), None, "one training per language", "training seeds"),
        ((3, 3), 0.004, "3 training seeds; standard deviation of mean C between seeds 0.004", "one training"),
        ((1, 3), 0.004, "1 to 3 training seeds", "one training per language"),
    ],
)
def test_uncertainty_speaks_of_seeds_only_where_there_are_several(seeds, sd, there, not_there):
    assert there in uncertainty_sentence(seeds, sd) and not_there not in uncertainty_sentence(seeds, sd)


def test_coverage_names_who_is_waited_for():
    assert coverage_sentence(15, 15, ()) == ""
    assert coverage_sentence(10, 15, ("ko",)) == (
        "10 of 15 pairs are computed under every checkpoint; 5 wait for Korean."
    )
    assert coverage_sentence(13, 15, ("ko", "zh")).endswith("2 wait for Korean and Chinese.")


def test_the_rule_is_that_of_the_statistics():
    assert "95%" in RULE and "80%" in RULE and "leaves out 0" in RULE
    leads = replace(reading("same-pairs").ranking)
    assert leads.standing == "leads"
