"""Detokenise text that is stored as tokens separated by spaces: `do n't stop .` becomes `don't stop.`

XNLI's training sentences are stored tokenised, its development and test sentences are not. A model trained on the one
and tested on the other sees different, and more, subword pieces.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from core.data.arabic import spell
from core.data.rows import ParallelRows

if TYPE_CHECKING:
    from sacremoses import MosesDetokenizer

# Not covered by the Moses rules: English contractions, and Turkish suffixes after the apostrophe of a name.
_CONTRACTED = re.compile(r"(\w) (n['’]t|['’](?:s|m|re|ve|ll|d))\b", re.IGNORECASE)
_TURKISH_SUFFIX = re.compile(r"(\w) ?(['’]) ?(\w{1,5}\b)")


def as_written(rows: ParallelRows) -> ParallelRows:
    """Return the rows with every text detokenised; not for `qa`, whose answers are character positions."""
    if rows.task == "qa":
        raise ValueError("The answers of question answering are positions in the text as it is stored.")
    texts = tuple(tuple(join_tokens(text, rows.language) for text in fields) for fields in rows.texts)
    return replace(rows, texts=texts)


def join_tokens(text: str, language: str) -> str:
    """Return a tokenised text with the spacing of its language (the rules of Moses; Koehn et al. 2007).

    Arabic spelling is restored too (`core.data.arabic`).

    Examples
    --------
    >>> join_tokens("We do n't know ( yet ) , he said .", "en")
    "We don't know (yet), he said."
    """
    joined = str(_moses(language).detokenize(text.split()))
    if language == "en":
        joined = _CONTRACTED.sub(r"\1\2", joined)
    if language == "ar":
        joined = spell(joined)
    if language == "tr":
        joined = _TURKISH_SUFFIX.sub(r"\1\2\3", joined)
    return joined


@lru_cache
def _moses(language: str) -> "MosesDetokenizer":
    from sacremoses import MosesDetokenizer

    return MosesDetokenizer(lang=language)
