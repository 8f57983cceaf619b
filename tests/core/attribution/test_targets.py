import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.attribution import targets
from core.attribution.targets import Prediction, answer_text, choose_targets, predict
from core.errors import OptionError, TargetError, TaskError
from core.results import Answer, Token, TokenizedText
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES

A, B = "the storm cancelled the ferry", "the boat sailed"


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("task", ["nli", "paraphrase"])
def test_class_probabilities_are_transformers_own(tiny_model, family, task):
    model = tiny_model(family, task)
    (prediction,) = predict(model, [tokenize(model, task, "en", [A, B])], task)
    with torch.inference_mode():
        inputs = model.tokenizer(A, B, return_tensors="pt", return_token_type_ids=True)
        expected = model.module(**inputs).logits[0].softmax(-1)
    assert list(prediction.probabilities) == list(model.classes)
    assert list(prediction.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert prediction.best == (int(expected.argmax()),)


def test_meaning_predicts_nothing_and_a_missing_head_is_an_error(tiny_model):
    model = tiny_model("bert", "meaning")
    text = tokenize(model, "meaning", "en", [A])
    assert predict(model, [text], "meaning") == [Prediction({}, ())]
    with pytest.raises(TaskError):
        predict(model, [text], "nli")


def class_targets(model, explain, gold=("neutral", "contradiction")):
    predictions = [Prediction({}, (2,)), Prediction({}, (0,))]
    (chosen,) = choose_targets(model, [None, None], predictions, task="nli", explain=explain, gold=gold)
    return [(target.kind, target.index, target.label) for target in chosen]


def test_what_is_explained_is_chosen_once(tiny_model):
    model = tiny_model("bert", "nli")
    entailment, neutral, contradiction = [("class", k, name) for k, name in enumerate(model.classes)]
    assert class_targets(model, "source") == [contradiction, contradiction]
    assert class_targets(model, "own") == [contradiction, entailment]
    assert class_targets(model, "gold") == [neutral, contradiction]
    assert class_targets(model, "neutral") == [neutral, neutral]


@pytest.mark.parametrize(
    ("explain", "gold", "problem"),
    [
        ("maybe", (None, None), "no class 'maybe'. Choose one of source, own, gold, entailment, neutral, contra"),
        ("gold", ("neutral", None), "gold label is not known"),
        ("gold", ("neutral", "yes"), "no class 'yes'"),
    ],
)
def test_a_class_the_model_lacks_is_one_line(tiny_model, explain, gold, problem):
    with pytest.raises(TargetError, match=problem) as caught:
        class_targets(tiny_model("bert", "nli"), explain, gold)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_meaning_has_no_classes(tiny_model):
    model = tiny_model("bert", "meaning")
    for explain in ("source", "own"):
        ((target,),) = choose_targets(model, [None], [None], task="meaning", explain=explain, gold=[None])
        assert (target.kind, target.index) == ("meaning", 0)
    with pytest.raises(OptionError, match="no class 'neutral'"):
        choose_targets(model, [None], [None], task="meaning", explain="neutral", gold=[None])


def question_and_context(n_question, n_context):
    """One-letter tokens: a special, the question, a special, the context, a special."""
    special = Token("|", 0, 0, None, special=True, word=-1)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    question, context = letters[:n_question], letters[:n_context]
    tokens = [special]
    for field, text in (("question", question), ("context", context)):
        tokens += [Token(char, k, k + 1, field, special=False, word=0) for k, char in enumerate(text)] + [special]
    n = len(tokens)
    return TokenizedText("en", (("question", question), ("context", context)), tuple(tokens), (), (0,) * n, (0,) * n, n)


def brute_force(text, starts, ends):
    """Every span of the context by its joint probability, best first."""
    inside = [k for k, token in enumerate(text.tokens) if token.field == "context"]
    start_total, end_total = (math.fsum(math.exp(logits[k]) for k in inside) for logits in (starts, ends))
    return sorted(
        (
            (math.exp(starts[i]) / start_total * math.exp(ends[j]) / end_total, i, j)
            for i in inside
            for j in inside
            if i <= j < i + targets.MAX_ANSWER_TOKENS
        ),
        reverse=True,
    )


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_answers_are_the_best_spans_inside_the_context(n_question, n_context, seed):
    text = question_and_context(n_question, n_context)
    starts, ends = np.random.default_rng(seed).normal(scale=3, size=(2, len(text.tokens))).astype(np.float32)
    found = targets._best_answers(text, starts, ends)
    expected = brute_force(text, starts, ends)[: targets.N_ANSWERS]
    assert list(found.probabilities.values()) == pytest.approx([p for p, _, _ in expected], rel=1e-5)
    assert list(found.probabilities) == [answer_text(text, i, j) for _, i, j in expected]
    start, end = found.best
    assert start <= end
    assert text.tokens[start].field == text.tokens[end].field == "context"


def test_a_context_of_one_token_has_one_answer():
    found = targets._best_answers(question_and_context(5, 1), np.arange(9.0), np.arange(9.0))
    assert found.probabilities == {"a": pytest.approx(1.0)}
    assert found.best == (7, 7)


def test_an_end_before_the_start_is_no_answer_however_sure_the_model_is():
    text = question_and_context(2, 6)
    starts, ends = np.full(11, -300.0), np.full(11, -300.0)
    starts[9], ends[4] = 300.0, 300.0
    start, end = targets._best_answers(text, starts, ends).best
    assert 4 <= start <= end <= 9


@pytest.mark.parametrize("family", FAMILIES)
def test_qa_explains_start_and_end_of_each_sides_own_answer(tiny_model, family):
    model = tiny_model(family, "qa")
    texts = [tokenize(model, "qa", "en", [B, A]), tokenize(model, "qa", "es", ["el barco zarpó", "el ferri fue"])]
    predictions = predict(model, texts, "qa")
    for explain in ("source", "own"):
        starts, ends = choose_targets(model, texts, predictions, task="qa", explain=explain, gold=[None, None])
        for text, prediction, start, end in zip(texts, predictions, starts, ends, strict=True):
            assert (start.kind, end.kind) == ("start", "end")
            assert (start.index, end.index) == prediction.best
            assert start.label == end.label == next(iter(prediction.probabilities))
            assert start.label in dict(text.fields)["context"]
            assert text.tokens[start.index].field == text.tokens[end.index].field == "context"


def gold_span(model, context, answer):
    text = tokenize(model, "qa", "en", ["the boat", context])
    (start,), (end,) = choose_targets(model, [text], [Prediction({}, (0, 0))], task="qa", explain="gold", gold=[answer])
    return text, start, end


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("answer", ["storm", "the ferry", "ferry"])
def test_a_gold_answer_is_found_in_the_context(tiny_model, family, answer):
    text, start, end = gold_span(tiny_model(family, "qa"), A, answer)
    assert answer_text(text, start.index, end.index) == answer
    assert start.label == answer


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("start", [0, 20])
def test_an_answer_that_occurs_twice_is_explained_where_it_begins(tiny_model, family, start):
    text, first, last = gold_span(tiny_model(family, "qa"), A, Answer("the", start))
    assert first.label == "the"
    assert text.tokens[first.index].start <= start < text.tokens[last.index].end


@pytest.mark.parametrize(
    ("context", "answer", "problem"),
    [
        (A, "the", "occurs 2 times in the context"),
        (A, "the moon", "not in the context"),
        (A, None, "not in the context"),
        (A, "", "not in the context"),
        ("the storm " * 60 + "boats", "boats", "beyond the tokens that the model reads"),
    ],
)
def test_a_gold_answer_that_is_not_there_is_one_line(tiny_model, context, answer, problem):
    with pytest.raises(TargetError, match=problem) as caught:
        gold_span(tiny_model("bert", "qa"), context, answer)
    assert "\n" not in str(caught.value)


def test_qa_has_no_classes(tiny_model):
    model = tiny_model("bert", "qa")
    text = tokenize(model, "qa", "en", [B, A])
    with pytest.raises(TargetError, match="no class 'neutral'"):
        choose_targets(model, [text], [Prediction({}, (5, 6))], task="qa", explain="neutral", gold=[None])
