"""Models of a hub that the test serves on the loopback address."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from benchmarks.local_hub import LocalHub
from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.errors import CctaError, ModelError, UnknownModelError, WeightsError
from core.models.catalogue import find_listed_model, find_model, is_cached, load_catalogue
from core.models.identity import revision_of
from core.models.loader import load_model
from tests.world.tiny import explained, pickle_weights, save_tiny

ROOT = Path(__file__).resolve().parents[3]
NO_LANGUAGES = {"use_lang_emb": False, "n_langs": 100}
# The paper's models: catalogue name, repository, family, whether the weights are a pickle, changes of the shape.
PAPER = [
    ("mbert", "google-bert/bert-base-multilingual-cased", "bert", False, {}),
    ("xlm-base", "FacebookAI/xlm-mlm-xnli15-1024", "xlm", True, {}),
    ("xlm-large", "FacebookAI/xlm-mlm-100-1280", "xlm", True, NO_LANGUAGES),
    ("xlm-r-base", "FacebookAI/xlm-roberta-base", "xlm-roberta", False, {}),
    ("xlm-r-large", "FacebookAI/xlm-roberta-large", "xlm-roberta", False, {"num_hidden_layers": 3}),
]
MINE = "someone/tiny-nli"


@pytest.fixture
def hub(tmp_path, own_cache, monkeypatch):
    """A hub of this test, empty, and an empty cache for what is downloaded."""
    served = LocalHub()
    with served.served() as endpoint:
        for name, value in {
            "ENDPOINT": endpoint,
            "HUGGINGFACE_CO_URL_TEMPLATE": endpoint + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_CACHE": str(tmp_path / "hub-cache"),
            "HF_HUB_OFFLINE": False,
        }.items():
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
        served.endpoint = endpoint
        yield served


def refusal(error, name):
    with pytest.raises(error) as caught:
        load_model(name, device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("name", "repository", "family", "pickled", "shape"), PAPER, ids=[row[0] for row in PAPER])
def test_the_papers_models_load_and_agree_with_captum(hub, tmp_path, name, repository, family, pickled, shape):
    folder = save_tiny(tmp_path / "served", family, shape=shape)
    if pickled:
        pickle_weights(folder, legacy=True)
    commit = hub.add(repository, folder)
    assert not is_cached(find_model(name))
    lines = []
    model = load_model(name, device="cpu", progress=lines.append)
    assert (model.info.name, model.info.revision) == (name, commit)
    assert [line.split()[0] for line in lines] == ["Downloading", "Converting"][: 1 + pickled]
    assert is_cached(model.spec)
    assert revision_of(model.spec) == commit
    texts, targets = explained(model, "meaning")
    (ours,) = integrated_gradients(model, texts, targets, steps=50)
    reference = captum_reference(model, texts[0], targets[0], n_steps=50)
    assert np.abs(np.asarray(ours.scores) - reference).max() < 1e-5 * np.abs(reference).max()


def test_what_is_on_this_computer_is_loaded_without_asking(hub, tmp_path, monkeypatch):
    hub.add("FacebookAI/xlm-mlm-100-1280", pickle_weights(save_tiny(tmp_path / "served", "xlm", shape=NO_LANGUAGES)))
    first = load_model("xlm-large", device="cpu")
    asked = len(hub.requests)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    lines = []
    again = load_model("xlm-large", device="cpu", progress=lines.append)
    assert (len(hub.requests), lines) == (asked, [])
    for ours, theirs in zip(first.module.parameters(), again.module.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["a bit", "cut short"])
def test_a_file_that_changed_after_its_download_is_downloaded_again(hub, tmp_path, monkeypatch, caplog, name, damage):
    commit = hub.add(MINE, save_tiny(tmp_path / "served", "bert", "nli"))
    first = load_model(MINE, device="cpu")
    (file,) = (tmp_path / "hub-cache").glob(f"*/snapshots/{commit}/{name}")
    content = bytearray(file.read_bytes())
    content[-9] ^= 2

    def spoil():
        # The snapshot's file is a link.
        file.resolve().write_bytes(content if damage == "a bit" else content[: len(content) // 2])

    spoil()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    line = refusal(WeightsError, MINE)
    assert str(file) in line and "HF_HUB_OFFLINE" in line
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    again = load_model(MINE, device="cpu")
    assert all(map(torch.equal, first.module.parameters(), again.module.parameters()))
    assert file.read_bytes() == (tmp_path / "served" / name).read_bytes()
    assert any(str(file) in record.getMessage() for record in caplog.records)
    asked = len(hub.requests)
    load_model(MINE, device="cpu")
    assert len(hub.requests) == asked


def test_a_pickle_is_not_downloaded_where_there_are_safetensors(hub, tmp_path):
    folder = save_tiny(tmp_path / "served", "bert", "nli")
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.safetensors").write_bytes(b"another format")
    hub.add(MINE, folder)
    load_model(MINE, device="cpu")
    assert not {"pytorch_model.bin"} & hub.downloaded()
    assert not any("onnx" in path for method, path in hub.requests if method == "GET")


@pytest.mark.parametrize("pickled", [False, True])
def test_shards_and_half_precision_are_read(hub, tmp_path, pickled):
    folder = save_tiny(tmp_path / "served", "bert", "nli")
    expected = {name: tensor.half() for name, tensor in load_file(folder / "model.safetensors").items()}
    if pickled:
        pickle_weights(folder, shards=3)
    else:
        import transformers

        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float16)
        (folder / "model.safetensors").unlink()
        model.save_pretrained(folder, max_shard_size="20KB")
        assert len(list(folder.glob("model-*.safetensors"))) > 2
    hub.add(MINE, folder)
    loaded = load_model(MINE, device="cpu").module.state_dict()
    assert {tensor.dtype for tensor in loaded.values() if tensor.is_floating_point()} == {torch.float32}
    for name, tensor in expected.items():
        assert torch.equal(loaded[name].to(tensor.dtype), tensor)


def test_a_hub_id_and_its_revisions_describe_themselves(hub, tmp_path):
    first = hub.add(MINE, save_tiny(tmp_path / "one", "bert", "nli"))
    second = hub.add(MINE, save_tiny(tmp_path / "two", "bert", "nli", seed=1), revision="v2/b")
    models = [load_model(name, device="cpu") for name in (MINE, f"{MINE}@v2/b", f"{MINE}@{second}")]
    assert [model.info.name for model in models] == [MINE, f"{MINE}@v2/b", f"{MINE}@{second}"]
    assert [model.info.revision for model in models] == [first, second, second]
    assert {(model.info.family, model.task, model.info.train_language) for model in models} == {("bert", "nli", "en")}
    tables = [model.embedding.weight for model in models]
    assert not torch.equal(tables[0], tables[1])
    assert torch.equal(tables[1], tables[2])


def test_a_repository_of_the_catalogue_has_the_catalogues_name(hub):
    assert find_model("FacebookAI/xlm-roberta-base").name == "xlm-r-base"
    assert hub.requests == []


def test_a_local_folder_goes_before_a_repository_of_its_name(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_tiny(Path(MINE), "bert", "nli")
    hub.add(MINE, save_tiny(tmp_path / "served", "bert", "qa"))
    assert find_model(MINE).task == "nli"
    assert hub.requests == []


def test_what_the_hub_refuses_is_one_line_with_the_remedy(hub, tmp_path, monkeypatch):
    hub.add(MINE, save_tiny(tmp_path / "served", "bert", "nli"))
    hub.add("someone/gated", tmp_path / "served", gated=True)
    (tmp_path / "gpt").mkdir()
    (tmp_path / "gpt" / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    hub.add("someone/gpt", tmp_path / "gpt")
    line = refusal(UnknownModelError, "nobody/nothing")
    assert "no folder of that name" in line
    assert "no repository of that name" in line
    assert "no revision 'v9'" in refusal(UnknownModelError, f"{MINE}@v9")
    assert "no revision" in refusal(UnknownModelError, f"{MINE}@{'0' * 40}")
    assert "hf auth login" in refusal(ModelError, "someone/gated")
    assert "no repository of that name" in refusal(UnknownModelError, "mbert")
    assert "someone/gpt" in refusal(ModelError, "someone/gpt")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in refusal(UnknownModelError, "someone/else")
    assert "cannot be reached" in refusal(ModelError, "mbert")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal(UnknownModelError, "someone/else")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("place", ["folder", "hub"])
def test_a_pointer_in_place_of_a_file_says_what_to_do(hub, tiny_folder, tmp_path, file, place):
    folder = Path(shutil.copytree(tiny_folder("bert", "nli"), tmp_path / "clone"))
    (folder / file).write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 711\n", encoding="utf-8"
    )
    hub.add(MINE, folder)
    line = refusal(WeightsError, str(folder) if place == "folder" else MINE)
    assert file in line
    assert "git lfs pull" in line


def test_a_listed_model_is_of_the_catalogue_and_nothing_else(hub, tiny_folder):
    hub.add(MINE, tiny_folder("bert", "nli"))
    for name in (MINE, str(tiny_folder("bert", "nli"))):
        with pytest.raises(UnknownModelError, match="Unknown model"):
            find_listed_model(name)
    assert hub.requests == []
    assert all(find_listed_model(name) == spec for name, spec in load_catalogue().items())


def test_the_command_line_takes_a_hub_id(hub, tmp_path):
    commit = hub.add(MINE, pickle_weights(save_tiny(tmp_path / "served", "xlm", "nli")))
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_CACHE": str(tmp_path / "hub-cache"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    command = [sys.executable, "-m", "core", "analyze", "--task", "nli", "--model", MINE, "--json", "-", "--verify"]
    command += ["--source-lang", "en", "--target-lang", "es", "--source", "the ferry", "--source-second", "the storm"]
    command += ["--target", "el ferri", "--target-second", "la tormenta", "--steps", "20"]
    process = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert (result["model"]["name"], result["model"]["revision"]) == (MINE, commit)


def test_names_that_are_no_hub_ids_are_not_looked_up(hub):
    for name in (
        "a/b/c",
        "../up/one",
        "a b/c",
        "org/",
        "/etc/passwd",
        "org/na--me",
        "org/name@",
        "org/..",
        "org/name@a@b",
    ):
        with pytest.raises(CctaError, match="Unknown model"):
            find_model(name)
    assert hub.requests == []
