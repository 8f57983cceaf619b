"""What is compared again from attributions at hand is what a whole analysis with these settings gives."""

import numpy as np
import pytest

from core.consistency.pair import TextInput
from core.consistency.recompare import comparison_settings, recompare, with_comparison
from core.consistency.translations import analyze_translations
from core.errors import DegenerateMassError
from core.settings import Settings
from core.spaces import open_space

NLI = (
    TextInput("en", ("the storm cancelled the ferry", "the boat sailed on time")),
    [
        TextInput("es", ("la tormenta el ferri", "el barco zarpó a la hora")),
        TextInput("fr", ("… !?", "le bateau")),
        TextInput("zh", ("渡轮因暴风雨而取消", "船准时")),
    ],
)
QUICK = Settings(task="nli", permutations=20, steps=8)


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.fixture
def model(tiny_model):
    return tiny_model("xlm-roberta", "nli")


def check_equal(found, expected):
    assert found.settings == expected.settings
    assert list(found.analyses) == list(expected.analyses)
    assert (found.notices, found.failures) == (expected.notices, expected.failures)
    for name, grid in expected.grids.items():
        np.testing.assert_allclose(found.grids[name], grid, atol=1e-9)
    for key, wanted in expected.analyses.items():
        again = found.analyses[key]
        assert (again.settings, again.space, again.source.units) == (wanted.settings, wanted.space, wanted.source.units)
        np.testing.assert_allclose(again.transport.plan, wanted.transport.plan, atol=1e-9)
        np.testing.assert_allclose(again.target.mass, wanted.target.mass, atol=1e-9)
        assert again.references.shuffled_mean == pytest.approx(wanted.references.shuffled_mean, abs=1e-9)
        assert again.references.carried == pytest.approx(wanted.references.carried, abs=1e-9)
        assert again.references.shuffled_percentile == wanted.references.shuffled_percentile


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "word"},
        {"mass": "positive"},
        {"space": "static"},
        {"space": "contextual", "level": "word"},
        {"centred": False, "mass": "positive", "seed": 3, "permutations": 12},
    ],
)
def test_comparing_again_gives_what_a_whole_analysis_gives(model, changes):
    wanted = QUICK.with_changes(**changes)
    base = analyze_translations(model, *NLI, QUICK)
    expected = analyze_translations(model, *NLI, wanted)
    check_equal(recompare(base, wanted, lambda name, settings: open_space(model, settings)), expected)


def test_answers_are_compared_again_at_both_ends(tiny_model):
    model = tiny_model("bert", "qa")
    texts = TextInput("en", ("the storm", "the boat sailed")), [TextInput("es", ("la tormenta", "el barco zarpó"))]
    quick = Settings(task="qa", explain="own", permutations=20, steps=8)
    wanted = quick.with_changes(level="word")
    base, expected = (analyze_translations(model, *texts, settings) for settings in (quick, wanted))
    check_equal(recompare(base, wanted, lambda name, settings: open_space(model, settings)), expected)


def test_another_mass_of_one_pair_needs_no_space(model):
    base = analyze_translations(model, NLI[0], NLI[1][:1], QUICK)
    opened = []
    found = recompare(base, QUICK.with_changes(mass="positive"), lambda *asked: opened.append(asked))
    assert not opened
    assert next(iter(found.analyses.values())).settings.mass == "positive"


def test_only_the_comparison_is_taken_from_the_wanted_settings():
    wanted = Settings(task="nli", steps=30, level="word", mass="positive")
    assert with_comparison(QUICK, wanted) == QUICK.with_changes(level="word", mass="positive", permutations=None)
    assert {"level", "mass", "space", "centred"} <= set(comparison_settings(wanted))
    assert not {"task", "steps", "method", "explain"} & set(comparison_settings(wanted))


def test_a_text_without_mass_fails_alone_and_a_source_without_mass_fails_all(model):
    from dataclasses import replace

    base = analyze_translations(model, *NLI, QUICK)
    positive = QUICK.with_changes(mass="positive")

    def negative(key, where):
        analysis = base.analyses[key]
        side = getattr(analysis, where)
        scores = -np.abs(side.attribution.scores)
        return replace(analysis, **{where: replace(side, attribution=replace(side.attribution, scores=scores))})

    first, second = base.analyses
    one = replace(base, analyses={**base.analyses, first: negative(first, "target")})
    found = recompare(one, positive, lambda name, settings: open_space(model, settings))
    assert list(found.analyses) == [second]
    assert "positive" in found.failures[replace(first, end=None)]
    every = replace(base, analyses={key: negative(key, "source") for key in base.analyses})
    with pytest.raises(DegenerateMassError):
        recompare(every, positive, lambda name, settings: open_space(model, settings))
