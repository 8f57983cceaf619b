import unicodedata
from collections import Counter

import pytest

from core.errors import DataError, LanguageError, OptionError
from core.settings import TASKS
from core.text import examples
from core.text.examples import Example, load_examples
from core.text.languages import PAPER_LANGUAGES, get_language

ALL = [example for task in TASKS for example in load_examples(task)]
EVERY = pytest.mark.parametrize("example", ALL, ids=lambda example: f"{example.task}-{example.id}")
LEAST = {"meaning": 12, "nli": 6, "paraphrase": 4, "qa": 3}
WORDS = {"text": (8, 20), "context": (40, 80), "answer": (1, 8)}
OTHER_WORDS = (4, 20)
CHARACTERS = {"text": (10, 130), "context": (80, 450), "answer": (2, 50)}
OTHER_CHARACTERS = (5, 130)
SCRIPTS = {"CJK": "Han"}
STOPS = {"hi": "।?", "zh": "。？", "ar": ".؟", "el": ".;"}


def all_texts(example: Example) -> dict[str, dict[str, str]]:
    return example.fields | ({"answer": example.answer} if example.answer else {})


def script_share(text: str, script: str) -> float:
    """The share of the letters of `text` whose Unicode name begins with the script's name."""
    names = [unicodedata.name(char).split()[0] for char in text if char.isalpha()]
    return Counter(SCRIPTS.get(name, name.capitalize()) for name in names)[script] / len(names)


@EVERY
def test_every_field_is_there_in_every_language(example):
    assert tuple(example.fields) == TASKS[example.task].fields
    for texts in all_texts(example).values():
        assert tuple(texts) == PAPER_LANGUAGES
        for text in texts.values():
            assert text == " ".join(text.split())
            assert text
            assert text == unicodedata.normalize("NFC", text)
    assert example.topic


@EVERY
def test_each_text_is_in_the_script_of_its_language(example):
    for texts in all_texts(example).values():
        for language, text in texts.items():
            assert script_share(text, get_language(language).script) == 1.0, text


@EVERY
def test_arabic_carries_no_vowel_signs(example):
    for texts in all_texts(example).values():
        assert not any(unicodedata.category(char) == "Mn" for char in texts["ar"]), texts["ar"]


@EVERY
def test_sentences_end_as_their_language_writes_it(example):
    for texts in example.fields.values():
        for language, text in texts.items():
            if language == "th":
                assert not unicodedata.category(text[-1]).startswith("P"), text
            else:
                assert text[-1] in STOPS.get(language, ".?"), text


@EVERY
def test_lengths_are_within_bounds(example):
    for name, texts in all_texts(example).items():
        low, high = WORDS.get(name, OTHER_WORDS)
        assert low <= len(texts["en"].split()) <= high, texts["en"]
        low, high = CHARACTERS.get(name, OTHER_CHARACTERS)
        for text in texts.values():
            assert low <= len(text) <= high, text


@EVERY
def test_labels_and_answers_are_where_the_task_has_them(example):
    assert (example.label in TASKS[example.task].classes) if TASKS[example.task].classes else example.label is None
    assert (example.answer is not None) == (example.task == "qa")


@pytest.mark.parametrize("example", load_examples("qa"), ids=lambda example: example.id)
@pytest.mark.parametrize("language", PAPER_LANGUAGES)
def test_each_answer_is_exactly_one_span_of_its_context(example, language):
    assert example.fields["context"][language].count(example.answer[language]) == 1


@pytest.mark.parametrize("task", TASKS)
def test_there_are_enough_examples_and_each_class_has_its_share(task):
    found = load_examples(task)
    assert len(found) >= LEAST[task]
    assert len({example.id for example in found}) == len(found)
    for name in TASKS[task].classes:
        assert sum(example.label == name for example in found) >= 2


def test_no_text_occurs_twice():
    texts = Counter(text for example in ALL for group in example.fields.values() for text in group.values())
    assert [text for text, n in texts.items() if n > 1] == []


def test_paraphrase_pairs_share_most_of_their_characters():
    for example in load_examples("paraphrase"):
        for language in PAPER_LANGUAGES:
            first, second = (Counter(text.casefold()) for text in example.texts(language))
            assert (first & second).total() >= 0.7 * min(first.total(), second.total()), example.texts(language)


def test_the_first_examples_are_those_of_the_design():
    assert load_examples("meaning")[0].id == "storm"
    assert load_examples("meaning")[0].texts("en") == ("Heavy rain closed the mountain road for two days.",)
    ferry = load_examples("nli")[0]
    assert (ferry.id, ferry.label) == ("ferry", "contradiction")
    assert ferry.texts("es") == (
        "El ferri fue cancelado debido a la tormenta.",
        "El barco zarpó a la hora prevista.",
    )


def test_unknown_names_are_refused_with_what_is_offered():
    with pytest.raises(OptionError, match="Choose one of meaning"):
        load_examples("translation")

    with pytest.raises(LanguageError, match="use one of en ar"):
        load_examples("meaning")[0].texts("xx")
    with pytest.raises(LanguageError, match="has no text in 'ja'"):
        load_examples("meaning")[0].texts("ja")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("[[example]", "not valid TOML"),
        ('[[example]]\nid = "a"\n', "lacks topic, premise, hypothesis, label"),
        ('[[example]]\nid = "a"\ntopic = "b"\nlabel = "maybe"\npremise.en = "c"\nhypothesis.en = "d"\n', "'maybe'"),
    ],
)
def test_a_broken_file_is_named(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr(examples, "FOLDER", tmp_path)
    load_examples.cache_clear()
    if content is not None:
        (tmp_path / "nli.toml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_examples("nli")
    load_examples.cache_clear()


def test_an_example_can_be_a_key():
    assert len(set(ALL)) == len(ALL)
