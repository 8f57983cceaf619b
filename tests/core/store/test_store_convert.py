"""What the product computes goes into a store and comes back as it was."""

import pytest

from core.consistency.pair import TextInput, analyze_pair
from core.settings import Settings
from core.store import Scope, WorkUnit, attribution_record, open_store, pair_record
from tests.world.records import LABELS, identity

TEXTS = {
    "nli": (("the storm cancelled the ferry", "the boat sailed"), ("la tormenta el ferri", "el barco")),
    "qa": (("who sailed", "the boat sailed in the storm"), ("el barco", "la tormenta el ferri")),
    "meaning": (("the storm cancelled the ferry",), ("la tormenta el ferri",)),
}


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.mark.parametrize("task", TEXTS)
def test_an_analysis_is_stored_and_read_back(task, tiny_model, tmp_path):
    chosen = Settings(task=task, steps=6, permutations=20)
    source, target = (TextInput(code, texts) for code, texts in zip(("en", "es"), TEXTS[task], strict=True))
    report = analyze_pair(tiny_model("bert", task), source, target, chosen)
    run_identity = identity(task=task, labels=LABELS if task == "nli" else (), settings={"steps": 6})
    run = open_store(tmp_path, create=True).run(run_identity)
    sides = {"en": [found.source for found in report.analyses], "es": [found.target for found in report.analyses]}
    for language, found in sides.items():
        made = [attribution_record(4, side.attribution) for side in found]
        assert run.write(WorkUnit("attributions", (language,), (4,)), made)
    pairs = [pair_record(4, found, mismatched=0.1, mismatched_row=9) for found in report.analyses]
    assert run.write(WorkUnit("pairs", ("en", "es"), (4,)), pairs)

    reader = run.store.read()
    stored = reader.attributions(run.run_id, rows=[4])
    assert len(stored) == 2 * len(report.analyses)
    for language, found in sides.items():
        for side, end in zip(found, [record.end for record in pairs], strict=True):
            record = stored[language, 4, end, side.attribution.target.index]
            assert record.scores == tuple(side.attribution.scores)
            assert record.tokens == tuple(token.text for token in side.text.tokens)
            for name, start, stop, text in zip(record.fields, record.starts, record.ends, record.tokens, strict=True):
                assert name == -1 or side.text.fields[name][1][start:stop] == text
            assert (record.delta, record.f_input) == (side.attribution.delta, side.attribution.f_input)
    values = reader.values(Scope(runs=(run.run_id,)))
    assert values["end"].tolist() == [found.end or "" for found in report.analyses][:: -1 if task == "qa" else 1]
    by_end = {found.end or "": found for found in report.analyses}
    for entry in values.to_dict("records"):
        found = by_end[entry["end"]]
        assert entry["consistency"] == found.consistency
        assert entry["shuffled_mean"] == found.references.shuffled_mean
        assert (entry["n_source"], entry["n_target"]) == found.transport.plan.shape
