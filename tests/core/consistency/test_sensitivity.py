"""One choice changed at a time: each equal to a whole analysis with that setting."""

import pytest

from core.consistency.pair import TextInput
from core.consistency.sensitivity import VALUES, is_at_hand, single_changes, top_words, variants_to_json, vary
from core.consistency.translations import analyze_translations
from core.errors import Cancelled
from core.settings import Settings
from tests.world.analyses import Field, side

NLI = (
    TextInput("en", ("the storm cancelled the ferry", "the boat sailed on time")),
    [TextInput("es", ("la tormenta el ferri", "el barco zarpó a la hora"))],
)
QUICK = Settings(task="nli", permutations=20, steps=6)


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


def test_each_change_is_of_one_setting():
    changes = single_changes(QUICK)
    assert len(changes) == 13
    for change in changes:
        assert change.settings == QUICK.with_changes(**{change.name: change.value}) != QUICK
    assert {change.name for change in changes} == {name for name, _ in VALUES}
    meaning = [change.name for change in single_changes(Settings())]
    assert "output" not in meaning and len(meaning) == 11
    # A local method has no baseline, and norms no sign.
    assert "baseline" not in [change.name for change in single_changes(QUICK.with_changes(method="saliency"))]
    assert "mass" not in [change.name for change in single_changes(QUICK.with_changes(aggregate="l2"))]


def test_each_change_gives_what_a_whole_analysis_gives(tiny_model):
    model = tiny_model("xlm-roberta", "nli")
    base = analyze_translations(model, *NLI, QUICK, classes=True)
    changes = single_changes(QUICK)
    assert [change.name for change in changes if not is_at_hand(base, change.settings)] == [
        "output",
        "baseline",
        "baseline",
        "baseline",
        "method",
    ]
    for change in vary(model, base, changes):
        expected = analyze_translations(model, *NLI, change.settings)
        (found,), (wanted,) = change.analyses, expected.analyses.values()
        assert found.settings == wanted.settings
        assert found.consistency == pytest.approx(wanted.consistency, abs=1e-6), change.name
        assert found.references.shuffled_mean == pytest.approx(wanted.references.shuffled_mean, abs=1e-6)
    assert variants_to_json(vary(model, base, changes[:1]))[0]["results"][0]["end"] is None


def test_a_change_without_a_result_says_why_and_cancelling_stops(tiny_model):
    model = tiny_model("xlm-roberta", "nli")
    base = analyze_translations(model, *NLI, QUICK, classes=True)
    (occlusion,) = [change for change in single_changes(QUICK) if change.name == "method"]
    both = occlusion.settings.with_changes(aggregate="l2")
    (failed,) = vary(model, base, [type(occlusion)("method", "occlusion", both)])
    assert failed.analyses == () and "aggregate" in failed.error
    with pytest.raises(Cancelled):
        vary(
            model,
            base,
            [change for change in single_changes(QUICK) if change.name == "baseline"],
            should_cancel=lambda: True,
        )


def test_the_words_that_carry_most_are_words():
    one = side("en", Field("text", [[("can", 0.2), ("cel", 0.2)], [("ferry", 0.3)], [("the", 0.1)]]))
    assert top_words(one, 2) == ["cancel", "ferry"]
