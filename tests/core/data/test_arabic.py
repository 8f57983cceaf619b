"""Simplified Arabic, spelled again as people write it."""

import re

import pytest

from core.data.arabic import spell

# Ordinary Arabic, by the author of this file.
WRITTEN = [
    "وصلت العبّارة إلى الميناء قبل أن تبدأ العاصفة.",
    "قالت إن المريض سيعود إلى بيته يوم الأحد.",
    "إنها المرة الأولى التي أرى فيها البحر، وأظن أنني سأعود.",
    "هل تعرف أين تقع أقدم مدرسة في المدينة؟",
    "اشترى أحمد آلة جديدة لأخيه الأصغر؛ لأنه نجح في الامتحان.",
    "لم يسأل أحد عن الكتاب الذي كان للأستاذ.",
]


def simplified(text):
    """What the training split does to a text: bare alefs, no vowel signs, Latin punctuation."""
    bare = re.sub("[\u064b-\u0652]", "", re.sub("[أإآ]", "ا", text))
    return bare.translate(str.maketrans({"،": ",", "؛": ";", "؟": "?"}))


@pytest.mark.parametrize("text", WRITTEN)
def test_a_simplified_sentence_is_spelled_as_it_was(text):
    without_vowels = re.sub("[\u064b-\u0652]", "", text)
    assert simplified(text) != without_vowels
    assert spell(simplified(text)) == without_vowels
    assert spell(without_vowels) == without_vowels


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("و عاد الى ال مدرسة", "وعاد إلى المدرسة"),
        ("كتب ل الناس و ل صديقه", "كتب للناس ولصديقه"),
        ("سافر ب القطار ف وصل مبكرا", "سافر بالقطار فوصل مبكرا"),
        ("زار ( روما ) مع ( ماريا لوبيز )", "زار روما مع ماريا لوبيز"),
        ("عاد (بعد ثلاثة أيام طويلة)", "عاد (بعد ثلاثة أيام طويلة)"),
    ],
)
def test_particles_join_their_word_and_names_lose_their_brackets(apart, together):
    assert spell(re.sub(r"\( (.*?) \)", r"(\1)", apart)) == together


@pytest.mark.parametrize("begin", ["", "نام الطفل. ", "قال ", "وتقول "])
def test_what_begins_a_clause_has_its_hamza_below(begin):
    assert spell(f"{begin}انه هنا") == f"{begin}إنه هنا"


def test_after_other_words_the_hamza_is_above():
    assert spell("اعرف انه هنا") == "أعرف أنه هنا"


def test_words_nobody_writes_and_other_scripts_stay():
    assert spell("زرقاطوم bateau 12, نعم") == "زرقاطوم bateau 12، نعم"
