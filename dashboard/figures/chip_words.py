"""Which words and pieces a row of chips shows, before any HTML: words, specials, windows in long texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.results import Side, Token, Word

LONG_FIELD = 80
WINDOW = 20
NOTABLE_MASS = 0.01
SHORTEST_SKIP = 3

Near = tuple[str, tuple[int, int] | None] | None


@dataclass(frozen=True)
class ChipPiece:
    """One piece of a word. `share` is of the side's total |score|; `mass` None where words carry the mass."""

    text: str
    score: float
    share: float
    mass: float | None


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


def chip_rows(side: Side, show_specials: bool, near: Near) -> list[list[ChipWord | Skipped]]:
    """One list of chips per field, in input order.

    Fields of more than 80 tokens keep 20 tokens either side of the answer (`near`: field and character span;
    the beginning, where there is none) and every word with at least 1% of the mass. A question stays whole.
    """
    words = _words(side)
    rows: list[list[ChipWord | Skipped]] = []
    for name, _ in side.text.fields:
        row = [chip for field, chip in words if field == name]
        span = near[1] if near is not None and near[0] == name else None
        rows.append(_folded(row, span))
    if show_specials:
        _add_specials(side, rows)
    return rows


@dataclass(frozen=True)
class _Sums:
    """Score, share and mass of any set of tokens of one side."""

    scores: Sequence[float]
    total: float
    mass: Sequence[float]
    word_mass: Mapping[int, float] | None

    def score(self, tokens: Sequence[int]) -> float:
        return sum(self.scores[index] for index in tokens)

    def share(self, tokens: Sequence[int]) -> float:
        return self.score(tokens) / self.total if self.total else 0.0

    def piece(self, text: str, tokens: Sequence[int]) -> ChipPiece:
        carried = None if self.word_mass is not None else sum(self.mass[index] for index in tokens)
        return ChipPiece(text, self.score(tokens), self.share(tokens), carried)

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
    return _Sums(scores.tolist(), float(abs(scores).sum()), mass, by_word if words_carry else None)


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
    found = []
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
        )
        found.append((word.field, chip))
    return found


def _numbered(side: Side, sums: _Sums) -> list[tuple[str, ChipWord]]:
    """Scores without their text: every token is a chip with its number from 1."""
    found = []
    plain = [index for index, token in enumerate(side.text.tokens) if not token.special]
    for number, index in enumerate(plain, start=1):
        piece = sums.piece(str(number), [index])
        chip = ChipWord(piece.text, 0, 0, (piece,), piece.score, piece.share, sums.mass[index], 1)
        found.append((side.text.tokens[index].field or "", chip))
    return found


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


def _folded(words: list[ChipWord], span: tuple[int, int] | None) -> list[ChipWord | Skipped]:
    if sum(word.tokens for word in words) <= LONG_FIELD:
        return list(words)
    keep = _window(words, span)
    row: list[ChipWord | Skipped] = []
    run: list[ChipWord] = []
    for word, kept in zip(words, keep, strict=True):
        if not kept:
            run.append(word)
            continue
        row += _closed(run)
        run = []
        row.append(word)
    return row + _closed(run)


def _closed(run: list[ChipWord]) -> list[ChipWord | Skipped]:
    return [Skipped(tuple(run))] if len(run) >= SHORTEST_SKIP else list(run)


def _window(words: Sequence[ChipWord], span: tuple[int, int] | None) -> list[bool]:
    """True for words that stay: near the answer by tokens, or with at least 1% of the mass."""
    inside = [i for i, word in enumerate(words) if span and word.start < span[1] and span[0] < word.end]
    first, last = (inside[0], inside[-1]) if inside else (0, 0)
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + word.tokens)
    low, high = offsets[first] - WINDOW, offsets[last + 1] + WINDOW
    return [(offsets[i] >= low and offsets[i + 1] <= high) or word.mass >= NOTABLE_MASS for i, word in enumerate(words)]


def _add_specials(side: Side, rows: list[list[ChipWord | Skipped]]) -> None:
    """Specials before all tokens open the first row; others close the row of the field before them."""
    names = [name for name, _ in side.text.fields]
    leading: list[ChipWord | Skipped] = []
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
