"""Two models on one pair: masses side by side, what is said of them, and both results as JSON and CSV."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from core.consistency.export import report_to_json
from core.consistency.two_models import aligned_mass, comparison_notices, comparison_to_json, differences_to_csv
from core.results import PairReport, Target
from tests.world.analyses import Field, pair, side, storm


def text(*words, language="en"):
    """One sentence; a word is (piece, score) pairs."""
    return side(language, Field("text", words))


def other_model(analysis, name, *, label=None, space=None):
    """The same analysis as if another model had made it."""
    source, target = analysis.source, analysis.target
    if label:
        fixed = [replace(each.attribution, target=Target("class", 1, label)) for each in (source, target)]
        source, target = (replace(each, attribution=one) for each, one in zip((source, target), fixed, strict=True))
    return replace(
        analysis,
        source=source,
        target=target,
        model=replace(analysis.model, name=name, train_language="es"),
        space={**analysis.space, **({"model": space} if space else {})},
    )


def test_tokens_that_both_models_read_stand_side_by_side():
    first = text([("can", 1.0), ("celled", 3.0)], [("storm", 4.0)])
    second = text([("can", 2.0), ("celled", 2.0)], [("storm", 12.0)])
    found = aligned_mass(first, second)
    assert found.same_units
    assert [unit.text for unit in found.units] == ["can", "celled", "storm"]
    np.testing.assert_allclose(found.first, [1 / 8, 3 / 8, 4 / 8])
    np.testing.assert_allclose(found.second, [2 / 16, 2 / 16, 12 / 16])
    np.testing.assert_allclose(found.difference, [0, 2 / 8, -2 / 8])


def test_models_that_cut_words_differently_are_compared_by_words():
    first = text([("can", 1.0), ("celled", -3.0)], [("storm", 4.0)])
    second = text([("c", 1.0), ("ancel", 2.0), ("led", 2.0)], [("sto", 0.0), ("rm", 5.0)])
    found = aligned_mass(first, second)
    assert not found.same_units
    assert [(unit.text, unit.start, unit.end) for unit in found.units] == [("cancelled", 0, 9), ("storm", 10, 15)]
    np.testing.assert_allclose(found.first, [0.5, 0.5])
    np.testing.assert_allclose(found.second, [0.5, 0.5])
    by_words = aligned_mass(
        side("en", Field("text", [[("can", 1.0), ("celled", -3.0)], [("storm", 4.0)]]), level="word"), second
    )
    assert by_words.first.sum() == pytest.approx(1)
    assert by_words.difference.sum() == pytest.approx(0)


def test_two_texts_are_not_put_side_by_side():
    with pytest.raises(ValueError, match="different texts"):
        aligned_mass(text([("storm", 1.0)]), text([("rain", 1.0)]))


def test_what_is_not_compared_on_one_question_or_in_one_space_is_said():
    analysis = storm()
    assert comparison_notices(analysis, other_model(analysis, "b")) == ()
    (line,) = comparison_notices(analysis, other_model(analysis, "b", label="entailment"))
    assert line.startswith("A is explained for contradiction, B for entailment.")
    assert "under Explain" in line
    here = other_model(analysis, "a", space="e5")
    (line,) = comparison_notices(here, other_model(analysis, "b", space="mbert"))
    assert "two spaces (e5 and mbert)" in line


def test_the_json_holds_both_results_and_what_differs():
    first = storm()
    second = replace(
        other_model(storm(), "e5-small-nli-es"), source=replace(first.source, mass=first.source.mass[::-1])
    )
    reports = PairReport((first,)), PairReport((second,))
    found = comparison_to_json(*reports)
    assert found["models"] == [report_to_json(report) for report in reports]
    assert [model["model"]["name"] for model in found["models"]] == ["e5-small-nli-en", "e5-small-nli-es"]
    assert found["difference"]["consistency"] == first.consistency - second.consistency
    entry = found["difference"]["source"][0]
    assert entry["mass"] == [first.source.mass[0], first.source.mass[-1]]
    assert entry["difference"] == entry["mass"][0] - entry["mass"][1]
    assert len(found["difference"]["target"]) == len(first.target.units)
    ends = [PairReport(tuple(replace(each, end=end) for end in ("start", "end"))) for each in (first, second)]
    assert set(comparison_to_json(*ends)["difference"]) == {"start", "end"}


def test_the_csv_names_the_models_and_runs_no_formula():
    first, second = text([("=1+1", 1.0)], [("b", 1.0)]), text([("=1+1", 3.0)], [("b", 1.0)])
    header, *rows = csv.reader(io.StringIO(differences_to_csv(first, second, ("en-model", "es-model"))))
    assert header == ["token", "field", "start", "end", "mass A: en-model", "mass B: es-model", "A - B"]
    assert rows[0][0] == "'=1+1"
    assert [float(value) for value in rows[0][4:]] == [0.5, 0.75, -0.25]


def test_the_notices_of_a_pair_with_two_answers():
    sides = [side(code, Field("text", [[("forty", 1.0)]]), kind="start", label="forty") for code in ("en", "es")]
    first = pair(*sides, similarity=np.eye(1), task="qa")
    moved = [
        replace(each, attribution=replace(each.attribution, target=Target("start", 1, "metres"))) for each in sides
    ]
    assert "different answers" in comparison_notices(first, pair(*moved, similarity=np.eye(1), task="qa"))[0]
