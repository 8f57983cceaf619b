import os
import subprocess
import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TextError
from core.text.words import merge_pieces, segment

MIXED = st.text(
    st.sampled_from(
        "กัำๆฯเ你好々の\u30fcカ\uff9eが\u3099a1'’.,! \n\u3000\u200b\u200d\ufe0f😀👨🏽🇩é\u0301ل\u064eकि्한하½ﬁ١𠀀\ufeff"
    ),
    max_size=20,
)


def words(text, language):
    return [text[start:end] for start, end in segment(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "I don't know.", ["I", "don't", "know", "."]),
        ("en", "Wait... what?! 3.5%", ["Wait", "...", "what", "?!", "3.5", "%"]),
        ("en", "He can’t, she said.", ["He", "can’t", ",", "she", "said", "."]),
        ("fr", "l'homme pleure", ["l'homme", "pleure"]),
        ("de", "(Straßenbahn)", ["(", "Straßenbahn", ")"]),
        ("hi", "किताबें पढ़ते हैं।", ["किताबें", "पढ़ते", "हैं", "।"]),
        ("ar", "كَتَبَ رسالة؟", ["كَتَبَ", "رسالة", "؟"]),
        ("ko", "그는 10년 동안 일했다.", ["그는", "10년", "동안", "일했다", "."]),
        ("th", "เขาทำงานที่บริษัท 10ปี", ["เขา", "ทำงาน", "ที่", "บริษัท", "10", "ปี"]),
        ("zh", "他从来没有迟到……真的？！", ["他", "从来", "没有", "迟到", "……", "真的", "？！"]),
        ("ja", "昨日、コーヒーを飲んだ。", ["昨日", "、", "コーヒー", "を", "飲ん", "だ", "。"]),
        ("en", "½ ﬁsh… １２３", ["½", "ﬁsh", "…", "１２３"]),
        ("en", "hi 👨‍👩‍👧👍🏽!", ["hi", "👨‍👩‍👧", "👍🏽", "!"]),
        ("en", "a\u200bb \u200b c", ["a", "b", "c"]),
        ("en", "e\u0301te\u0301", ["e\u0301te\u0301"]),
    ],
)
def test_words(language, text, expected):
    assert words(text, language) == expected


def test_script_decides_in_a_text_of_another_language():
    assert words("The word เขาทำงาน and 北京大学", "en") == ["The", "word", "เขา", "ทำงาน", "and", "北京大学"]


def test_nothing_in_nothing():
    assert segment("", "en") == segment(" \n", "th") == ()


@given(MIXED, st.sampled_from(["en", "th", "zh", "ja"]))
def test_every_visible_character_is_in_one_word_and_no_grapheme_is_split(text, language):
    spans = segment(text, language)
    ends = [0, *(end for _, end in spans)]
    assert all(previous <= start < end for previous, (start, end) in zip(ends, spans, strict=False))
    covered = {at for start, end in spans for at in range(start, end)}
    visible = {at for at, char in enumerate(text) if not char.isspace() and unicodedata.category(char)[0] != "C"}
    assert visible <= covered <= set(range(len(text)))
    borders = {at for span in spans for at in span}
    graphemes = [match for match in regex.finditer(r"\X", text) if not regex.search(r"\s", match[0])]
    assert not any(match.start() < at < match.end() for match in graphemes for at in borders)


def test_segmenters_are_silent_and_write_nothing(tmp_path):
    code = "from core.text.words import segment; [segment('昨日เขาทำงาน北京', c) for c in ('ja', 'th', 'zh')]"
    home = tmp_path / "home"
    home.mkdir()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHAINLP")}
    environment |= {"HOME": str(home), "TMPDIR": str(temporary)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == run.stderr == ""
    assert not list(home.iterdir())
    assert not list(temporary.iterdir())


def test_segmenters_load_only_when_needed():
    code = (
        "import sys; from core.text.words import segment; segment('plain words', 'en');"
        "print(*{'pythainlp', 'rjieba', 'fugashi'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


# Spans as the XLM-R tokenizer reports them.
@pytest.mark.parametrize(
    ("text", "language", "pieces", "expected"),
    [
        ("Add ½ cup", "en", [(0, 3), (3, 5), (5, 9)], ["Add", "½", "cup"]),
        ("ﬁne sugar… well", "en", [(0, 3), (3, 9), (9, 10), (10, 15)], ["ﬁne", "sugar", "…", "well"]),
        ("x ﷺ y", "ar", [(0, 1), (1, 3), (2, 3), (2, 3), (2, 3), (3, 5)], ["x", "ﷺ", "ﷺ", "ﷺ", "ﷺ", "y"]),
        ("半杯１２３克", "zh", [(0, 1), (0, 1), (1, 2), (2, 5), (5, 6)],
         ["半杯", "半杯", "半杯", "１２３", "克"]),
        ("hi 👨‍👩‍👧 ok", "en", [(0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 11)],
         ["hi", *["👨‍👩‍👧"] * 6, "ok"]),
        ("he left now", "en", [(0, 2), (2, 5), (5, 7), (3, 5), (7, 11)],
         ["he", "left", "left", "left", "now"]),
    ],
)  # fmt: skip
def test_pieces_as_a_tokenizer_gives_them(text, language, pieces, expected):
    spans = segment(text, language)
    assert [text[slice(*spans[word])] for word in merge_pieces(pieces, spans)] == expected


@pytest.mark.parametrize(
    ("piece", "word"),
    [
        ((0, 3), 0),
        ((2, 5), 1),
        ((2, 4), 0),
        ((1, 9), 1),
        ((6, 7), 2),
        ((7, 7), 2),
        ((4, 4), 1),
        ((0, 0), 0),
        ((9, 9), 2),
        ((12, 15), 2),
    ],
    ids=["inside", "most overlap", "tie: first", "three words: longest", "bare space: next", "empty: next",
         "empty inside", "empty at start", "empty at end: last", "after the text: last"],
)  # fmt: skip
def test_place_of_one_piece(piece, word):
    assert merge_pieces([piece], [(0, 3), (3, 6), (7, 9)]) == (word,)


def test_leading_space_joins_the_first_word():
    assert merge_pieces([(0, 1), (1, 1)], [(2, 4)]) == (0, 0)


def test_no_pieces_and_no_words():
    assert merge_pieces([], []) == merge_pieces([], [(0, 1)]) == ()
    with pytest.raises(TextError, match="no word"):
        merge_pieces([(0, 1)], [])


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=12), MIXED.filter(str.strip))
def test_every_piece_gets_a_word_of_greatest_overlap(raw, text):
    spans = segment(text, "th")
    if not spans:
        return
    pieces = [(start, start + length) for start, length in raw]
    for (start, end), word in zip(pieces, merge_pieces(pieces, spans), strict=True):
        overlaps = [max(0, min(end, right) - max(start, left)) for left, right in spans]
        assert overlaps[word] == max(overlaps)
        if any(overlaps):
            assert word == overlaps.index(max(overlaps))
