"""`core validate`: each measurement against cases whose answer is known."""

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.consistency.pair import TextInput, attribute_texts, prepare_text
from core.errors import DataError
from core.settings import Settings
from core.validation.alignment import agreement, auc, measure_alignment
from core.validation.convergence import measure_convergence, token_errors
from core.validation.findings import Findings, to_json, to_markdown, to_text
from core.validation.gold import GoldPair, read_xl_wa
from core.validation.links import links_of, words_of
from core.validation.texts import Explained
from tests.world.sentences import write_xnli


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


# alignment


def write_gold(folder, language, rows):
    place = folder / f"en-{language}"
    place.mkdir(parents=True)
    names = ("source", "target", "alignment")
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), place / "validation.parquet")
    return folder


def test_gold_links_are_read_and_checked(tmp_path):
    folder = write_gold(tmp_path, "es", [("the old boat", "el barco viejo", "0-0 1-2 2-1")])
    assert read_xl_wa(folder, "es") == [
        GoldPair(("the", "old", "boat"), ("el", "barco", "viejo"), frozenset({(0, 0), (1, 2), (2, 1)}))
    ]
    with pytest.raises(DataError, match="links a word that does not exist"):
        read_xl_wa(write_gold(tmp_path, "ru", [("a b", "c", "1-1")]), "ru")
    with pytest.raises(DataError, match="is no link"):
        read_xl_wa(write_gold(tmp_path, "bg", [("a b", "c", "1:0")]), "bg")
    with pytest.raises(DataError, match="cannot be read"):
        read_xl_wa(tmp_path, "de")


def test_precision_recall_and_f1_follow_their_definitions():
    gold = frozenset({(0, 0), (1, 1), (2, 2), (3, 3)})
    found = agreement(frozenset({(0, 0), (1, 1), (1, 2)}), gold)
    assert (found.precision, found.recall) == (2 / 3, 1 / 2)
    assert found.f1 == pytest.approx(4 / 7)
    nothing = agreement(frozenset(), gold)
    assert math.isnan(nothing.precision)
    assert nothing.f1 == 0


def test_a_link_takes_most_of_one_of_two_words():
    flow = np.array([[0.3, 0.1, 0.0], [0.0, 0.05, 0.25], [0.0, 0.0, 0.0]])
    links = links_of(flow, np.array([0.6, 0.3, 0.0]), np.array([0.4, 0.15, 0.45]))
    # (0, 1) is two thirds of the second target word, (1, 1) a third of it and a sixth of its own.
    assert links == {(0, 0), (0, 1), (1, 2)}


def test_auc_is_the_rank_statistic():
    assert auc([3, 4], [1, 2]) == 1
    assert auc([1, 2], [1, 2]) == 0.5
    assert auc([0, 3], [1, 2]) == 0.5


def test_units_find_their_gold_words(tiny_model):
    model = tiny_model("bert", "meaning")
    words = ("don't", "stop", ",", "old", "boat")
    settings = Settings(task="meaning", level="token", steps=4)
    prepared = prepare_text(model, TextInput("en", " ".join(words)), settings)
    (found,) = attribute_texts(model, [prepared], settings)
    side = found.sides[0]
    places = words_of(side, words)
    text = " ".join(words)
    assert set(places) == set(range(len(words)))
    for unit, place in zip(side.units, places, strict=True):
        assert text[unit.start : unit.end].strip() in words[place]


def test_a_sentence_aligns_with_itself(tiny_model, tmp_path):
    sentences = ["the old boat sailed", "nobody crossed the river", "a storm closed every road"]
    identity = [(text, text, " ".join(f"{k}-{k}" for k in range(len(text.split())))) for text in sentences]
    found = measure_alignment(tiny_model("bert", "meaning"), write_gold(tmp_path, "es", identity), languages=["es"])
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    static = [row for row in rows if row["space"].startswith("static, raw")]
    assert [row["masses"] for row in static] == ["nearest", "uniform", "attribution"]
    assert all(row["F1"] == 1 and row["n"] == 3 for row in static)
    assert all(row["flow on links"] == pytest.approx(1) and row["AUC"] == 1 for row in static[1:])


# convergence


def test_more_nodes_come_nearer_to_the_truth(tiny_model):
    model = tiny_model("bert", "nli")
    texts = [
        Explained("en", ("the old boat sailed", "nobody saw it"), 0),
        Explained("es", ("el barco zarpó", "nadie vio"), 0),
    ]
    found = measure_convergence(model, texts, rules=(2, 40))
    few, many = (dict(zip(found.columns, row, strict=True)) for row in found.rows)
    assert many["worst"] < few["worst"]
    assert (few["gradients, mean"], many["gradients, mean"]) == (2, 40)
    assert many["under 1%"] == 1


def test_the_token_error_is_relative_to_the_largest_score():
    assert token_errors([np.array([1.0, -4.0])], [np.array([1.2, -4.0])]) == pytest.approx([0.05])


# the command


def test_the_command_prints_every_format(tiny_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    data = write_xnli(tmp_path / "data", splits=["test"])
    words = ["validate", "--check", "faithfulness", "--model", str(tiny_folder("bert", "nli")), "--data", str(data)]
    assert run([*words, "--limit", "2", "--format", "json"]) == 0
    areas, shares, orders, languages = json.loads(capsys.readouterr().out)
    assert [(row["order"], row["tokens"]) for row in areas["rows"]] == [
        (order, tokens) for tokens in ("padded", "removed") for order in ("signed", "absolute", "random")
    ]
    assert areas["rows"][2]["above random"] is None
    # The small data set has three of the languages.
    assert {row["texts"] for row in areas["rows"]} == {row["texts"] for row in shares["rows"]} == {6}
    assert {row["texts"] for row in languages["rows"]} == {2}
    assert {row["method"] for row in orders["rows"]} == {"integrated-gradients"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--check", "luck"], "Choose from alignment"),
        (["--format", "pdf"], "Choose one of text"),
        (["--limit", "1"], "use 2 or more"),
        (["--data", "nowhere"], "There is no data folder"),
        (["--method", "luck"], "Unknown method 'luck'"),
    ],
)
def test_bad_input_is_one_line(capsys, more, said):
    assert run(["validate", *more]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_tables_are_shown_whole():
    found = Findings("x", "Title", ("name", "share"), (("a", 0.5), ("bb", float("nan"))), "Note.")
    assert to_text(found).splitlines() == ["Title", "name  share", "a     0.500", "bb        –", "Note."]
    assert "| bb | – |" in to_markdown(found)
    assert to_json(found)["rows"][1] == {"name": "bb", "share": None}
