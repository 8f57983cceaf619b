import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.app import run
from core.models.catalogue import load_catalogue

ROOT = Path(__file__).parents[3]
SENTENCE, TRANSLATION = "the storm cancelled the ferry", "la tormenta el ferri"
QUICK = ["--permutations", "20", "--steps", "6"]


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.fixture
def command(tiny_folder):
    """The arguments of `analyze` on a tiny model; None takes an option away."""

    def arguments(task="meaning", family="bert", **changes):
        options = {
            "task": task,
            "model": str(tiny_folder(family, task)),
            "source-lang": "en",
            "target-lang": "es",
            "source": SENTENCE,
            "target": TRANSLATION,
            "permutations": "20",
            "steps": "6",
        }
        if task != "meaning":
            options |= {"source-second": "the boat sailed", "target-second": "el barco"}
        options |= {name.replace("_", "-"): value for name, value in changes.items()}
        return [
            "analyze",
            *(part for name, value in options.items() if value is not None for part in (f"--{name}", value)),
        ]

    return arguments


def refusal(capsys, arguments, code=2):
    """Run a command that must fail: nothing on stdout, one line on stderr, no traceback; returns the line."""
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1, captured.err
    assert len(captured.err) < 400
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"source": ""}, "Type or paste a sentence"),
        ({"source": "   "}, "Type or paste a sentence"),
        ({"source": None}, "Type or paste a sentence"),
        ({"target": "?!... —"}, "There is no word"),
        ({"target": "ab " * 33_334}, "at most 20,000 are read"),
        ({"source": "the\x07 storm"}, "U+0007"),
        ({"target": "el \u202ebarco"}, "U+202E"),
        ({"source_lang": "tlh"}, "Unknown language 'tlh'"),
        ({"target_lang": None}, "--target-lang"),
        ({"source_lang": None}, "--source-lang"),
        ({"model": "bert-gigantic"}, "Unknown model 'bert-gigantic'"),
        ({"model": "/nowhere/at/all"}, "Unknown model"),
        ({"task": "poetry"}, "Unknown task 'poetry'"),
        ({"task": "nli", "source_second": None}, "takes 2 texts a side: give --source (premise) and --source-second"),
        ({"task": "qa", "target_second": None}, "give --target (question) and --target-second (context)"),
        ({"source_second": "the boat"}, "takes 1 text"),
        ({"explain": "entailment"}, "has no class 'entailment'"),
        ({"steps": "0"}, "steps 0"),
        ({"steps": "-3"}, "steps -3"),
        ({"steps": "1001"}, "steps 1001"),
        ({"steps": "many"}, "steps 'many'"),
        ({"steps": "2.5"}, "steps '2.5'"),
        ({"tolerance": "0"}, "tolerance 0"),
        ({"tolerance": "nan"}, "tolerance nan"),
        ({"permutations": "1"}, "permutations"),
        ({"permutations": "x"}, "'--permutations'"),
        ({"mass": "square"}, "Unknown mass rule 'square'"),
        ({"space": "outer"}, "Unknown space 'outer'"),
        ({"space": "vectors"}, "--vectors"),
        ({"space": "vectors", "vectors": "en"}, "LANG=FILE"),
        ({"level": "letter"}, "Unknown level 'letter'"),
        ({"method": "magic"}, "Unknown method 'magic'"),
        ({"method": "saliency"}, "is zero for the task meaning"),
        ({"precision": "fp8"}, "Unknown precision 'fp8'"),
        ({"precision": "tf32", "device": "cpu"}, "tf32 needs a CUDA device"),
        ({"device": "abacus"}, "Unknown device 'abacus'"),
        ({"json": "/nowhere/at/all.json"}, "cannot be written"),
        ({"colour": "red"}, "--colour"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, capsys, changes, problem):
    assert problem in refusal(capsys, command(**changes))


def test_a_class_the_model_lacks_names_those_it_has(command, capsys):
    line = refusal(capsys, command("nli", explain="maybe"))
    assert "no class 'maybe'" in line
    assert "entailment, neutral, contradiction" in line


