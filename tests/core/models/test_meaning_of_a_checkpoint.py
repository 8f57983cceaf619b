"""What a checkpoint's files say of its classes, weights, positions and configuration is believed, or refused."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.classes import read_class
from core.errors import CctaError, TaskError, WeightsError, reason_of
from core.models.catalogue import CARD_NAME
from core.models.loader import load_model
from core.text.tokenization import tokenize
from tests.world.tiny import HYPOTHESIS, LABELS, PREMISE

NLI = tuple(LABELS["nli"])


@pytest.fixture
def checkpoint(tiny_folder, tmp_path):
    """Copy a tiny checkpoint, with changes to its configuration, card and weights."""

    def make(family="bert", task="nli", *, config=None, without=(), card=None, weights=None):
        folder = shutil.copytree(tiny_folder(family, task), tmp_path / f"{family}-{task}")
        content = json.loads((folder / "config.json").read_text(encoding="utf-8")) | (config or {})
        content = {key: value for key, value in content.items() if key not in without}
        (folder / "config.json").write_text(json.dumps(content), encoding="utf-8")
        if card is not None:
            (folder / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
        if weights is not None:
            changed = weights(load_file(folder / "model.safetensors"))
            save_file(changed, folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    return make


def names(*labels, keys=None):
    return {"id2label": dict(zip(keys or map(str, range(len(labels))), labels, strict=True)), "label2id": None}


def refusal(folder, error=CctaError):
    with pytest.raises(error) as caught:
        load_model(str(folder), device="cpu")
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("task", "name", "expected"),
    [
        ("nli", " CONTRADICTORY ", "contradiction"),
        ("nli", "Contradictions", "contradiction"),
        ("nli", "not_entailment", None),
        ("nli", "LABEL_0", None),
        ("nli", "equivalent", None),
        ("paraphrase", "is_duplicate", "paraphrase"),
        ("paraphrase", "Not Paraphrase", "different"),
        ("paraphrase", "not-equivalent", "different"),
        ("paraphrase", "NOT_DUPLICATE", "different"),
        ("paraphrase", "neutral", None),
    ],
)
def test_a_name_is_read_as_the_class_that_it_means(task, name, expected):
    assert read_class(task, name) == expected


@pytest.mark.parametrize(
    ("task", "labels", "classes"),
    [
        ("nli", ("contradictory", "neutral", "entailment"), ("contradiction", "neutral", "entailment")),
        ("nli", ("Neutral ", "CONTRADICTION", "entails"), ("neutral", "contradiction", "entailment")),
        ("paraphrase", ("equivalent", "not_equivalent"), ("paraphrase", "different")),
        ("paraphrase", ("Not Duplicate", "Duplicate"), ("different", "paraphrase")),
    ],
)
def test_the_heads_names_decide(checkpoint, task, labels, classes):
    assert load_model(str(checkpoint(task=task, config=names(*labels))), device="cpu").classes == classes


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        ("nli", ("LABEL_0", "LABEL_1", "LABEL_2")),
        ("nli", ("negative", "neutral", "positive")),
        ("nli", ("sports", "politics", "science")),
        ("nli", ("entailment", "neutral", "other")),
        ("paraphrase", ("entailment", "not_entailment")),
        ("paraphrase", ("0", "1")),
    ],
)
def test_names_that_are_not_the_tasks_classes_are_asked_for(checkpoint, task, labels):
    line = refusal(checkpoint(task=task, config=names(*labels)), TaskError)
    assert ", ".join(labels) in line
    assert '"labels": [' in line
    assert CARD_NAME in line


def test_a_card_says_what_the_head_does_not(checkpoint):
    order = ["neutral", "contradictory", "Entailment"]
    card = {"task": "nli", "labels": order}
    folder = checkpoint(config=names("LABEL_0", "LABEL_1", "LABEL_2"), card=card)
    assert load_model(str(folder), device="cpu").classes == ("neutral", "contradiction", "entailment")


@pytest.mark.parametrize(
    ("config", "labels", "said"),
    [
        (names(*NLI), ["contradiction", "neutral", "entailment"], "id2label"),
        (names("LABEL_0", "LABEL_1", "LABEL_2"), ["negative", "neutral", "positive"], "The labels of"),
        (names("LABEL_0", "LABEL_1", "LABEL_2"), ["neutral", "neutral", "entailment"], "The labels of"),
    ],
)
def test_a_card_that_contradicts_head_or_task_is_refused(checkpoint, config, labels, said):
    line = refusal(checkpoint(config=config, card={"task": "nli", "labels": labels}), TaskError)
    assert said in line
    assert ", ".join(labels) in line


@pytest.mark.parametrize(
    "config",
    [
        names(*NLI, keys="023"),
        names(*NLI, keys="abc"),
        names("entailment", "Entailment", "contradiction"),
        names(None, "neutral", "contradiction"),
        {"id2label": list(NLI)},
        names(*NLI) | {"label2id": {"entailment": 2, "neutral": 1, "contradiction": 0}},
        {"problem_type": "multi_label_classification"},
        {"problem_type": "regression"},
    ],
)
def test_a_head_that_contradicts_itself_is_refused(checkpoint, config):
    assert "config.json" in refusal(checkpoint(config=config), TaskError)


def test_a_head_of_two_classes_is_no_inference(checkpoint):
    folder = checkpoint(task="paraphrase", config=names("entailment", "not_entailment"), card={"task": "nli"})
    assert "2 classes (entailment, not_entailment)" in refusal(folder, TaskError)


def added(*new):
    return lambda weights: weights | {name: torch.zeros(2, 2) for name in new}


@pytest.mark.parametrize("task", ["nli", "meaning"])
@pytest.mark.parametrize(
    "name",
    [
        "encoder.layer.0.attention.self.distance_embedding.weight",
        "encoder.layer.2.attention.self.query.weight",
        "embeddings.another.weight",
    ],
)
def test_weights_of_another_architecture_are_named(checkpoint, task, name):
    full = name if task == "meaning" else f"bert.{name}"
    line = refusal(checkpoint(task=task, weights=added(full)), WeightsError)
    assert name in line
    assert ("BertModel" if task == "meaning" else "BertForSequenceClassification") in line


def test_a_second_head_is_refused_where_a_head_is_read(checkpoint):
    assert "pre_classifier" in refusal(checkpoint(weights=added("pre_classifier.weight")), WeightsError)


@pytest.mark.parametrize("task", ["nli", "meaning"])
def test_heads_of_the_pretraining_and_buffers_are_harmless(checkpoint, task):
    prefix = "" if task == "meaning" else "bert."
    extras = added("cls.predictions.bias", f"{prefix}pooler.dense.weight", f"{prefix}embeddings.position_ids")
    extras = extras if task == "meaning" else added("cls.predictions.bias", f"{prefix}embeddings.position_ids")
    load_model(str(checkpoint(task=task, weights=extras)), device="cpu")


def test_an_incomplete_encoder_is_not_told_to_choose_the_task_it_has(checkpoint):
    drop = "encoder.layer.1.attention.self.query.weight"
    folder = checkpoint(
        task="meaning", weights=lambda weights: {name: weights[name] for name in weights if name != drop}
    )
    line = refusal(folder, TaskError)
    assert drop in line
    assert "task meaning" not in line


def logits(model):
    text = tokenize(model, "nli", "en", [PREMISE, HYPOTHESIS])
    with torch.inference_mode():
        return model.class_logits(model.embed(torch.tensor(text.input_ids))[None], model.rows([text]))[0]


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
@pytest.mark.parametrize("config", [{"return_dict": False}, {"torchscript": True}, {"output_hidden_states": True}])
def test_the_form_of_the_output_changes_nothing(checkpoint, tiny_model, family, config):
    model = load_model(str(checkpoint(family, config=config)), device="cpu")
    torch.testing.assert_close(logits(model), logits(tiny_model(family, "nli")))


def test_a_bert_with_one_token_type_reads_pairs(checkpoint):
    types = "bert.embeddings.token_type_embeddings.weight"
    folder = checkpoint(
        config={"type_vocab_size": 1}, weights=lambda weights: weights | {types: weights[types][:1].clone()}
    )
    assert torch.isfinite(logits(load_model(str(folder), device="cpu"))).all()


@pytest.mark.parametrize(
    ("family", "config", "said"),
    [
        ("bert", {"is_decoder": True}, "is_decoder"),
        ("bert", {"position_embedding_type": "relative_key"}, "relative_key"),
        ("bert", {"hidden_size": "wide"}, "hidden_size"),
        ("bert", {"num_attention_heads": 0}, "cannot be loaded"),
        ("xlm", {"summary_type": "last"}, "summary_type"),
        ("xlm", {"summary_type": "attn"}, "summary_type"),
        ("xlm", {"lang2id": {"en": 0, "es": 7}}, "lang2id"),
        ("xlm", {"causal": True}, "causal"),
        ("xlm-roberta", {"pad_token_id": None}, "pad_token_id"),
    ],
)
def test_a_configuration_that_cannot_work_is_one_line(checkpoint, family, config, said):
    assert said in refusal(checkpoint(family, config=config))


def test_language_embeddings_need_their_languages(checkpoint):
    assert "lang2id" in refusal(checkpoint("xlm", without=("lang2id", "id2lang")))


def set_tokenizer(folder, **values):
    path = folder / "tokenizer_config.json"
    content = json.loads(path.read_text(encoding="utf-8")) | values
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_positions_are_counted_from_the_configurations_pad(checkpoint, tiny_model):
    folder = checkpoint("xlm-roberta")
    file = folder / "tokenizer.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    spare = len(content["model"]["vocab"]) - 1
    content["model"]["vocab"][spare][0] = "[PAD]"
    file.write_text(json.dumps(content), encoding="utf-8")
    model = load_model(str(set_tokenizer(folder, pad_token="[PAD]")), device="cpu")
    assert model.pad_id == spare
    text = tokenize(model, "nli", "en", [PREMISE, HYPOTHESIS])
    assert model.rows([text]).position_ids[0].tolist() == list(range(2, 2 + len(text.input_ids)))
    torch.testing.assert_close(logits(model), logits(tiny_model("xlm-roberta", "nli")))


@pytest.mark.parametrize("pad", ["</s>", "<unk>", "<mask>", "▁cancel", None])
def test_a_pad_that_is_none_is_refused(checkpoint, pad):
    assert "pad_token" in refusal(set_tokenizer(checkpoint("xlm-roberta"), pad_token=pad), WeightsError)


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
def test_a_folder_without_a_tokenizer_is_refused(checkpoint, family):
    folder = checkpoint(family)
    for path in folder.iterdir():
        if path.name not in ("config.json", "model.safetensors", CARD_NAME):
            path.unlink()
    assert "tokenizer" in refusal(folder, WeightsError)


@pytest.mark.parametrize("stated", [True, False])
def test_a_tokenizer_is_read_as_its_own_file_says(checkpoint, tiny_folder, stated):
    """An XLM-R tokenizer in a BERT folder, whose class no file names."""
    from tokenizers import Tokenizer

    folder = checkpoint("bert")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_folder("xlm-roberta", "nli") / name, folder)
    set_tokenizer(folder, tokenizer_class=None)
    if not stated:
        (folder / "tokenizer_config.json").unlink()
        assert "_token" in refusal(folder, WeightsError)
        return
    model = load_model(str(folder), device="cpu")
    expected = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(PREMISE)
    assert model.tokenizer(PREMISE)["input_ids"] == expected.ids
    set_tokenizer(folder, tokenizer_class="BertTokenizer")
    assert "Unigram" in refusal(folder, WeightsError)


def write_vocabulary(folder, pieces, **config):
    for path in folder.glob("*token*"):
        path.unlink()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*specials, *pieces]), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]


def test_casing_is_what_the_vocabulary_needs(checkpoint):
    folder = write_vocabulary(checkpoint("bert"), LETTERS, do_lower_case=False)
    assert "do_lower_case" in refusal(folder, WeightsError)
    write_vocabulary(folder, LETTERS, do_lower_case=True)
    load_model(str(folder), device="cpu")
    both = [*LETTERS, *(letter.upper() for letter in LETTERS)]
    write_vocabulary(folder, both)
    assert "do_lower_case" in refusal(folder, WeightsError)
    write_vocabulary(folder, both, do_lower_case=False)
    load_model(str(folder), device="cpu")


def test_a_tokenizer_longer_than_the_embedding_is_refused(checkpoint):
    folder = write_vocabulary(checkpoint("bert"), [*LETTERS, *map(str, range(200))], do_lower_case=True)
    assert "the embedding has 160 rows" in refusal(folder, WeightsError)


def test_a_tokenizer_that_knows_no_script_is_refused(checkpoint):
    folder = write_vocabulary(checkpoint("bert", card={"task": "nli"}), ["ა", "ბ"], do_lower_case=False)
    assert "any script" in refusal(folder, WeightsError)


def test_scripts_that_the_tokenizer_lacks_are_known(tiny_model):
    unread = tiny_model("bert", "nli").unread_scripts
    assert "Thai" in unread
    assert "Latin" not in unread


def test_the_reason_of_an_error_of_many_lines():
    error = RuntimeError("Error(s) in loading:\n\tsize mismatch for a: copying 3\n\tsize mismatch for b")
    assert reason_of(error) == "Error(s) in loading: size mismatch for a: copying 3"
    assert reason_of(ValueError("\n one.\n two")) == "one"
    assert reason_of(KeyError()) == "KeyError"
