import threading
from dataclasses import replace

import numpy as np
import pytest

from core.attribution.paths import PathBundle
from core.consistency import pair, translations
from core.consistency.pair import TextInput, attribute_texts
from core.consistency.translations import AnalysisKey, analyze_translations
from core.errors import Cancelled, DegenerateMassError, LanguageError, TaskError, TextError
from core.settings import Settings

SOURCE = TextInput("en", ("the storm cancelled the ferry",))
SPANISH = TextInput("es", ("la tormenta el ferri",))
CHINESE = TextInput("zh", ("渡轮因暴风雨而取消",))
PUNCTUATION = TextInput("fr", ("… !?",))
QUICK = Settings(permutations=20, steps=8)


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.fixture
def model(tiny_model):
    return tiny_model("xlm-roberta", "meaning")


def check_grid(grid, failed=()):
    good = [index for index in range(len(grid)) if index not in failed]
    inner = grid[np.ix_(good, good)]
    np.testing.assert_array_equal(inner, inner.T)
    np.testing.assert_array_equal(np.diag(inner), 1)
    assert ((inner >= 0) & (inner <= 1)).all()
    for index in failed:
        assert np.isnan(grid[index]).all()
        assert np.isnan(grid[:, index]).all()


def test_every_translation_is_compared_with_the_source_and_with_the_others(model):
    found = analyze_translations(model, SOURCE, [SPANISH, CHINESE], QUICK)
    name = model.info.name
    assert (found.source, found.translations) == (SOURCE, (SPANISH, CHINESE))
    assert list(found.analyses) == [AnalysisKey(name, 0), AnalysisKey(name, 1)]
    assert found.models == (name,)
    assert not found.failures
    check_grid(found.grids[name])
    for key, analysis in found.analyses.items():
        assert analysis.source.language == "en"
        assert analysis.target.language == found.translations[key.translation].language
        assert found.grids[name][0, key.translation + 1] == pytest.approx(analysis.consistency, abs=1e-12)
    assert found.seconds > 0


def test_reports_are_found_by_model_and_by_translation(model):
    found = analyze_translations(model, SOURCE, [SPANISH, PUNCTUATION, CHINESE], QUICK)
    name = model.info.name
    renamed = {replace(key, model="other"): analysis for key, analysis in found.analyses.items()}
    lines = {replace(key, model="other"): ("line",) for key in found.notices}
    other = replace(found, analyses=renamed, notices=lines, failures={}, grids={"other": found.grids[name]})
    both = found.joined(other)
    assert both.models == (name, "other")
    assert list(both.by_model("other")) == [0, 2]
    assert list(both.by_translation(2)) == [name, "other"]
    assert both.by_translation(1) == {}
    assert both.report("other", 2).analyses == (found.analyses[AnalysisKey(name, 2)],)
    assert both.report("other", 2).notices == ("line",)
    with pytest.raises(KeyError):
        both.report(name, 1)


def test_a_translation_alone_gives_the_same_numbers(model):
    (alone,) = analyze_translations(model, SOURCE, [CHINESE], QUICK).analyses.values()
    _, among = analyze_translations(model, SOURCE, [SPANISH, CHINESE], QUICK).analyses.values()
    assert among.consistency == pytest.approx(alone.consistency, abs=1e-5)
    np.testing.assert_allclose(among.target.mass, alone.target.mass, atol=1e-4)


def test_one_that_cannot_be_read_leaves_the_others(model):
    found = analyze_translations(model, SOURCE, [SPANISH, PUNCTUATION, CHINESE], QUICK)
    assert [key.translation for key in found.analyses] == [0, 2]
    assert found.failures == {AnalysisKey(model.info.name, 1): "There is no word in this text."}
    check_grid(found.grids[model.info.name], failed=[2])


@pytest.fixture
def fails_on(monkeypatch):
    """Makes every joint attribution fail that has a text of one language in it; returns the languages of each call."""
    calls = []

    def fail(language, error):
        def failing(model, prepared, settings, **options):
            languages = [each.text.language for each in prepared]
            calls.append(languages)
            if language in languages:
                raise error
            return attribute_texts(model, prepared, settings, **options)

        monkeypatch.setattr(translations, "attribute_texts", failing)
        return calls

    return fail


