"""Which scalar F is explained, and what the model predicts.

F is one fixed logit per text. It is chosen once, on the input: an argmax along the path would make F discontinuous.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from core.errors import OptionError, TargetError, TextError
from core.models.loaded import LoadedModel
from core.results import Answer, Array, Target, TokenizedText
from core.settings import get_task
from core.text.cleaning import occurrences

Logits = npt.NDArray[np.float32]

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
    """Return the model's prediction for each text. Raises TaskError where the model has no head for the task."""
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
    by_class = dict(zip(model.classes, probabilities, strict=True))
    return Prediction(by_class, (int(np.argmax(probabilities)),))


def _best_answers(text: TokenizedText, starts: Logits, ends: Logits) -> Prediction:
    """The `N_ANSWERS` most probable answers in the context, among the `N_CANDIDATES` most probable spans."""
    context = np.array([token.field == "context" for token in text.tokens])
    spans = np.outer(context, context) & answer_spans(len(context))
    joint = np.where(spans, _log_softmax(starts, context)[:, None] + _log_softmax(ends, context), -np.inf)
    answers: dict[str, float] = {}
    best: tuple[int, int] | None = None
    for flat in np.argsort(-joint, axis=None, kind="stable")[:N_CANDIDATES]:
        start, end = divmod(int(flat), len(context))
        answer = answer_text(text, start, end)
        # A bare space piece alone is not an answer.
        if not spans[start, end] or not answer.strip():
            continue
        best = best or (start, end)
        answers.setdefault(answer, float(np.exp(joint[start, end])))
    if best is None:
        raise TextError("The model finds no answer in this context: it reads no word of it.")
    return Prediction(dict(list(answers.items())[:N_ANSWERS]), best)


def answer_spans(n: int) -> npt.NDArray[np.bool_]:
    """Return which (start, end) of `n` tokens may be an answer, (n, n): in order, at most MAX_ANSWER_TOKENS long."""
    every = np.ones((n, n), dtype=bool)
    return np.triu(every) & ~np.triu(every, MAX_ANSWER_TOKENS)


def answer_text(text: TokenizedText, start: int, end: int) -> str:
    """The slice of the context from token `start` to token `end`, both included, as the user wrote it."""
    context = dict(text.fields)["context"]
    return context[text.tokens[start].start : text.tokens[end].end]


def choose_targets(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    predictions: Sequence[Prediction],
    *,
    task: str,
    explain: str,
    gold: Sequence[str | Answer | None],
    output: str = "logit",
    against: Sequence[str | None] | None = None,
) -> list[list[Target]]:
    """Return the targets to explain: one list for each end (`qa`: start, end), parallel to `texts`, the source first.

    Parameters
    ----------
    explain : "source" (the prediction on the first text, for all texts), "own" (the prediction on each text), "gold",
        or a class. A position in one language means nothing in another: for `qa`, "source" is the same as "own".
    gold : parallel to `texts`; a class or an answer, None where it is not known. An answer without its position must
        occur only once in the context.
    output : what F is of the class. `contrast` subtracts the logit of the strongest other class, which is fixed before
        the path starts: that of the first text for all texts, or with `own` each text's.
    against : parallel to `texts`; the class that `contrast` subtracts, where it is known already.

    Raises
    ------
    TargetError : the class is not the model's, or gold is not known, or occurs several times in the context.
    OptionError : `meaning` was given a class, or a task without classes an output of them.
    """
    require_output(task, output)
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
    classes = [label.text if isinstance(label, Answer) else label for label in gold]
    targets = [replace(target, output=output) for target in _class_targets(model, predictions, explain, classes)]
    if output == "contrast":
        targets = _contrasted(model, targets, predictions, explain, against or [None] * len(texts))
    return [targets]


def class_targets(
    model: LoadedModel, predictions: Sequence[Prediction], *, explain: str, output: str = "logit"
) -> list[tuple[Target, ...]]:
    """Return a target for every class of the model, in its order: one tuple for each text.

    With `contrast` a class is against the strongest other one, as in `choose_targets`.
    """
    by_class = []
    for index, label in enumerate(model.classes):
        targets = [Target("class", index, label, output) for _ in predictions]
        if output == "contrast":
            targets = _contrasted(model, targets, predictions, explain, [None] * len(predictions))
        by_class.append(targets)
    return list(zip(*by_class, strict=True))


def require_output(task: str, output: str) -> None:
    """Raise OptionError for an output other than the logit where a task has no classes."""
    if output != "logit" and not get_task(task).classes:
        raise OptionError(f"The task {task} has no classes, so no {output} of one. Leave --output out.")


def strongest_other(probabilities: Mapping[str, float], label: str) -> str:
    """Return the most probable class but `label`."""
    return max((name for name in probabilities if name != label), key=lambda name: probabilities[name])


def _contrasted(
    model: LoadedModel,
    targets: Sequence[Target],
    predictions: Sequence[Prediction],
    explain: str,
    against: Sequence[str | None],
) -> list[Target]:
    contrasted = []
    for target, prediction, given in zip(targets, predictions, against, strict=True):
        decides = prediction if explain == "own" else predictions[0]
        rival = given or strongest_other(decides.probabilities, target.label)
        contrasted.append(replace(target, rival=model.classes.index(rival), against=rival))
    return contrasted


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


def _answer_span(
    text: TokenizedText, prediction: Prediction, explain: str, gold: str | Answer | None
) -> tuple[int, int]:
    if explain in ("source", "own"):
        return prediction.best[0], prediction.best[1]
    if explain != "gold":
        raise TargetError(f"The task qa has no class {explain!r}: explain source, own or gold.")
    answer = gold if isinstance(gold, Answer) else _only_place(dict(text.fields)["context"], gold)
    end = answer.start + len(answer.text)
    positions = [
        position
        for position, token in enumerate(text.tokens)
        if token.field == "context" and token.end > answer.start and token.start < end and token.text
    ]
    if not positions:
        raise TargetError("The gold answer is beyond the tokens that the model reads. Shorten the context.")
    return positions[0], positions[-1]


def _only_place(context: str, answer: str | None) -> Answer:
    starts = occurrences(context, answer or "")
    if not starts or answer is None:
        raise TargetError("The gold answer is not in the context. Explain own instead.")
    if len(starts) > 1:
        raise TargetError(
            f"The gold answer occurs {len(starts)} times in the context, and which of them is meant is not known. "
            "Give more of its words."
        )
    return Answer(answer, starts[0])


def _log_softmax(logits: Logits, allowed: npt.NDArray[np.bool_]) -> Array:
    """The log-softmax over the allowed positions, (seq,) float64; undefined at the others."""
    shifted = logits.astype(np.float64) - logits[allowed].max()
    return np.asarray(shifted - np.log(np.exp(shifted[allowed]).sum()))
