import pytest

from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.chips.words import Skipped, chip_rows
from tests.world.analyses import Field, hostile, rain, side, storm
from tests.world.pages import Page


def test_words_hold_their_pieces_sums_and_spoken_labels():
    page = Page(chips_html(storm().source))
    words = page.having("w")
    cancelled = next(word for word in words if word["aria-label"].startswith("cancelled"))
    assert cancelled["aria-label"] == "cancelled, +32 percent"
    assert cancelled["tabindex"] == "0"
    pieces = page.having("t")
    assert "cancel: score +1.12, +26.6% of all attribution, mass 0.266" in [piece["title"] for piece in pieces]
    assert sum("cont" in piece["class"] for piece in pieces) == 2
    assert "+32" in page.texts and "−5" in page.texts


def test_two_fields_are_labelled_and_one_is_not():
    page = Page(chips_html(storm().source, field_titles=("Premise", "Hypothesis")))
    assert len(page.having("fieldname")) == len(page.having("toks")) == 2
    assert "Hypothesis" in page.texts
    assert not Page(chips_html(rain().source)).having("fieldname")


def test_right_to_left_rows_keep_numbers_left_to_right():
    page = Page(chips_html(rain().target))
    (row,) = page.having("toks")
    assert (row["dir"], row["lang"]) == ("rtl", "ar")
    assert {number["dir"] for number in page.having("num")} == {"ltr"}
    assert page.having("w")[0]["aria-label"].startswith("أغلقت")


def test_joined_scripts_are_one_run_with_a_strip():
    page = Page(chips_html(rain().target))
    assert "أغلقت" in page.texts
    strips = [strip for strip in page.having("pieces") if "none" not in strip["class"]]
    assert len(strips) == 5
    assert len([1 for tag, _ in page.tags if tag == "i"]) == 12


def test_exactly_zero_is_neutral():
    page = Page(chips_html(side("en", Field("text", [[("a", 0.0)], [("b", 1.0)]]))))
    assert "a5" in page.having("t")[0]["class"]
    assert "0" in page.texts


def test_specials_only_when_asked():
    plain, shown = (chips_html(storm().source, show_specials=flag) for flag in (False, True))
    assert "&lt;s&gt;" not in plain
    page = Page(shown)
    assert len(page.having("special")) == 3
    assert [attrs["title"] for attrs in page.having("t")].count("0 by definition") == 3


@pytest.mark.parametrize("which", ["source", "target"])
def test_hostile_tokens_are_text(which):
    one = getattr(hostile(), which)
    html = side_card_html("<b>", "&lt;i&gt;&amp;", chips_html(one, show_specials=True))
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= {"div", "span", "bdi", "b"}
    assert "<script>alert(1)</script>" in page.texts
    assert "U+202E" in page.texts and "U+0007" in page.texts
    assert not set(html) & set("\u202e\u202c\x07")
    assert "x" * 1000 not in html and "10,000 characters" in html
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_bare_space_joins_the_next_word():
    spaced = side("en", Field("text", [[("", -0.5), ("left", 1.0)], [("right", 0.5)]]))
    words = chip_rows(spaced, False, None)[0]
    assert [word.text for word in words] == ["left", "right"]
    assert words[0].score == 0.5 and len(words[0].pieces) == 1


def test_word_level_shows_the_words_mass_only():
    words = chip_rows(
        side("en", Field("text", [[("un", 1.0), ("do", -0.5)], [("it", 0.5)]]), level="word"), False, None
    )
    assert [round(word.mass, 3) for word in words[0]] == [0.5, 0.5]
    assert words[0][0].pieces[0].mass is None


def test_scores_without_texts_are_numbered():
    hidden = side("en", Field("text", [[("", 0.1)], [("", 0.3)]], glue=""))
    page = Page(chips_html(hidden))
    assert {"1", "2"} <= set(page.texts)


def long_context():
    words = [[(f"w{index}", 1.0 if index in (5, 150) else 0.001)] for index in range(200)]
    return side("en", Field("question", [[("who", 0.5)]] * 5), Field("context", words), kind="start", label="w150")


def test_long_contexts_open_around_the_answer():
    one = long_context()
    content = dict(one.text.fields)["context"]
    start = content.index("w150")
    marks = AnswerMarks("context", predicted=(start, start + 9), gold=(start, start + 4))
    rows = chip_rows(one, False, (marks.field, marks.predicted))
    assert len(rows[0]) == 5
    skipped = [item for item in rows[1] if isinstance(item, Skipped)]
    assert [item.tokens for item in skipped] == [5, 124, 28]
    assert sum(item.tokens if isinstance(item, Skipped) else 1 for item in rows[1]) == 200
    html = chips_html(one, answer=marks)
    page = Page(html)
    assert [tag for tag, _ in page.tags].count("details") == 3
    assert "124 tokens, 2.6% of the mass" in page.texts
    assert len(page.having("ans")) == 2 and len(page.having("gold")) == 1
    assert page.texts.count("⟦") == page.texts.count("⟧") == 1
    assert "who" in page.texts


def test_pieces_spell_the_word_when_offsets_overlap():
    from dataclasses import replace

    one = side("en", Field("text", [[("½", 0.5), ("x", 0.5)]]))
    tokens = list(one.text.tokens)
    tokens[2] = replace(tokens[2], start=0, end=1)
    text = replace(one.text, tokens=tuple(tokens))
    (word,) = chip_rows(replace(one, attribution=replace(one.attribution, text=text)), False, None)[0]
    assert "".join(piece.text for piece in word.pieces) == "½x"
    assert sum(piece.score for piece in word.pieces) == 1.0
