"""Sources of a space's vectors: the encoder on isolated pieces, the embedding table, or the whole sentence.

A source returns raw vectors; centring and rotation are the same for all sources, in `core.spaces.space`.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch

from core.callbacks import MessageCallback
from core.errors import SpaceError
from core.results import Array, TokenizedText, Unit
from core.spaces.base import Pieces, SpaceModel, encode_isolated
from core.spaces.table import Vector, VectorTable

LIVE_ROWS = 16
SAMPLE_SIZE = 1000
SAMPLE_SEED = 0
_REPORT_EVERY = 512


class VectorSource(ABC):
    """Raw vectors of units.

    Attributes
    ----------
    pooling : how a vector is computed, for the record; maps are valid for one pooling only.
    maps_of : the space whose language means and rotations apply to these vectors; None where none do.
    """

    pooling: str
    maps_of: str | None
    note: str = ""

    @abstractmethod
    def vectors(self, text: TokenizedText, units: Sequence[Unit]) -> Array:
        """Return (unit, embed) float64; a row of zeros where a unit has no vector."""

    @abstractmethod
    def sample(self, language: str) -> Array:
        """Return (sample, embed) float64: the vectors of a seeded sample of the vocabulary."""

    def coverage(self) -> float:
        """Return the share of the units asked for so far that have a vector."""
        return 1.0


class PieceSource(VectorSource):
    """A source whose vectors depend only on a unit's pieces, hence not on its sentence."""

    def __init__(self, model: SpaceModel, level: str) -> None:
        self.model = model
        self.level = level

    @abstractmethod
    def of_pieces(self, sequences: Sequence[Pieces], language: str) -> Array:
        """Return the vectors of piece sequences, (n, embed) float64."""

    def vectors(self, text: TokenizedText, units: Sequence[Unit]) -> Array:
        if self.level == "word":
            sequences = [self.model.word_pieces(unit.text, text.language) for unit in units]
        else:
            sequences = [(text.input_ids[unit.tokens[0]],) for unit in units]
        return self.of_pieces(sequences, text.language)

    def sample(self, language: str) -> Array:
        return self.of_pieces([(piece,) for piece in sample_pieces(self.model)], language)


class StaticSource(PieceSource):
    """Rows of the input-embedding table; a word is the mean of its pieces' rows."""

    pooling = "input-embedding row; mean over the pieces of a word"
    maps_of = "static"

    def of_pieces(self, sequences: Sequence[Pieces], language: str) -> Array:
        table = self.model.encoder().embedding.weight
        flat = torch.tensor([piece for pieces in sequences for piece in pieces], device=table.device)
        rows = table[flat].detach().double().cpu().numpy()
        starts = np.cumsum([0, *(len(pieces) for pieces in sequences[:-1])])
        lengths = np.array([len(pieces) for pieces in sequences])
        return np.asarray(np.add.reduceat(rows, starts, axis=0) / lengths[:, None])


class IsolatedSource(PieceSource):
    """The encoder's vector of an isolated piece or word, kept in a table since it never changes."""

    # Measured on multilingual-e5-small: without the specials translations are separated at least as well as with the
    # mean over all tokens, and clearly better in a language without learned mean and rotation.
    pooling = "mean of the encoder's last hidden states over the piece or word alone, specials left out"
    variant: ClassVar[str] = "isolated-inner-mean"
    maps_of = "isolated"

    def __init__(
        self,
        model: SpaceModel,
        level: str,
        table: VectorTable,
        progress: MessageCallback | None = None,
        *,
        rows: int = LIVE_ROWS,
        layer: int | None = None,
    ) -> None:
        super().__init__(model, level)
        self._table = table
        self._progress = progress
        self._rows = rows
        self._layer = layer

    def of_pieces(self, sequences: Sequence[Pieces], language: str) -> Array:
        prefix = self.model.language_key(language)
        keys = [f"{prefix}:{','.join(map(str, pieces))}" for pieces in sequences]
        vectors = self._table.get(keys)
        missing = {key: pieces for key, pieces in zip(keys, sequences, strict=True) if key not in vectors}
        if missing:
            computed = self._compute(missing, language)
            self._table.put(computed)
            vectors |= computed
        return np.stack([vectors[key] for key in keys]).astype(np.float64)

    def _compute(self, missing: dict[str, Pieces], language: str) -> dict[str, Vector]:
        model = self.model.encoder()
        by_length: dict[int, list[str]] = defaultdict(list)
        for key, pieces in missing.items():
            by_length[len(pieces)].append(key)
        vectors: dict[str, Vector] = {}
        for _, keys in sorted(by_length.items()):
            for start in range(0, len(keys), _REPORT_EVERY):
                part = keys[start : start + _REPORT_EVERY]
                encoded = encode_isolated(model, [missing[key] for key in part], language, self._rows, self._layer)
                vectors |= zip(part, encoded.astype(np.float32), strict=True)
                if self._progress and len(missing) > _REPORT_EVERY:
                    self._progress(f"Encoding isolated tokens, {len(vectors):,} of {len(missing):,}")
        return vectors


class ContextualSource(PieceSource):
    """Hidden states of the whole text; a word is the mean over its pieces. For comparison only.

    They are those of the last layer, or of `layer`, counted from 1; the means of the languages come from the same layer
    of `isolated`. Raises SpaceError for a layer that the encoder does not have.
    """

    maps_of = None
    note = "contextual: a token's vector depends on its sentence, which breaks the paper's definition"

    def __init__(self, model: SpaceModel, level: str, isolated: IsolatedSource, layer: int | None = None) -> None:
        super().__init__(model, level)
        self._isolated = isolated
        self._layer = layer
        states = "last hidden states" if layer is None else f"hidden states of layer {layer}"
        self.pooling = f"encoder's {states} in the sentence; mean over the pieces of a word"
        if layer is not None and layer > model.encoder().n_layers:
            raise SpaceError(
                f"{model.name} has {model.encoder().n_layers} layers, and layer {layer} was asked for. Choose a "
                "smaller --layer."
            )

    def vectors(self, text: TokenizedText, units: Sequence[Unit]) -> Array:
        model = self.model.encoder()
        with model.lock, torch.inference_mode():
            ids = torch.tensor([text.input_ids])
            hidden = model.hidden_states(model.embed(ids), model.rows([text]), self._layer)[0].double().cpu().numpy()
        return np.stack([hidden[list(unit.tokens)].mean(0) for unit in units])

    def of_pieces(self, sequences: Sequence[Pieces], language: str) -> Array:
        return self._isolated.of_pieces(sequences, language)


def sample_pieces(model: SpaceModel) -> list[int]:
    """Return up to `SAMPLE_SIZE` pieces of the vocabulary, drawn with a fixed seed; specials are excluded."""
    tokenizer = model.checkpoint.tokenizer
    pieces = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    drawn = np.random.default_rng(SAMPLE_SEED).choice(pieces, min(SAMPLE_SIZE, len(pieces)), replace=False)
    return sorted(drawn.tolist())
