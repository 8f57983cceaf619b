"""Predictions of one checkpoint for rows of one language, with their accuracy, or F1 and exact match."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.callbacks import CountCallback
from core.data.rows import ParallelRows
from core.evaluation.answers import FoundAnswer, best_answer
from core.evaluation.forward import ModelInput, class_probabilities, span_logits
from core.evaluation.metrics import exact_match, token_f1
from core.models.loaded import LoadedModel
from core.results import Array
from core.text.tokenization import Piece, read_pieces, read_windows

# As in the usual recipe for SQuAD (Devlin et al. 2019).
QA_WINDOW = 384
QA_STRIDE = 128


@dataclass(frozen=True)
class Evaluation:
    """A checkpoint's predictions for rows of one language, and their scores; all arrays are parallel to `rows`.

    Attributes
    ----------
    scores : metric -> (row,) in [0, 1]: "accuracy", or for `qa` "f1" and "exact_match".
    predicted : a class, or the text of an answer. spans : (row, 2) its characters in the context (`qa`).
    probabilities : (row, class); (row, 0) for `qa`. n_tokens : (row,) tokens of all windows, specials included.
    """

    rows: ParallelRows
    scores: Mapping[str, Array]
    predicted: tuple[str, ...]
    spans: npt.NDArray[np.int64]
    probabilities: Array
    n_tokens: npt.NDArray[np.int64]

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
    TaskError : the model has no head for the task of `rows`. TextError : a question leaves no room for its context.
    """
    model.require_task(rows.task)
    evaluate_task = _evaluate_answers if rows.task == "qa" else _evaluate_classes
    return evaluate_task(model, rows, progress)


def primary_metric(task: str) -> str:
    """The metric by which checkpoints of a task are compared: "f1" for `qa`, else "accuracy"."""
    return "f1" if task == "qa" else "accuracy"


def _evaluate_classes(model: LoadedModel, rows: ParallelRows, progress: CountCallback | None) -> Evaluation:
    inputs = class_inputs(model, rows, model.max_length)
    probabilities = class_probabilities(model, inputs, progress=progress)
    predicted = tuple(model.classes[best] for best in probabilities.argmax(1))
    correct = np.array([a == b for a, b in zip(predicted, rows.labels, strict=True)], float)
    n_tokens = np.array([len(model_input.input_ids) for model_input in inputs], int)
    return Evaluation(rows, {"accuracy": correct}, predicted, np.zeros((len(rows), 2), int), probabilities, n_tokens)


def class_inputs(model: LoadedModel, rows: ParallelRows, max_length: int) -> list[ModelInput]:
    """Return the model's input for each row, truncated to `max_length` tokens."""
    return [
        ModelInput.of(rows.language, read_pieces(model, rows.task, rows.language, texts, max_length)[0])
        for texts in rows.texts
    ]


def _evaluate_answers(model: LoadedModel, rows: ParallelRows, progress: CountCallback | None) -> Evaluation:
    windows = [qa_windows(model, rows.language, texts) for texts in rows.texts]
    answers = _find_answers(model, rows, windows, progress)
    golds = [[gold.text for gold in of_row] for of_row in rows.answers]
    pairs = list(zip(answers, golds, strict=True))
    scores = {
        "f1": np.array([token_f1(answer.text, gold, rows.language) for answer, gold in pairs], float),
        "exact_match": np.array([exact_match(answer.text, gold, rows.language) for answer, gold in pairs], float),
    }
    spans = np.array([[answer.start, answer.end] for answer in answers], int).reshape(len(rows), 2)
    n_tokens = np.array([sum(map(len, of_row)) for of_row in windows], int)
    predicted = tuple(answer.text for answer in answers)
    return Evaluation(rows, scores, predicted, spans, np.zeros((len(rows), 0)), n_tokens)


def qa_windows(model: LoadedModel, language: str, texts: Sequence[str]) -> list[list[Piece]]:
    """Return the windows of a question and its context, the same in training and in evaluation."""
    length = min(QA_WINDOW, model.max_length)
    return read_windows(model, language, texts, length, stride=min(QA_STRIDE, length // 3))


def _find_answers(
    model: LoadedModel, rows: ParallelRows, windows: Sequence[list[list[Piece]]], progress: CountCallback | None
) -> list[FoundAnswer]:
    inputs = [ModelInput.of(rows.language, pieces) for of_row in windows for pieces in of_row]
    starts, ends = span_logits(model, inputs, progress=progress)
    answers, first = [], 0
    for (_, context), of_row in zip(rows.texts, windows, strict=True):
        last = first + len(of_row)
        answers.append(best_answer(context, of_row, starts[first:last], ends[first:last]))
        first = last
    return answers
