"""Arabic as people write it, from text that was simplified for a translation system.

The Arabic of XNLI's training split has no hamza on an alef, no Arabic comma, particles that stand apart from their
word, and brackets around names. Its other splits are ordinary Arabic, and so is what the models were pretrained on.
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
# After a full stop, and after a form of "say", what else is "anna" is "inna", with the same endings.
_BEGINS = re.compile(r"(?:^|[.!؟:]|(?<!\w)[وف]?[يتنا]?ق[او]ل\w{0,2})\W*$")
_THAT = MappingProxyType({f"أن{end}": f"إن{end}" for end in ("", "ه", "ها", "هم", "نا", "ني", "ك", "كم", "ما")})
# How much rarer a spelling with hamza may be than one without, which many leave out, and still be taken.
_RARER = 2.0


def spell(text: str) -> str:
    """Return simplified Arabic as it is written: hamzas, joined particles, punctuation, no brackets around a name.

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


def _for_the(found: re.Match[str]) -> str:
    """`ل` before its word; with the article the two become `لل`."""
    return "لل" if found[0].endswith("ال") else "ل"


def _spelled(found: re.Match[str]) -> str:
    word = _spellings().get(found[0], found[0])
    return _THAT[word] if word in _THAT and _BEGINS.search(found.string[: found.start()]) else word


@lru_cache
def _spellings() -> dict[str, str]:
    """Word without hamza -> its most frequent spelling, where that has one."""
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
