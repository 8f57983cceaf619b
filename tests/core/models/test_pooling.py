"""How `meaning` makes one vector of a text: as the checkpoint's own modules say."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.attribution.targets import choose_targets, predict
from core.cli.app import run
from core.errors import CctaError, WeightsError
from core.models.loader import load_model
from core.text.tokenization import tokenize
from tests.world.tiny import HYPOTHESIS, PREMISE, Touch, pickle_weights, save_tiny

HIDDEN = 32
PACKAGE = "sentence_transformers.models"


def write_modules(folder, pooling, *, dense=None, normalize=False, prefix=PACKAGE):
    """What Sentence Transformers saves beside an encoder; `dense`: (weight, bias or None, activation)."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    if dense is not None:
        weight, bias, activation = dense
        modules.append(("2_Dense", "Dense"))
        (folder / "2_Dense").mkdir()
        config = {"in_features": weight.shape[1], "out_features": weight.shape[0], "bias": bias is not None}
        config["activation_function"] = f"torch.nn.modules.activation.{activation}"
        (folder / "2_Dense" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        state = {"linear.weight": weight} | ({} if bias is None else {"linear.bias": bias})
        save_file(state, folder / "2_Dense" / "model.safetensors")
    if normalize:
        modules.append((f"{len(modules)}_Normalize", "Normalize"))
    entries = [
        {"idx": index, "name": str(index), "path": path, "type": f"{prefix}.{kind}"}
        for index, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def mode(name):
    names = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    return {"word_embedding_dimension": HIDDEN} | {f"pooling_mode_{other}": other == name for other in names}


def pooled_and_hidden(model):
    """The vectors of two texts in one padded batch, and the hidden states of each alone."""
    texts = [tokenize(model, "meaning", "en", [text]) for text in (HYPOTHESIS, f"{PREMISE} {HYPOTHESIS}")]
    embeds = [model.embed(torch.tensor(text.input_ids)) for text in texts]
    with torch.inference_mode():
        vectors = model.pooled(torch.nn.utils.rnn.pad_sequence(embeds, batch_first=True), model.rows(texts))
        hidden = [
            model.hidden_states(row[None], model.rows([text]))[0].double().numpy()
            for row, text in zip(embeds, texts, strict=True)
        ]
    return vectors.double().numpy(), hidden


CLOSED_FORMS = {
    "cls_token": lambda states: states[0],
    "lasttoken": lambda states: states[-1],
    "max_tokens": lambda states: states.max(0),
    "mean_tokens": lambda states: states.mean(0),
    "mean_sqrt_len_tokens": lambda states: states.sum(0) / np.sqrt(len(states)),
    "weightedmean_tokens": lambda states: np.average(states, axis=0, weights=np.arange(1, len(states) + 1)),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
def test_the_vector_is_the_closed_form_whatever_the_padding(tmp_path, family, name):
    model = load_model(str(write_modules(save_tiny(tmp_path / "mine", family), mode(name))), device="cpu")
    vectors, hidden = pooled_and_hidden(model)
    for vector, states in zip(vectors, hidden, strict=True):
        np.testing.assert_allclose(vector, CLOSED_FORMS[name](states), atol=1e-5)


@pytest.mark.parametrize(("activation", "function"), [("Tanh", np.tanh), ("Identity", lambda values: values)])
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_dense_layer_follows(tmp_path, activation, function, has_bias):
    generator = torch.Generator().manual_seed(2)
    weight = torch.randn(20, HIDDEN, generator=generator) / 5
    bias = torch.randn(20, generator=generator) if has_bias else None
    folder = save_tiny(tmp_path / "mine", "bert")
    write_modules(folder, mode("cls_token"), dense=(weight, bias, activation), normalize=True)
    model = load_model(str(folder), device="cpu")
    vectors, hidden = pooled_and_hidden(model)
    added = 0 if bias is None else bias.double().numpy()
    for vector, states in zip(vectors, hidden, strict=True):
        np.testing.assert_allclose(vector, function(weight.double().numpy() @ states[0] + added), atol=1e-5)
    assert "first token" in model.info.pooling and "32 to 20" in model.info.pooling


def test_several_modes_are_concatenated_in_the_librarys_order(tmp_path):
    folder = write_modules(save_tiny(tmp_path / "mine", "bert"), mode("mean_tokens") | {"pooling_mode_cls_token": True})
    vectors, hidden = pooled_and_hidden(load_model(str(folder), device="cpu"))
    np.testing.assert_allclose(vectors[1], np.concatenate([hidden[1][0], hidden[1].mean(0)]), atol=1e-5)


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode": "cls"}, "first token"),
        ({"pooling_mode": "lasttoken"}, "last token"),
        # The library's default is the mean, beside which another mode is concatenated.
        ({"word_embedding_dimension": HIDDEN}, "mean over tokens"),
        ({"pooling_mode_cls_token": True}, "first token and mean over tokens"),
    ],
)
def test_a_mode_by_its_name_and_the_librarys_default(tmp_path, config, pooling):
    folder = write_modules(
        save_tiny(tmp_path / "mine", "bert"), config, prefix="sentence_transformers.sentence_transformer.modules"
    )
    assert load_model(str(folder), device="cpu").info.pooling == pooling


def test_a_pooling_folder_counts_without_a_list_of_modules(tmp_path):
    folder = write_modules(save_tiny(tmp_path / "mine", "bert"), mode("cls_token"))
    (folder / "modules.json").unlink()
    assert load_model(str(folder), device="cpu").info.pooling == "first token"


def test_nothing_said_is_the_mean(tiny_model):
    assert tiny_model("bert", "meaning").info.pooling == "mean over tokens"


@pytest.mark.parametrize("name", ["cls_token", "max_tokens", "lasttoken"])
def test_scores_agree_with_captum(tmp_path, name):
    dense = (torch.randn(20, HIDDEN, generator=torch.Generator().manual_seed(2)) / 5, None, "Tanh")
    folder = write_modules(save_tiny(tmp_path / "mine", "bert"), mode(name), dense=dense)
    model = load_model(str(folder), device="cpu")
    texts = [tokenize(model, "meaning", "en", [PREMISE])]
    ((target,),) = choose_targets(
        model, texts, predict(model, texts, "meaning"), task="meaning", explain="own", gold=[None]
    )
    (ours,) = integrated_gradients(model, texts, [target], steps=40)
    reference = captum_reference(model, texts[0], target, n_steps=40)
    assert np.abs(ours.scores - reference).max() < 1e-5 * np.abs(reference).max()
    # By the mean, other tokens count.
    (folder / "modules.json").unlink()
    for path in sorted(folder.glob("[0-9]_*/config.json")):
        path.unlink()
    (mean,) = integrated_gradients(load_model(str(folder), device="cpu"), texts, [target], steps=40)
    assert np.abs(ours.scores - mean.scores).max() > 0.01 * np.abs(reference).max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("1_Pooling/config.json", {"pooling_mode": "attention"}), "attention"),
        (("1_Pooling/config.json", {"pooling_mode_mean_tokens": False}), "no pooling"),
        (("1_Pooling/config.json", mode("cls_token") | {"include_prompt": False}), "include_prompt"),
        (("1_Pooling/config.json", []), "1_Pooling"),
        (("2_Dense/config.json", {"activation_function": "mine.Strange"}), "Strange"),
        (("modules.json", {"a": 1}), "list"),
        (("modules.json", [{"type": "mine.LSTM", "path": "2_LSTM"}]), "LSTM"),
        (("modules.json", [{"type": f"{PACKAGE}.Dense", "path": "../other"}]), "../other"),
        (("modules.json", [{"type": f"{PACKAGE}.Dense", "path": "3_Dense"}]), "3_Dense"),
    ],
)
def test_what_cannot_be_followed_is_refused(tmp_path, change, words):
    name, content = change
    folder = save_tiny(tmp_path / "mine", "bert")
    write_modules(folder, mode("cls_token"), dense=(torch.zeros(4, HIDDEN), None, "Tanh"))
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CctaError) as caught:
        load_model(str(folder), device="cpu")
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["gone", "short", "wide"])
def test_a_dense_layer_that_is_damaged_or_too_wide_is_refused(tmp_path, damage):
    folder = save_tiny(tmp_path / "mine", "bert")
    width = HIDDEN + (damage == "wide")
    write_modules(folder, mode("cls_token"), dense=(torch.zeros(4, width), None, "Tanh"))
    weights = folder / "2_Dense" / "model.safetensors"
    if damage == "gone":
        weights.unlink()
    elif damage == "short":
        weights.write_bytes(weights.read_bytes()[:30])
    with pytest.raises(CctaError, match="2_Dense") as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)


