"""Which words and pieces a row of chips shows, before any HTML: words, specials, windows in long texts."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from core.results import Side, Token, Word

LONG_FIELD = 80
WINDOW = 20
NOTABLE_MASS = 0.01
SHORTEST_SKIP = 3
# A word of less mass looks as empty as it is.
LEAST_CANCELLING = 0.02

Item = TypeVar("Item")
Near = tuple[str, tuple[int, int] | None] | None


@dataclass(frozen=True)
class ChipPiece:
    """One piece of a word. `share` is of the side's total |score|; `mass` None where words carry the mass.

    `units` are the units of the side that its tokens belong to.
    """

    text: str
    score: float
    share: float
    mass: float | None
    units: tuple[int, ...] = ()


@dataclass(frozen=True)
class ChipWord:
    """One chip: a word with its pieces, span `[start, end)` in its field, and sums over its tokens."""

    text: str
    start: int
    end: int
    pieces: tuple[ChipPiece, ...]
    score: float
    share: float
    mass: float
    tokens: int
    special: bool = False
    units: tuple[int, ...] = ()

    @property
    def cancels(self) -> bool:
        """Whether pieces of opposite sign leave the word with less than half of its mass as a score."""
        return self.mass >= LEAST_CANCELLING and abs(self.share) < self.mass / 2


@dataclass(frozen=True)
class Skipped:
    """A run of words folded away, with how many tokens and how much mass it holds."""

    words: tuple[ChipWord, ...]

    @property
    def tokens(self) -> int:
        return sum(word.tokens for word in self.words)

    @property
    def mass(self) -> float:
        return sum(word.mass for word in self.words)

    @property
    def units(self) -> tuple[int, ...]:
        return tuple(unit for word in self.words for unit in word.units)


def chip_rows(side: Side, show_specials: bool, near: Near) -> list[list[ChipWord | Skipped]]:
    """One list of chips per field, in input order.

    Fields of more than 80 tokens keep 20 tokens either side of the answer (`near`: field and character span;
    the beginning, where there is none) and every word with at least 1% of the mass. A question stays whole.
    """
    rows: list[list[ChipWord | Skipped]] = []
    for (name, _), row in zip(side.text.fields, field_words(side), strict=True):
        folded = fold(row, kept_words(row, near, name))
        rows.append([Skipped(tuple(entry)) if isinstance(entry, list) else entry for entry in folded])
    if show_specials:
        add_specials(side, rows)
    return rows


def field_words(side: Side) -> list[list[ChipWord]]:
    """Every word of a side, one list per field, nothing folded away."""
    words = _words(side)
    return [[chip for field, chip in words if field == name] for name, _ in side.text.fields]


def kept_words(words: Sequence[ChipWord], near: Near, field: str) -> list[bool]:
    """(word,) True for those of a field that stay: all of a short one, see `chip_rows` for a long one."""
    if sum(word.tokens for word in words) <= LONG_FIELD:
        return [True] * len(words)
    return _window(words, near[1] if near is not None and near[0] == field else None)


def fold(items: Sequence[Item], keep: Sequence[bool]) -> list[Item | list[Item]]:
    """Put each run of three or more items that do not stay into a list of its own."""
    row: list[Item | list[Item]] = []
    for stays, group in itertools.groupby(zip(items, keep, strict=True), key=lambda entry: entry[1]):
        run = [item for item, _ in group]
        row += run if stays or len(run) < SHORTEST_SKIP else [run]
    return row


@dataclass(frozen=True)
class _Sums:
    """Score, share, mass and units of any set of tokens of one side."""

    scores: Sequence[float]
    total: float
    mass: Sequence[float]
    word_mass: Mapping[int, float] | None
    unit_of: Mapping[int, int]

    def units(self, tokens: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted({self.unit_of[index] for index in tokens if index in self.unit_of}))

    def score(self, tokens: Sequence[int]) -> float:
        return sum(self.scores[index] for index in tokens)

    def share(self, tokens: Sequence[int]) -> float:
        return self.score(tokens) / self.total if self.total else 0.0

    def piece(self, text: str, tokens: Sequence[int]) -> ChipPiece:
        carried = None if self.word_mass is not None else sum(self.mass[index] for index in tokens)
        return ChipPiece(text, self.score(tokens), self.share(tokens), carried, self.units(tokens))

    def of_word(self, position: int, tokens: Sequence[int]) -> float:
        if self.word_mass is not None:
            return self.word_mass.get(position, 0.0)
        return sum(self.mass[index] for index in tokens)


def _sums(side: Side) -> _Sums:
    mass = [0.0] * len(side.text.tokens)
    by_word: dict[int, float] = {}
    for unit, value in zip(side.units, side.mass, strict=True):
        by_word[unit.word] = by_word.get(unit.word, 0.0) + float(value)
        for index in unit.tokens:
            mass[index] += float(value) / len(unit.tokens)
    words_carry = any(len(unit.tokens) > 1 for unit in side.units)
    scores = side.attribution.scores
    unit_of = {token: index for index, unit in enumerate(side.units) for token in unit.tokens}
    return _Sums(scores.tolist(), float(abs(scores).sum()), mass, by_word if words_carry else None, unit_of)


def _words(side: Side) -> list[tuple[str, ChipWord]]:
    """(field, word) in reading order; a token that belongs to no word joins the next one of its field."""
    text = side.text
    sums = _sums(side)
    if not any(content for _, content in text.fields):
        return _numbered(side, sums)
    members: list[list[int]] = [[] for _ in text.words]
    for index, token in enumerate(text.tokens):
        place = token.word if token.word >= 0 else _next_word(token, text.words)
        if not token.special and place is not None:
            members[place].append(index)
    chips = []
    for position, (word, tokens) in enumerate(zip(text.words, members, strict=True)):
        chip = ChipWord(
            text=word.text,
            start=word.start,
            end=word.end,
            pieces=tuple(sums.piece(drawn, group) for drawn, group in _pieces(text.tokens, word, tokens)),
            score=sums.score(tokens),
            share=sums.share(tokens),
            mass=sums.of_word(position, tokens),
            tokens=len(tokens),
            units=sums.units(tokens),
        )
        chips.append((word.field, chip))
    return chips


def _numbered(side: Side, sums: _Sums) -> list[tuple[str, ChipWord]]:
    """Scores without their text: every token is a chip with its number from 1."""
    chips = []
    plain = [index for index, token in enumerate(side.text.tokens) if not token.special]
    for number, index in enumerate(plain, start=1):
        piece = sums.piece(str(number), [index])
        chip = ChipWord(piece.text, 0, 0, (piece,), piece.score, piece.share, sums.mass[index], 1, units=piece.units)
        chips.append((side.text.tokens[index].field or "", chip))
    return chips


def _next_word(token: Token, words: Sequence[Word]) -> int | None:
    same = [index for index, word in enumerate(words) if word.field == token.field]
    return next((index for index in same if words[index].end > token.start), same[-1] if same else None)


def _pieces(tokens: Sequence[Token], word: Word, indices: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Cut the word at its tokens' ends, so that the pieces spell the word whatever the offsets overlap.

    Tokens that cover nothing of their own (a bare space, one of several bytes of a letter) join a neighbour.
    """
    groups: list[tuple[str, list[int]]] = []
    cursor = word.start
    for index in indices:
        end = min(max(tokens[index].end, cursor), word.end)
        drawn = word.text[cursor - word.start : end - word.start]
        cursor = end
        if groups and (not drawn or not groups[-1][0]):
            groups[-1] = (groups[-1][0] + drawn, [*groups[-1][1], index])
        else:
            groups.append((drawn, [index]))
    if groups and cursor < word.end:
        groups[-1] = (groups[-1][0] + word.text[cursor - word.start :], groups[-1][1])
    return groups or [(word.text, [])]


def _window(words: Sequence[ChipWord], span: tuple[int, int] | None) -> list[bool]:
    """True for words that stay: near the answer by tokens, or with at least 1% of the mass."""
    inside = [i for i, word in enumerate(words) if span and word.start < span[1] and span[0] < word.end]
    first, last = (inside[0], inside[-1]) if inside else (0, 0)
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + word.tokens)
    low, high = offsets[first] - WINDOW, offsets[last + 1] + WINDOW
    return [(offsets[i] >= low and offsets[i + 1] <= high) or word.mass >= NOTABLE_MASS for i, word in enumerate(words)]


def add_specials(side: Side, rows: Sequence[list[Any]]) -> None:
    """Specials before all tokens open the first row; others close the row of the field before them."""
    names = [name for name, _ in side.text.fields]
    leading: list[ChipWord] = []
    current: str | None = None
    for token in side.text.tokens:
        if not token.special:
            current = token.field
            continue
        chip = ChipWord(token.text, 0, 0, (), 0.0, 0.0, 0.0, 1, special=True)
        if current is None:
            leading.append(chip)
        else:
            rows[names.index(current)].append(chip)
    rows[0][:0] = leading
