"""`python -m core evaluate`: scores with intervals, computed once and kept in the store."""

import json

import numpy as np
import pytest

from core.cli.app import run
from core.data.load import load_rows
from core.evaluation.evaluate import evaluate
from core.evaluation.stored import evaluate_once, prediction_records
from core.store import Scope, open_store
from tests.world.sentences import qa_columns, write_split, write_xnli


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder, with the cache of `datasets` beside it."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return write_xnli(tmp_path / "data", copies=5)


def arguments(model, dataset, data, *more) -> list[str]:
    return ["evaluate", "--model", str(model), "--dataset", dataset, "--data", str(data), *map(str, more)]


def test_scores_are_means_over_the_chosen_rows(tiny_folder, tiny_model, data, capsys):
    model = tiny_folder("bert", "nli")
    assert run(arguments(model, "xnli", data, "--languages", "en,zh", "--limit", 7, "--seed", 1, "--json")) == 0
    scores = json.loads(capsys.readouterr().out)
    assert [(score["language"], score["metric"], score["n"]) for score in scores] == [
        ("en", "accuracy", 7),
        ("zh", "accuracy", 7),
    ]
    chosen = sorted(np.random.default_rng(1).choice(20, 7, replace=False).tolist())
    rows = load_rows("xnli", "zh", "test", data).take(chosen)
    assert scores[1]["value"] == pytest.approx(evaluate(tiny_model("bert", "nli"), rows).means()["accuracy"])
    low, high = scores[1]["interval"]
    assert 0 <= low < scores[1]["value"] + 1e-9 <= high + 1e-9 <= 1 + 1e-9


def test_what_the_store_holds_is_not_evaluated_again(tiny_model, data, tmp_path, monkeypatch):
    model, store = tiny_model("bert", "nli"), open_store(tmp_path / "store", create=True)
    rows = load_rows("xnli", "en", "test", data)
    seen = []
    forward = type(model).class_logits
    monkeypatch.setattr(
        type(model), "class_logits", lambda self, x, entry: seen.append(len(x)) or forward(self, x, entry)
    )
    some = evaluate_once(model, rows.take([1, 2, 3]), store, "data")
    assert sum(seen) == 3
    everything = evaluate_once(model, rows, store, "data")
    assert sum(seen) == len(rows)
    assert evaluate_once(model, rows, store, "data") == everything
    assert sum(seen) == len(rows)
    assert everything[1:4] == some
    fresh = prediction_records(evaluate(model, rows))
    assert [record.predicted for record in everything] == [record.predicted for record in fresh]
    (performance,) = store.read().performance(Scope(dataset="xnli")).to_dict("records")
    assert performance["accuracy"] == pytest.approx(np.mean([record.correct for record in fresh]))


def test_answers_are_kept_with_their_spans(tiny_folder, data, tmp_path, capsys):
    write_split(data, "squad-en", "validation", {"en": qa_columns("en")})
    model = tiny_folder("bert", "qa")
    assert run(arguments(model, "squad-en", data, "--store", tmp_path / "store")) == 0
    assert "exact match" in capsys.readouterr().out
    reader = open_store(tmp_path / "store").read()
    (run_id,) = reader.runs
    rows = load_rows("squad-en", "en", "validation", data)
    found = reader.predictions(run_id, rows=[0, 1])
    for (_, row), record in found.items():
        context, (gold,) = rows.texts[row][1], rows.answers[row]
        assert context[record.answer_start : record.answer_end] == record.answer
        assert context[record.gold_starts[0] : record.gold_ends[0]] == gold.text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--languages", "en,ko"], "no language 'ko'; it has en es zh"),
        (["--languages", "tlh"], "Unknown language"),
        (["--limit", "0"], "takes no rows"),
        (["--split", "dev"], "no split 'dev'"),
        (["--dataset", "xquad"], "no data set folder"),
        (["--model", "nobody"], "Unknown model"),
    ],
)
def test_bad_input_is_one_line(tiny_folder, data, capsys, more, said):
    assert run([*arguments(tiny_folder("bert", "nli"), "xnli", data), *more]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_texts_of_ones_own_are_evaluated(tiny_folder, tmp_path, capsys):
    file = tmp_path / "ours.tsv"
    rows = [
        ("the ferry", "a boat", "el ferri", "un barco", "0"),
        ("the crew", "slept", "la tripulación", "durmió", "2"),
    ]
    head = ("premise.en-US", "hypothesis.en-US", "premise.es", "hypothesis.es", "label")
    file.write_text("\n".join("\t".join(cells) for cells in (head, *rows)), encoding="utf-16")
    words = ["evaluate", "--model", str(tiny_folder("bert", "nli")), "--dataset", str(file), "--json"]
    assert run(words) == 0
    said = capsys.readouterr()
    scores = json.loads(said.out)
    assert [(score["dataset"], score["language"], score["n"]) for score in scores] == [
        ("ours", "en", 2),
        ("ours", "es", 2),
    ]
    assert "tabs between cells, UTF-16; 2 rows in en (en-US), es" in said.err


def test_texts_without_labels_are_not_evaluated(tiny_folder, tmp_path, capsys):
    (tmp_path / "a.csv").write_text("en,es\na,b\n", encoding="utf-8")
    words = ["evaluate", "--model", str(tiny_folder("bert", "nli")), "--dataset", str(tmp_path / "a.csv")]
    assert run(words) == 2
    assert "there is nothing to evaluate" in capsys.readouterr().err
