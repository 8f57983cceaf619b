"""Every class of a pair from one analysis: what a whole analysis for that class gives."""

import numpy as np
import pytest

from core.consistency.classes import contrasted, with_class, without_class
from core.consistency.export import report_to_json
from core.consistency.pair import TextInput, analyze_pair
from core.consistency.recompare import recompare
from core.consistency.translations import AnalysisKey, analyze_translations
from core.errors import TargetError
from core.settings import Settings
from core.spaces import open_space

PAIR = (
    TextInput("en", ("the storm cancelled the ferry", "the boat sailed on time")),
    TextInput("es", ("la tormenta el ferri", "el barco zarpó a la hora")),
)
QUICK = Settings(task="nli", permutations=20, steps=8)
CLASSES = ("entailment", "neutral", "contradiction")


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.fixture
def model(tiny_model):
    return tiny_model("xlm-roberta", "nli")


def same(found, expected):
    assert found.source.attribution.target == expected.source.attribution.target
    assert found.target.attribution.target == expected.target.attribution.target
    for one, other in ((found.source, expected.source), (found.target, expected.target)):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
        np.testing.assert_allclose(one.mass, other.mass, atol=1e-6)
    assert found.consistency == pytest.approx(expected.consistency, abs=1e-6)
    assert found.references.shuffled_mean == pytest.approx(expected.references.shuffled_mean, abs=1e-6)
    assert found.references.carried == pytest.approx(expected.references.carried, abs=1e-6)


def test_a_report_has_the_pair_explained_for_each_class(model):
    report = analyze_pair(model, *PAIR, QUICK, classes=True)
    assert [analysis.settings.explain for analysis in report.classes] == list(CLASSES)
    for analysis in report.classes:
        (alone,) = analyze_pair(model, *PAIR, QUICK.with_changes(explain=analysis.settings.explain)).analyses
        same(analysis, alone)
        assert analysis.settings == alone.settings
    written = report_to_json(report)
    assert list(written["classes"]) == list(CLASSES)
    assert written["classes"]["neutral"]["consistency"] == report.classes[1].consistency
    assert written["classes"]["neutral"]["source"]["target"] == "neutral"
    assert "classes" not in report_to_json(analyze_pair(model, *PAIR, QUICK))


@pytest.mark.parametrize("explain", ["source", "own", *CLASSES])
@pytest.mark.parametrize("output", ["logit", "contrast"])
def test_another_class_from_attributions_at_hand_is_what_an_analysis_gives(model, explain, output):
    base = analyze_translations(model, PAIR[0], PAIR[1:], without_class(QUICK), classes=True)
    wanted = QUICK.with_changes(explain=explain, output=output, level="word")
    found = recompare(base, wanted, lambda _, settings: open_space(model, settings))
    expected = analyze_translations(model, PAIR[0], PAIR[1:], wanted)
    assert found.settings == wanted
    key = AnalysisKey(model.info.name, 0)
    same(found.analyses[key], expected.analyses[key])
    assert found.notices == expected.notices
    assert found.analyses[key].source.attribution.f_input == pytest.approx(
        expected.analyses[key].source.attribution.f_input, abs=1e-5
    )
    back = recompare(found, QUICK, lambda _, settings: open_space(model, settings))
    same(back.analyses[key], analyze_translations(model, PAIR[0], PAIR[1:], QUICK).analyses[key])


def test_the_gold_class_needs_its_label(model):
    base = analyze_translations(model, PAIR[0], PAIR[1:], QUICK, classes=True)
    wanted = QUICK.with_changes(explain="gold", gold="neutral")
    found = recompare(base, wanted, lambda _, settings: open_space(model, settings))
    assert next(iter(found.analyses.values())).target.attribution.target.label == "neutral"
    with pytest.raises(TargetError, match="gold label"):
        recompare(base, QUICK.with_changes(explain="gold"), lambda _, settings: open_space(model, settings))


def test_the_error_of_a_contrast_is_at_most_the_sum_of_both(model):
    base = analyze_translations(model, PAIR[0], PAIR[1:], QUICK.with_changes(steps="auto"), classes=True)
    first, second, _ = next(iter(base.by_class.values())).source
    found = contrasted(first, second)
    absolute = [each.token_error * np.abs(each.scores).max() for each in (found, first, second)]
    assert absolute[0] == pytest.approx(absolute[1] + absolute[2])
    assert (found.target.title, found.norms) == ("entailment minus neutral", None)


def test_what_a_class_leaves_open():
    contrast = QUICK.with_changes(explain="own", output="contrast")
    assert without_class(contrast) == QUICK
    for stays in ({"output": "probability"}, {"output": "contrast", "method": "saliency"}):
        assert without_class(QUICK.with_changes(**stays)).output == stays["output"]
    assert with_class(QUICK, contrast, "logit") == contrast
    assert with_class(QUICK.with_changes(output="contrast"), QUICK, "logit") == QUICK
    meaning = Settings(explain="own")
    assert without_class(meaning) == meaning
