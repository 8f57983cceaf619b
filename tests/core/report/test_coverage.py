"""What a store holds of each run: its state, its coverage, and the runs with the same settings."""

import pytest

from core.report.coverage import COMPLETE, PARTIAL, group_coverage, group_runs, pair_coverage, run_table
from core.store import Scope
from core.store.manifest import Manifest
from tests.world.records import identity
from tests.world.stores import fill, plan


def stored(*entries):
    return {one.run_id: Manifest(one, created=created) for one, created in entries}


def test_the_table_of_runs_and_its_coverage(tmp_path):
    fill(tmp_path / "store")
    part = [unit for unit in plan() if unit.kind != "pairs" or unit.languages[1] == "en"]
    store = fill(tmp_path / "store", run=identity(checkpoint="tiny-nli-es"), units=part)
    reader = store.read()
    table = run_table(reader, reader.coverage()).set_index("checkpoint")
    assert list(table.loc[["tiny-nli-en", "tiny-nli-es"], "state"]) == [COMPLETE, PARTIAL]
    assert table.loc["tiny-nli-es", "share"] == pytest.approx(1 / 3)
    assert list(table["rows"]) == [6, 6]
    runs = {name: manifest.identity.checkpoint for name, manifest in reader.runs.items()}
    counted = pair_coverage(reader.coverage(), runs)
    assert counted.to_dict("index") == {
        "tiny-nli-en": {"en": 6, "es": 6, "zh": 6},
        "tiny-nli-es": {"en": 6, "es": 0, "zh": 0},
    }


def test_coverage_is_of_the_runs_with_equal_settings(tmp_path):
    part = [unit for unit in plan() if unit.kind != "pairs" or unit.languages[1] == "en"]
    other = identity(settings={"steps": 8})
    for run, units in ((identity(), None), (identity(checkpoint="tiny-nli-es"), part), (other, part)):
        store = fill(tmp_path / "store", run=run, units=units)
    reader = store.read()
    runs = group_runs(reader.runs, identity().run_id)
    held = group_coverage(reader.coverage(), reader.problems("pairs", Scope(runs=tuple(runs))), runs)
    assert (held.checkpoints, held.languages) == (("tiny-nli-en", "tiny-nli-es"), ("en", "es", "zh"))
    assert {language: held.done["tiny-nli-es", language] for language in held.languages} == {"en": 6, "es": 0, "zh": 0}
    # Row 8 has no C in any language.
    assert held.failed == {("tiny-nli-en", x): 1 for x in ("en", "es", "zh")} | {("tiny-nli-es", "en"): 1}
    assert held.wholes == {"tiny-nli-en": 6, "tiny-nli-es": 6}


def test_a_run_of_predictions_alone_has_no_coverage(tmp_path):
    store = fill(tmp_path / "store", units=[unit for unit in plan() if unit.kind == "predictions"])
    reader = store.read()
    runs = group_runs(reader.runs, identity().run_id)
    assert group_coverage(reader.coverage(), reader.problems("pairs"), runs) is None


def test_of_two_revisions_of_a_checkpoint_the_one_that_is_shown_counts():
    first, second = identity(), identity(revision="rev2")
    third, other = identity(checkpoint="a", revision="rev1"), identity(checkpoint="a", revision="rev2")
    runs = stored((first, "2026-01-01"), (second, "2026-02-02"), (third, "2026-01-01"), (other, "2026-02-02"))
    assert group_runs(runs, first.run_id) == {first.run_id: "tiny-nli-en", other.run_id: "a"}
    assert group_runs(runs, third.run_id) == {second.run_id: "tiny-nli-en", third.run_id: "a"}
