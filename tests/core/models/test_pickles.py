"""Pickle checkpoints: converted by a process of its own, once; what is hostile or broken is refused unrun."""

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file

from core.errors import WeightsError
from core.models import pickles
from core.models.identity import revision_of
from core.models.loader import load_model
from tests.world.tiny import Touch, pickle_weights, save_tiny

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def pickled(tmp_path, own_cache):
    """A checkpoint's folder with pytorch_model.bin."""
    return pickle_weights(save_tiny(tmp_path / "mine", "bert", "nli"))


def refusal(folder):
    with pytest.raises(WeightsError) as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_weights_are_those_of_the_pickle_and_are_converted_once(pickled, own_cache, monkeypatch):
    expected = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    lines = []
    model = load_model(str(pickled), device="cpu", progress=lines.append)
    assert len(lines) == 1
    loaded = model.module.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in expected.items())
    monkeypatch.setattr(pickles, "_convert", None)
    load_model(str(pickled), device="cpu", progress=lines.append)
    assert len(lines) == 1
    assert next((own_cache / "models" / "converted").iterdir()).name.startswith("mine-")


def test_a_checkpoint_that_was_trained_again_is_converted_again(pickled, own_cache):
    first = load_model(str(pickled), device="cpu")
    weights = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    before = revision_of(first.spec)
    torch.save({name: tensor + 1 for name, tensor in weights.items()}, pickled / "pytorch_model.bin")
    again = load_model(str(pickled), device="cpu")
    assert torch.equal(again.module.state_dict()["classifier.bias"], weights["classifier.bias"] + 1)
    assert len(list((own_cache / "models" / "converted").glob("*/*"))) == 1
    assert before
    assert revision_of(again.spec) != before


def test_tied_weights_keep_both_names(pickled):
    tensor = torch.arange(6.0).reshape(2, 3)
    state = {"a": tensor, "b": tensor, "row": tensor[1], "turned": tensor.T}
    torch.save(state, pickled / "pytorch_model.bin")
    converted = load_file(pickles.as_safetensors(pickled, "mine") / "model.safetensors")
    assert converted.keys() == state.keys()
    assert all(torch.equal(converted[name], expected) for name, expected in state.items())


def test_a_masked_language_model_with_a_tied_head_loads_as_its_encoder(tmp_path, own_cache):
    folder = save_tiny(tmp_path / "mlm", "xlm")
    model = transformers.XLMWithLMHeadModel(transformers.AutoConfig.from_pretrained(folder))
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    loaded = load_model(str(folder), device="cpu")
    assert torch.equal(loaded.embedding.weight, model.pred_layer.proj.weight)


@pytest.mark.parametrize("where", ["alone", "among weights"])
@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_pickle_is_not_run(pickled, tmp_path, where, legacy):
    marker = tmp_path / "marker"
    state = {"weight": torch.zeros(2)} if where == "among weights" else {}
    torch.save(state | {"x": Touch(marker)}, pickled / "pytorch_model.bin", _use_new_zipfile_serialization=not legacy)
    line = refusal(pickled)
    assert str(pickled / "pytorch_model.bin") in line
    assert "system" in line
    assert not marker.exists()
    torch.load(pickled / "pytorch_model.bin", weights_only=False)
    assert marker.exists(), "read without restrictions, it runs"


def test_a_plain_pickle_is_not_run(pickled, tmp_path):
    (pickled / "pytorch_model.bin").write_bytes(pickle.dumps(Touch(tmp_path / "marker")))
    assert "pytorch_model.bin" in refusal(pickled)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([torch.zeros(2)], "list instead of named weights"),
        ({"epoch": 3, "state_dict": {"a": torch.zeros(2)}}, "'epoch' is not a tensor"),
        ({}, "no weights"),
        ({"a": torch.eye(3).to_sparse()}, "not dense"),
    ],
)
def test_what_is_not_named_dense_tensors_is_refused(pickled, content, problem):
    torch.save(content, pickled / "pytorch_model.bin")
    assert problem in refusal(pickled)


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_damaged_pickle_is_one_line_that_names_it(pickled, own_cache, keep):
    file = pickled / "pytorch_model.bin"
    file.write_bytes(file.read_bytes()[:keep])
    assert str(file) in refusal(pickled)
    assert not any((own_cache / "models" / "converted").rglob("*.safetensors"))


def test_a_compressed_archive_is_refused(pickled):
    """Mapped into memory, its compressed bytes would be taken for numbers."""
    file = pickled / "pytorch_model.bin"
    stored_file = file.rename(file.with_suffix(".zip"))
    with zipfile.ZipFile(stored_file) as stored, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as compressed:
        for entry in stored.namelist():
            compressed.writestr(entry, stored.read(entry))
    assert "compressed" in refusal(pickled)


def test_missing_and_foreign_shards_are_named(tmp_path, own_cache):
    folder = pickle_weights(save_tiny(tmp_path / "mine", "bert"), shards=3)
    index = folder / "pytorch_model.bin.index.json"
    good = json.loads(index.read_text(encoding="utf-8"))
    index.write_text(json.dumps({"weight_map": {"a": "../../secret.bin"}}), encoding="utf-8")
    assert "secret.bin" in refusal(folder)
    index.write_text("{", encoding="utf-8")
    assert "index" in refusal(folder)
    index.write_text(json.dumps(good), encoding="utf-8")
    (folder / "pytorch_model-00002-of-00003.bin").unlink()
    assert "pytorch_model-00002-of-00003.bin" in refusal(folder)


def test_an_earlier_pytorch_is_refused(pickled, monkeypatch):
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    line = refusal(pickled)
    assert "PyTorch 2.10 or newer" in line
    assert "pytorch_model.bin" in line


def test_two_processes_may_convert_at_once(pickled, own_cache):
    command = [sys.executable, "-c", f"from core.models.loader import load_model; load_model({str(pickled)!r})"]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode)[1] for process in processes] == [0, 0]
    (converted,) = (own_cache / "models" / "converted").glob("*/*")
    assert not any(path.name.startswith(".") for path in converted.parent.iterdir())


def test_the_process_has_no_keys_of_this_one_and_cannot_act(tmp_path):
    script = (
        "import runpy, sys, os, socket\n"
        f"module = runpy.run_path({str(pickles.SCRIPT)!r})\n"
        "module['_forbid_actions']()\n"
        "for act in (lambda: socket.create_connection(('127.0.0.1', 9)), lambda: os.system('true'),\n"
        f"            lambda: open({str(tmp_path / 'new')!r}, 'w')):\n"
        "    try: act()\n"
        "    except module['UnsupportedError']: print('refused')\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["refused"] * 3
    assert not (tmp_path / "new").exists()
    assert not any("TOKEN" in name or "KEY" in name for name in pickles.ENVIRONMENT)


def test_an_adapters_pickle_is_read_too(tiny_folder, tmp_path, own_cache):
    from peft import LoraConfig, get_peft_model

    base = tiny_folder("bert", "nli")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(base)
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"]))
    adapted.save_pretrained(tmp_path / "adapter")
    shutil.copy(base / "ccta.json", tmp_path / "adapter")
    expected = load_model(str(tmp_path / "adapter"), device="cpu").module.state_dict()
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    torch.save(load_file(file), file.with_suffix(".bin"))
    file.unlink()
    loaded = load_model(str(tmp_path / "adapter"), device="cpu").module.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in expected.items())
