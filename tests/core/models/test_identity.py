"""A revision is that of the weights, the tokenizer and the configuration: of no name, and of every value."""

import json
import os
import shutil

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.models import identity
from core.models.catalogue import find_model
from core.models.identity import earlier_revision_of, revision_of
from tests.world.tiny import pickle_weights, save_tiny

WEIGHTS = "model.safetensors"


@pytest.fixture
def mine(own_cache, tmp_path):
    return save_tiny(tmp_path / "run-a" / "checkpoint-500", "bert", "nli")


def revision(folder):
    return revision_of(find_model(str(folder)))


def change(path, edit):
    plain = json.loads(path.read_text(encoding="utf-8"))
    edit(plain)
    path.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_copy_under_another_name_is_the_same(mine, tmp_path):
    shutil.copytree(mine, tmp_path / "renamed")
    assert revision(tmp_path / "renamed") == revision(mine)


def test_two_checkpoints_of_one_name_are_two(mine, tmp_path):
    other = save_tiny(tmp_path / "run-b" / "checkpoint-500", "bert", "nli", seed=1)
    assert revision(other) != revision(mine)


@pytest.mark.parametrize("place", range(8))
def test_one_bit_of_any_tensor_is_another_model_even_with_the_times_set_back(mine, place):
    """The times of a file can be set back after it was written, as `rsync --times` does."""
    before, path = revision(mine), mine / WEIGHTS
    times = path.stat()
    content = bytearray(path.read_bytes())
    first = 8 + int.from_bytes(content[:8], "little")
    at = first + int(np.random.default_rng(place).integers(len(content) - first))
    content[at] ^= 1
    path.write_bytes(bytes(content))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert revision(mine) != before


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("config.json", lambda plain: plain.update(num_attention_heads=2)),
        ("tokenizer.json", lambda plain: plain["normalizer"].update(lowercase=True)),
        ("tokenizer_config.json", lambda plain: plain.update(model_max_length=32)),
        ("ccta.json", lambda plain: plain.update(prefix="query: ")),
    ],
)
def test_configuration_tokenizer_and_prefix_count(mine, name, edit):
    before = revision(mine)
    change(mine / name, edit)
    assert revision(mine) != before


@pytest.mark.parametrize("name", ["1_Pooling/config.json", "modules.json", "2_Dense/model.safetensors"])
def test_the_modules_after_the_encoder_count(mine, name):
    before = revision(mine)
    (mine / name).parent.mkdir(exist_ok=True)
    if name.endswith("json"):
        (mine / name).write_text("{}", encoding="utf-8")
    else:
        save_file({"linear.weight": torch.ones(2, 2)}, mine / name)
    assert revision(mine) != before


def test_what_trainers_leave_and_where_a_file_comes_from_do_not(mine):
    change(mine / "config.json", lambda plain: plain.update(_name_or_path="here"))
    before = revision(mine)
    for name in ("trainer_state.json", "README.md", "generation_config.json", "optimizer.pt", "training_args.bin"):
        (mine / name).write_text("{}", encoding="utf-8")
    change(mine / "config.json", lambda plain: plain.update(_name_or_path="elsewhere", transformers_version="4.1"))
    assert revision(mine) == before


def test_shards_of_the_same_tensors_are_the_same(mine):
    before = revision(mine)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(mine)
    (mine / WEIGHTS).unlink()
    change_free = (mine / "config.json").read_bytes()
    model.save_pretrained(mine, max_shard_size="20KB")
    (mine / "config.json").write_bytes(change_free)
    (mine / "generation_config.json").unlink(missing_ok=True)
    assert len(list(mine.glob("model-*.safetensors"))) > 2
    assert revision(mine) == before


def test_a_pickles_weights_count(mine):
    pickle_weights(mine)
    before = revision(mine)
    weights = torch.load(mine / "pytorch_model.bin", weights_only=True)
    weights["classifier.bias"] += 1
    torch.save(weights, mine / "pytorch_model.bin")
    assert revision(mine) != before


def test_an_adapter_is_another_on_another_base(mine, tmp_path):
    from peft import LoraConfig, get_peft_model

    model = transformers.AutoModelForSequenceClassification.from_pretrained(mine)
    adapter = tmp_path / "adapter"
    get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])).save_pretrained(adapter)
    shutil.copy(mine / "ccta.json", adapter)
    change(adapter / "adapter_config.json", lambda plain: None)
    before = revision(adapter)
    weights = load_file(mine / WEIGHTS)
    weights["bert.encoder.layer.0.attention.self.query.bias"] += 1
    save_file(weights, mine / WEIGHTS, metadata={"format": "pt"})
    assert revision(adapter) != before
    # The path to the base is none of its content.
    before = revision(adapter)
    mine.rename(mine.with_name("moved"))
    change(
        adapter / "adapter_config.json",
        lambda plain: plain.update(base_model_name_or_path=str(mine.with_name("moved"))),
    )
    assert revision(adapter) == before


def test_weights_are_hashed_once(mine, monkeypatch):
    before = revision(mine)
    monkeypatch.setattr(identity, "_hashes", lambda path: pytest.fail(f"{path} is read again"))
    assert revision(mine) == before


@pytest.mark.parametrize("damage", ["{", "[]", '{"state": 1}'])
def test_a_damaged_note_is_written_again(mine, own_cache, damage):
    before = revision(mine)
    for note in (own_cache / "hashes").iterdir():
        note.write_text(damage, encoding="utf-8")
    assert revision(mine) == before


def test_a_cache_that_cannot_be_written_costs_time_only(mine, tmp_path, monkeypatch):
    before = revision(mine)
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "file"))
    assert revision(mine) == before


def test_a_folder_without_weights_has_none(mine):
    (mine / WEIGHTS).unlink()
    assert revision(mine) == ""


def test_the_revision_of_earlier_versions_is_still_known():
    """That of a shipped checkpoint, as the shipped results of version 1.0 have it."""
    assert earlier_revision_of(find_model("e5-small-paraphrase-de")) == "content:d7f01179c6c42104"