@pytest.mark.parametrize(("task", "head"), [("nli", "classification"), ("qa", "question-answering")])
def test_a_model_without_the_head_is_one_line(command, tiny_folder, capsys, task, head):
    line = refusal(capsys, command(task, model=str(tiny_folder("bert", "meaning"))))
    assert f"has no {head} head for the task {task}" in line


def test_gold_must_be_given(command, capsys):
    assert "gold label is not known" in refusal(capsys, command("nli", explain="gold"))


def test_a_language_xlm_lacks_is_one_line(command, capsys):
    assert "has no language 'th'" in refusal(capsys, command(family="xlm", target_lang="th", target="เรือ"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["analyse"], "analyse"),
        (["--nonsense"], "--nonsense"),
        (["analyze", "--steps"], "--steps"),
        (["models", "x"], "x"),
    ],
)
def test_a_wrong_command_line_is_one_line(capsys, arguments, problem):
    assert problem in refusal(capsys, arguments)


def test_help_and_no_arguments_show_the_commands(capsys):
    for arguments in ([], ["--help"]):
        assert run(arguments) == 0
        shown = capsys.readouterr().out
        assert all(name in shown for name in ("analyze", "models", "doctor", "align-space"))
    assert run(["analyze", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("--source-second", "--explain", "--json", "--verify"))


def test_json_on_the_screen_is_only_json(command, capsys):
    assert run(command("nli", json="-")) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.err == ""
    assert {
        "model",
        "settings",
        "consistency",
        "references",
        "source",
        "target",
        "similarity",
        "plan",
        "versions",
    } <= set(found)
    assert found["settings"]["steps"] == 6
    assert found["source"]["language"] == "en"
    assert found["target"]["target"] == found["source"]["target"]


def test_json_in_a_file_and_a_table_on_the_screen(command, capsys, tmp_path):
    file = tmp_path / "out.json"
    assert run(command("qa", json=str(file))) == 0
    assert capsys.readouterr().out == ""
    assert set(json.loads(file.read_text(encoding="utf-8"))) == {"start", "end", "notices"}
    assert run(command("meaning", source="the [b]storm[/b] [red]", level="word")) == 0
    shown = capsys.readouterr().out
    assert "Consistency C: 0." in shown
    assert "equal importance" in shown
    assert "Traceback" not in shown


def test_what_the_user_typed_is_never_markup(command, capsys):
    assert run(command(source="[/red] boat [bold]", target="[/] barco", level="word")) == 0
    assert "Consistency" in capsys.readouterr().out


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
def test_verify_recomputes_with_captum(command, capsys, family):
    assert run([*command("nli", family, steps="20", json="-"), "--verify"]) == 0
    found = json.loads(capsys.readouterr().out)["verification"]
    assert found["captum_steps"] == 20
    assert 0 <= found["largest_relative_difference"] < 1e-5
    assert run([*command("nli", family, steps="auto"), "--verify"]) == 0
    assert "Captum with 300 steps" in capsys.readouterr().out


def test_verify_is_for_integrated_gradients_only(command, capsys):
    assert "--verify" in refusal(capsys, [*command("nli", method="occlusion"), "--verify"])


def test_models_lists_the_catalogue(capsys):
    assert run(["models"]) == 0
    table = capsys.readouterr().out
    assert run(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in found] == list(load_catalogue())
    assert all(isinstance(entry["cached"], bool) for entry in found)
    assert all(entry["name"][:5] in table for entry in found)


@pytest.fixture
def nli_checkpoints(tiny_folder, tmp_path, monkeypatch, bare_catalogue):
    """An operator's file with an NLI checkpoint trained in English and one trained in Spanish."""
    entries = [
        f'[[model]]\nname = "tiny-{language}"\ntitle = "Tiny"\nsource = "directory"\nfamily = "bert"\ntask = "nli"\n'
        f'train_language = "{language}"\nlocation = "{tiny_folder("bert", "nli")}"\n'
        for language in ("en", "es")
    ]
    (tmp_path / "operator.toml").write_text("".join(entries), encoding="utf-8")
    monkeypatch.setenv("CCTA_CONFIG", str(tmp_path / "operator.toml"))


def test_models_names_task_and_training_language(capsys, nli_checkpoints):
    assert run(["models"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("tiny-es")]
    assert line.split()[:4] == ["tiny-es", "nli", "Spanish", "yes"]


def test_without_a_model_the_one_that_fits_the_source_language_is_taken(command, capsys, nli_checkpoints):
    for source, expected in (("es", "es"), ("ar", "en")):
        assert run(command("nli", model=None, source_lang=source, json="-")) == 0
        model = json.loads(capsys.readouterr().out)["model"]
        assert (model["name"], model["train_language"]) == (f"tiny-{expected}", expected)
    assert "--model" in refusal(capsys, command("qa", model=None))


def test_ctrl_c_in_any_command_is_one_line(capsys, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("core.cli.models.load_catalogue", interrupt)
    assert run(["models"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_doctor_says_what_works(tiny_folder, capsys):
    assert run(["doctor", "--model", str(tiny_folder("bert", "nli"))]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("versions", "device", "cache", "model", "data", "store"))
    assert "failed" not in shown


def test_doctor_fails_where_something_does(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "none"))
    assert run(["doctor", "--model", "bert-gigantic"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("failed") == 2
    assert "Unknown model" in shown
    assert "Traceback" not in shown


ENTRY = '[[model]]\nname = "x"\ntitle = "X"\nsource = "hub"\nfamily = "bert"\nlocation = "a/b"\n'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[[model", "not valid TOML"),
        (b"\xff\xfe\x00[", "cannot be read"),
        ('[[model]]\nname = "x"\n', "lacks"),
        ("[model]\nname = 1\n", "[[model]]"),
        ("model = 3\n", "[[model]]"),
        ("models = []\n", "it has models"),
        ('model = ["x"]\n', "[[model]]"),
        (ENTRY + "labels = 3\n", "labels"),
        (ENTRY + 'labels = "entailment"\n', "labels"),
        (ENTRY + "labels = [1, 2, 3]\n", "labels"),
        (ENTRY + "prefix = true\n", "prefix"),
        (ENTRY + "revision = 3\n", "revision"),
        (ENTRY + 'colour = "red"\n', "unknown keys colour"),
        (ENTRY + 'task = "poetry"\n', "Unknown task 'poetry'"),
        (ENTRY + ENTRY, "two models called x"),
        (ENTRY.replace('"hub"', '"ftp"'), "source 'ftp'"),
        (ENTRY.replace('"hub"', "[]"), "source"),
        (ENTRY.replace('"bert"', '"berd"'), "family 'berd'"),
        (ENTRY.replace('"a/b"', "{}"), "location"),
        (ENTRY.replace('"x"', "2026-01-01"), "name"),
        (None, "cannot be read"),
        ("folder", "cannot be read"),
    ],
)
@pytest.mark.parametrize("words", [["models"], ["models", "--json"], ["doctor"], ["analyze"]])
def test_a_broken_operator_file_is_one_line(command, capsys, monkeypatch, tmp_path, content, problem, words):
    file = tmp_path / "operator.toml"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("CCTA_CONFIG", str(file))
    if words == ["doctor"]:
        assert run(words) == 1
        assert problem in capsys.readouterr().out.replace("\n", " ")
        return
    assert problem in refusal(capsys, command() if words == ["analyze"] else words)


def test_python_dash_m_core_in_a_process_of_its_own(command, own_cache):
    def call(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    good = call(*command(json="-"))
    assert (good.returncode, good.stderr) == (0, "")
    assert 0 <= json.loads(good.stdout)["consistency"] <= 1
    bad = call(*command(source="..."))
    assert (bad.returncode, bad.stdout, bad.stderr) == (2, "", "There is no word in this text.\n")


@pytest.mark.parametrize("seed", ["-1", str(2**32)])
@pytest.mark.parametrize(
    "command",
    [
        [
            "analyze",
            "--task",
            "meaning",
            "--source-lang",
            "en",
            "--target-lang",
            "es",
            "--source",
            "a",
            "--target",
            "b",
        ],
        ["evaluate", "--model", "x", "--dataset", "xnli"],
        ["train", "--task", "nli", "--language", "en", "--output", "new"],
    ],
    ids=lambda words: words[0],
)
def test_a_seed_that_no_generator_takes_is_one_line(command, seed, capsys):
    assert run([*command, "--seed", seed]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "seed" in line and ("out of range" in line or "Input should be" in line)
