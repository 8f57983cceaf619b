"""SQuAD's exact match and F1, with a definition of words for every language of XQuAD."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

from core.text.words import segment

_ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "ar": r"(?<!\w)ال(?=\w)",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def exact_match(answer: str, golds: Sequence[str], language: str) -> float:
    """Return 1 if the normalised answer equals a gold answer, else 0 (Rajpurkar et al. 2016)."""
    words = answer_words(answer, language)
    return float(any(words == answer_words(gold, language) for gold in golds))


def token_f1(answer: str, golds: Sequence[str], language: str) -> float:
    """Return the largest F1 between the words of the answer and of a gold answer, in [0, 1] (Rajpurkar et al. 2016)."""
    words = answer_words(answer, language)
    return max((_f1(words, answer_words(gold, language)) for gold in golds), default=0.0)


def answer_words(text: str, language: str) -> list[str]:
    """Return the words by which answers are compared: in lower case, without punctuation and articles.

    As in MLQA's evaluation, each language has its own articles and Chinese is split into characters (Lewis et al.
    2020); Thai, which has no spaces either, is segmented with a dictionary.

    Examples
    --------
    >>> answer_words("The Danube, in 1889!", "en")
    ['danube', 'in', '1889']
    >>> answer_words("1889年", "zh")
    ['1889', '年']
    """
    plain = "".join(char for char in text.lower() if not _is_punctuation(char))
    if language in _ARTICLES:
        plain = re.sub(_ARTICLES[language], " ", plain)
    if language == "zh":
        plain = _HAN.sub(lambda match: f" {match[0]} ", plain)
    if language == "th":
        return [plain[start:end] for start, end in segment(plain, language)]
    return plain.split()


def _is_punctuation(char: str) -> bool:
    return char in string.punctuation or unicodedata.category(char).startswith("P")


def _f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    common = sum((Counter(predicted) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(gold)
    return 2 * precision * recall / (precision + recall)
