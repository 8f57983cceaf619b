"""Words over a data set: which ones lose consistency, from the scores, spans and flows of a store.

stored scores and flows -> Occurrences (one entry a word of a sentence) -> WordIndex (DuckDB) -> table of words
"""

from core.report.words.cells import WordCell, cells_of
from core.report.words.index import ALL_SENTENCES, WordIndex
from core.report.words.losses import CLASSES, SORTS, WORDS

__all__ = ["ALL_SENTENCES", "CLASSES", "SORTS", "WORDS", "WordCell", "WordIndex", "cells_of"]
