"""Which scalar F is explained, and what the model predicts: one fixed logit per text, chosen once, never an argmax."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.errors import OptionError, TargetError
from core.models.loaded import LoadedModel
from core.results import Target, TokenizedText

MAX_ANSWER_TOKENS = 30
N_ANSWERS = 3


@dataclass(frozen=True)
class Prediction:
    """What the model predicts for one text.

    Attributes
    ----------
    probabilities : class -> probability; `qa`: answer text -> joint probability of its start and end; `meaning`: empty.
    best : index of the predicted class; `qa`: token positions (start, end) of the predicted answer.
    """

    probabilities: Mapping[str, float]
    best: tuple[int, ...]


def predict(model: LoadedModel, texts: Sequence[TokenizedText], task: str) -> list[Prediction]:
    """Return the model's prediction for each text, in the task's own terms."""
    model.require_task(task)
    if task == "meaning":
        return [Prediction({}, ()) for _ in texts]
    with model.lock, torch.inference_mode():
        return [_predict_one(model, text, task) for text in texts]


def _predict_one(model: LoadedModel, text: TokenizedText, task: str) -> Prediction:
    embeds = model.embed(torch.tensor(text.input_ids))[None]
    rows = model.rows([text])
    if task == "qa":
        starts, ends = model.span_logits(embeds, rows)
        return _best_answers(text, starts[0].float().cpu().numpy(), ends[0].float().cpu().numpy())
    probabilities = torch.softmax(model.class_logits(embeds, rows)[0].float(), dim=-1).tolist()
    named = dict(zip(model.classes, probabilities, strict=True))
    return Prediction(named, (int(np.argmax(probabilities)),))


def _best_answers(text: TokenizedText, starts: np.ndarray, ends: np.ndarray) -> Prediction:
    """The best spans inside the context, end not before start, at most MAX_ANSWER_TOKENS long."""
    context = np.array([token.field == "context" for token in text.tokens])
    start_share, end_share = (
        _softmax(np.where(context, starts, -np.inf)),
        _softmax(np.where(context, ends, -np.inf)),
    )
    joint = np.triu(np.outer(start_share, end_share)) - np.triu(np.outer(start_share, end_share), MAX_ANSWER_TOKENS)
    order = np.argsort(joint, axis=None)[::-1]
    answers: dict[str, float] = {}
    for flat in order[:20]:
        start, end = np.unravel_index(flat, joint.shape)
        answers.setdefault(answer_text(text, int(start), int(end)), float(joint[start, end]))
    best = np.unravel_index(order[0], joint.shape)
    return Prediction(dict(list(answers.items())[:N_ANSWERS]), (int(best[0]), int(best[1])))


def answer_text(text: TokenizedText, start: int, end: int) -> str:
    """The slice of the context from token `start` to token `end`, as the user wrote it."""
    context = dict(text.fields)["context"]
    return context[text.tokens[start].start : text.tokens[end].end]


def choose_targets(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    predictions: Sequence[Prediction],
    *,
    task: str,
    explain: str,
    gold: Sequence[str | None],
) -> list[list[Target]]:
    """Return the targets to explain: one list over the texts per end (`qa`: start, end), the source text first.

    `explain` is "source" (what the model predicts on the first text, for all), "own", "gold" (needs `gold`, one a
    text), or a class. A position cannot be carried from one language to another: for `qa`, "source" means "own".

    Raises
    ------
    TargetError : the class is not the model's, or gold is not known. OptionError : `meaning` was given a class.
    """
    if task == "meaning":
        if explain not in ("source", "own"):
            raise OptionError(f"The task meaning has no class {explain!r} to explain. Leave --explain out.")
        return [[Target("meaning", 0, "the sentence's meaning") for _ in texts]]
    if task == "qa":
        spans = [
            _answer_span(text, prediction, explain, answer)
            for text, prediction, answer in zip(texts, predictions, gold, strict=True)
        ]
        return [
            [Target(kind, span[end], answer_text(text, *span)) for text, span in zip(texts, spans, strict=True)]
            for end, kind in enumerate(("start", "end"))
        ]
    return [_class_targets(model, predictions, explain, gold)]


def _class_targets(
    model: LoadedModel, predictions: Sequence[Prediction], explain: str, gold: Sequence[str | None]
) -> list[Target]:
    if explain == "own":
        chosen = [prediction.best[0] for prediction in predictions]
    elif explain == "source":
        chosen = [predictions[0].best[0]] * len(predictions)
    elif explain == "gold":
        chosen = [_class_index(model, label) for label in gold]
    else:
        chosen = [_class_index(model, explain)] * len(predictions)
    return [Target("class", index, model.classes[index]) for index in chosen]


def _class_index(model: LoadedModel, name: str | None) -> int:
    if name is None:
        raise TargetError("The gold label is not known for this text. Explain source, own or a class instead.")
    if name not in model.classes:
        offered = ", ".join(("source", "own", "gold", *model.classes))
        raise TargetError(f"{model.info.name} has no class {name!r}. Choose one of {offered}.")
    return model.classes.index(name)


def _answer_span(text: TokenizedText, prediction: Prediction, explain: str, gold: str | None) -> tuple[int, int]:
    if explain in ("source", "own"):
        return prediction.best[0], prediction.best[1]
    if explain != "gold":
        raise TargetError(f"The task qa has no class {explain!r}: explain source, own or gold.")
    at = dict(text.fields)["context"].find(gold) if gold else -1
    if gold is None or at < 0:
        raise TargetError("The gold answer is not in the context. Explain own instead.")
    inside = [
        position
        for position, token in enumerate(text.tokens)
        if token.field == "context" and token.end > at and token.start < at + len(gold) and token.text
    ]
    if not inside:
        raise TargetError("The gold answer lies beyond the tokens the model reads. Shorten the context.")
    return inside[0], inside[-1]


def _softmax(values: np.ndarray) -> np.ndarray:
    shifted = np.exp(values - values.max())
    return np.asarray(shifted / shifted.sum())
