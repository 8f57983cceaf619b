"""Text of files, models and commands inside Markdown."""

import re

from core.text.display import display_text

# All ASCII punctuation: Markdown, and Streamlit's colours, icons and formulas, are made of it.
_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def verbatim(text: str) -> str:
    """Return Markdown that shows a text unchanged, on one line; invisible characters are spelt out."""
    return _MARKS.sub(r"\\\1", display_text(text))
