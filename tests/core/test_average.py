"""The mean of trained checkpoints, against the trainings it is made of and the best approximation of a rank."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.cli.app import run
from core.data.load import load_rows
from core.errors import ModelError, OptionError, WeightsError
from core.evaluation.evaluate import evaluate
from core.models.loader import load_model
from core.training.average import WEIGHTS, average, mean_weights
from core.training.card import read_card
from core.training.recipe import RECIPES
from core.training.train import TrainingPlan, train
from tests.core.small_data import write_xnli

FAST = replace(RECIPES["compact"], epochs=2, batch=4, lora_rank=4, selections=1, learning_rate=0.01)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_xnli(tmp_path_factory.mktemp("average") / "data", copies=6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_folder, source):
    """Two trainings that differ in their seed."""
    folder = tmp_path_factory.mktemp("trained")
    plan = TrainingPlan("nli", "en", folder, source, FAST, model=str(tiny_folder("bert", "meaning")), report_rows=4)
    for seed in (0, 1):
        train(replace(plan, output=folder / f"seed-{seed}", seed=seed))
    return [folder / "seed-0", folder / "seed-1"]


def copy_of(folder, place, **changes):
    """The checkpoint with other words on its card."""
    shutil.copytree(folder, place)
    card = json.loads((place / "ccta.json").read_text())
    (place / "ccta.json").write_text(json.dumps(card | changes))
    return place


def products(weights):
    """What each adapter adds to its matrix, without the scale they share."""
    return {
        name: weights[name.replace("lora_A", "lora_B")].double() @ weights[name].double()
        for name in weights
        if "lora_A" in name
    }


def test_adapters_are_the_nearest_of_their_rank_to_the_mean_product(trained):
    members = [load_file(folder / WEIGHTS) for folder in trained]
    found = products(mean_weights(members))
    assert found
    for name, product in found.items():
        mean = (products(members[0])[name] + products(members[1])[name]) / 2
        sizes = torch.linalg.svdvals(mean)
        assert torch.linalg.matrix_rank(product, rtol=1e-5) <= FAST.lora_rank
        # Eckart and Young: no matrix of this rank is nearer than by the singular values that are left out.
        nearest = float((sizes[FAST.lora_rank :] ** 2).sum().sqrt())
        assert float(torch.linalg.norm(mean - product)) == pytest.approx(nearest, abs=1e-6)
        assert nearest < float(torch.linalg.norm(mean - products(members[0])[name]))


def test_heads_are_the_mean_and_equal_members_stay_what_they_are(trained):
    members = [load_file(folder / WEIGHTS) for folder in trained]
    mean = mean_weights(members)
    heads = [name for name in members[0] if "lora_" not in name]
    assert heads
    for name in heads:
        torch.testing.assert_close(mean[name], (members[0][name].float() + members[1][name].float()) / 2)
    same = products(mean_weights([members[0], members[0]]))
    for name, product in products(members[0]).items():
        torch.testing.assert_close(same[name], product, atol=1e-6, rtol=1e-4)


def test_the_mean_is_a_checkpoint_with_a_card(trained, source, tmp_path):
    place = tmp_path / "mean"
    card = average(trained, place, source, report_rows=4)
    assert replace(read_card(place), calibration=None) == replace(card, calibration=None)
    assert [member["seed"] for member in card.averaged] == [0, 1]
    assert card.calibration["rows"] == len(load_rows("xnli", "en", "validation", source))
    assert "seeds 0, 1" in (place / "README.md").read_text()
    model = load_model(str(place))
    assert (model.task, model.info.train_language) == ("nli", "en")
    rows = load_rows("xnli", "en", "test", source)
    theirs = [evaluate(load_model(str(folder)), rows).probabilities for folder in trained]
    ours = evaluate(model, rows).probabilities
    assert np.isfinite(ours).all()
    assert min(np.abs(ours - one).max() for one in theirs) > 1e-4
    chosen = load_rows("xnli", "es", "validation", source)
    assert card.dev_scores["es"].keys() == evaluate(model, chosen).means().keys()
    assert not place.with_name("mean.training").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_language": "es"}, "train_language"),
        ({"data_fingerprint": "other", "rows": 3}, "rows, data_fingerprint"),
        ({"recipe": {"lora_rank": 8}}, "recipe"),
        ({"seed": 0}, "different seeds"),
        ({"averaged": [{"seed": 1}]}, "mean already"),
    ],
)
def test_only_trainings_that_differ_in_their_seed_have_a_mean(trained, source, tmp_path, changes, message):
    other = copy_of(trained[1], tmp_path / "other", **changes)
    with pytest.raises(OptionError, match=message):
        average([trained[0], other], tmp_path / "mean", source)
    assert not list(tmp_path.glob("mean*"))


def test_what_has_no_fair_mean_is_refused(trained, source, tmp_path):
    held_out = [copy_of(folder, tmp_path / folder.name, split="validation") for folder in trained]
    with pytest.raises(OptionError, match="selected on rows"):
        average(held_out, tmp_path / "mean", source)
    with pytest.raises(OptionError, match="at least two"):
        average(trained[:1], tmp_path / "mean", source)
    whole = [copy_of(folder, tmp_path / f"whole-{folder.name}", recipe={"lora_rank": 0}) for folder in trained]
    with pytest.raises(OptionError, match="no adapters"):
        average(whole, tmp_path / "mean", source)


def test_damage_is_one_line_and_nothing_is_written(trained, source, tmp_path, capsys):
    damaged = copy_of(trained[1], tmp_path / "damaged")
    (damaged / WEIGHTS).write_bytes(b"\0" * 100)
    with pytest.raises(WeightsError, match="Train the checkpoint again"):
        average([trained[0], damaged], tmp_path / "mean", source)
    save_file({"other": torch.zeros(1)}, damaged / WEIGHTS)
    with pytest.raises(WeightsError, match="other weights"):
        average([trained[0], damaged], tmp_path / "mean", source)
    (damaged / "ccta.json").write_text('{"task": "nli"}')
    with pytest.raises(ModelError, match="not the card of a checkpoint"):
        average([trained[0], damaged], tmp_path / "mean", source)
    (tmp_path / "mean").mkdir()
    (tmp_path / "mean" / "note").write_text("mine")
    names = [str(folder) for folder in trained]
    assert run(["average", *names, "--data", str(source), "--output", str(tmp_path / "mean")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mean").iterdir()] == ["note"]
