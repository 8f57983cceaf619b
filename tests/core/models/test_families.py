"""Encoders of many architectures: read as Transformers reads them, attributed as Captum attributes them, or refused."""

import json

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.cli.app import run
from core.errors import CctaError
from core.models.families import FAMILIES
from core.models.loader import load_model
from core.text.tokenization import tokenize
from tests.world.families import SHAPES, save_family, write_byte_tokenizer
from tests.world.tiny import HYPOTHESIS, PREMISE, explained, save_tiny

OTHERS = [family for family in FAMILIES if family in SHAPES]
WITHOUT_ANSWERS = ("eurobert",)
CASES = [
    (family, task)
    for family in OTHERS
    for task in ("meaning", "nli", "qa")
    if not (task == "qa" and family in WITHOUT_ANSWERS)
]


@pytest.fixture(scope="module")
def family_folder(tmp_path_factory):
    """(family, task) -> a tiny random checkpoint, written once; read it, never write into it."""
    root, written = tmp_path_factory.mktemp("families"), {}

    def folder(family, task):
        if (family, task) not in written:
            written[family, task] = save_family(root / f"{family}-{task}", family, task)
        return written[family, task]

    return folder


def refusal(folder):
    with pytest.raises(CctaError) as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def transformers_output(folder, task, *texts):
    """What Transformers alone computes from the tokenizer's own input: hidden states or logits."""
    auto = {
        "meaning": transformers.AutoModel,
        "nli": transformers.AutoModelForSequenceClassification,
        "qa": transformers.AutoModelForQuestionAnswering,
    }[task]
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    module = auto.from_pretrained(folder).eval()
    inputs = tokenizer(*texts, return_tensors="pt", return_token_type_ids=True)
    if not FAMILIES[module.config.model_type].token_types:
        inputs.pop("token_type_ids")
    with torch.inference_mode():
        output = module(**inputs)
    return inputs["input_ids"][0].tolist(), output[0]


def test_there_are_nine_beside_the_papers_three():
    assert len(OTHERS) >= 9
    assert set(FAMILIES) - set(OTHERS) == {"bert", "xlm", "xlm-roberta"}


@pytest.mark.parametrize(("family", "task"), CASES)
def test_scores_agree_with_captum_and_outputs_with_transformers(family_folder, family, task):
    folder = family_folder(family, task)
    model = load_model(str(folder), device="cpu")
    texts = [PREMISE] if task == "meaning" else [PREMISE, HYPOTHESIS]
    text = tokenize(model, task, "en", texts)
    ids, theirs = transformers_output(folder, task, *texts)
    assert list(text.input_ids) == ids
    # A longer text beside it, so that it is padded.
    longer = tokenize(model, task, "en", [*texts[:-1], f"{texts[-1]} {PREMISE}"])
    rows = model.rows([text, longer])
    padded = torch.nn.utils.rnn.pad_sequence(
        [model.embed(torch.tensor(each.input_ids)) for each in (text, longer)], batch_first=True
    )
    read = {"meaning": model.hidden_states, "nli": model.class_logits, "qa": lambda *x: model.span_logits(*x)[0]}[task]
    with torch.inference_mode():
        ours = read(padded, rows)[:1]
    ours = ours if task == "nli" else ours[:, : len(ids)]
    assert (ours - theirs).abs().max() < 1e-5 * theirs.abs().max()
    for each, target in zip(*explained(model, task), strict=True):
        (result,) = integrated_gradients(model, [each], [target], steps=20)
        reference = captum_reference(model, each, target, n_steps=20)
        assert np.abs(result.scores - reference).max() < 1e-5 * np.abs(reference).max()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_list_says_what_each_takes(family_folder, tiny_folder, family):
    folder = family_folder(family, "meaning") if family in OTHERS else tiny_folder(family, "meaning")
    model = load_model(str(folder), device="cpu")
    pad = model.module.config.pad_token_id or 0
    first = {"from 0": 0, "after the pad": pad + 1, "": None}[FAMILIES[family].positions]
    assert model.inputs.first_position == first
    assert (model.inputs.n_token_types > 1) == FAMILIES[family].token_types
    assert (model.inputs.languages is not None) == FAMILIES[family].languages


@pytest.mark.parametrize(
    ("specials", "n"),
    [
        ({"last": "", "between": ""}, (1, 1)),
        ({"between": "</s>"}, (2, 3)),
        ({"first": "", "last": "</s>"}, (1, 3)),
    ],
)
def test_specials_are_those_of_the_tokenizers_own_template(family_folder, tmp_path, specials, n):
    folder = save_family(tmp_path / "mine", "modernbert", "nli")
    write_byte_tokenizer(folder, **specials)
    model = load_model(str(folder), device="cpu")
    assert (model.template.n_specials(1), model.template.n_specials(2)) == n
    text = tokenize(model, "nli", "en", [PREMISE, HYPOTHESIS])
    assert list(text.input_ids) == model.tokenizer(PREMISE, HYPOTHESIS)["input_ids"]
    assert text.special_mask.sum() == n[1]


@pytest.mark.parametrize("family", ["gpt2", "qwen2"])
def test_a_causal_model_is_refused(tmp_path, family):
    assert "causal" in refusal(save_family(tmp_path / "mine", family))


