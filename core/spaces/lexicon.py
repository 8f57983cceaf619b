"""A bilingual lexicon as pieces of a model's vocabulary, split into training words and held-out test words.

A lexicon is a folder laid out like MUSE: `en-<language>/train.parquet` with the columns source and target.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DataError
from core.spaces.base import Pieces, SpaceModel
from core.spaces.maps import PIVOT

HELD_OUT = 0.15
_BARE_SPACE = "▁"

Pair = tuple[Pieces, Pieces]


@dataclass(frozen=True)
class Split:
    """Lexicon pairs to train and to test on; no word of a test pair, in either language, occurs in a training pair."""

    train: tuple[Pair, ...]
    test: tuple[Pair, ...]


def read_pairs(base: SpaceModel, lexicon: Path, language: str, level: str) -> list[Pair]:
    """Return a lexicon's (English, foreign) pairs as pieces, most frequent first.

    Words spelled alike in both languages are excluded: names and borrowings tell nothing about the map.

    Raises
    ------
    DataError : the file is missing or lacks the columns.
    """
    path = lexicon / f"{PIVOT}-{language}" / "train.parquet"
    try:
        table = pq.read_table(path, columns=["source", "target"])
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"The lexicon {path} cannot be read: it must be a parquet file with the columns source and target. Restore "
            "it, or give another --lexicon."
        ) from error
    words = zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True)
    pairs = [
        (base.word_pieces(english, PIVOT), base.word_pieces(foreign, language))
        for english, foreign in words
        if english != foreign
    ]
    if level == "token":
        pairs = [(_without_bare_space(base, english), _without_bare_space(base, foreign)) for english, foreign in pairs]
        pairs = [pair for pair in pairs if len(pair[0]) == len(pair[1]) == 1]
    return list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))


def split_pairs(pairs: Mapping[str, Sequence[Pair]], n_pairs: int, seed: int) -> dict[str, Split]:
    """Hold out 15% of the English words together with their translations.

    A word's hash decides, so that it is held out for all languages and levels or for none: the English mean, which all
    languages share, then contains no held-out word, and maps of different levels can be compared.
    """
    return {language: _split(of_language, n_pairs, seed) for language, of_language in pairs.items()}


def _split(pairs: Sequence[Pair], n_pairs: int, seed: int) -> Split:
    held_out = {pair[0] for pair in pairs if _is_held_out(pair[0], seed)}
    n_free = np.cumsum([pair[0] not in held_out for pair in pairs])
    # Training and test words come from the same range of the frequency ranking.
    frequent = pairs[: int(np.searchsorted(n_free, n_pairs)) + 1]
    test = tuple(pair for pair in frequent if pair[0] in held_out)
    tested = {foreign for _, foreign in test}
    return Split(tuple(pair for pair in frequent if pair[0] not in held_out and pair[1] not in tested), test)


def _is_held_out(english: Pieces, seed: int) -> bool:
    digest = hashlib.blake2b(f"{seed} {english}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < HELD_OUT * 2**64


def _without_bare_space(base: SpaceModel, pieces: Pieces) -> Pieces:
    """Drop SentencePiece's bare space before a Chinese or Thai word: within a sentence the word has none."""
    tokenizer = base.checkpoint.tokenizer
    bare = tokenizer.convert_tokens_to_ids(_BARE_SPACE)
    return pieces[1:] if len(pieces) > 1 and pieces[0] == bare != tokenizer.unk_token_id else pieces
