"""Predictions on data sets: metrics by hand, answers against all spans, batches against single rows."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.attribution.targets import MAX_ANSWER_TOKENS, predict
from core.data.rows import ParallelRows
from core.errors import TaskError, TextError
from core.evaluation.answers import best_answer
from core.evaluation.evaluate import evaluate, primary_metric, qa_windows
from core.evaluation.forward import CPU_BATCH_TOKENS
from core.evaluation.metrics import answer_words, exact_match, token_f1
from core.results import Answer
from core.text.tokenization import Piece, read_windows, tokenize
from tests.world.sentences import ANSWERS, CONTEXTS, HYPOTHESES, PREMISES, QUESTIONS


def class_rows(language: str = "en", copies: int = 1) -> ParallelRows:
    texts = tuple(zip(PREMISES[language], HYPOTHESES[language], strict=True)) * copies
    labels = ("entailment", "contradiction", "entailment", "neutral") * copies
    return ParallelRows("xnli", "test", language, "nli", tuple(range(len(texts))), texts, labels, ((),) * len(texts))


def qa_rows(language: str = "en") -> ParallelRows:
    texts = tuple(zip(QUESTIONS[language], CONTEXTS[language], strict=True))
    answers = tuple(
        (Answer(answer, context.index(answer)),)
        for answer, context in zip(ANSWERS[language], CONTEXTS[language], strict=True)
    )
    return ParallelRows("squad-en", "validation", language, "qa", (0, 1), texts, ("", ""), answers)


def short_qa_rows() -> ParallelRows:
    """Rows that fit into one window of a tiny model."""
    texts = (("why", "the storm"), ("what", "the ferry sailed"))
    answers = ((Answer("storm", 4),), (Answer("ferry", 4),))
    return ParallelRows("squad-en", "validation", "en", "qa", (0, 1), texts, ("", ""), answers)


@pytest.mark.parametrize(
    ("answer", "gold", "language", "f1", "exact"),
    [
        ("The iron bridge", "iron bridge", "en", 1.0, 1.0),
        ("an iron bridge!", "old bridge", "en", 0.5, 0.0),
        ("in 1889", "1889", "en", 2 / 3, 0.0),
        ("der Dom", "Dom", "de", 1.0, 1.0),
        ("el Puente", "puente", "es", 1.0, 1.0),
        ("القطار", "قطار", "ar", 1.0, 1.0),
        ("四百年", "四十年", "zh", 2 / 3, 0.0),
        ("1889年，", "1889 年", "zh", 1.0, 1.0),
        ("nothing", "iron", "en", 0.0, 0.0),
        ("", "iron", "en", 0.0, 0.0),
    ],
)
def test_f1_and_exact_match(answer, gold, language, f1, exact):
    assert token_f1(answer, [gold], language) == pytest.approx(f1)
    assert exact_match(answer, [gold], language) == exact


def test_the_best_gold_answer_counts():
    assert token_f1("the red bridge", ["a blue bridge", "red bridge"], "en") == 1.0
    assert exact_match("bridge", ["tunnel", "bridge"], "en") == 1.0


def test_thai_words_are_cut_by_a_dictionary():
    words = answer_words("เรือข้ามฟากถูกยกเลิก", "th")
    assert len(words) > 1
    assert "".join(words) == "เรือข้ามฟากถูกยกเลิก"


@given(st.integers(2, 45), st.integers(0, 2**32 - 1))
def test_the_best_answer_is_the_best_of_all_spans(n_context, seed):
    random = np.random.default_rng(seed)
    context = "x" * n_context
    pieces = [Piece(0, 0, None, (0, 0)), Piece(5, 0, 0, (0, 3)), Piece(2, 0, None, (0, 0))]
    pieces += [Piece(6, 0, 1, (i, i + 1)) for i in range(n_context)] + [Piece(2, 0, None, (0, 0))]
    starts, ends = random.normal(size=(2, len(pieces))) * 5
    found = best_answer(context, [pieces], [starts], [ends])
    spans = [(i, j) for i in range(n_context) for j in range(i, min(n_context, i + MAX_ANSWER_TOKENS))]
    best = max(spans, key=lambda span: starts[3 + span[0]] + ends[3 + span[1]])
    assert (found.start, found.end) == (best[0], best[1] + 1)
    assert found.score == pytest.approx(starts[3 + best[0]] + ends[3 + best[1]])


def test_the_better_window_wins_and_spaces_are_trimmed():
    context = "one two"
    windows = [[Piece(6, 0, 1, (0, 3))], [Piece(6, 0, 1, (3, 7))], [Piece(6, 0, 1, (3, 4))]]
    low, high, highest = np.array([1.0]), np.array([2.0]), np.array([9.0])
    found = best_answer(context, windows, [low, high, highest], [low, high, highest])
    # The third window holds a bare space, which answers nothing.
    assert (found.text, found.start, found.end, found.score) == ("two", 4, 7, 4.0)


def test_windows_share_the_stride_and_cover_the_context(tiny_model):
    model = tiny_model("bert", "qa")
    question, context = "what did the storm close", " ".join(CONTEXTS["en"] * 4)
    windows = read_windows(model, "en", (question, context), max_length=48, stride=8)
    whole = [piece.span for piece in tokenize_context(model, context)]
    parts = [[piece.span for piece in window if piece.field == 1] for window in windows]
    assert len(windows) > 2
    assert all(len(window) <= 48 for window in windows)
    assert all(left[-8:] == right[:8] for left, right in itertools.pairwise(parts))
    assert parts[0] + [span for part in parts[1:] for span in part[8:]] == whole
    questions = [[piece.id for piece in window if piece.field == 0] for window in windows]
    assert all(ids == questions[0] for ids in questions)
    with pytest.raises(TextError, match="question is too long"):
        read_windows(model, "en", (question * 9, context), max_length=48, stride=8)


def tokenize_context(model, context):
    (window,) = read_windows(model, "en", ("a", context), max_length=10_000, stride=8)
    return [piece for piece in window if piece.field == 1]


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
def test_batches_predict_what_single_texts_do(tiny_model, family):
    model, rows = tiny_model(family, "nli"), class_rows(copies=3)
    found = evaluate(model, rows)
    singly = predict(model, [tokenize(model, "nli", "en", texts) for texts in rows.texts], "nli")
    expected = np.array([list(prediction.probabilities.values()) for prediction in singly])
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)
    assert found.predicted == tuple(model.classes[prediction.best[0]] for prediction in singly)
    right = [a == b for a, b in zip(found.predicted, rows.labels, strict=True)]
    assert found.means() == {"accuracy": pytest.approx(np.mean(right))}


def test_answers_are_those_of_the_page(tiny_model):
    model, rows = tiny_model("xlm-roberta", "qa"), short_qa_rows()
    found = evaluate(model, rows)
    singly = predict(model, [tokenize(model, "qa", "en", texts) for texts in rows.texts], "qa")
    assert [answer.strip() for answer in found.predicted] == [next(iter(p.probabilities)).strip() for p in singly]
    for (_, context), (start, end), answer in zip(rows.texts, found.spans, found.predicted, strict=True):
        assert context[start:end] == answer
    assert found.n_tokens.tolist() == [len(qa_windows(model, "en", texts)[0]) for texts in rows.texts]
    assert set(found.means()) == {"f1", "exact_match"}
    assert primary_metric("qa") in found.means()


def test_progress_ends_at_all_rows_and_no_batch_is_too_large(tiny_model, monkeypatch):
    model, seen, sizes = tiny_model("bert", "nli"), [], []
    forward = type(model).class_logits
    monkeypatch.setattr(
        type(model), "class_logits", lambda self, x, rows: sizes.append(x.shape[:2].numel()) or forward(self, x, rows)
    )
    evaluate(model, class_rows(copies=60), progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (240, 240)
    assert len(sizes) > 1
    assert max(sizes) <= CPU_BATCH_TOKENS


def test_a_model_without_the_head_is_refused(tiny_model):
    with pytest.raises(TaskError, match="no question-answering head"):
        evaluate(tiny_model("bert", "nli"), qa_rows())
