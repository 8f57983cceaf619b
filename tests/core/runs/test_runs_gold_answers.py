"""`run --explain gold` on question answering: an answer is explained at its own position in the context."""

import pytest

from core.cli.app import run
from core.text.tokenization import tokenize
from tests.world.runs import frame
from tests.world.sentences import write_split

pytestmark = pytest.mark.usefixtures("run_cache")

CONTEXTS = {"en": "the train was old and the train was late", "es": "el tren era viejo y el tren se retrasó"}
ANSWERS = {"en": ("the train", 22), "es": ("el tren", 20)}


def columns(code, start):
    gold = {"text": [ANSWERS[code][0]], "answer_start": [start]}
    return {"id": ["q0"], "question": ["which one was late"], "context": [CONTEXTS[code]], "answers": [gold]}


def test_the_second_occurrence_is_explained(command, tiny_folder, tiny_model, data, tmp_path):
    write_split(data, "xquad", "validation", {code: columns(code, start) for code, (_, start) in ANSWERS.items()})
    words = command("store", model=tiny_folder("bert", "qa"), dataset="xquad", languages="en,es")
    assert run([*words, "--explain", "gold"]) == 0
    found = frame(tmp_path / "store", "attributions")
    assert len(found) == 4
    for record in found.itertuples():
        (_, start) = ANSWERS[record.language]
        text = tokenize(
            tiny_model("bert", "qa"), "qa", record.language, ["which one was late", CONTEXTS[record.language]]
        )
        token = text.tokens[record.target_index]
        assert start <= token.start < start + len(ANSWERS[record.language][0])


def test_a_position_where_the_context_reads_otherwise_is_refused(command, tiny_folder, data, capsys):
    write_split(data, "xquad", "validation", {"en": columns("en", 21), "es": columns("es", 20)})
    words = command("store", model=tiny_folder("bert", "qa"), dataset="xquad", languages="en,es")
    assert run(words) == 2
    assert "Row 0 of XQuAD (en): answer_start is 21" in capsys.readouterr().err
