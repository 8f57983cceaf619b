"""Text as it is shown: characters that a reader cannot see are spelt out."""

import unicodedata

# Format characters that a reader sees or that shape letters; every other one is spelt out.
_KEPT_FORMATS = frozenset("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def display_text(text: str) -> str:
    """Spell every control, bidi override, surrogate and noncharacter as `U+XXXX`; the caller escapes the text."""
    return "".join(code_point(character) if is_unseen(character) else character for character in text)


def code_point(character: str) -> str:
    """`U+202E` for the character that overrides the direction."""
    return f"U+{ord(character):04X}"


def is_unseen(character: str) -> bool:
    """Whether a character changes how a text reads, or is no character, without being seen."""
    code, category = ord(character), unicodedata.category(character)
    if category == "Cf":
        return character not in _KEPT_FORMATS
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return noncharacter or category in ("Cc", "Cs", "Zl", "Zp")
