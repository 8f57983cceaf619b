"""What a training begins with: a pooler that standardises, dropout where it belongs."""

from dataclasses import replace

import torch

from core.data.load import load_rows
from core.models.loader import load_model
from core.training.adapter import trainable
from core.training.features import make_features
from core.training.pooler import SPREAD, TEXTS, first_vectors, fit_pooler
from core.training.recipe import RECIPES
from tests.world.sentences import write_xnli


def test_a_new_pooler_passes_on_what_differs_between_texts(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    data = write_xnli(tmp_path / "data", copies=6)
    model = load_model(str(tiny_folder("bert", "nli")))
    features = make_features(model, load_rows("xnli", "en", "train", data))
    pooler = model.encoder.pooler.dense
    torch.nn.init.zeros_(pooler.bias)
    fit_pooler(model, features)
    with torch.no_grad():
        passed = pooler(first_vectors(model, features[:TEXTS]))
    torch.testing.assert_close(passed.mean(0), torch.zeros(passed.shape[1]), atol=1e-4, rtol=0)
    torch.testing.assert_close(passed.std(0), torch.full((passed.shape[1],), SPREAD), atol=1e-3, rtol=0)
    trained = torch.nn.init.constant_(pooler.bias, 0.5).clone()
    fit_pooler(model, features)
    assert torch.equal(pooler.bias, trained)


def test_dropout_falls_on_hidden_values_alone(tiny_folder):
    model = load_model(str(tiny_folder("bert", "nli")))
    module = trainable(model, replace(RECIPES["compact"], dropout=0.25))
    shares = {name: part.p for name, part in module.named_modules() if isinstance(part, torch.nn.Dropout)}
    attention = {name for name in shares if name.endswith("attention.self.dropout")}
    assert attention
    assert {shares[name] for name in attention} == {0.0}
    assert {share for name, share in shares.items() if name not in attention} == {0.25}
