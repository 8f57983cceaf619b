import numpy as np
import pytest

from core.consistency.translations import AnalysisKey
from core.errors import DataError
from core.models.catalogue import DEFAULT_MODEL
from core.report import first_pair as shipped
from core.settings import LEVELS, Settings
from core.text.examples import load_examples


def test_the_shipped_result_is_the_first_example_with_the_default_settings():
    found = shipped.load_first_pair()[0]
    example = load_examples("meaning")[0]
    texts = (found.source, *found.translations)
    assert [text.language for text in texts] == [shipped.SOURCE, shipped.TARGET]
    assert [text.texts for text in texts] == [example.texts("en"), example.texts("es")]
    assert found.settings == Settings()
    assert list(found.analyses) == [AnalysisKey(DEFAULT_MODEL, 0)]
    assert not found.failures


def test_every_level_and_space_is_shipped_with_the_same_attributions():
    first, *others = shipped.load_first_pair()
    made = {(results.settings.level, results.settings.space) for results in (first, *others)}
    assert made == {(level, space) for level in LEVELS for space in shipped.SPACES}
    (wanted,) = first.analyses.values()
    for results in others:
        (analysis,) = results.analyses.values()
        np.testing.assert_array_equal(analysis.source.attribution.scores, wanted.source.attribution.scores)
        np.testing.assert_array_equal(analysis.target.attribution.scores, wanted.target.attribution.scores)


@pytest.mark.parametrize("level", LEVELS)
def test_the_shipped_numbers_hold_together(level):
    found = {results.settings: results for results in shipped.load_first_pair()}
    (analysis,) = found[Settings(level=level)].analyses.values()
    plan, similarity = analysis.transport.plan, analysis.transport.similarity
    assert analysis.consistency == pytest.approx((plan * np.maximum(similarity, 0)).sum(), abs=1e-9)
    for side in (analysis.source, analysis.target):
        assert side.mass.sum() == pytest.approx(1, abs=1e-9)
        assert side.attribution.token_error <= Settings().tolerance
        assert not side.attribution.scores[side.text.special_mask].any()
    assert (plan.sum(1) <= analysis.source.mass + 1e-9).all()
    assert (plan.sum(0) <= analysis.target.mass + 1e-9).all()
    # The first thing a visitor reads must be true of the numbers beside it.
    assert analysis.references.place_of(analysis.consistency) == "above"
    assert analysis.consistency > analysis.references.shuffled_mean


@pytest.mark.parametrize("content", [None, "", "not JSON", "{}", '{"translations": []}'])
def test_a_missing_or_damaged_file_is_one_clear_error(tmp_path, monkeypatch, content):
    path = tmp_path / "first_pair.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(shipped, "FILE", path)
    with pytest.raises(DataError) as caught:
        shipped.load_first_pair()
    assert "\n" not in str(caught.value)


@pytest.mark.model
def test_computing_it_again_gives_the_same(embedded_model):
    for stored, fresh in zip(shipped.load_first_pair(), shipped.compute_first_pair(), strict=True):
        check_same(stored, fresh)


def check_same(stored, fresh):
    (one,), (other,) = stored.analyses.values(), fresh.analyses.values()
    assert fresh.settings == stored.settings
    assert other.consistency == pytest.approx(one.consistency, abs=1e-3), "python -m core.report.first_pair"
    np.testing.assert_allclose(other.source.mass, one.source.mass, atol=1e-3)
    np.testing.assert_allclose(other.target.mass, one.target.mass, atol=1e-3)
    np.testing.assert_allclose(other.transport.similarity, one.transport.similarity, atol=1e-3)
    assert other.references.uniform == pytest.approx(one.references.uniform, abs=1e-3)
    assert other.references.shuffled_mean == pytest.approx(one.references.shuffled_mean, abs=0.01)
