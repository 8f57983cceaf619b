import csv
import io
import json

import numpy as np
import pytest

from core.consistency.export import flows_to_csv, neutralise, report_to_json, to_csv, tokens_to_csv
from core.consistency.pair import TextInput, analyze_pair
from core.results import References
from core.settings import Settings

ANALYSIS_KEYS = {
    "model",
    "settings",
    "consistency",
    "references",
    "share_of_attainable",
    "agreement",
    "source",
    "target",
    "similarity",
    "plan",
    "versions",
}
MODEL_KEYS = {"name", "revision", "family", "task", "train_language", "pooling"}
REFERENCE_KEYS = {
    "uniform",
    "shuffled_mean",
    "shuffled_sd",
    "shuffled_low",
    "shuffled_high",
    "shuffled_percentile",
    "n_shuffles",
    "carried",
}
SIDE_KEYS = {"language", "tokens", "delta", "n_steps", "target", "prediction"}
TOKEN_KEYS = {"text", "start", "end", "field", "special", "score", "mass"}
SOURCE, TARGET = ("the storm", "=the boat +1"), ("la tormenta", "@el barco")


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


def report(model, task, **changes):
    n = 1 if task == "meaning" else 2
    settings = Settings(task=task, permutations=20, steps=6, **changes)
    return analyze_pair(model, TextInput("en", SOURCE[-n:]), TextInput("es", TARGET[-n:]), settings)


def as_read_back(found):
    """Through a strict JSON text, as a script would get it."""
    return json.loads(json.dumps(report_to_json(found), allow_nan=False))


def check_contract(found, task, level):
    """The keys of the JSON that `analyze` writes, and what must hold between them."""
    assert found.keys() >= ANALYSIS_KEYS
    assert found["model"].keys() == MODEL_KEYS
    assert found["references"].keys() == REFERENCE_KEYS
    assert found["share_of_attainable"] == References(**found["references"]).share_of_attainable(found["consistency"])
    assert found["settings"]["task"] == task
    assert found["settings"]["level"] == level
    masses = []
    for side in (found["source"], found["target"]):
        assert side.keys() >= SIDE_KEYS
        assert all(token.keys() == TOKEN_KEYS for token in side["tokens"])
        for token in side["tokens"]:
            if token["special"]:
                assert (token["score"], token["mass"], token["field"]) == (0.0, 0.0, None)
        masses.append([token["mass"] for token in side["tokens"] if not token["special"]])
        assert sum(masses[-1]) == pytest.approx(1.0)
    plan, similarity = np.array(found["plan"]), np.array(found["similarity"])
    assert plan.shape == similarity.shape == (len(masses[0]), len(masses[1]))
    assert (plan.sum(1) <= np.array(masses[0]) + 1e-9).all()
    assert (plan.sum(0) <= np.array(masses[1]) + 1e-9).all()
    assert found["consistency"] == pytest.approx((plan * np.maximum(similarity, 0)).sum(), abs=1e-12)


@pytest.mark.parametrize("level", ["token", "word"])
@pytest.mark.parametrize("task", ["meaning", "nli"])
def test_one_analysis_is_the_contracts_object(tiny_model, task, level):
    found = as_read_back(report(tiny_model("bert", task), task, level=level))
    assert found.keys() == ANALYSIS_KEYS | {"notices"}
    check_contract(found, task, level)
    assert found["model"]["train_language"] == "en"
    assert sum(found["source"]["prediction"].values()) == pytest.approx(1.0 if task == "nli" else 0.0, abs=1e-5)


def test_question_answering_has_one_object_for_each_end(tiny_model):
    found = as_read_back(report(tiny_model("xlm-roberta", "qa"), "qa"))
    assert found.keys() == {"start", "end", "notices"}
    for end in ("start", "end"):
        check_contract(found[end], "qa", "token")
        assert found[end]["source"]["target_kind"] == end


def test_tokens_and_specials_come_in_reading_order(tiny_model):
    tokens = as_read_back(report(tiny_model("xlm-roberta", "nli"), "nli"))["source"]["tokens"]
    assert [token["text"] for token in tokens if token["special"]] == ["<s>", "</s>", "</s>", "</s>"]
    shown = "".join("|" if token["special"] else token["text"] for token in tokens)
    assert shown == "|thestorm||=theboat+1|"
    premise = [token for token in tokens if token["field"] == "premise"]
    assert all(SOURCE[0][token["start"] : token["end"]] == token["text"] for token in premise)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    assert neutralise(text) == "'" + text
    assert to_csv(("a", "b"), [(text, -0.5)]) == f"a,b\n'{text},-0.5\n"


def test_numbers_and_plain_texts_stay_as_they_are():
    assert to_csv(("text", "n"), [('a "b", c', -1.5), ("渡轮\n", 2)]) == 'text,n\n"a ""b"", c",-1.5\n"渡轮\n",2\n'


def test_flows_and_tokens_as_csv(tiny_model):
    (analysis,) = report(tiny_model("bert", "nli"), "nli").analyses
    flows = list(csv.DictReader(io.StringIO(flows_to_csv(analysis))))
    assert [*flows[0]] == ["source", "target", "flow", "similarity", "adds_to_c"]
    added = [float(row["adds_to_c"]) for row in flows]
    assert added == sorted(added, reverse=True)
    assert sum(added) == pytest.approx(analysis.consistency, abs=1e-9)
    assert sum(float(row["flow"]) for row in flows) == pytest.approx(analysis.transport.plan.sum())
    rows = list(csv.DictReader(io.StringIO(tokens_to_csv(analysis.source))))
    assert [row["token"].removeprefix("'") for row in rows] == [unit.text for unit in analysis.source.units]
    assert "'=" in [row["token"] for row in rows]
    assert [float(row["mass"]) for row in rows] == analysis.source.mass.tolist()
    assert [float(row["score"]) for row in rows] == analysis.source.scores.tolist()