def pickle_dense(folder, state):
    (folder / "2_Dense" / "model.safetensors").unlink(missing_ok=True)
    torch.save(state, folder / "2_Dense" / "pytorch_model.bin")


@pytest.mark.parametrize("encoder_too", [False, True])
def test_a_dense_layer_in_a_pickle_is_read_as_other_pickles_are(tmp_path, own_cache, encoder_too):
    weight = torch.randn(20, HIDDEN, generator=torch.Generator().manual_seed(2)) / 5
    folder = write_modules(save_tiny(tmp_path / "mine", "bert"), mode("cls_token"), dense=(weight, None, "Tanh"))
    expected, _ = pooled_and_hidden(load_model(str(folder), device="cpu"))
    pickle_dense(folder, {"linear.weight": weight})
    if encoder_too:
        pickle_weights(folder)
    found, _ = pooled_and_hidden(load_model(str(folder), device="cpu"))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_code_in_the_pickle_of_a_dense_layer_is_not_run(tmp_path, own_cache):
    folder = save_tiny(tmp_path / "mine", "bert")
    write_modules(folder, mode("cls_token"), dense=(torch.zeros(4, HIDDEN), None, "Tanh"))
    pickle_dense(folder, {"linear.weight": torch.zeros(4, HIDDEN), "x": Touch(tmp_path / "marker")})
    with pytest.raises(WeightsError, match=r"2_Dense/pytorch_model\.bin.*system"):
        load_model(str(folder), device="cpu")
    assert not (tmp_path / "marker").exists()


