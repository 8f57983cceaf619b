import copy
import json

import numpy as np
import pytest

from core.consistency.pair import TextInput
from core.consistency.translations import TranslationResults, analyze_translations
from core.errors import DataError
from core.settings import Settings
from core.store.plain import from_plain, to_plain

SIDES = {
    "en": ("the storm cancelled the ferry", "the boat sailed on time"),
    "es": ("la tormenta el ferri", "el barco zarpó"),
    "zh": ("渡轮因暴风雨而取消", "船准时启航"),
}


@pytest.fixture(scope="module")
def archived(tiny_model, tmp_path_factory):
    """task -> a set with a failed translation, and the same as plain values."""

    def archive(task):
        n_fields = 1 if task == "meaning" else 2
        source, *others = (TextInput(code, texts[:n_fields]) for code, texts in SIDES.items())
        settings = Settings(task=task, explain="own", permutations=20, steps=6)
        broken = TextInput("fr", ("…",) * n_fields)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CCTA_CACHE", str(tmp_path_factory.mktemp("cache")))
            found = analyze_translations(tiny_model("bert", task), source, [*others, broken], settings)
        return found, to_plain(found)

    return {task: archive(task) for task in ("meaning", "nli", "qa")}


@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
def test_a_result_survives_json(archived, task):
    found, plain = archived[task]
    # No NaN in the text: other JSON readers refuse it.
    text = json.dumps(plain, allow_nan=False)
    back = from_plain(TranslationResults, json.loads(text))
    assert to_plain(back) == plain
    assert (back.source, back.translations, back.settings) == (found.source, found.translations, found.settings)
    assert (back.notices, back.failures) == (found.notices, found.failures)
    for model in found.models:
        np.testing.assert_array_equal(back.grids[model], found.grids[model])
    assert list(back.analyses) == list(found.analyses)
    for one, other in zip(found.analyses.values(), back.analyses.values(), strict=True):
        assert (one.end, one.model) == (other.end, other.model)
        assert one.source.units == other.source.units
        assert one.source.text == other.source.text
        assert one.source.attribution.target == other.source.attribution.target
        assert one.consistency == other.consistency
        assert one.source.attribution.delta == other.source.attribution.delta
        np.testing.assert_array_equal(one.transport.plan, other.transport.plan)
        assert other.transport.plan.dtype == np.float64


def broken(plain, path, value):
    """A copy of `plain` with the entry at `path` replaced, or taken away for None."""
    changed = copy.deepcopy(plain)
    place = changed
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize("plain", [None, [], "text", 3, {}])
def test_something_else_is_refused(plain):
    with pytest.raises(DataError, match="A stored TranslationResults cannot be read"):
        from_plain(TranslationResults, plain)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("source",), None),
        (("grids",), "no grid"),
        (("grids", "bert-meaning"), [[1.0], [1.0, 2.0]]),
        (("seconds",), "soon"),
        (("analyses",), [1, 2]),
        (("analyses",), {"first": {}}),
        (("analyses", 0, 0, "translation"), "first"),
        (("settings", "task"), "poetry"),
        (("settings", "steps"), 10**9),
        (("analyses", 0, 1, "source", "scores"), [1.0]),
        (("analyses", 0, 1, "source", "units"), 7),
        (("analyses", 0, 1, "source", "attribution", "text", "tokens"), []),
        (("analyses", 0, 1, "transport", "plan"), [[1.0]]),
        (("analyses", 0, 1, "references", "uniform"), None),
    ],
)
def test_values_that_do_not_fit_are_one_clear_error(archived, path, value):
    _, plain = archived["meaning"]
    with pytest.raises(DataError) as caught:
        from_plain(TranslationResults, broken(plain, path, value))
    assert "\n" not in str(caught.value)
