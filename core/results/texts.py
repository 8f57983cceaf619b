"""A text as the model reads it: its fields, words and tokens."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.results.arrays import require_parallel


@dataclass(frozen=True)
class Token:
    """One token of the model's input.

    `text` is the slice `[start, end)` of its field as the user wrote it (a bare space piece has an empty text),
    or the special's own name. `word` is the index of its word in `TokenizedText.words`, -1 for specials.
    """

    text: str
    start: int
    end: int
    field: str | None
    special: bool
    word: int


@dataclass(frozen=True)
class Word:
    """One word: the slice `[start, end)` of a field."""

    text: str
    start: int
    end: int
    field: str


@dataclass(frozen=True)
class TokenizedText:
    """A text as the model reads it.

    Attributes
    ----------
    fields : (name, text) in input order; one for `meaning`, two for the other tasks.
    tokens : (seq,) parallel to `input_ids` and `token_type_ids`.
    n_tokens_uncut : how many tokens the whole text has; more than `len(tokens)` when it was cut.
    """

    language: str
    fields: tuple[tuple[str, str], ...]
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    n_tokens_uncut: int

    def __post_init__(self) -> None:
        require_parallel("tokens", len(self.tokens), "input_ids", len(self.input_ids))
        require_parallel("tokens", len(self.tokens), "token_type_ids", len(self.token_type_ids))

    @property
    def special_mask(self) -> npt.NDArray[np.bool_]:
        """(seq,) True where the token is a special."""
        return np.array([token.special for token in self.tokens], dtype=bool)

    @property
    def cut(self) -> bool:
        return self.n_tokens_uncut > len(self.tokens)
