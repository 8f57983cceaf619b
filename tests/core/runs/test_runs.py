"""`python -m core run`: what it computes is what a single analysis gives, every text attributed once."""

import json

import numpy as np
import pytest

from core.cli.app import run
from core.consistency.pair import TextInput, analyze_pair
from core.consistency.transport import solve
from core.data.load import load_parallel
from core.data.local import local_rows
from core.models.catalogue import find_model
from core.models.identity import revision_of
from core.report.stored_example import read_example
from core.runs import jobs as jobs_module
from core.runs.data import load_run_data
from core.settings import Settings
from core.store import Scope, open_store
from core.store.check import check
from tests.world.runs import content, frame
from tests.world.sentences import qa_columns, write_split
from tests.world.tiny import save_tiny

pytestmark = pytest.mark.usefixtures("run_cache")


def test_pairs_are_what_a_single_analysis_gives(command, tiny_model, data, tmp_path):
    assert run(command("store", "--limit", "3", "--space", "isolated")) == 0
    pairs = frame(tmp_path / "store")
    assert content(tmp_path / "store").rows == {"predictions": 9, "attributions": 9, "pairs": 9, "flows": 9}
    assert set(zip(pairs.source_language, pairs.target_language, strict=True)) == {
        ("en", x) for x in ("en", "es", "zh")
    }
    rows = load_parallel("xnli", ["en", "es", "zh"], "test", data)
    settings = Settings(task="nli", steps=8, permutations=5)
    for found in pairs.itertuples():
        sides = [
            TextInput(code, rows[code].texts[found.row]) for code in (found.source_language, found.target_language)
        ]
        analysis = analyze_pair(tiny_model("bert", "nli"), *sides, settings).analyses[0]
        assert found.consistency == pytest.approx(analysis.consistency, abs=1e-5)
        assert found.uniform == pytest.approx(analysis.references.uniform, abs=1e-6)
        assert found.shuffled_mean == pytest.approx(analysis.references.shuffled_mean, abs=1e-4)
        assert (found.n_source, found.n_target) == (len(analysis.source.units), len(analysis.target.units))
        if found.source_language == found.target_language:
            assert found.consistency == pytest.approx(1, abs=1e-6)


def test_a_mismatched_translation_is_that_of_the_row_before(command, tiny_model, data, tmp_path):
    assert run(command("store", "--limit", "4", "--explain", "neutral")) == 0
    rows = load_parallel("xnli", ["en", "es", "zh"], "test", data)
    order = np.random.default_rng(0).permutation(12).tolist()
    settings = Settings(task="nli", steps=8, permutations=5, explain="neutral", space="static")
    pairs = frame(tmp_path / "store")
    assert set(pairs.row) == set(order[:4])
    assert (pairs.row != pairs.mismatched_row).all()
    assert pairs.mismatched.notna().all()
    for found in pairs[pairs.target_language == "es"].itertuples():
        at = order.index(found.row)
        assert found.mismatched_row == (order[at - 1] if at else order[1])
        sides = TextInput("en", rows["en"].texts[found.row]), TextInput("es", rows["es"].texts[found.mismatched_row])
        analysis = analyze_pair(tiny_model("bert", "nli"), *sides, settings).analyses[0]
        assert found.mismatched == pytest.approx(analysis.consistency, abs=1e-5)


def test_partners_do_not_hang_on_the_limit_or_the_languages(data):
    few = load_run_data("xnli", "en,zh", "test", data, limit=3, seed=5)
    more = load_run_data("xnli", "es", "test", data, limit=9, seed=5)
    assert more.chosen[:3] == few.chosen
    assert more.partners == few.partners
    assert all(row != partner for row, partner in more.partners.items())
    assert {few.partners[row] for row in few.chosen} <= set(few.chosen)
    assert load_run_data("xnli", "es", "test", data, limit=3, seed=6).chosen != few.chosen


