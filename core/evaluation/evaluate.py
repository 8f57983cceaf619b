"""Accuracy, or F1 and exact match, of one checkpoint on rows of one language."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np

from core.callbacks import CountCallback
from core.data.load import ParallelRows
from core.evaluation.answers import FoundAnswer, best_answer
from core.evaluation.forward import ModelInput, class_probabilities, span_logits
from core.evaluation.metrics import exact_match, token_f1
from core.models.loaded import LoadedModel
from core.results import Array
from core.text.tokenization import Piece, read_pieces, read_windows

# Of SQuAD's usual recipe (Devlin et al. 2019).
QA_WINDOW = 384
QA_STRIDE = 128


@dataclass(frozen=True)
class Evaluation:
    """What a checkpoint predicts for rows of one language, and how right it is; all arrays parallel to `rows`.

    Attributes
    ----------
    scores : metric -> (row,) in [0, 1]: "accuracy", or for `qa` "f1" and "exact_match".
    predicted : a class name, or the text of an answer. spans : (row, 2) its characters in the context (`qa`).
    probabilities : (row, class); (row, 0) for `qa`. n_tokens : (row,) tokens read in all windows, with specials.
    """

    rows: ParallelRows
    scores: Mapping[str, Array]
    predicted: tuple[str, ...]
    spans: np.ndarray
    probabilities: Array
    n_tokens: np.ndarray

    def __post_init__(self) -> None:
        columns: list[Sized] = [*self.scores.values(), self.predicted, self.spans, self.probabilities, self.n_tokens]
        if any(len(column) != len(self.rows) for column in columns):
            raise ValueError("Every column of an evaluation must be parallel to its rows.")

    def means(self) -> dict[str, float]:
        """Return the mean of each metric over the rows."""
        return {name: float(values.mean()) for name, values in self.scores.items()}


def evaluate(model: LoadedModel, rows: ParallelRows, *, progress: CountCallback | None = None) -> Evaluation:
    """Return the predictions of `model` for `rows` and their scores.

    Raises
    ------
    TaskError : the model has no head for the rows' task. TextError : a question leaves no room for its context.
    """
    model.require_task(rows.task)
    evaluate_task = _evaluate_answers if rows.task == "qa" else _evaluate_classes
    return evaluate_task(model, rows, progress)


def primary_metric(task: str) -> str:
    """The metric that a task is compared by: "f1" for `qa`, else "accuracy"."""
    return "f1" if task == "qa" else "accuracy"


def _evaluate_classes(model: LoadedModel, rows: ParallelRows, progress: CountCallback | None) -> Evaluation:
    inputs = class_inputs(model, rows, model.max_length)
    probabilities = class_probabilities(model, inputs, progress=progress)
    predicted = tuple(model.classes[best] for best in probabilities.argmax(1))
    right = np.array([a == b for a, b in zip(predicted, rows.labels, strict=True)], float)
    n_tokens = np.array([len(entry.input_ids) for entry in inputs], int)
    return Evaluation(rows, {"accuracy": right}, predicted, np.zeros((len(rows), 2), int), probabilities, n_tokens)


def class_inputs(model: LoadedModel, rows: ParallelRows, max_length: int) -> list[ModelInput]:
    """Return what the model reads of each row, cut to `max_length` tokens."""
    return [
        ModelInput.of(rows.language, read_pieces(model, rows.task, rows.language, texts, max_length)[0])
        for texts in rows.texts
    ]


def _evaluate_answers(model: LoadedModel, rows: ParallelRows, progress: CountCallback | None) -> Evaluation:
    windows = [qa_windows(model, rows.language, texts) for texts in rows.texts]
    found = _find_answers(model, rows, windows, progress)
    golds = [[answer.text for answer in answers] for answers in rows.answers]
    scored = list(zip(found, golds, strict=True))
    scores = {
        "f1": np.array([token_f1(answer.text, gold, rows.language) for answer, gold in scored], float),
        "exact_match": np.array([exact_match(answer.text, gold, rows.language) for answer, gold in scored], float),
    }
    spans = np.array([[answer.start, answer.end] for answer in found], int).reshape(len(rows), 2)
    n_tokens = np.array([sum(map(len, entry)) for entry in windows], int)
    return Evaluation(rows, scores, tuple(answer.text for answer in found), spans, np.zeros((len(rows), 0)), n_tokens)


def qa_windows(model: LoadedModel, language: str, texts: Sequence[str]) -> list[list[Piece]]:
    """Return the windows in which the model reads a question and its context, in training as in evaluation."""
    length = min(QA_WINDOW, model.max_length)
    return read_windows(model, language, texts, length, stride=min(QA_STRIDE, length // 3))


def _find_answers(
    model: LoadedModel, rows: ParallelRows, windows: Sequence[list[list[Piece]]], progress: CountCallback | None
) -> list[FoundAnswer]:
    flat = [ModelInput.of(rows.language, pieces) for entry in windows for pieces in entry]
    starts, ends = span_logits(model, flat, progress=progress)
    answers, at = [], 0
    for (_, context), entry in zip(rows.texts, windows, strict=True):
        answers.append(best_answer(context, entry, starts[at : at + len(entry)], ends[at : at + len(entry)]))
        at += len(entry)
    return answers
