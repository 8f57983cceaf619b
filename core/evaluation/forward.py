"""Forward passes without gradients over many inputs, in batches of similar length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.callbacks import CountCallback
from core.models.loaded import LoadedModel, RowInputs
from core.results import Array
from core.text.tokenization import Piece

CPU_BATCH_TOKENS = 2048
GPU_BATCH_TOKENS = 65_536


@dataclass(frozen=True)
class ModelInput:
    """A model's input: ids and token types, (seq,) each, and the language for models with language embeddings."""

    language: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]

    @classmethod
    def of(cls, language: str, pieces: Sequence[Piece]) -> "ModelInput":
        return cls(language, tuple(piece.id for piece in pieces), tuple(piece.type_id for piece in pieces))


def class_probabilities(
    model: LoadedModel, inputs: Sequence[ModelInput], *, progress: CountCallback | None = None
) -> Array:
    """Return the softmax over the model's classes, (input, class) float64."""
    probabilities = np.empty((len(inputs), len(model.classes)))
    for positions, embeds, rows in _batches(model, inputs, progress):
        logits = model.class_logits(embeds, rows).float()
        probabilities[positions] = torch.softmax(logits, dim=-1).double().cpu().numpy()
    return probabilities


def span_logits(
    model: LoadedModel, inputs: Sequence[ModelInput], *, progress: CountCallback | None = None
) -> tuple[list[Array], list[Array]]:
    """Return the start and the end logits of each input, (seq,) float64 each."""
    starts: list[Array] = [np.empty(0)] * len(inputs)
    ends: list[Array] = [np.empty(0)] * len(inputs)
    for positions, embeds, rows in _batches(model, inputs, progress):
        batch = [logits.double().cpu().numpy() for logits in model.span_logits(embeds, rows)]
        for row, position in enumerate(positions):
            length = len(inputs[position].input_ids)
            starts[position], ends[position] = (logits[row, :length] for logits in batch)
    return starts, ends


def _batches(
    model: LoadedModel, inputs: Sequence[ModelInput], progress: CountCallback | None
) -> Iterator[tuple[list[int], Tensor, RowInputs]]:
    """Yield the positions of a batch, its embeddings and its other inputs.

    The model's lock and inference mode are held until the next batch is asked for, so the caller's forward pass is
    under both.
    """
    # Longest first: a batch that does not fit into memory fails at the beginning, not after hours.
    order = sorted(range(len(inputs)), key=lambda i: -len(inputs[i].input_ids))
    max_tokens = CPU_BATCH_TOKENS if model.device.type == "cpu" else GPU_BATCH_TOKENS
    done = 0
    while done < len(order):
        longest = len(inputs[order[done]].input_ids)
        positions = order[done : done + max(1, max_tokens // longest)]
        batch = [inputs[i] for i in positions]
        ids = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(model_input.input_ids) for model_input in batch],
            batch_first=True,
            padding_value=model.pad_id,
        )
        with model.lock, torch.inference_mode():
            yield positions, model.embed(ids), model.rows(batch)
        done += len(positions)
        if progress is not None:
            progress(done, len(order))
