import json
import shutil
import warnings
from dataclasses import replace

import pytest
import torch
import transformers
from peft import LoraConfig, get_peft_model

from core.errors import CctaError, OptionError, TaskError, WeightsError
from core.models.catalogue import CARD_NAME, ModelSpec, find_model
from core.models.identity import revision_of
from core.models.loader import load_model, load_spec
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES, LABELS, save_tiny

A, B = "the storm cancelled the ferry", "the boat sailed"


@pytest.fixture
def copy(tiny_folder, tmp_path):
    """A copy of a tiny checkpoint that a test may break."""

    def make(family="bert", task="meaning"):
        return shutil.copytree(tiny_folder(family, task), tmp_path / "checkpoint")

    return make


def write_card(folder, **card):
    (folder / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")


def refusal(error, folder, **options):
    with pytest.raises(error) as caught:
        load_model(str(folder), device="cpu", **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("task", ["meaning", "nli", "paraphrase", "qa"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_loads_with_every_head(tiny_model, family, task):
    model = tiny_model(family, task)
    assert (model.info.family, model.info.task, model.info.revision) == (family, task, revision_of(model.spec))
    assert model.classes == tuple(LABELS.get(task, ()))
    assert model.max_length == 64, "XLM-R keeps two positions for itself"
    assert model.precision == "fp32"
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}
    assert not model.module.training
    assert not any(parameter.requires_grad for parameter in model.module.parameters())


def test_the_heads_own_order_of_classes_is_kept(copy):
    folder = copy(task="nli")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"id2label": {"0": "Contradiction", "1": "Neutral", "2": "Entailment"}, "label2id": None}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert load_model(str(folder)).classes == ("contradiction", "neutral", "entailment")
    config["id2label"] = {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_card(folder, task="nli", labels=["neutral", "entailment", "contradiction"])
    assert load_model(str(folder)).classes == ("neutral", "entailment", "contradiction")


@pytest.mark.parametrize("name", ["model.pt", "weights.ckpt", "training_args.bin"])
def test_a_pickle_of_no_known_layout_is_refused_unread(copy, name):
    folder = copy()
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    line = refusal(WeightsError, folder)
    assert f"pickle checkpoint ({name})" in line
    assert "save_pretrained" in line


def test_a_folder_without_weights_says_what_is_missing(copy):
    folder = copy()
    (folder / "model.safetensors").unlink()
    assert "no model.safetensors" in refusal(WeightsError, folder)
    with pytest.raises(WeightsError, match="There is no folder"):
        load_spec(ModelSpec("gone", "Gone", "directory", "bert", location=str(folder / "gone")))


@pytest.mark.parametrize("keep", [0, 20, 5000])
def test_damaged_weights_are_one_line(copy, keep):
    folder = copy()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert "cannot be loaded" in refusal(WeightsError, folder)


@pytest.mark.parametrize("content", ["", "{}", '{"version": "1.0", "model": {"type": "Magic"}}'])
def test_a_damaged_tokenizer_is_one_line(copy, content):
    folder = copy()
    (folder / "tokenizer.json").write_text(content, encoding="utf-8")
    assert "tokenizer" in refusal(WeightsError, folder)


def test_a_damaged_config_is_one_line(copy):
    folder = copy()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 31}), encoding="utf-8")
    refusal((WeightsError, TaskError), folder)


def test_code_in_a_checkpoint_is_not_run(copy, tmp_path):
    folder = copy()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModel": "evil.Evil", "AutoConfig": "evil.EvilConfig"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    marker = tmp_path / "marker"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()\n", encoding="utf-8")
    assert type(load_model(str(folder)).module) is transformers.BertModel
    assert not marker.exists()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task", ["nli", "paraphrase", "qa"])
def test_a_base_model_has_no_head(tiny_model, copy, family, task):
    with pytest.raises(TaskError, match=f"checkpoint trained for {task}"):
        tiny_model(family, "meaning").require_task(task)
    folder = copy(family)
    write_card(folder, task=task)
    line = refusal(TaskError, folder)
    assert "not a checkpoint for the task" in line
    assert "fine-tuned checkpoint" in line


@pytest.mark.parametrize(
    ("head", "asked"), [("nli", "paraphrase"), ("paraphrase", "nli"), ("nli", "qa"), ("qa", "nli")]
)
def test_a_head_of_another_task_is_refused(tiny_model, copy, head, asked):
    with pytest.raises(TaskError, match=asked):
        tiny_model("bert", head).require_task(asked)
    folder = copy("bert", head)
    write_card(folder, task=asked)
    refusal(TaskError, folder)


def test_a_card_with_too_few_labels_is_refused(copy):
    folder = copy(task="nli")
    write_card(folder, task="nli", labels=["entailment", "contradiction"])
    assert "2 classes, the task nli has 3" in refusal(TaskError, folder)


def test_every_head_can_explain_meaning(tiny_model):
    for task in ("nli", "qa"):
        tiny_model("bert", task).require_task("meaning")


def test_options_that_are_not_offered_are_named(tiny_folder):
    folder = tiny_folder("bert", "meaning")
    for options in ({"device": "abacus"}, {"precision": "fp64"}, {"precision": "tf32", "device": "cpu"}):
        with pytest.raises(OptionError) as caught:
            load_model(str(folder), **{"device": "cpu"} | options)
        assert "\n" not in str(caught.value)
    if not torch.cuda.is_available():
        with pytest.raises(OptionError, match="not available"):
            load_model(str(folder), device="cuda")


