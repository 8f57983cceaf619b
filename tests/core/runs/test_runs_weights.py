"""What a store holds is found again for the same weights only, whatever the folder is called."""

import json
import shutil

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from core.cli.app import run
from core.models.catalogue import find_model
from core.models.identity import earlier_revision_of, revision_of
from core.report.grids import stored_grids
from core.report.tables.sources import Wanted
from core.runs import identity as identities
from core.runs import jobs as jobs_module
from core.runs import plan as plans
from core.runs.identity import identify
from core.store import open_store
from tests.world.runs import content, frame
from tests.world.tiny import save_sibling, save_tiny

pytestmark = pytest.mark.usefixtures("run_cache")


@pytest.fixture
def twins(tmp_path):
    """Two trainings of one model, in English and in Spanish, whose folders have one name."""
    first = save_tiny(tmp_path / "english" / "checkpoint-500", "bert", "nli")
    (tmp_path / "spanish").mkdir()
    return first, save_sibling(tmp_path / "spanish" / "checkpoint-500", first, seed=3, train_language="es")


def train_again(folder):
    """Move every weight a little, in place."""
    weights = load_file(folder / "model.safetensors")
    moved = {name: weight * 1.5 for name, weight in weights.items()}
    save_file(moved, folder / "model.safetensors", metadata={"format": "pt"})


def evaluate_words(store, data, model):
    words = ["evaluate", "--dataset", "xnli", "--data", data, "--languages", "en,es", "--store", store]
    return [str(word) for word in [*words, "--model", model, "--device", "cpu"]]


def test_predictions_of_two_checkpoints_of_one_name_are_two(twins, data, tmp_path):
    for folder in twins:
        assert run(evaluate_words(tmp_path / "store", data, folder)) == 0
    together = frame(tmp_path / "store", "predictions")
    for folder in twins:
        assert run(evaluate_words(tmp_path / folder.parent.name / "alone", data, folder)) == 0
        alone = frame(tmp_path / folder.parent.name / "alone", "predictions")
        assert len(alone) == 24
        ours = together[together["run"].isin(alone["run"])]
        assert ours.probabilities.map(tuple).tolist() == alone.probabilities.map(tuple).tolist()
    assert together["run"].nunique() == 2
    assert len(together) == 48


def test_predictions_of_a_checkpoint_trained_again_in_place_are_computed_again(twins, data, tmp_path):
    folder, _ = twins
    assert run(evaluate_words(tmp_path / "store", data, folder)) == 0
    before = content(tmp_path / "store")
    assert run(evaluate_words(tmp_path / "store", data, folder)) == 0
    assert content(tmp_path / "store") == before
    train_again(folder)
    assert run(evaluate_words(tmp_path / "store", data, folder)) == 0
    assert content(tmp_path / "store").rows["predictions"] == 2 * before.rows["predictions"]


def test_a_grid_has_a_row_for_each_of_two_checkpoints_of_one_name(command, twins, tmp_path):
    for folder in twins:
        assert run(command("store", "--limit", "4", model=folder)) == 0
    reader = open_store(tmp_path / "store").read()
    (grid,) = stored_grids(reader)
    assert set(grid.trained_on) == {"en", "es"}
    pairs = frame(tmp_path / "store")
    values = grid.row_values(reader)(Wanted("xnli", "consistency", "languages"))
    for row, language in enumerate(values.axes.rows):
        own = pairs[pairs["run"] == grid.checkpoints[language][1]]
        assert np.nanmean(values.values[row]) == pytest.approx(own.consistency.mean())


def test_a_run_is_another_after_a_change_that_blocks_of_a_file_would_miss(command, tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    assert run(command("store", "--limit", "2", model=folder)) == 0
    before = content(tmp_path / "store").rows["pairs"]
    train_again(folder)
    jobs_module.load.cache_clear()
    assert run(command("store", "--limit", "2", model=folder)) == 0
    assert content(tmp_path / "store").rows["pairs"] == 2 * before
    assert len(open_store(tmp_path / "store").read().runs) == 2


@pytest.fixture
def as_earlier(monkeypatch):
    """Run commands as a version did that recorded a fingerprint of a folder."""

    def words(*command):
        with monkeypatch.context() as patch:
            patch.setattr(
                plans,
                "stored_identity",
                lambda model, data, settings, store, *, threads: identify(
                    model, data, settings, threads=threads, revise=earlier_revision_of
                ),
            )
            patch.setattr("core.store.store.Store.run", _without_weights())
            return run(*command)

    return words


def _without_weights():
    from core.store.store import Store

    original = Store.run
    return lambda self, identity, versions=None, texts=None, *, weights="": original(
        self, identity, versions, texts, weights=identity.revision
    )


def test_a_run_of_an_earlier_version_is_continued(command, as_earlier, attributed, tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    assert as_earlier(command("store", "--limit", "3", model=folder)) == 0
    (manifest,) = open_store(tmp_path / "store").read().runs.values()
    assert manifest.identity.revision == earlier_revision_of(find_model(str(folder)))
    assert manifest.weights == ""
    before = sum(attributed.values())
    assert run(command("store", "--limit", "3", model=folder)) == 0
    assert sum(attributed.values()) == before
    assert run(command("store", "--limit", "5", model=folder)) == 0
    (manifest,) = open_store(tmp_path / "store").read().runs.values()
    assert manifest.weights == revision_of(find_model(str(folder)))
    # What another comparison needs is taken from it, too.
    before = sum(attributed.values())
    assert run(command("store", "--limit", "5", "--mass", "positive", model=folder)) == 0
    assert sum(attributed.values()) == before
    assert len(open_store(tmp_path / "store").read().runs) == 2


def test_a_run_of_an_earlier_version_is_not_continued_with_other_weights(
    command, as_earlier, attributed, tmp_path, monkeypatch
):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    assert as_earlier(command("store", "--limit", "3", model=folder)) == 0
    assert run(command("store", "--limit", "3", model=folder)) == 0
    # A change that the samples of the earlier fingerprint would not have met.
    earlier = earlier_revision_of(find_model(str(folder)))
    train_again(folder)
    jobs_module.load.cache_clear()
    for place in (identities, plans):
        monkeypatch.setattr(place, "earlier_revision_of", lambda spec: earlier)
    assert run(command("store", "--limit", "3", model=folder)) == 0
    runs = open_store(tmp_path / "store").read().runs
    assert sorted(len(m.weights) > 0 for m in runs.values()) == [False, True]
    assert {manifest.identity.revision for manifest in runs.values()} == {
        earlier,
        revision_of(find_model(str(folder))),
    }


def test_a_copy_of_a_checkpoint_continues_the_run_of_its_name(command, attributed, tmp_path):
    folder = save_tiny(tmp_path / "here" / "mine", "bert", "nli")
    assert run(command("store", "--limit", "3", model=folder)) == 0
    before = sum(attributed.values())
    shutil.copytree(folder, tmp_path / "there" / "mine")
    assert run(command("store", "--limit", "3", model=tmp_path / "there" / "mine")) == 0
    assert sum(attributed.values()) == before
    manifest = next((tmp_path / "store").glob("*/manifest.json"))
    assert "weights" not in json.loads(manifest.read_text(encoding="utf-8"))
