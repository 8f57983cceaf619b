"""The encoder that a space belongs to, and its vectors of pieces in isolation.

All checkpoints that were fine-tuned from one model share that model's space, so that their values are comparable and
the shipped maps apply. An adapter names its base; any other checkpoint is its own base unless its card names one.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import SpaceError
from core.models.catalogue import CARD_NAME, DEFAULT_MODEL, ModelSpec, find_model
from core.models.identity import model_folder, revision_of
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import cache_folder
from core.results import Array, Token, TokenizedText
from core.text.tokenization import encode

Pieces = tuple[int, ...]
LoadBase = Callable[[str, str], LoadedModel]
Revise = Callable[[ModelSpec], str]

_PLACEHOLDER = Token("", 0, 0, None, special=True, word=-1)


@lru_cache(maxsize=1)
def load_base(name: str, device: str) -> LoadedModel:
    """Load a space's own encoder in full precision, once per process."""
    return load_model(name, device=device)


@dataclass(frozen=True)
class SpaceModel:
    """The encoder of a space; its weights are loaded only when a vector is missing.

    Attributes
    ----------
    revision : identifies the weights; empty where they are in no file, and then no vector of theirs is kept on disk.
    checkpoint : the model that is explained; it has the same tokenizer.
    uses_checkpoint : whether the checkpoint's own encoder is the space's.
    """

    spec: ModelSpec
    location: str
    revision: str
    checkpoint: LoadedModel
    uses_checkpoint: bool
    load: LoadBase

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def family(self) -> str:
        return self.spec.family

    def encoder(self) -> LoadedModel:
        """Return the model whose encoder computes the vectors."""
        return self.checkpoint if self.uses_checkpoint else self.load(self.location, self.checkpoint.device.type)

    def language_key(self, language: str) -> str:
        """Return the language if vectors depend on it, else "": only XLM has language embeddings."""
        return language if self.family == "xlm" else ""

    def word_pieces(self, word: str, language: str) -> Pieces:
        """Return the pieces of a word in isolation, without specials; the unknown piece where there are none."""
        pieces = [id_ for id_, _ in encode(self.checkpoint, word, language)]
        model = self.checkpoint
        unknown = model.tokenizer.unk_token_id
        room = model.max_length - model.template.n_specials(1)
        return tuple(pieces[:room]) or (model.pad_id if unknown is None else unknown,)

    def table_path(self, variant: str) -> Path | None:
        """Return the file of this encoder's vectors; None keeps them in memory."""
        if not self.revision:
            return None
        precision = self.checkpoint.precision if self.uses_checkpoint else "fp32"
        digest = hashlib.blake2b(f"{self.revision} {variant} {precision}".encode(), digest_size=6).hexdigest()
        return cache_folder() / "tables" / f"{file_name(self.name)}-{digest}.sqlite3"


def find_space_model(model: LoadedModel, load: LoadBase = load_base, *, revise: Revise = revision_of) -> SpaceModel:
    """Return the encoder of the space of `model`: its base's, else its own; `revise` gives its revision."""
    base_name = _base_name(model.spec)
    spec = find_model(base_name) if base_name else model.spec
    location = spec.location if spec.source == "directory" else spec.name
    # Half precision would change every vector; the space is the same whatever precision attributions are computed in.
    uses_checkpoint = not base_name and model.precision != "bf16"
    return SpaceModel(spec, location, revise(spec), model, uses_checkpoint, load)


def encode_isolated(
    model: LoadedModel, sequences: Sequence[Pieces], language: str, rows: int, layer: int | None = None
) -> Array:
    """Return the mean hidden state of each sequence in isolation; the model's specials are left out of the mean.

    Parameters
    ----------
    sequences : (n,) piece ids, all of one length.
    rows : every forward pass has this many rows. With a constant shape, a vector does not depend (to the last bit) on
        the others in its batch, so that equal runs give equal results in any order.
    layer : of the hidden states, counted from 1; None takes the last.

    Returns
    -------
    (n, embed) float64
    """
    vectors = []
    before, after = model.template.before, model.template.after
    for start in range(0, len(sequences), rows):
        part = list(sequences[start : start + rows])
        padded = part + part[:1] * (rows - len(part))
        texts = [_as_text(language, (*before, *pieces, *after)) for pieces in padded]
        with model.lock, torch.inference_mode():
            ids = torch.tensor([text.input_ids for text in texts])
            hidden = model.hidden_states(model.embed(ids), model.rows(texts), layer)
            own = hidden[: len(part), len(before) : hidden.shape[1] - len(after)]
            vectors.append(own.double().mean(1).cpu().numpy())
    return np.concatenate(vectors)


def file_name(model_name: str) -> str:
    """Return a model's name as a single path component."""
    return re.sub(r"[^\w.-]+", "--", model_name).strip(".") or "model"


def _as_text(language: str, input_ids: Pieces) -> TokenizedText:
    n = len(input_ids)
    return TokenizedText(language, (), (_PLACEHOLDER,) * n, (), input_ids, (0,) * n, n)


def _base_name(spec: ModelSpec) -> str | None:
    """The model that a checkpoint was tuned from: as its adapter says, else its card's `base`; None: not known."""
    folder = model_folder(spec)
    if folder is None:
        return None
    for name, key in (("adapter_config.json", "base_model_name_or_path"), (CARD_NAME, "base")):
        if (folder / name).is_file():
            content = _read_json(folder / name)
            if key in content or name == "adapter_config.json":
                return str(content.get(key) or DEFAULT_MODEL)
    return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SpaceError(
            f"{path} cannot be read as JSON ({error}), so the model's base is unknown. Repair the file."
        ) from error
    return content if isinstance(content, dict) else {}
