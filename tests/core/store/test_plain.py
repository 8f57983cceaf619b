import copy
import json

import numpy as np
import pytest

from core.consistency.pair import TextInput
from core.consistency.translations import TranslationSet, analyze_translations
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
    back = from_plain(TranslationSet, json.loads(text))
    assert to_plain(back) == plain
    assert (back.inputs, back.settings, back.model) == (found.inputs, found.settings, found.model)
    assert back.failures == found.failures
    np.testing.assert_array_equal(back.grid, found.grid)
    assert list(back.reports) == list(found.reports)
    for index, report in found.reports.items():
        for one, other in zip(report.analyses, back.reports[index].analyses, strict=True):
            assert one.end == other.end
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
    with pytest.raises(DataError, match="A stored TranslationSet cannot be read"):
        from_plain(TranslationSet, plain)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("inputs",), None),
        (("grid",), "no grid"),
        (("grid",), [[1.0], [1.0, 2.0]]),
        (("seconds",), "soon"),
        (("reports",), [1, 2]),
        (("reports",), {"first": {}}),
        (("settings", "task"), "poetry"),
        (("settings", "steps"), 10**9),
        (("reports", "1", "analyses", 0, "source", "scores"), [1.0]),
        (("reports", "1", "analyses", 0, "source", "units"), 7),
        (("reports", "1", "analyses", 0, "source", "attribution", "text", "tokens"), []),
        (("reports", "1", "analyses", 0, "transport", "plan"), [[1.0]]),
        (("reports", "1", "analyses", 0, "references", "uniform"), None),
    ],
)
def test_values_that_do_not_fit_are_one_clear_error(archived, path, value):
    _, plain = archived["meaning"]
    with pytest.raises(DataError) as caught:
        from_plain(TranslationSet, broken(plain, path, value))
    assert "\n" not in str(caught.value)
