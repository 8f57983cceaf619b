"""Restore standard Arabic spelling in text that was simplified for a translation system.

The Arabic of XNLI's training split has no hamza on an alef, no Arabic comma, particles separated from their word, and
brackets around names. Its other splits are standard Arabic, and so is the text that the models were pretrained on.
"""

import re
from functools import lru_cache
from types import MappingProxyType

_PUNCTUATION = str.maketrans({",": "،", ";": "؛", "?": "؟"})
_HAMZA = re.compile("[أإآ]")
_WORD = re.compile(r"[\u0621-\u064a]+")
_ARTICLE = re.compile(r"(?<!\w)ال (?=\w)")
_TO_THE = re.compile(r"(?<!\w)ل (?:ال)?(?=\w)")
_PARTICLE = re.compile(r"(?<!\w)([بكفو]) (?=\w)")
_BRACKETED = re.compile(r"\((\w+(?: \w+)?)\)")
# At the beginning of a sentence and after a form of "say", "anna" is "inna", with the same endings.
_BEGINS = re.compile(r"(?:^|[.!؟:]|(?<!\w)[وف]?[يتنا]?ق[او]ل\w{0,2})\W*$")
_THAT = MappingProxyType({f"أن{end}": f"إن{end}" for end in ("", "ه", "ها", "هم", "نا", "ني", "ك", "كم", "ما")})
# A spelling with hamza is taken unless it is this many times rarer than the one without, since many writers omit it.
_RARER = 2.0


def spell(text: str) -> str:
    """Return simplified Arabic in standard spelling: hamzas, joined particles, punctuation, no brackets around a name.

    A word takes its most frequent spelling in `wordfreq` (Speer 2022).

    Examples
    --------
    >>> spell("قال ان ال مدرسة بعيدة, و عاد الى البيت.")
    'قال إن المدرسة بعيدة، وعاد إلى البيت.'
    """
    joined = _BRACKETED.sub(r"\1", text.translate(_PUNCTUATION))
    for pattern, written in ((_ARTICLE, "ال"), (_TO_THE, _for_the), (_PARTICLE, r"\1")):
        joined = pattern.sub(written, joined)
    return _WORD.sub(_spelled, joined)


def _for_the(match: re.Match[str]) -> str:
    """`ل` joined to its word; together with the article it becomes `لل`."""
    return "لل" if match[0].endswith("ال") else "ل"


def _spelled(match: re.Match[str]) -> str:
    word = _spellings().get(match[0], match[0])
    return _THAT[word] if word in _THAT and _BEGINS.search(match.string[: match.start()]) else word


@lru_cache
def _spellings() -> dict[str, str]:
    """Word without hamza -> its most frequent spelling with one, unless that is too rare (`_RARER`)."""
    from wordfreq import get_frequency_dict

    frequencies = get_frequency_dict("ar", wordlist="best")
    best: dict[str, tuple[float, str]] = {}
    for word, frequency in frequencies.items():
        plain = _HAMZA.sub("ا", word)
        if plain != word:
            best[plain] = max(best.get(plain, (0.0, "")), (frequency, word))
    return {
        plain: word for plain, (frequency, word) in best.items() if _RARER * frequency > frequencies.get(plain, 0.0)
    }