def test_the_default_prompt_is_put_before_every_text(tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert")
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps({"prompts": {"q": "the boat: "}, "default_prompt_name": "q"}), encoding="utf-8")
    model = load_model(str(folder), device="cpu")
    text = tokenize(model, "meaning", "en", [HYPOTHESIS])
    assert list(text.input_ids) == model.tokenizer("the boat: " + HYPOTHESIS)["input_ids"]
    path.write_text(json.dumps({"prompts": {"q": "query: "}, "default_prompt_name": "p"}), encoding="utf-8")
    with pytest.raises(CctaError, match="default prompt 'p'"):
        load_model(str(folder), device="cpu")


def test_the_result_notes_it(tmp_path, tiny_folder, capsys):
    folder = write_modules(save_tiny(tmp_path / "mine", "bert"), mode("cls_token"))
    words = ["--source-lang", "en", "--target-lang", "es", "--steps", "8", "--space", "static"]
    words += ["--source", HYPOTHESIS, "--target", "el barco"]
    assert run(["analyze", "--task", "meaning", "--model", str(folder), *words, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["pooling"] == "first token"
    assert run(["analyze", "--task", "meaning", "--model", str(folder), *words]) == 0
    assert "first token" in capsys.readouterr().out
    words += ["--source-second", PREMISE, "--target-second", "la tormenta"]
    assert run(["analyze", "--task", "nli", "--model", str(tiny_folder("bert", "nli")), *words, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["pooling"] is None
