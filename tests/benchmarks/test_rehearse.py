"""The rehearsal of the paper's models, in a size that loads in a moment."""

from dataclasses import replace

import pytest

from benchmarks import rehearse
from core.models.catalogue import load_catalogue
from core.models.loader import load_model

SMALL = {
    "bert": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64},
    "xlm": {"emb_dim": 32, "n_layers": 2, "n_heads": 4},
    "xlm-roberta": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64},
}


def test_it_is_of_the_papers_five_models():
    hub = [name for name, spec in load_catalogue().items() if spec.source == "hub"]
    assert [model.name for model in rehearse.MODELS] == hub


@pytest.mark.model
@pytest.mark.parametrize("model", rehearse.MODELS, ids=[model.name for model in rehearse.MODELS])
def test_a_small_one_loads_and_agrees_with_captum(model, tmp_path, embedded_model, monkeypatch):
    small = replace(model, shape={**model.shape, **SMALL[model.family]})
    rehearse.write_checkpoint(tmp_path / "served", small)
    assert (tmp_path / "served" / "pytorch_model.bin").is_file() == model.pickled
    monkeypatch.setattr(
        rehearse, "load_model", lambda name, device: load_model(str(tmp_path / "served"), device=device)
    )
    found = rehearse.measure(model.name, first=False)
    assert found["difference_from_captum"] < 1e-5
    assert 30 < found["tokens"] < 60
