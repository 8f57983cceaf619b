"""Words as character spans of a text, and the word that each of a model's pieces belongs to."""

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

    Words are those of Unicode's text segmentation (UAX #29). Thai, Chinese and Japanese, which put no space
    between words, are cut by a dictionary: PyThaiNLP's newmm, jieba, MeCab with IPADIC. A run of punctuation
    is one unit. Every visible character is in exactly one span; space and lone invisible characters in none.

    Parameters
    ----------
    language : ISO 639-1 code; it only decides how Han characters are cut ("ja": as Japanese)

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
    """Return for each piece the index of the word that it overlaps most, the first of equals.

    A piece that overlaps no word (a bare space, an empty span) joins the word around or after its start, and
    after the last word that one. Tokenizers report spans that overlap, are empty or are out of order; each
    piece is therefore placed by itself, from its span alone.

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

    def place(piece: Span) -> int:
        def overlap(word: int) -> int:
            return min(piece[1], ends[word]) - max(piece[0], starts[word])

        first = bisect_right(ends, piece[0])
        after = bisect_right(starts, piece[1] - 1)
        return max(range(first, after), key=overlap, default=min(first, len(ends) - 1))

    return tuple(map(place, piece_spans))


def _unspaced_scripts(
    language: str,
) -> tuple[tuple["regex.Pattern[str]", Callable[[str], Iterable[str]]], ...]:
    if language.lower() == "ja":
        return (_THAI, _cut_thai), (_JAPANESE, _cut_japanese)
    return (_THAI, _cut_thai), (_HAN, _cut_chinese)


def _trim(text: str, span: Span) -> Span:
    """Leave out space at the edges; a unit in which nothing is visible becomes empty."""
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
    # Otherwise PyThaiNLP makes a folder in the user's home, and fails where it may not.
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