def test_one_that_cannot_be_attributed_leaves_the_others(model, fails_on):
    fails_on("zh", DegenerateMassError("Every token of the Chinese text has score 0."))
    found = analyze_translations(model, SOURCE, [SPANISH, CHINESE], QUICK)
    assert list(found.analyses) == [AnalysisKey(model.info.name, 0)]
    assert found.failures == {AnalysisKey(model.info.name, 1): "Every token of the Chinese text has score 0."}
    check_grid(found.grids[model.info.name], failed=[2])
    with pytest.raises(DegenerateMassError, match="Chinese text has score 0"):
        analyze_translations(model, SOURCE, [CHINESE], QUICK)


def test_a_source_that_cannot_be_attributed_is_the_error(model, fails_on):
    fails_on("en", DegenerateMassError("Every token of the English text has score 0."))
    with pytest.raises(DegenerateMassError, match="English text"):
        analyze_translations(model, SOURCE, [SPANISH, CHINESE], QUICK)


def test_a_cancelled_joint_attribution_is_not_tried_again(model, fails_on):
    calls = fails_on("zh", Cancelled("Cancelled."))
    with pytest.raises(Cancelled):
        analyze_translations(model, SOURCE, [SPANISH, CHINESE], QUICK)
    assert calls == [["en", "es", "zh"]]


@pytest.mark.parametrize("failing", [None, "zh"])
def test_every_text_is_cleaned_and_tokenised_once(model, fails_on, monkeypatch, failing):
    cleaned, tokenised = [], []
    clean_text, tokenize = pair.clean_text, pair.tokenize
    monkeypatch.setattr(pair, "clean_text", lambda text, **options: cleaned.append(text) or clean_text(text, **options))
    monkeypatch.setattr(pair, "tokenize", lambda *read: tokenised.append(read[2]) or tokenize(*read))
    fails_on(failing, DegenerateMassError("No score."))
    analyze_translations(model, SOURCE, [SPANISH, PUNCTUATION, CHINESE], QUICK)
    assert cleaned == [text.texts[0] for text in (SOURCE, SPANISH, PUNCTUATION, CHINESE)]
    assert tokenised == ["en", "es", "zh"]


@pytest.mark.parametrize("unreadable", [[PUNCTUATION], [PUNCTUATION, TextInput("xx", "la tormenta")], []])
def test_nothing_is_computed_where_no_translation_can_be_read(model, monkeypatch, unreadable):
    def computed(*arguments, **options):
        raise AssertionError("a gradient was computed")

    monkeypatch.setattr(PathBundle, "evaluate", computed)
    with pytest.raises(TextError, match="no word" if unreadable else "no translation"):
        analyze_translations(model, SOURCE, unreadable, QUICK)
    with pytest.raises(AssertionError):
        analyze_translations(model, SOURCE, [SPANISH], QUICK)


def test_the_source_must_be_readable(model):
    with pytest.raises(TextError, match="no word"):
        analyze_translations(model, PUNCTUATION, [SPANISH], QUICK)
    with pytest.raises(LanguageError):
        analyze_translations(model, TextInput("xx", SOURCE.texts), [SPANISH], QUICK)


def test_the_model_must_have_the_head(model):
    with pytest.raises(TaskError):
        analyze_translations(model, SOURCE, [SPANISH], Settings(task="nli"))


def test_progress_and_cancel_pass_through(model):
    stages, stop = [], threading.Event()

    def progress(stage, done, expected):
        stages.append((stage, done, expected))
        stop.set()

    with pytest.raises(Cancelled):
        analyze_translations(model, SOURCE, [SPANISH], QUICK, progress=progress, should_cancel=stop.is_set)
    assert stages[0][0] == "attributing"
    stages.clear()
    analyze_translations(model, SOURCE, [SPANISH], QUICK, progress=progress)
    assert {stage for stage, _, _ in stages} == {"attributing", "comparing"}
    assert all(0 <= done <= expected for _, done, expected in stages)


def test_question_answering_has_two_ends_and_the_grid_of_the_start(tiny_model):
    source = TextInput("en", ("the storm", "the boat sailed on time and the crew slept well"))
    target = TextInput("es", ("la tormenta", "el barco zarpó a la hora prevista"))
    model = tiny_model("bert", "qa")
    found = analyze_translations(model, source, [target], Settings(task="qa", explain="own", permutations=20, steps=8))
    assert list(found.analyses) == [AnalysisKey(model.info.name, 0, end) for end in ("start", "end")]
    start, end = found.report(model.info.name, 0).analyses
    assert (start.end, end.end) == ("start", "end")
    assert found.grids[model.info.name][0, 1] == pytest.approx(start.consistency, abs=1e-12)
