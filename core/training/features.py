"""Training examples as the model reads them, in batches of similar length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.rows import ParallelRows
from core.evaluation.answers import CONTEXT_FIELD
from core.evaluation.evaluate import class_inputs, qa_windows
from core.evaluation.forward import ModelInput
from core.models.loaded import LoadedModel
from core.results import Answer
from core.text.tokenization import Piece

# Longer inputs are truncated in training, as in the usual recipe for XNLI and PAWS-X (Hu et al. 2020).
CLASS_LENGTH = 128
# Rows are sorted by length within random buckets of this many batches: little padding, and the order stays random.
BATCHES_A_BUCKET = 32


@dataclass(frozen=True)
class Feature:
    """One training example: the input, and as goal the label's index or the answer's token positions (start, end)."""

    input: ModelInput
    goal: tuple[int, ...]


def make_features(model: LoadedModel, rows: ParallelRows) -> list[Feature]:
    """Return the features of `rows`: one per row, for `qa` one per window of the context.

    In a window without the answer both positions are the first token, as in the usual recipe for SQuAD (Devlin et al.
    2019).
    """
    if rows.task != "qa":
        inputs = class_inputs(model, rows, min(CLASS_LENGTH, model.max_length))
        goals = [(model.classes.index(label),) for label in rows.labels]
        return [Feature(model_input, goal) for model_input, goal in zip(inputs, goals, strict=True)]
    return [
        Feature(ModelInput.of(rows.language, pieces), answer_positions(pieces, answers[0]))
        for texts, answers in zip(rows.texts, rows.answers, strict=True)
        for pieces in qa_windows(model, rows.language, texts)
    ]


def answer_positions(pieces: Sequence[Piece], answer: Answer) -> tuple[int, int]:
    """Return the first and last token that overlap the answer; (0, 0) unless the window contains all of it."""
    context = [(position, piece.span) for position, piece in enumerate(pieces) if piece.field == CONTEXT_FIELD]
    end = answer.start + len(answer.text)
    overlapping = [position for position, span in context if span[0] < end and span[1] > answer.start]
    whole = bool(context) and context[0][1][0] <= answer.start and end <= context[-1][1][1]
    return (overlapping[0], overlapping[-1]) if overlapping and whole else (0, 0)


class Batcher:
    """Pads features to a batch of tensors under the names that Transformers' models take."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

    def __call__(self, features: Sequence[Feature]) -> dict[str, Tensor]:
        inputs = [feature.input for feature in features]
        ids = [torch.tensor(model_input.input_ids) for model_input in inputs]
        # On the CPU, whatever the model's device: the trainer moves module and batches to its own.
        batch = {
            name: values.cpu()
            for name, values in self._model.keywords(inputs).items()
            # The module derives positions itself: without a baseline they follow from ids and mask.
            if name != "position_ids"
        }
        batch["input_ids"] = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=self._model.pad_id)
        goals = torch.tensor([feature.goal for feature in features])
        if goals.shape[1] == 1:
            return batch | {"labels": goals[:, 0]}
        return batch | {"start_positions": goals[:, 0], "end_positions": goals[:, 1]}


class LengthBuckets(torch.utils.data.Sampler[int]):
    """An order in which consecutive features have similar length; it depends only on seed and epoch.

    A training that is resumed within an epoch therefore sees the rows that it would have seen.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self._lengths, self._batch, self._seed, self._epoch = np.asarray(lengths), batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Accelerate at the beginning of an epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng((self._seed, self._epoch))
        order = random.permutation(len(self._lengths))
        size = self._batch * BATCHES_A_BUCKET
        batches: list[Any] = []
        for bucket in np.split(order, range(size, len(order), size)):
            ordered = bucket[np.argsort(self._lengths[bucket], kind="stable")]
            batches += np.split(ordered, range(self._batch, len(ordered), self._batch))
        # The one batch that may be short comes last: earlier, it would shift the borders of those after it.
        short = [batch for batch in batches if len(batch) < self._batch]
        full = [batch for batch in batches if len(batch) == self._batch]
        for position in random.permutation(len(full)):
            yield from full[position].tolist()
        for batch in short:
            yield from batch.tolist()
