"""`analyze` with every class, and with one setting changed at a time."""

import json

import pytest

from core.cli.app import run
from core.consistency.sensitivity import single_changes
from core.settings import Settings


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


def arguments(tiny_folder, task, *more):
    texts = {
        "--source": "the storm cancelled the ferry",
        "--target": "la tormenta el ferri",
        "--source-lang": "en",
        "--target-lang": "es",
    }
    if task == "nli":
        texts |= {"--source-second": "the boat sailed", "--target-second": "el barco"}
    given = [part for pair in texts.items() for part in pair]
    quick = ["--permutations", "20", "--steps", "4"]
    return ["analyze", "--task", task, "--model", str(tiny_folder("bert", task)), *given, *quick, *more]


def test_classes_and_changes_are_in_the_json_and_on_the_screen(tiny_folder, capsys):
    assert run(arguments(tiny_folder, "nli", "--all-classes", "--sensitivity", "--json", "-")) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["classes"]) == ["entailment", "neutral", "contradiction"]
    explained = found["source"]["target"]
    assert found["classes"][explained]["consistency"] == pytest.approx(found["consistency"], abs=1e-9)
    changes = single_changes(Settings(task="nli"))
    assert [(each["setting"], each["value"]) for each in found["sensitivity"]] == [
        (change.name, change.value) for change in changes
    ]
    assert all(each["error"] is None and 0 <= each["results"][0]["consistency"] <= 1 for each in found["sensitivity"])
    assert run(arguments(tiny_folder, "nli", "--all-classes")) == 0
    assert "contradiction" in capsys.readouterr().out


def test_a_task_without_classes_has_none_to_explain(tiny_folder, capsys):
    assert run(arguments(tiny_folder, "meaning", "--all-classes")) == 2
    assert "leave --all-classes out" in capsys.readouterr().err
