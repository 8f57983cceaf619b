"""`run` on texts of one's own in their original layouts: to pairs with C, and the pages find the texts again."""

import json

import pytest

from core.cli.app import run
from core.data.local import local_rows
from core.store import open_store
from tests.world.runs import frame

pytestmark = pytest.mark.usefixtures("run_cache")

CONTEXTS = {
    "en": "the storm closed the road and the storm passed",
    "es": "la tormenta cerró la carretera y la tormenta pasó",
}
ANSWERS = {"en": ("the storm", 30), "es": ("la tormenta", 33)}


def original_xquad(code):
    text, start = ANSWERS[code]
    question = {"id": "a", "question": "what passed", "answers": [{"text": text, "answer_start": start}]}
    return json.dumps({"version": "1.1", "data": [{"paragraphs": [{"context": CONTEXTS[code], "qas": [question]}]}]})


def test_questions_in_the_layout_of_xquad(command, tiny_folder, tmp_path, capsys):
    for code in CONTEXTS:
        (tmp_path / f"xquad.{code}.json").write_text(original_xquad(code), encoding="utf-8")
    dataset = ",".join(str(tmp_path / f"xquad.{code}.json") for code in CONTEXTS)
    words = command("store", "--explain", "gold", model=tiny_folder("bert", "qa"), dataset=dataset, languages="all")
    assert run(words) == 0
    assert "the JSON of SQuAD, UTF-8; 1 row in en, es" in capsys.readouterr().err
    assert frame(tmp_path / "store").consistency.notna().all()
    reader = open_store(tmp_path / "store").read()
    (name,) = reader.runs
    for code in CONTEXTS:
        (tmp_path / f"xquad.{code}.json").unlink()
        assert local_rows(reader.runs[name].identity, code).answers[0][0].start == ANSWERS[code][1]


def test_a_folder_of_news(command, tiny_folder, tmp_path):
    for name, text in (
        ("src.eng", "It is raining.\nThe sun shines.\n"),
        ("ref.spa", "Está lloviendo.\nBrilla el sol.\n"),
    ):
        (tmp_path / "news").mkdir(exist_ok=True)
        (tmp_path / "news" / f"newstest-{name}.txt").write_text(text, encoding="utf-8")
    words = command("store", model=tiny_folder("bert", "meaning"), dataset=str(tmp_path / "news"), languages="all")
    assert run(words) == 0
    assert len(frame(tmp_path / "store")) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"en": "The train was late.", "de": null}\n', "line 1: de is null"),
        ('{"en": "a", "pt": "b"}\n', "one language"),
    ],
)
def test_what_is_not_understood_is_refused_before_anything_is_computed(
    command, tiny_folder, tmp_path, capsys, content, said
):
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
    words = command("store", model=tiny_folder("bert", "meaning"), dataset=str(tmp_path / "a.jsonl"), languages="all")
    assert run(words) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
