"""Clean what a user typed. The character spans of every result refer to the cleaned text."""

import re
import unicodedata
from dataclasses import dataclass

from core.errors import TextError

MAX_CHARACTERS = 20_000

_BREAKS = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE_EDGES = " \u200b\ufeff"


@dataclass(frozen=True)
class CleanText:
    """A text fit for the model, and one sentence for each kind of thing removed from it, to show under its field."""

    text: str
    notices: tuple[str, ...] = ()


def clean_text(raw: str, *, max_characters: int = MAX_CHARACTERS, strict: bool = False) -> CleanText:
    """Return `raw` without surrounding space, line breaks and control characters; nothing else is changed.

    Line breaks and tabs become spaces. Control characters (category Cc) are removed, and so are those that embed,
    override or isolate a direction; joiners and direction marks are part of the spelling and stay. The text is not
    normalised.

    Parameters
    ----------
    max_characters : the longest text that is accepted, counted without surrounding space
    strict : refuse control characters instead of removing them (the command line)

    Raises
    ------
    TextError : the text is empty, has no letter or digit, is too long, is invalid Unicode, or (strict) contains a
        control character.

    Examples
    --------
    >>> clean_text(" Rain\\x07 again.\\n")
    CleanText(text='Rain again.', notices=('1 control character was removed.',))
    """
    n_characters = len(raw.strip())
    if not n_characters:
        raise TextError("Type or paste a sentence, or load an example.")
    if n_characters > max_characters:
        raise TextError(f"{n_characters:,} characters; at most {max_characters:,} are read. Shorten the text.")
    _refuse_surrogates(raw)
    text = _BREAKS.sub(" ", raw)
    controls = [char for char in text if _is_control(char)]
    if controls and strict:
        raise TextError(_refusal(controls))
    text = _without_controls(text).strip().strip(_INVISIBLE_EDGES)
    if not any(unicodedata.category(char)[0] in "LN" for char in text):
        raise TextError("There is no word in this text.")
    return CleanText(text, (_notice(len(controls)),) if controls else ())


def clean_position(raw: str, position: int) -> int:
    """Return where the character at `position` of `raw` is in its cleaned text.

    Examples
    --------
    >>> clean_position(" Rain\\x07 again.\\n", 7), clean_text(" Rain\\x07 again.\\n").text[5:]
    (5, 'again.')
    """
    kept = _without_controls(_BREAKS.sub(" ", raw))
    edge = len(kept) - len(kept.lstrip().lstrip(_INVISIBLE_EDGES))
    return max(len(_without_controls(_BREAKS.sub(" ", raw[:position]))) - edge, 0)


def occurrences(text: str, part: str) -> list[int]:
    """Return the positions at which `part` begins in `text`, overlapping ones included; none for an empty part.

    Examples
    --------
    >>> occurrences("the train was old and the train was late", "the train was"), occurrences("aaa", "aa")
    ([0, 22], [0, 1])
    """
    starts: list[int] = []
    start = text.find(part) if part else -1
    while start >= 0:
        starts.append(start)
        start = text.find(part, start + 1)
    return starts


def _without_controls(text: str) -> str:
    return "".join(char for char in text if not _is_control(char))


def _is_control(char: str) -> bool:
    return char in _BIDI_CONTROLS or unicodedata.category(char) == "Cc"


def _refuse_surrogates(text: str) -> None:
    surrogate = next((index for index, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)
    if surrogate is not None:
        code = f"U+{ord(text[surrogate]):04X}"
        raise TextError(f"Character {surrogate + 1:,} ({code}) is not valid Unicode: save the text as UTF-8.")


def _refusal(controls: list[str]) -> str:
    more = " …" if len(set(controls)) > 1 else ""
    noun, pronoun = ("character", "it") if len(controls) == 1 else ("characters", "them")
    return f"The text contains {len(controls):,} control {noun} (U+{ord(controls[0]):04X}{more}): remove {pronoun}."


def _notice(n_controls: int) -> str:
    return "1 control character was removed." if n_controls == 1 else f"{n_controls:,} control characters were removed."
