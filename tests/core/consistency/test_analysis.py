import json

import numpy as np
import pytest

from core.consistency.export import report_to_json
from core.consistency.pair import TextInput, analyze_pair, attribute_texts, prepare_text
from core.consistency.sides import units_of
from core.errors import Cancelled, LanguageError, TaskError, TextError
from core.results import Answer
from core.settings import Settings
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES

A, B = "the storm cancelled the ferry", "the boat sailed on time"
SPANISH = ("la tormenta el ferri", "el barco zarpó a la hora")
QUICK = {"permutations": 20, "steps": 8}
CONTEXT_FREE = ("isolated", "static")


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


def pair(model, task, **changes):
    n_fields = 1 if task == "meaning" else 2
    source, target = TextInput("en", (A, B)[:n_fields]), TextInput("es", SPANISH[:n_fields])
    return analyze_pair(model, source, target, Settings(task=task, **(QUICK | changes)))


def attributed(model, texts, settings):
    return attribute_texts(model, [prepare_text(model, text, settings) for text in texts], settings)


def check_invariants(analysis):
    plan, similarity = analysis.transport.plan, analysis.transport.similarity
    source, target = analysis.source, analysis.target
    assert plan.shape == similarity.shape == (len(source.units), len(target.units))
    assert analysis.consistency == pytest.approx((plan * np.maximum(similarity, 0)).sum(), abs=1e-12)
    assert 0 <= analysis.consistency <= 1
    assert (plan >= 0).all()
    assert (plan.sum(1) <= source.mass + 1e-9).all()
    assert (plan.sum(0) <= target.mass + 1e-9).all()
    for side in (source, target):
        assert side.mass.sum() == pytest.approx(1, abs=1e-12)
        assert (side.mass >= 0).all()
        # No special carries mass, and every other token is in exactly one unit.
        members = sorted(k for unit in side.units for k in unit.tokens)
        assert members == np.flatnonzero(~side.text.special_mask).tolist()
        for unit, score in zip(side.units, side.scores, strict=True):
            assert dict(side.text.fields)[unit.field][unit.start : unit.end] == unit.text
            assert score == pytest.approx(sum(side.attribution.scores[k] for k in unit.tokens), abs=1e-12)


