"""The table of one example in every language."""

import re

from core.report.words.across import Received, WordAcross
from dashboard.figures.lost.across import across_html


def test_the_picture_of_an_example_names_numbers_and_folds_small_words():
    words = [
        WordAcross("<b>rain</b>", 0, 0.6, {"es": Received(0.4, 0.5), "zh": Received(0.2, 0.1)}),
        WordAcross("the", 0, 0.004, {"es": Received(0.002, 0.5)}),
        WordAcross("", 0, 0.396, {"es": Received(0.3, 0.5)}),
    ]
    shown = across_html(words, "en", "zh")
    assert "&lt;b&gt;rain&lt;/b&gt;" in shown
    assert re.findall(r">(\d+)%<", shown)[:3] == ["60", "40", "20"]
    assert "1 other word" in shown
    assert '<th scope="row" lang="en"><bdi>3</bdi></th>' in shown, "a word without text is its number"
    assert "–" in shown, "not run in Chinese"
