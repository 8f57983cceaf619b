import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TextError
from core.text.cleaning import CleanText, clean_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Rain again. \n", "Rain again."),
        ("Rain\nagain", "Rain again"),
        ("Rain\r\nagain", "Rain again"),
        ("Rain\tagain", "Rain again"),
        ("\ufeffRain again\u200b", "Rain again"),
        ("42", "42"),
    ],
)
def test_outer_space_and_breaks(raw, text):
    assert clean_text(raw) == CleanText(text)
    assert clean_text(raw, strict=True) == CleanText(text)


@pytest.mark.parametrize(
    "text", ["½ ﬁsh … １２３", "e\u0301te\u0301", "می\u200cخواهم", "क्\u200dष", "abc\u200f אבג", "👨‍👩‍👧 ok"]
)
def test_spelling_is_not_touched(text):
    assert clean_text(text) == CleanText(text)


@pytest.mark.parametrize(
    ("raw", "text", "notice"),
    [
        ("Ra\x07in", "Rain", "1 control character was removed."),
        ("\x00Rain\x1b", "Rain", "2 control characters were removed."),
        ("abc\u202edef\u202c \u2066x\u2069", "abcdef x", "4 control characters were removed."),
        ("\x1f\x1f Rain", "Rain", "2 control characters were removed."),
    ],
)
def test_controls_are_removed_and_counted(raw, text, notice):
    assert clean_text(raw) == CleanText(text, (notice,))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("Ra\x07in", "The text contains 1 control character (U+0007): remove it."),
        ("Ra\x07in\u202e", "The text contains 2 control characters (U+0007 …): remove them."),
        ("\x07\x07", "The text contains 2 control characters (U+0007): remove them."),
    ],
)
def test_strict_refuses_controls(raw, message):
    with pytest.raises(TextError) as error:
        clean_text(raw, strict=True)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "Type or paste a sentence, or load an example."),
        (" \n\t\u3000", "Type or paste a sentence, or load an example."),
        ("?!… — 。", "There is no word in this text."),
        ("😀 $ +", "There is no word in this text."),
        ("\u200b\ufeff", "There is no word in this text."),
        ("a" * 100_000, "100,000 characters; at most 20,000 are read. Shorten the text."),
        ("caf\udce9", "Character 4 (U+DCE9) is not valid Unicode: save the text as UTF-8."),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_refused_texts(raw, message, strict):
    with pytest.raises(TextError) as error:
        clean_text(raw, strict=strict)
    assert str(error.value) == message
    assert error.value.exit_code == 2


def test_only_controls_is_no_word():
    with pytest.raises(TextError, match="no word"):
        clean_text("\x07\x08")


def test_limit_is_inclusive_and_ignores_outer_space():
    assert len(clean_text(" " + "a" * 20_000 + " ").text) == 20_000
    with pytest.raises(TextError, match="6 characters; at most 5"):
        clean_text("abcdef", max_characters=5)


@given(st.text())
def test_cleaning_is_idempotent_and_complete(raw):
    try:
        text = clean_text(raw).text
    except TextError:
        return
    assert clean_text(text, strict=True) == CleanText(text)
    assert text == text.strip()
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)