@pytest.mark.parametrize("level", ["token", "word"])
@pytest.mark.parametrize("task", ["meaning", "nli", "paraphrase", "qa"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_task_family_and_level_gives_a_consistent_analysis(tiny_model, family, task, level):
    report = pair(tiny_model(family, task), task, level=level)
    assert [analysis.end for analysis in report.analyses] == (["start", "end"] if task == "qa" else [None])
    for analysis in report.analyses:
        check_invariants(analysis)
        assert analysis.source.text.language == "en"
        assert analysis.references.n_shuffles == 20
        assert set(analysis.versions) == {"torch", "transformers", "captum", "pot", "numpy"}
        if level == "token":
            assert len(analysis.source.units) == sum(not token.special for token in analysis.source.text.tokens)
        else:
            words = [unit.text for unit in analysis.source.units]
            assert words == (A if task == "meaning" else f"{A} {B}").split()


@pytest.mark.parametrize("mass", ["abs", "positive"])
def test_mass_follows_the_rule(tiny_model, mass):
    side = pair(tiny_model("bert", "nli"), "nli", mass=mass).analyses[0].source
    weights = np.abs(side.scores) if mass == "abs" else np.maximum(side.scores, 0)
    np.testing.assert_allclose(side.mass, weights / weights.sum(), atol=1e-12)


@pytest.mark.parametrize("level", ["token", "word"])
@pytest.mark.parametrize("space", CONTEXT_FREE)
@pytest.mark.parametrize("family", FAMILIES)
def test_identical_texts_agree_completely_in_a_context_free_space(tiny_model, family, space, level):
    text = TextInput("en", (A, B))
    settings = Settings(task="nli", space=space, level=level, **QUICK)
    report = analyze_pair(tiny_model(family, "nli"), text, text, settings)
    assert report.analyses[0].consistency == pytest.approx(1, abs=1e-6)
    assert any("identical" in line for line in report.notices)


@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
def test_exchanging_the_sides_transposes_everything(tiny_model, task):
    model, settings = tiny_model("xlm-roberta", task), Settings(task=task, explain="own", **QUICK)
    n_fields = 1 if task == "meaning" else 2
    english, spanish = TextInput("en", (A, B)[:n_fields]), TextInput("es", SPANISH[:n_fields])
    there = analyze_pair(model, english, spanish, settings)
    back = analyze_pair(model, spanish, english, settings)
    for one, other in zip(there.analyses, back.analyses, strict=True):
        assert one.consistency == pytest.approx(other.consistency, abs=1e-6)
        np.testing.assert_allclose(one.transport.similarity, other.transport.similarity.T, atol=1e-6)
        np.testing.assert_allclose(one.source.mass, other.target.mass, atol=1e-5)


def test_a_space_without_context_does_not_see_the_sentence(tiny_model):
    model = tiny_model("bert", "meaning")

    def similarity(text, space):
        settings = Settings(space=space, level="word", centred=False, procrustes=False, **QUICK)
        report = analyze_pair(model, TextInput("en", (text,)), TextInput("es", (SPANISH[0],)), settings)
        analysis = report.analyses[0]
        return analysis.transport.similarity[[unit.text for unit in analysis.source.units].index("storm")]

    for space in CONTEXT_FREE:
        np.testing.assert_allclose(similarity(A, space), similarity("boats and storm", space), atol=1e-5)
    assert np.abs(similarity(A, "contextual") - similarity("boats and storm", "contextual")).max() > 0.01


def test_the_contextual_space_says_that_it_breaks_the_definition(tiny_model):
    space = pair(tiny_model("bert", "meaning"), "meaning", space="contextual").analyses[0].space
    assert space["name"] == "contextual"
    assert space["note"]


def test_words_of_languages_without_spaces_are_real_words(tiny_model):
    model = tiny_model("xlm-roberta", "meaning")
    chinese = units_of(tokenize(model, "meaning", "zh", ["渡轮因暴风雨而取消"]), "word")
    assert [unit.text for unit in chinese] == ["渡轮", "因", "暴风雨", "而", "取消"]
    assert len(chinese[2].tokens) > 1
    thai = tokenize(model, "meaning", "th", ["เรือแล่นตรงเวลา"])
    assert [word.text for word in thai.words] == ["เรือ", "แล่น", "ตรงเวลา"]


def test_what_was_cut_or_removed_is_said(tiny_model):
    model = tiny_model("bert", "meaning")
    texts = [TextInput("en", ("the boat " * 60,)), TextInput("es", ("el\x07 barco",))]
    report = analyze_pair(model, *texts, Settings(**QUICK))
    assert report.notices == (
        "English: Only the first 64 of 182 tokens were read by the model.",
        "Spanish: 1 control character was removed.",
    )
    with pytest.raises(TextError, match="U\\+0007"):
        prepare_text(model, texts[1], Settings(), strict=True)
    with pytest.raises(TextError, match="U\\+0007"):
        analyze_pair(model, *texts, Settings(**QUICK), strict=True)


def test_differing_classes_are_said(tiny_model):
    model = tiny_model("bert", "nli")
    sources = [TextInput("en", (first, second)) for first in (A, B, "the crew") for second in (A, "el barco")]
    settings = Settings(task="nli", explain="own", **QUICK)
    found = dict(zip(sources, attributed(model, sources, settings), strict=True))
    kinds = {side.sides[0].attribution.target.label: text for text, side in found.items()}
    if len(kinds) < 2:
        pytest.skip("this random model predicts one class for every text")
    one, other = list(kinds.values())[:2]
    assert "The two sides are explained for different classes." in analyze_pair(model, one, other, settings).notices
    same = analyze_pair(model, one, other, settings.with_changes(explain="source"))
    assert not [line for line in same.notices if "baseline" not in line]
    labels = {side.attribution.target.label for side in (same.analyses[0].source, same.analyses[0].target)}
    assert len(labels) == 1


def test_gold_comes_from_the_text_or_the_settings(tiny_model):
    model = tiny_model("bert", "nli")
    texts = [TextInput("en", (A, B), gold="neutral"), TextInput("es", SPANISH)]
    settings = Settings(task="nli", explain="gold", gold="contradiction", **QUICK)
    labels = [found.sides[0].attribution.target.label for found in attributed(model, texts, settings)]
    assert labels == ["neutral", "contradiction"]


def test_one_wrong_text_is_refused_before_anything_is_computed(tiny_model):
    model, good = tiny_model("bert", "meaning"), TextInput("en", (A,))
    for bad, error in (
        (TextInput("xx", (A,)), LanguageError),
        (TextInput("es", ("",)), TextError),
        (TextInput("es", ("...",)), TextError),
    ):
        with pytest.raises(error):
            analyze_pair(model, good, bad, Settings(**QUICK))
    with pytest.raises(TaskError):
        analyze_pair(model, good, good, Settings(task="qa"))


def test_progress_is_reported_and_cancelling_works(tiny_model):
    model = tiny_model("bert", "meaning")
    seen = []
    texts = TextInput("en", (A,)), TextInput("es", SPANISH[:1])
    analyze_pair(model, *texts, Settings(**QUICK), progress=lambda *step: seen.append(step))
    stages = [stage for stage, _, _ in seen]
    assert stages == sorted(stages)
    assert set(stages) == {"attributing", "comparing"}
    for stop_after in range(3):
        asked = iter(range(100))
        with pytest.raises(Cancelled):
            analyze_pair(model, *texts, Settings(**QUICK), should_cancel=lambda n=stop_after, a=asked: next(a) >= n)


def test_equal_runs_give_equal_results(tiny_model):
    model = tiny_model("bert", "nli")
    first, second = (json.dumps(report_to_json(pair(model, "nli"))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("start", [2, 18])
def test_a_gold_answer_keeps_its_place_when_its_context_is_cleaned(tiny_model, start):
    """Leading space is removed, and a line break of two characters becomes one space."""
    model, context = tiny_model("bert", "qa"), " \nthe boat sailed\r\nthe ferry sailed"
    start = context.index("the ferry") if start == 18 else start
    given = TextInput("en", (A, context), Answer("the", start))
    settings = Settings(task="qa", explain="gold", **QUICK)
    prepared = prepare_text(model, given, settings)
    assert prepared.gold == Answer("the", 0 if start == 2 else 16)
    (attributed,) = attribute_texts(model, [prepared], settings)
    for side in attributed.sides:
        token = prepared.text.tokens[side.attribution.target.index]
        assert token.start <= prepared.gold.start + 2 and token.end > prepared.gold.start
