"""Text of files, models and commands inside what Streamlit reads as Markdown."""

import re

from core.text.display import display_text

# Everything in ASCII that Markdown, or Streamlit's colours, icons and formulas, could be made of.
_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def verbatim(text: str) -> str:
    """Return Markdown that shows a text as it is, on one line; what cannot be seen is spelt out."""
    return _MARKS.sub(r"\\\1", display_text(text))
