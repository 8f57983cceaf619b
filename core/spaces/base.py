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
from core.models import embedded
from core.models.catalogue import CARD_NAME, DEFAULT_MODEL, ModelSpec, find_model
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import cache_folder
from core.results import Array, Token, TokenizedText
from core.text.tokenization import encode

Pieces = tuple[int, ...]
LoadBase = Callable[[str, str], LoadedModel]

BLOCKS, BLOCK_BYTES = 256, 4096
WEIGHT_FILES = {".safetensors", ".bin"}
# The files that determine a model's numbers: weights, configuration, and the tokenizer in any of its formats.
MODEL_FILES = WEIGHT_FILES | {".json", ".txt", ".model"}
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

    name: str
    location: str
    family: str
    revision: str
    checkpoint: LoadedModel
    uses_checkpoint: bool
    load: LoadBase

    def encoder(self) -> LoadedModel:
        """Return the model whose encoder computes the vectors."""
        return self.checkpoint if self.uses_checkpoint else self.load(self.location, self.checkpoint.device.type)

    def language_key(self, language: str) -> str:
        """Return the language if vectors depend on it, else "": only XLM has language embeddings."""
        return language if self.family == "xlm" else ""

    def word_pieces(self, word: str, language: str) -> Pieces:
        """Return the pieces of a word in isolation, without specials; the unknown piece where there are none."""
        pieces = [id_ for id_, _ in encode(self.checkpoint, word, language)]
        return tuple(pieces[: self.checkpoint.max_length - 2]) or (self.checkpoint.tokenizer.unk_token_id,)

    def table_path(self, variant: str) -> Path | None:
        """Return the file of this encoder's vectors; None keeps them in memory."""
        if not self.revision:
            return None
        precision = self.checkpoint.precision if self.uses_checkpoint else "fp32"
        digest = hashlib.blake2b(f"{self.revision} {variant} {precision}".encode(), digest_size=6).hexdigest()
        return cache_folder() / "tables" / f"{file_name(self.name)}-{digest}.sqlite3"


def find_space_model(model: LoadedModel, load: LoadBase = load_base) -> SpaceModel:
    """Return the encoder of the space of `model`: its base's, else its own."""
    base_name = _base_name(model.spec)
    spec = find_model(base_name) if base_name else model.spec
    location = spec.location if spec.source == "directory" else spec.name
    # Half precision would change every vector; the space is the same whatever precision attributions are computed in.
    uses_checkpoint = not base_name and model.precision != "bf16"
    return SpaceModel(spec.name, location, spec.family, revision_of(spec), model, uses_checkpoint, load)


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
    for start in range(0, len(sequences), rows):
        part = list(sequences[start : start + rows])
        padded = part + part[:1] * (rows - len(part))
        texts = [_as_text(language, (model.first_id, *pieces, model.tokenizer.sep_token_id)) for pieces in padded]
        with model.lock, torch.inference_mode():
            ids = torch.tensor([text.input_ids for text in texts])
            hidden = model.hidden_states(model.embed(ids), model.rows(texts), layer)
            vectors.append(hidden[: len(part), 1:-1].double().mean(1).cpu().numpy())
    return np.concatenate(vectors)


def file_name(model_name: str) -> str:
    """Return a model's name as a single path component."""
    return re.sub(r"[^\w.-]+", "--", model_name).strip(".") or "model"


def _as_text(language: str, input_ids: Pieces) -> TokenizedText:
    n = len(input_ids)
    return TokenizedText(language, (), (_PLACEHOLDER,) * n, (), input_ids, (0,) * n, n)


def _base_name(spec: ModelSpec) -> str | None:
    """The model that a checkpoint was tuned from: as its adapter says, else its card's `base`; None: not known."""
    folder = _folder(spec)
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
    except (OSError, ValueError) as error:
        raise SpaceError(
            f"{path} cannot be read as JSON ({error}), so the model's base is unknown. Repair the file."
        ) from error
    return content if isinstance(content, dict) else {}


def _folder(spec: ModelSpec) -> Path | None:
    """The folder of a model's files; None where they are not on this computer."""
    if spec.source == "directory":
        return Path(spec.location) if spec.location else None
    if spec.source == "hub":
        from huggingface_hub import try_to_load_from_cache

        for name in ("adapter_config.json", "config.json"):
            path = try_to_load_from_cache(spec.location, name, revision=spec.revision)
            if isinstance(path, str):
                return Path(path).parent
    return None


def revision_of(spec: ModelSpec) -> str:
    """Identify a model's weights and tokenizer: the embedded file's hash, the hub's commit, a folder's fingerprint."""
    if spec.source == "embedded":
        return embedded_revision()
    folder = _folder(spec)
    if spec.source == "hub":
        return folder.name if folder else spec.revision
    if folder is None or not any(path.suffix in WEIGHT_FILES for path in folder.glob("*")):
        return ""
    return f"content:{_fingerprint(sorted(path for path in folder.iterdir() if path.suffix in MODEL_FILES))}"


def embedded_revision() -> str:
    return f"sha256:{embedded.FILE_SHA256[:12]}"


def _fingerprint(files: Sequence[Path]) -> str:
    """Hash the sizes and evenly spaced blocks of files: enough to distinguish checkpoints, within milliseconds."""
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            for block in range(BLOCKS):
                file.seek(block * size // BLOCKS)
                digest.update(file.read(BLOCK_BYTES))
    return digest.hexdigest()
