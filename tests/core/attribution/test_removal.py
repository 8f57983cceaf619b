"""A text without a word: the text that is left, and F of it by the module itself."""

import pytest
import torch

from core.attribution.removal import remove_units
from core.attribution.targets import predict
from core.consistency.pair import TextInput, attribute_texts, prepare_text
from core.errors import OptionError
from core.settings import Settings
from core.text.tokenization import tokenize

TEXTS = {
    "meaning": ("the storm cancelled the ferry",),
    "nli": ("the storm cancelled the ferry", "the boat sailed on time"),
    "qa": ("the crew", "the boat sailed on time"),
}


def attributed(model, task):
    settings = Settings(task=task, steps=4, level="word", explain="own")
    prepared = prepare_text(model, TextInput("en", TEXTS[task]), settings)
    return attribute_texts(model, [prepared], settings)[0]


def word(side, text):
    return next(index for index, unit in enumerate(side.units) if unit.text == text)


@pytest.mark.parametrize(
    ("text", "left"),
    [("the", "storm cancelled the ferry"), ("cancelled", "the storm the ferry"), ("ferry", "the storm cancelled the")],
)
def test_the_space_goes_with_the_word(tiny_model, text, left):
    model = tiny_model("bert", "meaning")
    (side,) = attributed(model, "meaning").sides
    assert remove_units(model, side, [word(side, text)], "meaning").fields == (left,)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_f_and_the_prediction_of_a_class_are_those_of_the_shorter_text(tiny_model, family):
    model = tiny_model(family, "nli")
    (side,) = attributed(model, "nli").sides
    found = remove_units(model, side, [word(side, "boat")], "nli")
    assert found.fields == (TEXTS["nli"][0], "the sailed on time")
    text = tokenize(model, "nli", "en", list(found.fields))
    with torch.no_grad():
        logits = model.module(
            input_ids=torch.tensor([text.input_ids]), token_type_ids=torch.tensor([text.token_type_ids])
        ).logits[0]
    target = side.attribution.target
    assert found.f_after == pytest.approx(float(logits[target.index]), abs=1e-5)
    assert dict(found.after) == pytest.approx(predict(model, [text], "nli")[0].probabilities)
    assert found.f_before == side.attribution.f_input and found.before == side.prediction
    assert found.attributed == pytest.approx(side.scores[word(side, "boat")])


def test_the_meaning_is_compared_with_that_of_the_whole_text(tiny_model):
    model = tiny_model("bert", "meaning")
    (side,) = attributed(model, "meaning").sides
    found = remove_units(model, side, [word(side, "storm")], "meaning")
    encodings = []
    for text in (TEXTS["meaning"][0], found.fields[0]):
        tokens = tokenize(model, "meaning", "en", [text])
        with torch.no_grad():
            encodings.append(model.encoder(input_ids=torch.tensor([tokens.input_ids])).last_hidden_state.mean(1))
    assert found.f_after == pytest.approx(float(torch.nn.functional.cosine_similarity(*encodings)), abs=1e-5)
    assert (found.f_before, found.after) == (pytest.approx(1.0), {})


def test_a_position_moves_with_its_token_and_goes_with_it(tiny_model):
    model = tiny_model("bert", "qa")
    start, _ = attributed(model, "qa").sides
    token = start.text.tokens[start.attribution.target.index]
    explained = next(
        i for i, unit in enumerate(start.units) if unit.field == "context" and unit.start <= token.start < unit.end
    )
    other = next(i for i, unit in enumerate(start.units) if unit.field == "context" and i != explained)
    assert remove_units(model, start, [explained], "qa").f_after is None
    found = remove_units(model, start, [other], "qa")
    text = tokenize(model, "qa", "en", list(found.fields))
    shift = len(start.text.fields[1][1]) - len(found.fields[1]) if other < explained else 0
    (position,) = [
        at
        for at, each in enumerate(text.tokens)
        if (each.field, each.start) == ("context", token.start - shift) and each.text == token.text
    ]
    with torch.no_grad():
        starts = model.module(
            input_ids=torch.tensor([text.input_ids]), token_type_ids=torch.tensor([text.token_type_ids])
        ).start_logits[0]
    assert found.f_after == pytest.approx(float(starts[position]), abs=1e-5)


def test_a_field_keeps_a_word(tiny_model):
    model = tiny_model("bert", "nli")
    (side,) = attributed(model, "nli").sides
    hypothesis = [index for index, unit in enumerate(side.units) if unit.field == "hypothesis"]
    with pytest.raises(OptionError, match="Nothing would be left"):
        remove_units(model, side, hypothesis, "nli")
