"""A loaded model: embedding rows in, hidden states or logits out, whatever its architecture."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from core.errors import LanguageError, TaskError
from core.models.catalogue import ModelSpec
from core.models.inputs import BERT_INPUTS, Inputs
from core.models.pooling import MEAN, Pooling
from core.models.template import Slot, Template, read_template
from core.results import ModelInfo
from core.settings import get_task

CPU_CHUNK_TOKENS = 2048
# Tokens x layers x hidden size of a chunk on a CPU: at about 65 bytes each, 0.6 GB that a backward pass keeps.
CPU_CHUNK_VALUES = 768 * 12 * 1024
GPU_CHUNK_TOKENS = 32_768


@dataclass(frozen=True)
class RowInputs:
    """What the model needs besides `inputs_embeds`, one row per text of the batch.

    Attributes
    ----------
    attention_mask : (batch, seq) 1 on the real tokens of the *input*, also at the baseline; only batch padding is 0.
    position_ids : built from the real input, so that a `<pad>` baseline does not shift them.
    position_ids, token_type_ids, langs : (batch, seq), or None where the architecture has none.
    """

    attention_mask: Tensor
    position_ids: Tensor | None
    token_type_ids: Tensor | None
    langs: Tensor | None

    def repeat(self, index: Tensor) -> "RowInputs":
        """Return the rows picked by `index` (batch,), in that order."""
        return RowInputs(
            self.attention_mask[index],
            *(
                None if tensor is None else tensor[index]
                for tensor in (self.position_ids, self.token_type_ids, self.langs)
            ),
        )


class ReadsTokens(Protocol):
    """A text as a model reads it: `TokenizedText`, or anything else with ids, token types and a language."""

    @property
    def language(self) -> str: ...

    @property
    def input_ids(self) -> tuple[int, ...]: ...

    @property
    def token_type_ids(self) -> tuple[int, ...]: ...


@dataclass
class ChunkSize:
    """The most tokens in one pass; shared by all work on a model, so that the limit of its memory is met only once."""

    tokens: int

    def halve(self) -> None:
        self.tokens = max(1, self.tokens // 2)


@dataclass
class LoadedModel:
    """A model in memory. All inference holds `lock`: one thread at a time per model."""

    spec: ModelSpec
    info: ModelInfo
    module: nn.Module
    tokenizer: Any
    device: torch.device
    precision: str
    max_length: int
    classes: tuple[str, ...]
    # Scripts of which the tokenizer maps most of a sentence to its unknown token.
    unread_scripts: tuple[str, ...] = ()
    inputs: Inputs = BERT_INPUTS
    pooling: Pooling = MEAN
    lock: threading.RLock = field(default_factory=threading.RLock)

    @cached_property
    def chunk(self) -> ChunkSize:
        """The chunk size of attributions; it shrinks where a forward and backward pass does not fit into memory."""
        if self.device.type != "cpu":
            return ChunkSize(GPU_CHUNK_TOKENS)
        config: Any = getattr(self.module, "config", None)
        of_a_token = int(getattr(config, "num_hidden_layers", 1)) * int(getattr(config, "hidden_size", 1))
        return ChunkSize(min(CPU_CHUNK_TOKENS, CPU_CHUNK_VALUES // max(of_a_token, 1)))

    @property
    def task(self) -> str:
        return self.spec.task

    @property
    def pad_id(self) -> int:
        return int(self.tokenizer.pad_token_id)

    @cached_property
    def template(self) -> Template:
        """The specials around the fields of an input. Raises WeightsError where the tokenizer names none."""
        return read_template(self.tokenizer, self.spec.family, self.info.name)

    def token_type(self, slot: Slot) -> int:
        """Return the token type of a slot of the template."""
        return slot.type_id if slot.type_id < self.inputs.n_token_types else 0

    @property
    def encoder(self) -> nn.Module:
        """The model without its task head."""
        prefix = str(self.module.base_model_prefix)
        return getattr(self.module, prefix, self.module)

    @property
    def embedding(self) -> nn.Embedding:
        """The input token-embedding table, (vocabulary, embed): the layer that Eq. 1 attributes to."""
        module: Any = self.module
        return module.get_input_embeddings()

    @cached_property
    def mean_embedding(self) -> Tensor:
        """The mean row of the embedding table, (embed,)."""
        return self.embedding.weight.detach().mean(0)

    def embed(self, input_ids: Tensor) -> Tensor:
        """Return the embedding rows of `input_ids`: (..., embed), without position or type embeddings."""
        return torch.nn.functional.embedding(input_ids.to(self.device), self.embedding.weight)

    def rows(self, texts: Sequence[ReadsTokens]) -> RowInputs:
        """Return the inputs of `texts`, padded to the longest: (batch, seq) each."""
        longest = max(len(text.input_ids) for text in texts)
        mask = torch.zeros(len(texts), longest, dtype=torch.long)
        types = torch.zeros_like(mask)
        for row, text in enumerate(texts):
            mask[row, : len(text.input_ids)] = 1
            types[row, : len(text.input_ids)] = torch.tensor(text.token_type_ids)
        return RowInputs(
            mask.to(self.device),
            self._positions(mask),
            types.to(self.device) if self.inputs.n_token_types else None,
            self._language_rows(texts, longest),
        )

    def _positions(self, mask: Tensor) -> Tensor | None:
        first = self.inputs.first_position
        if first is None:
            return None
        # Masked places get the position of a pad, which RoBERTa's table has before the first.
        positions = (torch.arange(mask.shape[1])[None] + first) * mask + (1 - mask) * max(first - 1, 0)
        return positions.to(self.device)

    def keywords(self, texts: Sequence[ReadsTokens]) -> dict[str, Tensor]:
        """Return the module's keyword arguments besides the token ids: (batch, seq) each."""
        return _keywords(self.rows(texts))

    def _language_rows(self, texts: Sequence[ReadsTokens], longest: int) -> Tensor | None:
        languages = self.inputs.languages
        if languages is None:
            return None
        for text in texts:
            self.require_language(text.language)
        return torch.stack([torch.full((longest,), languages[text.language]) for text in texts]).to(self.device)

    def require_language(self, code: str) -> None:
        """Raise LanguageError if the model has a language embedding, but none for `code`."""
        languages = self.inputs.languages
        if languages is not None and code not in languages:
            supported = ", ".join(sorted(languages))
            raise LanguageError(f"{self.info.name} has no language {code!r}; it supports {supported}.")

    def hidden_states(self, inputs_embeds: Tensor, rows: RowInputs, layer: int | None = None) -> Tensor:
        """Return the encoder's hidden states after `layer`, counted from 1, or the last: (batch, seq, hidden)."""
        if layer is None:
            return self.encoder(inputs_embeds=inputs_embeds, **_keywords(rows)).last_hidden_state
        outputs = self.encoder(inputs_embeds=inputs_embeds, output_hidden_states=True, **_keywords(rows))
        return outputs.hidden_states[layer]

    @property
    def n_layers(self) -> int:
        """The number of layers of the encoder."""
        config: Any = self.module.config
        return int(config.num_hidden_layers)

    def pooled(self, inputs_embeds: Tensor, rows: RowInputs) -> Tensor:
        """Return one vector a text, (batch, pooled), as `pooling` says."""
        return self.pooling(self.hidden_states(inputs_embeds, rows), rows.attention_mask)

    def class_logits(self, inputs_embeds: Tensor, rows: RowInputs) -> Tensor:
        """Return the logits of the sequence-classification head, (batch, class)."""
        return self.module(inputs_embeds=inputs_embeds, **_keywords(rows)).logits

    def span_logits(self, inputs_embeds: Tensor, rows: RowInputs) -> tuple[Tensor, Tensor]:
        """Return the start and end logits of the question-answering head, (batch, seq) each."""
        output = self.module(inputs_embeds=inputs_embeds, **_keywords(rows))
        return output.start_logits, output.end_logits

    def require_task(self, task: str) -> None:
        """Raise TaskError unless the model can explain `task`; every model can explain `meaning`."""
        if task not in ("meaning", self.task):
            head = "classification" if get_task(task).classes else "question-answering"
            raise TaskError(
                f"{self.info.name} has no {head} head for the task {task}. "
                f"Choose the task {self.task}, or a checkpoint trained for {task} (`python -m core models`)."
            )


def _keywords(rows: RowInputs) -> dict[str, Tensor]:
    tensors = {
        "attention_mask": rows.attention_mask,
        "position_ids": rows.position_ids,
        "token_type_ids": rows.token_type_ids,
        "langs": rows.langs,
    }
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}