def test_half_precision_is_only_there_when_asked_for_and_labelled(tiny_folder):
    model = load_model(str(tiny_folder("bert", "nli")), device="cpu", precision="bf16")
    assert model.precision == "bf16"
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.bfloat16}


def class_logits(model):
    text = tokenize(model, "nli", "en", [A, B])
    with torch.inference_mode():
        return model.class_logits(model.embed(torch.tensor(text.input_ids))[None], model.rows([text]))[0]


def save_adapter(base_folder, folder, *, task_type="SEQ_CLS"):
    """A LoRA adapter with random weights on the base, and the logits of the model that was never merged."""
    base = transformers.AutoModelForSequenceClassification.from_pretrained(base_folder, num_labels=3)
    config = LoraConfig(task_type=task_type, r=4, lora_alpha=16, target_modules=["query", "value"])
    adapted = get_peft_model(base, config)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.normal_(0.0, 0.3)
    adapted.save_pretrained(folder)
    write_card(folder, task="nli", train_language="de", labels=LABELS["nli"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(base_folder)
    with torch.inference_mode():
        return adapted.eval()(**tokenizer(A, B, return_tensors="pt", return_token_type_ids=True)).logits[0]


@pytest.mark.parametrize("base", ["meaning", "nli"])
def test_an_adapter_is_merged_and_gives_the_unmerged_models_logits(tiny_folder, tmp_path, base):
    expected = save_adapter(tiny_folder("bert", base), tmp_path / "adapter")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a user has no remedy for what PEFT and Transformers say to each other
        model = load_model(str(tmp_path / "adapter"), device="cpu")
    assert (model.task, model.info.train_language, model.classes) == ("nli", "de", tuple(LABELS["nli"]))
    assert not any("lora" in name for name, _ in model.module.named_parameters())
    assert not any(parameter.requires_grad for parameter in model.module.parameters())
    torch.testing.assert_close(class_logits(model), expected, rtol=1e-4, atol=1e-5)
    unadapted = load_model(str(tiny_folder("bert", "nli")), device="cpu")
    assert (class_logits(unadapted) - expected).abs().max() > 0.1


def same_memory(*models):
    return len({model.embedding.weight.data_ptr() for model in models}) == 1


def test_checkpoints_of_one_base_hold_its_table_and_tokenizer_once(tiny_folder, tmp_path):
    base = tiny_folder("bert", "meaning")
    expected = save_adapter(base, tmp_path / "adapter")
    encoder, adapted = load_model(str(base), device="cpu"), load_model(str(tmp_path / "adapter"), device="cpu")
    assert same_memory(adapted, encoder)
    assert adapted.tokenizer is encoder.tokenizer
    torch.testing.assert_close(class_logits(adapted), expected, rtol=1e-4, atol=1e-5)
    # Another table of the same shape, and one that may be trained, stay their own.
    other = load_model(str(save_tiny(tmp_path / "other", "bert", "meaning", seed=9)), device="cpu")
    assert not torch.equal(other.embedding.weight, encoder.embedding.weight)
    trained = load_spec(replace(find_model(str(base)), task="paraphrase"), device="cpu", new_head=True)
    assert torch.equal(trained.embedding.weight, encoder.embedding.weight)
    assert not same_memory(trained, encoder)


def test_a_model_that_is_cast_leaves_those_of_the_same_table_as_they_are(tiny_folder, tmp_path):
    save_adapter(tiny_folder("bert", "meaning"), tmp_path / "adapter")
    encoder, adapted, third = (
        load_model(str(folder), device="cpu")
        for folder in (tiny_folder("bert", "meaning"), tmp_path / "adapter", tiny_folder("bert", "meaning"))
    )
    before = encoder.embedding.weight.clone()
    adapted.module.half()
    assert torch.equal(encoder.embedding.weight, before)
    assert same_memory(encoder, third)


def test_a_table_is_shared_beside_another_of_its_shape(tiny_folder, tmp_path):
    other = load_model(str(save_tiny(tmp_path / "other", "bert", "meaning", seed=9)), device="cpu")
    base = tiny_folder("bert", "meaning")
    save_adapter(base, tmp_path / "adapter")
    encoder, adapted = load_model(str(base), device="cpu"), load_model(str(tmp_path / "adapter"), device="cpu")
    assert other.embedding.weight.shape == encoder.embedding.weight.shape
    assert same_memory(adapted, encoder)


def test_an_adapter_without_a_head_does_not_get_a_random_one(tiny_folder, tmp_path):
    save_adapter(tiny_folder("bert", "meaning"), tmp_path / "adapter", task_type=None)
    assert "classifier" in refusal(TaskError, tmp_path / "adapter")


def test_an_adapter_of_another_base_is_refused(tiny_folder, tmp_path):
    save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter")
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    for base in ("xlm", "xlm-roberta"):
        config["base_model_name_or_path"] = str(tiny_folder(base, "nli"))
        (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
        refusal(CctaError, tmp_path / "adapter")


def test_a_damaged_adapter_is_one_line(tiny_folder, tmp_path):
    save_adapter(tiny_folder("bert", "nli"), tmp_path / "adapter")
    weights = tmp_path / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:50])
    refusal(WeightsError, tmp_path / "adapter")
    weights.rename(weights.with_name("adapter_model.bin"))
    assert "pickle" in refusal(WeightsError, tmp_path / "adapter")


def test_without_a_network_a_hub_model_says_what_to_do(own_cache, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(CctaError, match="model hub cannot be reached") as caught:
        load_model("mbert", device="cpu")
    assert "\n" not in str(caught.value)
    assert "multilingual-e5-small" in str(caught.value)