def test_all_pairs_come_from_attributions_that_are_stored(command, attributed, tmp_path):
    assert run(command("store", "--limit", "4")) == 0
    before = sum(attributed.values())
    assert run(command("store", "--limit", "4", "--pairs", "all")) == 0
    assert sum(attributed.values()) == before
    pairs = frame(tmp_path / "store")
    assert sorted(set(zip(pairs.source_language, pairs.target_language, strict=True))) == [
        ("en", "en"),
        ("en", "es"),
        ("en", "zh"),
        ("es", "zh"),
    ]
    assert pairs.consistency.notna().all()
    assert run(command("at-once", "--limit", "4", "--pairs", "all")) == 0
    assert content(tmp_path / "at-once") == content(tmp_path / "store")


def test_every_pair_is_explained_for_the_class_of_the_training_languages_text(command, tmp_path):
    assert run(command("store", "--pairs", "all")) == 0
    identity = next(iter(open_store(tmp_path / "store").read().runs.values())).identity
    predicted = frame(tmp_path / "store", "predictions").pivot_table("predicted", "row", "language", aggfunc="first")
    pairs = frame(tmp_path / "store")
    explained = pairs.row.map(predicted[identity.train_language]).map(identity.labels.index)
    assert (pairs.source_target == explained).all()
    assert (pairs.target_target == explained).all()
    # Neither text of the pair es-zh decides: Chinese is predicted as another class in some row.
    assert (predicted["zh"] != predicted[identity.train_language]).any()


@pytest.mark.parametrize("words", [("--mass", "positive"), ("--level", "word"), ("--space", "isolated")])
def test_another_comparison_takes_its_attributions_from_the_store(command, attributed, tmp_path, words):
    assert run(command("store", "--limit", "4")) == 0
    before = sum(attributed.values())
    assert run(command("store", "--limit", "4", *words)) == 0
    assert sum(attributed.values()) == before
    assert run(command("alone", "--limit", "4", *words)) == 0
    assert sum(attributed.values()) == 2 * before
    (alone,) = check(open_store(tmp_path / "alone")).runs.items()
    assert alone in check(open_store(tmp_path / "store")).runs.items()


def test_another_attribution_takes_nothing_from_the_store(command, attributed, tmp_path):
    assert run(command("store", "--limit", "2")) == 0
    before = sum(attributed.values())
    assert run(command("store", "--limit", "2", "--explain", "neutral")) == 0
    assert sum(attributed.values()) == 2 * before


def test_more_rows_and_languages_continue_the_run_and_end_alike(command, attributed, tmp_path):
    assert run(command("grown", "--limit", "3", languages="en,zh")) == 0
    assert run(command("grown", "--limit", "7", languages="zh,es,en")) == 0
    grown = sum(attributed.values())
    assert run(command("at-once", "--limit", "7")) == 0
    assert sum(attributed.values()) == 2 * grown == 2 * 21
    assert content(tmp_path / "grown") == content(tmp_path / "at-once")
    assert len(open_store(tmp_path / "grown").read().runs) == 1


def test_a_checkpoint_trained_again_under_its_name_is_loaded_anew(command, tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    assert run(command("before", model=folder)) == 0
    save_tiny(folder, "bert", "nli", seed=1)
    assert run(command("after", model=folder)) == 0
    jobs_module.load.cache_clear()
    assert run(command("fresh", model=folder)) == 0
    assert content(tmp_path / "after") == content(tmp_path / "fresh") != content(tmp_path / "before")


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "model.safetensors"])
def test_a_revision_is_that_of_every_file_that_decides_the_numbers(tmp_path, name):
    spec = find_model(str(save_tiny(tmp_path / "mine", "bert", "nli")))
    before = revision_of(spec)
    assert revision_of(spec) == before
    path = tmp_path / "mine" / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    assert revision_of(spec) != before


@pytest.mark.parametrize("explain", ["own", "gold", "contradiction"])
def test_what_is_explained_is_what_was_asked_for(command, tmp_path, explain):
    assert run(command("store", "--limit", "3", "--explain", explain)) == 0
    predictions = frame(tmp_path / "store", "predictions").set_index(["language", "row"])
    for found in frame(tmp_path / "store", "attributions").itertuples():
        prediction = predictions.loc[(found.language, found.row)]
        wanted = {"own": prediction.predicted, "gold": prediction.gold}.get(explain, explain)
        assert (found.target_label, found.explain) == (wanted, explain)


