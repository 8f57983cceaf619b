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


NEWS = {"en": ["It is raining.", "The sun shines."], "es": ["Está lloviendo.", "Brilla el sol."]}


def write_tmx(folder):
    units = zip(NEWS["en"], NEWS["es"], strict=True)
    body = "".join(
        "<tu>" + "".join(f'<tuv xml:lang="{tag}"><seg>{text}</seg></tuv>' for tag, text in unit) + "</tu>"
        for unit in (zip(("en-GB", "es-ES"), texts, strict=True) for texts in units)
    )
    (folder / "ours.tmx").write_text(f'<tmx version="1.4"><header srclang="en"/><body>{body}</body></tmx>', "utf-8")
    return "ours.tmx"


def write_moses(folder):
    for code, texts in NEWS.items():
        (folder / f"corpus.{code}").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return "corpus.en,corpus.es"


def write_ntrex(folder):
    (folder / "NTREX-128").mkdir()
    for name, code in (("src.eng", "en"), ("ref.spa", "es")):
        (folder / "NTREX-128" / f"newstest2019-{name}.txt").write_text("\n".join(NEWS[code]) + "\n", "utf-8")
    return "NTREX-128"


def write_xquad(folder):
    (folder / "ours").mkdir()
    for code in CONTEXTS:
        (folder / "ours" / f"xquad.{code}.json").write_text(original_xquad(code), encoding="utf-8")
    return "ours"


@pytest.mark.parametrize(
    ("write", "task", "n"),
    [(write_tmx, "meaning", 2), (write_moses, "meaning", 2), (write_ntrex, "meaning", 2), (write_xquad, "qa", 1)],
)
def test_from_the_original_layout_to_a_table(command, tiny_folder, tmp_path, capsys, monkeypatch, write, task, n):
    monkeypatch.chdir(tmp_path)
    store = str(tmp_path / "store")
    assert run(command("store", model=tiny_folder("bert", task), dataset=write(tmp_path), languages="all")) == 0
    capsys.readouterr()
    words = ["tables", "--store", store, "--table", "own", "--resamples", "20"]
    assert run([*words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    found = found if isinstance(found, list) else [found]
    pairs = frame(tmp_path / "store")
    assert len(found) == (2 if task == "qa" else 1)
    for table, end in zip(found, ("start", "end") if task == "qa" else ("",), strict=True):
        assert (table["rows"], table["columns"], table["n"]) == ([f"bert-{task}"], ["en", "es"], [[n, n]])
        expected = pairs[pairs.end == end].groupby("target_language").consistency.mean()
        assert table["values"] == [pytest.approx([expected["en"], expected["es"]])]
        assert table["references"]["uniform"]["values"][0][1] == pytest.approx(
            pairs[(pairs.end == end) & (pairs.target_language == "es")].uniform.mean()
        )
    for form in ("text", "csv", "latex"):
        assert run([*words, "--format", form]) == 0
        assert f"bert-{task}" in capsys.readouterr().out.replace("\\", "")
    assert run(["tables", "--store", store, "--resamples", "5"]) == 0
    assert "Consistency C on" in capsys.readouterr().out


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
