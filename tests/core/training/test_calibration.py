"""Calibration: the scale and bias that made the labels come out again, and the saved head carries them."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file
from scipy.special import softmax

from core.data.load import load_rows
from core.evaluation.evaluate import evaluate
from core.models.loader import load_model
from core.training.calibration import fit_calibration
from core.training.recipe import RECIPES
from core.training.train import TrainingPlan, train
from tests.world.sentences import write_xnli

QUICK = replace(RECIPES["compact"], epochs=2, batch=4, lora_rank=2, frozen_layers=1, selections=1, learning_rate=0.01)


@pytest.fixture
def plan(tmp_path, monkeypatch, tiny_folder) -> TrainingPlan:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    data = write_xnli(tmp_path / "data", copies=6)
    return TrainingPlan(
        "nli", "en", tmp_path / "out", data, QUICK, model=str(tiny_folder("bert", "meaning")), report_rows=4
    )


def drawn(scale, bias, n_rows=40_000, seed=0):
    """Logits, and labels drawn from the softmax of what they should have been."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (n_rows, len(bias)))
    chances = softmax(scale * logits + bias, axis=1)
    labels = (generator.random((n_rows, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    return softmax(logits, axis=1), labels


@pytest.mark.parametrize(("scale", "bias"), [(1.0, (0.0, 0.0, 0.0)), (0.5, (0.7, -0.4, -0.3)), (1.6, (-0.5, 0.5))])
def test_the_scale_and_bias_behind_the_labels_are_found(scale, bias):
    found = fit_calibration(*drawn(scale, np.array(bias)))
    assert found.scale == pytest.approx(scale, abs=0.04)
    assert found.bias == pytest.approx(bias, abs=0.06)
    assert found.rows == 40_000


def test_classes_come_out_as_often_as_they_are():
    """The first-order condition of the maximum, whatever the labels are."""
    probabilities, _ = drawn(1.0, np.zeros(3), 5_000)
    labels = np.random.default_rng(1).choice(3, 5_000, p=(0.6, 0.3, 0.1))
    found = fit_calibration(probabilities, labels)
    predicted = softmax(found.scale * np.log(probabilities) + found.bias, axis=1)
    np.testing.assert_allclose(predicted.mean(axis=0), np.bincount(labels) / 5_000, atol=1e-3)
    assert sum(found.bias) == pytest.approx(0, abs=1e-12)


def test_few_rows_change_little_and_a_scale_never_turns_an_opinion_round():
    right = fit_calibration(np.array([[0.999, 0.001], [0.001, 0.999]]), np.array([0, 1]))
    assert 1 <= right.scale < 1.5
    probabilities, labels = drawn(1.0, np.zeros(2), 500)
    assert fit_calibration(probabilities, 1 - labels).scale > 0


def test_the_saved_head_is_the_calibrated_one_and_the_card_says_how(plan):
    card = train(plan)
    train(replace(plan, output=plan.output.with_name("plain"), recipe=replace(QUICK, calibrates=False)))
    assert card is not None
    assert card.calibration is not None
    scale, bias = card.calibration["scale"], np.array(card.calibration["bias"])
    after, before = (_head(plan.output.with_name(name)) for name in ("out", "plain"))
    np.testing.assert_allclose(after["weight"], scale * before["weight"], rtol=3e-3, atol=1e-6)
    np.testing.assert_allclose(after["bias"], scale * before["bias"] + bias, rtol=3e-3, atol=1e-4)
    rows = load_rows("xnli", "en", "validation", plan.source)
    assert _likelihood(plan.output, rows) > _likelihood(plan.output.with_name("plain"), rows)
    assert "Alexandari" in (plan.output / "README.md").read_text(encoding="utf-8")
    assert "Alexandari" not in (plan.output.with_name("plain") / "README.md").read_text(encoding="utf-8")


def test_rows_held_out_of_the_training_split_calibrate_nothing(plan):
    card = train(replace(plan, split="validation"))
    assert card is not None
    assert card.calibration is None


def _likelihood(folder, rows):
    """The mean log-probability of the right classes."""
    model = load_model(str(folder))
    right = [model.classes.index(label) for label in rows.labels]
    return np.log(evaluate(model, rows).probabilities[np.arange(len(rows)), right]).mean()


def _head(folder):
    found = load_file(folder / "adapter_model.safetensors")
    return {
        name.rpartition(".")[2]: values.float().numpy()
        for name, values in found.items()
        if "classifier" in name and name.endswith((".weight", ".bias"))
    }
