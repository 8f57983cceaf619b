"""Text as people write it, from text that was cut into tokens with spaces: `do n't stop .` is `don't stop.`

XNLI's training sentences are stored so, its development and test sentences are not. A model that is trained on the
one and tested on the other meets other pieces of words, and more of them.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from core.data.arabic import spell
from core.data.load import ParallelRows

if TYPE_CHECKING:
    from sacremoses import MosesDetokenizer

# What the Moses rules leave: English contractions, and Turkish suffixes behind the apostrophe of a name.
_CONTRACTED = re.compile(r"(\w) (n['’]t|['’](?:s|m|re|ve|ll|d))\b", re.IGNORECASE)
_TURKISH_SUFFIX = re.compile(r"(\w) ?(['’]) ?(\w{1,5}\b)")


def as_written(rows: ParallelRows) -> ParallelRows:
    """Return the rows with every text joined as it would be written; answers would move, so `qa` is not for this."""
    if rows.task == "qa":
        raise ValueError("The answers of question answering are positions in the text as it is.")
    texts = tuple(tuple(join_tokens(text, rows.language) for text in fields) for fields in rows.texts)
    return replace(rows, texts=texts)


def join_tokens(text: str, language: str) -> str:
    """Return a text whose tokens stand apart with the spaces of its language (Moses' rules; Koehn et al. 2007).

    Arabic is spelled again too (`core.data.arabic`).

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
