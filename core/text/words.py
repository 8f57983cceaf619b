"""Words as character spans of a text, and the word that each model token belongs to."""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import regex

from core.errors import TextError

if TYPE_CHECKING:
    from fugashi import GenericTagger

Span = tuple[int, int]

_BORDER = regex.compile(r"(?w)\b")
_GRAPHEME = regex.compile(r"\X")
_INVISIBLE = regex.compile(r"[\s\p{Cc}\p{Cf}]*")
_PUNCTUATION = regex.compile(r"[\p{P}\p{M}\p{Cf}]+")
# Scripts without spaces between words; marks belong to the letter before them.
_THAI = regex.compile(r"\p{Thai}[\p{Thai}\p{M}]*")
_HAN = regex.compile(r"\p{Han}[\p{Han}\p{M}]*")
_JAPANESE = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}][\p{Han}\p{Hiragana}\p{Katakana}\p{M}\u30fc\uff70\uff9e\uff9f]*"
)


def segment(text: str, language: str) -> tuple[Span, ...]:
    """Return the character spans of the words of `text`, in order and without overlap.

    Words follow Unicode's text segmentation (UAX #29). Thai, Chinese and Japanese, which write no space between
    words, are segmented with a dictionary: PyThaiNLP's newmm, jieba, MeCab with IPADIC. A run of punctuation is one
    word. Every visible character is in exactly one span; spaces and lone invisible characters are in none.

    Parameters
    ----------
    language : ISO 639-1 code; it only determines how Han characters are segmented ("ja": as Japanese)

    Examples
    --------
    >>> text = "I don't... know"
    >>> [text[start:end] for start, end in segment(text, "en")]
    ['I', "don't", '...', 'know']
    """
    borders = {match.start() for match in _BORDER.finditer(text)} | {0, len(text)}
    for run, cut in _unspaced_scripts(language):
        for match in run.finditer(text):
            start, end = match.span()
            borders -= set(range(start + 1, end))
            borders |= {*accumulate(map(len, cut(match[0])), initial=start), end}
    borders &= {0, *(match.end() for match in _GRAPHEME.finditer(text))}
    units = (_trim(text, span) for span in pairwise(sorted(borders)))
    return _join_punctuation(text, (unit for unit in units if unit[0] < unit[1]))


def merge_pieces(piece_spans: Sequence[Span], word_spans: Sequence[Span]) -> tuple[int, ...]:
    """Return for each piece the index of the word that it overlaps most; the first one on a tie.

    A piece that overlaps no word (a bare space, an empty span) joins the word around or after its start, or the last
    word where none follows. Tokenizers report spans that overlap, are empty or are out of order, so each piece is
    assigned from its own span alone.

    Parameters
    ----------
    piece_spans : (n_pieces,) character spans as the tokenizer reports them
    word_spans : (n_words,) as `segment` returns them

    Raises
    ------
    TextError : there are pieces but no words.

    Examples
    --------
    >>> merge_pieces([(0, 6), (6, 7), (7, 7), (7, 9)], [(0, 6), (7, 9)])
    (0, 1, 1, 1)
    """
    if piece_spans and not word_spans:
        raise TextError("There is no word in this text.")
    starts, ends = [start for start, _ in word_spans], [end for _, end in word_spans]

    def word_of(piece: Span) -> int:
        def overlap(word: int) -> int:
            return min(piece[1], ends[word]) - max(piece[0], starts[word])

        first = bisect_right(ends, piece[0])
        after = bisect_right(starts, piece[1] - 1)
        return max(range(first, after), key=overlap, default=min(first, len(ends) - 1))

    return tuple(map(word_of, piece_spans))


def _unspaced_scripts(
    language: str,
) -> tuple[tuple["regex.Pattern[str]", Callable[[str], Iterable[str]]], ...]:
    if language.lower() == "ja":
        return (_THAI, _cut_thai), (_JAPANESE, _cut_japanese)
    return (_THAI, _cut_thai), (_HAN, _cut_chinese)


def _trim(text: str, span: Span) -> Span:
    """Strip space at both ends; a unit without a visible character becomes empty."""
    start, end = span
    unit = text[start:end]
    if _INVISIBLE.fullmatch(unit):
        return start, start
    return start + len(unit) - len(unit.lstrip()), end - len(unit) + len(unit.rstrip())


def _join_punctuation(text: str, units: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    mark_end = -1
    for start, end in units:
        is_mark = _PUNCTUATION.fullmatch(text, start, end) is not None
        if is_mark and start == mark_end:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
        mark_end = end if is_mark else -1
    return tuple(joined)


def _cut_thai(run: str) -> list[str]:
    # By default PyThaiNLP creates a folder in the user's home, and fails where that is not permitted.
    if "PYTHAINLP_READ_MODE" not in os.environ:
        os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")
    from pythainlp.tokenize.newmm import segment as newmm

    return list(newmm(run, safe_mode=True))


def _cut_chinese(run: str) -> list[str]:
    import rjieba

    return list(rjieba.cut(run))


def _cut_japanese(run: str) -> list[str]:
    return [node.surface for node in _mecab()(run)]


@cache
def _mecab() -> "GenericTagger":
    import ipadic
    from fugashi import GenericTagger

    return GenericTagger(ipadic.MECAB_ARGS)