def test_answers_have_a_start_and_an_end(command, tiny_folder, data, tmp_path):
    write_split(data, "xquad", "validation", {code: qa_columns(code) for code in ("en", "es")})
    words = command("store", model=tiny_folder("xlm-roberta", "qa"), dataset="xquad", languages="en,es")
    assert run(words) == 0
    assert content(tmp_path / "store").rows == {"predictions": 4, "attributions": 8, "pairs": 8, "flows": 8}
    pairs = frame(tmp_path / "store")
    assert set(pairs.end) == {"start", "end"}
    assert pairs.consistency.between(0, 1).all()
    predictions = frame(tmp_path / "store", "predictions")
    assert predictions.f1.between(0, 1).all()


def test_a_pair_and_its_flows_come_from_one_solution(command, tmp_path, monkeypatch, capsys):
    solved = []

    def counted(*problem, **signs):
        solved.append(problem)
        return solve(*problem, **signs)

    monkeypatch.setattr("core.consistency.compare.solve", counted)
    assert run(command("store", "--limit", "4")) == 0
    assert content(tmp_path / "store").rows["pairs"] == content(tmp_path / "store").rows["flows"] == 12
    assert len(solved) == 12 + frame(tmp_path / "store").mismatched.notna().sum() == 24
    assert "pairs compared 12 of 12" in capsys.readouterr().err
    key = ["source_language", "target_language", "row"]
    flows = frame(tmp_path / "store", "flows").set_index(key)
    for pair in frame(tmp_path / "store").itertuples():
        found = flows.loc[(pair.source_language, pair.target_language, pair.row)]
        shares = np.array(found.masses) * np.maximum(found.similarities, 0)
        assert shares.sum() == pytest.approx(pair.consistency, abs=1e-3)


def test_a_row_that_cannot_be_computed_is_recorded_and_the_rest_goes_on(command, data, tmp_path, monkeypatch):
    rows = load_parallel("xnli", ["es"], "test", data)["es"]
    columns = {"premise": [a for a, _ in rows.texts], "hypothesis": [b for _, b in rows.texts]}
    columns["hypothesis"][5] = "..."
    write_split(data, "xnli", "test", {"es": columns | {"label": [0, 2, 0, 1] * 3}})
    assert run(command("store")) == 0
    reader = open_store(tmp_path / "store").read()
    assert reader.problems("attributions")[["language", "row", "problem"]].values.tolist() == [["es", 5, "TextError"]]
    assert reader.problems("pairs")[["target_language", "row", "problem"]].values.tolist() == [["es", 5, "TextError"]]
    pairs = frame(tmp_path / "store")
    assert pairs.consistency.isna().sum() == 1
    # The row that should have been set against it has no mismatched translation, and its own C all the same.
    assert pairs[pairs.problem == ""].mismatched.isna().sum() == 1


def test_a_file_of_ones_own_is_run_and_its_texts_are_found_again(command, tiny_folder, tmp_path):
    file = tmp_path / "weather.csv"
    file.write_text("en,es\nIt is raining.,Está lloviendo.\nThe sun shines.,Brilla el sol.\n", encoding="utf-8")
    words = command("store", dataset=str(file), model=tiny_folder("bert", "meaning"), languages="all")
    assert run(words) == 0
    reader = open_store(tmp_path / "store").read()
    (name,) = reader.runs
    pairs = frame(tmp_path / "store")
    assert set(zip(pairs.source_language, pairs.target_language, strict=True)) == {("en", "en"), ("en", "es")}
    assert len(pairs) == 4 and pairs.consistency.notna().all()
    file.unlink()
    rows = local_rows(reader.runs[name].identity, "es")
    assert rows.texts == (("Está lloviendo.",), ("Brilla el sol.",))
    assert read_example(reader, name, 1, "en", "es").pairs[0].consistency is not None


def test_performance_is_that_of_the_same_rows(command, tmp_path):
    assert run(command("store", "--limit", "5")) == 0
    performance = open_store(tmp_path / "store").read().performance(Scope(dataset="xnli"))
    assert performance.n.tolist() == [5, 5, 5]
    predictions = frame(tmp_path / "store", "predictions")
    np.testing.assert_allclose(performance.accuracy, predictions.groupby("language").correct.mean())
    assert json.loads(predictions.to_json())
