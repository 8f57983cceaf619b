"""Which scalar F is explained, and what the model predicts: one fixed logit per text, chosen once, never an argmax."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.errors import OptionError, TargetError, TextError
from core.models.loaded import LoadedModel
from core.results import Target, TokenizedText

MAX_ANSWER_TOKENS = 30
N_ANSWERS = 3
N_CANDIDATES = 20


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
    spans = np.triu(np.outer(context, context)) & ~np.triu(np.ones((len(context),) * 2, dtype=bool), MAX_ANSWER_TOKENS)
    joint = np.where(spans, _log_shares(starts, context)[:, None] + _log_shares(ends, context), -np.inf)
    answers: dict[str, float] = {}
    best: tuple[int, int] | None = None
    for flat in np.argsort(-joint, axis=None, kind="stable")[:N_CANDIDATES]:
        start, end = divmod(int(flat), len(context))
        answer = answer_text(text, start, end)
        # A bare space piece alone answers nothing.
        if not spans[start, end] or not answer.strip():
            continue
        best = best or (start, end)
        answers.setdefault(answer, float(np.exp(joint[start, end])))
    if best is None:
        raise TextError("The model finds no answer in this context: it holds no word that the model reads.")
    return Prediction(dict(list(answers.items())[:N_ANSWERS]), best)


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


def _log_shares(logits: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The log of the softmax over the allowed positions, (seq,) float64; meaningless elsewhere."""
    shifted = logits.astype(np.float64) - logits[allowed].max()
    return np.asarray(shifted - np.log(np.exp(shifted[allowed]).sum()))
