"""Runs with another baseline, output or aggregate: what is computed again, what is taken over, and old stores."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.consistency.pair import TextInput, analyze_pair
from core.data.load import load_parallel
from core.settings import Settings
from core.store import open_store
from core.store.check import check
from core.store.compact import compact
from core.store.export import export
from tests.world.runs import content, frame
from tests.world.stores import without_seals

pytestmark = pytest.mark.usefixtures("run_cache")
NORMS = ["l2", "l1", "l2_error", "l1_error", "against"]


def forget_norms(folder):
    """Make a store one from before the norms were kept: its shards lack their columns."""
    for path in folder.glob("*/attributions/*.parquet"):
        table = pq.read_table(path)
        kept = table.drop_columns([name for name in NORMS if name in table.column_names])
        pq.write_table(without_seals(kept), path, write_page_checksum=True)


@pytest.mark.parametrize("choice", [("--baseline", "zero"), ("--output", "contrast"), ("--aggregate", "l1")])
def test_pairs_are_what_a_single_analysis_gives(command, tiny_model, data, tmp_path, choice):
    assert run(command("store", "--limit", "3", *choice)) == 0
    rows = load_parallel("xnli", ["en", "es", "zh"], "test", data)
    settings = Settings(task="nli", steps=8, permutations=5, space="static", **{choice[0][2:]: choice[1]})
    against = frame(tmp_path / "store", "attributions").set_index(["language", "row"]).against
    for found in frame(tmp_path / "store").itertuples():
        sides = [TextInput(code, rows[code].texts[found.row]) for code in ("en", found.target_language)]
        analysis = analyze_pair(tiny_model("bert", "nli"), *sides, settings).analyses[0]
        assert found.consistency == pytest.approx(analysis.consistency, abs=1e-5)
        for side in (analysis.source, analysis.target):
            stored = against[side.language, found.row]
            assert (None if pd.isna(stored) else stored) == side.attribution.target.against


def test_the_contrast_is_that_of_the_training_languages_text(command, tmp_path):
    """Also where the pair does not contain the training language."""
    assert run(command("store", "--limit", "6", "--pairs", "all", "--output", "contrast")) == 0
    found = frame(tmp_path / "store", "attributions")
    predicted = frame(tmp_path / "store", "predictions").set_index(["language", "row"])
    names = np.array(["entailment", "neutral", "contradiction"])
    for line in found.itertuples():
        probabilities = np.array(predicted.probabilities["en", line.row])
        assert line.against == names[np.argsort(-probabilities)[1]]


def test_choosing_an_aggregate_later_attributes_nothing(command, attributed, tmp_path):
    assert run(command("store", "--limit", "4")) == 0
    before = sum(attributed.values())
    assert run(command("store", "--limit", "4", "--aggregate", "l2")) == 0
    assert run(command("store", "--limit", "4", "--aggregate", "l1", "--mass", "signed", "--level", "word")) == 0
    assert sum(attributed.values()) == before
    assert run(command("alone", "--limit", "4", "--aggregate", "l2")) == 0
    both, alone = (check(open_store(tmp_path / name)).runs for name in ("store", "alone"))
    assert len(both) == 3
    assert alone.items() <= both.items()


def test_a_store_from_before_the_norms_goes_on_and_keeps_its_hash(command, attributed, tmp_path, capsys):
    assert run(command("store", "--limit", "4")) == 0
    whole = content(tmp_path / "store")
    (name,) = open_store(tmp_path / "store").read().runs
    forget_norms(tmp_path / "store")
    assert content(tmp_path / "store") == whole
    before = sum(attributed.values())
    # The same run goes on beside the old shards, under the same name, and nothing is computed again.
    assert run(command("store", "--limit", "6")) == 0
    assert sum(attributed.values()) == before + 6
    assert list(open_store(tmp_path / "store").read().runs) == [name]
    norms = frame(tmp_path / "store", "attributions").l2
    assert norms.isna().sum() == 12
    # Merged and exported, the old rows have no norms and the new ones have theirs.
    hash_before = content(tmp_path / "store").hash
    export(open_store(tmp_path / "store"), open_store(tmp_path / "copy", create=True), scores_only=True)
    compact(open_store(tmp_path / "store"))
    for folder in ("store", "copy"):
        assert content(tmp_path / folder).hash == hash_before
        assert frame(tmp_path / folder, "attributions").l2.isna().sum() == 12
    # A norm needs the old rows once more.
    assert run(command("store", "--limit", "4", "--aggregate", "l2")) == 0
    assert frame(tmp_path / "store").consistency.notna().all()


def test_a_rule_that_leaves_no_mass_is_a_problem_of_the_pair_alone(command, tmp_path, monkeypatch):
    """Another mass rule takes the attributions over: they must not carry the problem of this one."""
    from core.attribution import lig

    right = lig._result

    def negative(*arguments):
        found = right(*arguments)
        object.__setattr__(found, "scores", -np.abs(found.scores))
        object.__setattr__(found, "f_input", found.f_baseline + found.scores.sum())
        return found

    monkeypatch.setattr(lig, "_result", negative)
    assert run(command("store", "--limit", "2", "--mass", "positive")) == 0
    assert set(frame(tmp_path / "store").problem) == {"DegenerateMassError"}
    assert set(frame(tmp_path / "store", "attributions").problem) == {""}


def test_the_names_of_runs_with_the_defaults_are_those_from_before(command, tmp_path):
    """The new settings are no part of a run's identity while they have their default."""
    assert run(command("store", "--limit", "2")) == 0
    assert run(command("store", "--limit", "2", "--baseline", "pad", "--output", "logit", "--aggregate", "sum")) == 0
    (manifest,) = open_store(tmp_path / "store").read().runs.values()
    assert {"baseline", "output", "aggregate"}.isdisjoint(manifest.identity.settings)
    assert run(command("store", "--limit", "2", "--baseline", "mask")) == 0
    named = [one.identity.settings.get("baseline") for one in open_store(tmp_path / "store").read().runs.values()]
    assert sorted(named, key=str) == [None, "mask"]


def test_a_task_without_classes_has_no_other_output(command, capsys):
    assert run(command("store", "--dataset", "xquad", "--output", "contrast")) == 2