def test_a_model_whose_rows_are_not_its_tokens_is_refused(tmp_path):
    # ESM scales the rows by the share of masked tokens, but only if it is given tokens.
    assert "other outputs for embedding rows" in refusal(save_family(tmp_path / "mine", "esm"))


def test_a_model_whose_outputs_depend_on_padding_is_refused(tmp_path):
    # ConvBERT's convolutions read the places beside a token, which are pads at the end of a shorter text.
    assert "padded batch" in refusal(save_family(tmp_path / "mine", "convbert"))


def test_positions_are_those_of_the_table_where_the_configuration_has_another_pad(tmp_path):
    # MPNet counts from 2 whatever its pad.
    folder = save_family(tmp_path / "mine", "mpnet")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": 3}), encoding="utf-8")
    assert load_model(str(folder), device="cpu").inputs.first_position == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "t5", "architectures": ["T5Model"]}, "encoder with a decoder"),
        ({"model_type": "roberta"}, "its architecture BertModel is one of bert"),
        ({"model_type": "mine"}, "no family 'mine'"),
        ({"model_type": "mine", "auto_map": {"AutoModel": "m.Mine"}}, "never run"),
    ],
)
def test_another_architecture_in_the_configuration_is_refused(tiny_folder, tmp_path, changes, words):
    folder = save_tiny(tmp_path / "mine", "bert")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | changes), encoding="utf-8")
    assert words in refusal(folder)


def test_the_command_line_lists_them(capsys):
    assert run(["models", "--families"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line.strip()} >= set(FAMILIES)
    assert run(["models", "--families", "--json"]) == 0
    assert [family["name"] for family in json.loads(capsys.readouterr().out)] == list(FAMILIES)


@pytest.mark.parametrize("family", ["distilbert", "modernbert"])
def test_the_command_line_verifies_them(family_folder, capsys, family):
    words = ["analyze", "--task", "nli", "--model", str(family_folder(family, "nli")), "--verify", "--json", "-"]
    words += ["--source-lang", "en", "--target-lang", "es", "--source", PREMISE, "--source-second", HYPOTHESIS]
    words += ["--target", "el barco", "--target-second", "la tormenta", "--steps", "20", "--space", "static"]
    assert run(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"]["family"] == family
    assert result["verification"]["largest_relative_difference"] < 1e-5


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_labels": 5, "id2label": None, "label2id": None}, "shape"),
        ({"vocab_size": 500}, "(160, 32)"),
        ({"max_position_embeddings": 32}, "(64, 32)"),
        ({"type_vocab_size": 1}, "token_type"),
    ],
)
def test_weights_of_another_shape_are_named_with_both_shapes(tmp_path, changes, words):
    folder = save_tiny(tmp_path / "mine", "bert", "qa" if "num_labels" in changes else "meaning")
    edit(folder / "config.json", **changes)
    line = refusal(folder)
    assert words in line and "config.json" in line


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, value):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    weights = load_file(folder / "model.safetensors")
    weights["bert.encoder.layer.0.attention.self.query.weight"][0, 0] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "NaN" in refusal(folder)


@pytest.mark.parametrize("name", ["classifier.bias", "bert.pooler.dense.weight"])
def test_a_head_that_is_no_number_is_refused(tmp_path, name):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    weights = load_file(folder / "model.safetensors")
    weights[name][:] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    line = refusal(folder)
    assert "NaN" in line and "training" in line


@pytest.mark.parametrize(("length", "words"), [("many", "must be a number"), (3, "reads 3 tokens"), (True, "number")])
def test_a_length_that_cannot_be_is_refused(tmp_path, length, words):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    edit(folder / "tokenizer_config.json", model_max_length=length)
    assert words in refusal(folder)


def test_a_template_of_another_vocabulary_is_refused(tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    plain = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    plain["post_processor"]["special_tokens"]["[CLS]"]["ids"] = [99]
    (folder / "tokenizer.json").write_text(json.dumps(plain), encoding="utf-8")
    assert "id 99" in refusal(folder)


def test_a_tokenizer_without_a_template_gets_the_usual_one(tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    expected = tokenize(load_model(str(folder), device="cpu"), "nli", "en", [PREMISE, HYPOTHESIS])
    edit(folder / "tokenizer.json", post_processor=None)
    text = tokenize(load_model(str(folder), device="cpu"), "nli", "en", [PREMISE, HYPOTHESIS])
    assert (text.input_ids, text.token_type_ids) == (expected.input_ids, expected.token_type_ids)


def test_a_vocabulary_with_capitals_of_xlm_must_say_whether_it_is_lower_cased(tmp_path):
    folder = save_tiny(tmp_path / "mine", "xlm")
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    # In place of pieces that are there, so that no id is beyond the embedding.
    for letter, piece in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", list(vocabulary)[20:46], strict=True):
        vocabulary[letter] = vocabulary.pop(piece)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    plain = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    for key in ("do_lowercase_and_remove_accent", "do_lower_case"):
        plain.pop(key, None)
    (folder / "tokenizer_config.json").write_text(json.dumps(plain), encoding="utf-8")
    assert "do_lowercase_and_remove_accent" in refusal(folder)
