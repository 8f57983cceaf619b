import numpy as np

from core.text.display import display_text
from dashboard.figures.pieces import (
    JOINER,
    graphemes,
    is_right_to_left,
    long_text,
    segments,
    shorten,
    special_text,
    unit_labels,
)
from tests.world.analyses import Field, rain, side


def test_controls_and_bidi_overrides_become_boxes():
    found = segments("a\u202eb\x07\u2066")
    assert [(part.text, part.boxed) for part in found] == [
        ("a", False),
        ("U+202E", True),
        ("b", False),
        ("U+0007", True),
        ("U+2066", True),
    ]
    assert display_text("\ud800\ufffe") == "U+D800U+FFFE"


def test_joiners_that_shape_letters_stay():
    family = "👩\u200d👩\u200d👧"
    assert display_text(family) == family
    assert display_text("می\u200cخواهم") == "می\u200cخواهم"


def test_cuts_keep_graphemes_whole():
    assert graphemes("e\u0301x") == ["e\u0301", "x"]
    assert shorten("cafe\u0301s", 5) == "cafe\u0301s"
    assert shorten("unbelievably", 11) == "unbelievab…"
    assert len(graphemes(shorten("👩\u200d👩\u200d👧" * 20, 13))) == 13


def test_long_texts_keep_head_and_tail():
    text, note = long_text("a" * 5000 + "b" * 5000)
    assert text == "a" * 120 + "…" + "b" * 20
    assert note == "10,000 characters"
    assert long_text("short") == ("short", "")


def test_arabic_pieces_keep_their_joined_shape_only_where_letters_join():
    labels = unit_labels(rain().target)
    assert labels[:2] == ["أغلق" + JOINER, JOINER + "ت"]
    assert "الطريق" in labels
    waw = side("ar", Field("text", [[("و", 0.2), ("قال", 0.4)]]))
    assert unit_labels(waw) == ["و", "قال"]


def test_bare_spaces_and_missing_texts_have_labels():
    spaced = side("en", Field("text", [[("", 0.1), ("a", 0.2)]]))
    assert unit_labels(spaced) == ["␣", "a"]
    hidden = side("en", Field("text", [[("", 0.1)], [("", 0.3)]], glue=""))
    assert unit_labels(hidden) == ["1", "2"]
    assert np.isclose(hidden.mass.sum(), 1)


def test_specials_lose_markers_and_direction_is_read_from_letters():
    assert special_text("▁query") == "query"
    assert special_text("<s>") == "<s>"
    assert is_right_to_left("12 أغلق") and not is_right_to_left("<script>") and not is_right_to_left("...")
