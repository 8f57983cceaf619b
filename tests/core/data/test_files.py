"""A parallel file of the user's own."""

import pytest

from core.data.files import read_parallel_file
from core.errors import DataError, LanguageError
from core.runs.data import load_run_data

NLI = "premise.en,hypothesis.en,premise.de,hypothesis.de,label,note\n"


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_the_columns_say_task_and_languages(tmp_path):
    path = write(tmp_path, "ours.csv", NLI + '"a, b",c,d,e,neutral,x\nf,g,h,i,0,y\n')
    rows = read_parallel_file(path).rows(["de", "en"])
    assert rows["en"].task == "nli"
    assert rows["en"].texts == (("a, b", "c"), ("f", "g"))
    assert rows["de"].texts == (("d", "e"), ("h", "i"))
    assert rows["de"].labels == ("neutral", "entailment")
    assert (rows["de"].dataset, rows["de"].rows) == ("ours", (0, 1))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "en\tes\nthe ferry\tel ferri\n=1+1\t@SUM(A1)\n"),
        ("a.jsonl", '{"en": "the ferry", "es": "el ferri"}\n{"en": "=1+1", "es": "@SUM(A1)"}\n'),
        ("a.csv", '\ufeffen,es\r\nthe ferry,"el ferri"\r\n=1+1,@SUM(A1)\r\n'),
    ],
)
def test_cells_are_text_in_every_format(tmp_path, name, text):
    rows = read_parallel_file(write(tmp_path, name, text)).rows(["en", "es"])
    assert rows["en"].texts == (("the ferry",), ("=1+1",))
    assert rows["es"].texts == (("el ferri",), ("@SUM(A1)",))
    assert rows["en"].task == "meaning"


def test_a_line_separator_inside_a_cell_is_text(tmp_path):
    path = write(tmp_path, "a.csv", 'en,es\n"one\u2028two\nthree",x\n')
    assert read_parallel_file(path).rows(["en"])["en"].texts == (("one\u2028two\nthree",),)


def test_answers_are_slices_of_their_contexts(tmp_path):
    text = "question.en,context.en,answer.en\nwhen,it opened in 1889,1889\n"
    rows = read_parallel_file(write(tmp_path, "a.csv", text)).rows(["en"])["en"]
    ((answer,),) = rows.answers
    assert rows.texts[0][1][answer.start :] == answer.text == "1889"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "premise.en,hypothesis.en\na,b\n", "lacks the column label.* premise.en, hypothesis.en"),
        ("a.csv", "premise.en,label\na,0\n", "no language with every field.* premise.en, label"),
        ("a.csv", "english,german\na,b\n", "columns of no task: english, german"),
        ("a.csv", NLI + "a,b,c,d,perhaps,x\n", "line 2: the label 'perhaps' is none of entailment, neutral"),
        ("a.csv", NLI + "a,b,c,d,0\n", "line 2: 5 cells under 6 column names"),
        ("a.csv", "en,en\na,b\n", "two columns of one name: en, en"),
        ("a.csv", "en,de\n", "has no rows"),
        ("a.jsonl", '{"en": "a"}\n{"de": "b"}\n', "line 2: en is missing, not text"),
        ("a.jsonl", "{\n", "line 1 is not JSON|line 2 is not JSON"),
        ("a.csv", "question.en,context.en,answer.en\nq,c,x\n", "answer.en .x. does not occur in its context"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, name, text, said):
    with pytest.raises(DataError, match=said) as error:
        file = read_parallel_file(write(tmp_path, name, text))
        file.rows(file.languages)
    assert "\n" not in str(error.value)


def test_missing_languages_and_files_are_said(tmp_path):
    path = write(tmp_path, "a.csv", NLI + "a,b,c,d,0,x\n")
    with pytest.raises(
        LanguageError, match=r"no language 'fr' with every field \(premise.fr, hypothesis.fr\). .* en de"
    ):
        load_run_data(str(path), "en,fr", None, "hub", limit=None, seed=0)
    with pytest.raises(DataError, match="cannot be read"):
        read_parallel_file(tmp_path / "none.csv")
    with pytest.raises(DataError, match="not UTF-8"):
        (tmp_path / "b.csv").write_bytes(b"en,de\n\x81,x\n")
        read_parallel_file(tmp_path / "b.csv")


def test_a_changed_file_is_other_data(tmp_path):
    path = write(tmp_path, "a.csv", "en,es\na,b\n")
    before = read_parallel_file(path).fingerprint
    assert read_parallel_file(path).fingerprint == before
    assert read_parallel_file(write(tmp_path, "a.csv", "en,es\na,c\n")).fingerprint != before
