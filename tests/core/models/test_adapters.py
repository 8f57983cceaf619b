"""Adapters: which base, whose classes, and which cannot be merged."""

import json

import pytest
import torch
import transformers
from peft import LoraConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file, save_file

from core.errors import CctaError, ModelError, TaskError, WeightsError
from core.models.catalogue import CARD_NAME
from core.models.loader import load_model
from tests.world.tiny import LABELS

NLI = LABELS["nli"]


def save_adapter(base, folder, *, labels=None, n_classes=3, head=True, peft_config=None, rows=None):
    """A random adapter on the tiny checkpoint `base`; with `rows`, one that added tokens."""
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=n_classes, ignore_mismatched_sizes=True
    )
    if rows:
        loaded.resize_token_embeddings(rows, mean_resizing=False)
    saved = ["classifier"] if head else None
    config = peft_config or LoraConfig(r=2, target_modules=["query", "value"], modules_to_save=saved)
    torch.manual_seed(3)
    adapted = get_peft_model(loaded, config)
    adapted.save_pretrained(folder, save_embedding_layers=bool(rows))
    card = {"task": "nli"} | ({"labels": labels} if labels else {})
    (folder / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
    return folder


def refusal(folder, error=CctaError):
    with pytest.raises(error) as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def turned(tiny_folder, tmp_path):
    """A base whose head has the classes in another order than the task."""
    import shutil

    folder = shutil.copytree(tiny_folder("bert", "nli"), tmp_path / "base")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"id2label": dict(enumerate(reversed(NLI))), "label2id": None}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("head", [True, False])
def test_without_a_card_the_classes_are_those_of_the_bases_head(turned, tmp_path, head):
    folder = save_adapter(turned, tmp_path / "adapter", head=head)
    assert load_model(str(folder), device="cpu").classes == tuple(reversed(NLI))


def test_the_card_names_the_classes_of_the_adapters_own_head(turned, tmp_path):
    order = ["neutral", "entailment", "contradiction"]
    folder = save_adapter(turned, tmp_path / "adapter", labels=order)
    assert load_model(str(folder), device="cpu").classes == tuple(order)


def test_a_card_that_contradicts_the_bases_head_is_refused(turned, tmp_path):
    assert "id2label" in refusal(save_adapter(turned, tmp_path / "adapter", labels=NLI, head=False), TaskError)


def test_classes_that_nothing_names_are_asked_for(tiny_folder, tmp_path):
    line = refusal(save_adapter(tiny_folder("bert", "meaning"), tmp_path / "adapter"), TaskError)
    assert '"labels": [' in line


def test_a_head_with_another_number_of_classes_than_the_card_is_refused(tiny_folder, tmp_path):
    folder = save_adapter(tiny_folder("bert", "meaning"), tmp_path / "adapter", labels=NLI, n_classes=2)
    assert "has 2 classes" in refusal(folder, TaskError)


@pytest.mark.parametrize(
    "config",
    [
        PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2),
        PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2),
    ],
    ids=["prompt", "prefix"],
)
def test_an_adapter_of_virtual_tokens_is_refused(tiny_folder, tmp_path, config):
    folder = save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter", labels=NLI, peft_config=config)
    assert "virtual tokens" in refusal(folder, ModelError)


def test_a_base_beside_the_adapter_is_found(turned, tmp_path, monkeypatch):
    folder = save_adapter(turned, tmp_path / "adapter")
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"base_model_name_or_path": "../base"}
    path.write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.chdir("/")
    assert load_model(str(folder), device="cpu").classes == tuple(reversed(NLI))


def test_added_tokens_are_resized(tiny_folder, tmp_path):
    folder = save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter", labels=NLI, rows=163)
    model = load_model(str(folder), device="cpu")
    saved = load_file(folder / "adapter_model.safetensors")
    table = next(values for name, values in saved.items() if "word_embeddings" in name)
    torch.testing.assert_close(model.embedding.weight.data, table)


def test_a_tokenizer_with_tokens_that_the_adapter_did_not_save_is_refused(tiny_folder, tmp_path):
    folder = save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter", labels=NLI)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_folder("bert", "nli"))
    tokenizer.add_tokens(["[NEW]"])
    tokenizer.save_pretrained(folder)
    assert "the embedding has 160 rows" in refusal(folder, WeightsError)


@pytest.mark.parametrize("change", ["surplus", "lacking"])
def test_weights_of_another_base_are_named(tiny_folder, tmp_path, change):
    folder = save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter", labels=NLI)
    path = folder / "adapter_model.safetensors"
    weights = load_file(path)
    name = next(name for name in weights if "layer.1." in name)
    if change == "surplus":
        weights[name.replace("layer.1.", "layer.7.")] = weights[name].clone()
    else:
        del weights[name]
    save_file(weights, path, metadata={"format": "pt"})
    assert "layer" in refusal(folder, WeightsError)
