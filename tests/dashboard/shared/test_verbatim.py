"""Text of others is shown as it is, whatever Markdown would make of it."""

from html import escape

import pytest
from markdown_it import MarkdownIt

from dashboard.shared.verbatim import verbatim

HOSTILE = [
    "**bold** _it_ `code` ~~gone~~",
    "[press](https://example.org) ![i](http://e.x/i.png) <b>x</b> <https://e.x>",
    "# title",
    "1. first",
    "- item",
    "> quoted &lt; \\* | $x^2$ :red[r] :material/home:",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_reader_sees_the_text_itself(text):
    shown = MarkdownIt("commonmark").render(verbatim(text))
    assert shown == f"<p>{escape(text)}</p>\n"


def test_lines_and_what_cannot_be_seen_are_spelt_out():
    assert verbatim("a\n\n# b\u202e") == "aU\\+000AU\\+000A\\# bU\\+202E"
    assert verbatim("tiny-nli 中文 é") == "tiny\\-nli 中文 é"
