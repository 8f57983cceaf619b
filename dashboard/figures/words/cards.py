"""The card at the top of a page that answers its question: a sentence and smaller notes."""

from collections.abc import Sequence
from html import escape


def answer_html(sentence: str, notes: Sequence[str]) -> str:
    """Return the card's text; `sentence` is HTML, `notes` are plain text."""
    lines = "".join(f"<span>{escape(note)}</span> " for note in notes)
    return f'<p class="answer">{sentence}</p><p class="small muted answer-notes">{lines}</p>'
