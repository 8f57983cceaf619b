"""Fine-tuning: features that say what the rows say, and a training that is there whole or continues."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.stats import entropy

from core.cli.app import run
from core.data.load import load_rows
from core.errors import DataError, OptionError, TrainingError
from core.evaluation.evaluate import evaluate, qa_windows
from core.models.loader import load_model, load_spec
from core.settings import get_task
from core.training.features import Batcher, LengthBuckets, answer_positions, make_features
from core.training.recipe import RECIPES, get_recipe
from core.training.train import TrainingPlan, read_data, train
from core.training.trainer import disagreement
from core.training.workspace import STATE, Workspace, writing
from tests.world.sentences import qa_columns, write_split, write_xnli

FAST = replace(RECIPES["compact"], epochs=3, batch=4, lora_rank=4, frozen_layers=1, selections=3, learning_rate=0.01)
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder, with the cache of `datasets` beside it, for this process and those it starts."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return write_xnli(tmp_path / "data", copies=6)


@pytest.fixture
def plan(tmp_path, data, tiny_folder) -> TrainingPlan:
    return TrainingPlan(
        "nli", "en", tmp_path / "out", data, FAST, model=str(tiny_folder("bert", "meaning")), report_rows=4
    )


def test_features_of_classes_are_the_rows_labels(tiny_model, data):
    model, rows = tiny_model("bert", "nli"), load_rows("xnli", "en", "train", data)
    features = make_features(model, rows)
    assert [model.classes[feature.goal[0]] for feature in features] == list(rows.labels)
    batch = Batcher(model)(features[:4])
    logits = model.module(**{name: values for name, values in batch.items() if name != "labels"}).logits
    expected = evaluate(model, rows.take(range(4))).probabilities
    np.testing.assert_allclose(torch.softmax(logits, -1).detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_answers_lie_where_the_features_say(tiny_model, data, family):
    write_split(data, "squad-en", "train", {"en": qa_columns("en")})
    model, rows = tiny_model(family, "qa"), load_rows("squad-en", "en", "train", data)
    seen = 0
    for texts, answers in zip(rows.texts, rows.answers, strict=True):
        for window in qa_windows(model, "en", texts):
            first, last = answer_positions(window, answers[0])
            if (first, last) != (0, 0):
                span = texts[1][window[first].span[0] : window[last].span[1]]
                assert answers[0].text in span
                assert len(span) - len(answers[0].text) <= 6
                seen += 1
    assert seen >= len(rows)


def test_rows_that_are_too_long_are_left_out(plan):
    recipe = replace(FAST, epochs=1, batch=1, selections=1)
    model = load_spec(replace(load_model(plan.model).spec, task="nli", labels=get_task("nli").classes), new_head=True)
    lengths = [len(f.input.input_ids) for f in make_features(model, load_rows("xnli", "en", "train", plan.source))]
    longest = sorted(lengths)[len(lengths) // 2]
    assert longest < max(lengths)
    card = train(replace(plan, recipe=replace(recipe, longest=longest)))
    assert card is not None
    assert card.steps == sum(length <= longest for length in lengths)


def test_the_order_of_rows_follows_seed_and_epoch_alone():
    lengths = np.random.default_rng(0).integers(5, 90, 500)
    sampler = LengthBuckets(lengths, 16, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert sorted(first) == sorted(second) == list(range(500))
    assert first != second
    again = LengthBuckets(lengths, 16, seed=1)
    again.set_epoch(1)
    assert list(again) == second
    padded = sum(16 * lengths[first[i : i + 16]].max() for i in range(0, 500, 16))
    random = sum(16 * lengths[i : i + 16].max() for i in range(0, 500, 16))
    assert padded < 0.75 * random


def test_a_trained_adapter_loads_and_knows_its_task(plan):
    lines = []
    card = train(plan, say=lines.append)
    model = load_model(str(plan.output))
    assert (model.task, model.info.train_language, model.classes) == (
        "nli",
        "en",
        ("entailment", "neutral", "contradiction"),
    )
    rows = load_rows("xnli", "es", "validation", plan.source).take(range(4))
    assert card is not None
    assert json.loads((plan.output / "ccta.json").read_text())["dev_rows"] == card.dev_rows == 4
    chosen = load_rows("xnli", "es", "validation", plan.source)
    assert set(card.dev_scores) == {"en", "es", "zh"}
    assert evaluate(model, chosen).means().keys() == evaluate(model, rows).means().keys()
    assert not Workspace(plan.output).folder.exists()
    assert any("development score" in line for line in lines)
    adapted = [name for name in load_file(plan.output / WEIGHTS) if "lora_" in name]
    assert adapted
    assert all(".layer.1." in name for name in adapted)


def test_training_fits_the_rows_it_sees(plan):
    train(replace(plan, recipe=replace(FAST, epochs=60, selections=1)))
    rows = load_rows("xnli", "en", "train", plan.source)
    assert evaluate(load_model(str(plan.output)), rows).means()["accuracy"] > 0.9


def test_two_readings_are_as_far_apart_as_their_divergence():
    logits = torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p, q = torch.softmax(logits[:4], -1), torch.softmax(logits[4:], -1)
    both = (divergence(p, q) + divergence(q, p)) / 2
    assert disagreement(SimpleNamespace(logits=logits)).item() == pytest.approx(both, rel=1e-5)
    assert disagreement(SimpleNamespace(logits=torch.cat([logits[:4], logits[:4]]))).item() == 0
    ends = SimpleNamespace(start_logits=logits, end_logits=torch.cat([logits[:4], logits[:4]]))
    assert disagreement(ends).item() == pytest.approx(both / 2, rel=1e-5)


def divergence(p, q):
    """Kullback-Leibler divergence of each row, on the mean, by SciPy."""
    return float(entropy(p.numpy(), q.numpy(), axis=1).mean())


def test_with_rdrop_readings_agree_more(plan):
    apart = {}
    for weight in (0.0, 10.0):
        recipe = replace(FAST, epochs=20, selections=1, dropout=0.3, rdrop=weight)
        train(replace(plan, output=plan.output.with_name(f"rdrop-{weight}"), recipe=recipe))
        model = load_model(str(plan.output.with_name(f"rdrop-{weight}")))
        batch = Batcher(model)(make_features(model, load_rows("xnli", "en", "train", plan.source)))
        batch.pop("labels")
        for part in model.module.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.3
        model.module.train()
        torch.manual_seed(0)
        with torch.no_grad():
            doubled = {name: torch.cat([part, part]) for name, part in batch.items()}
            apart[weight] = disagreement(model.module(**doubled)).item()
    assert 0 < apart[10.0] < 0.7 * apart[0.0]


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
def test_the_papers_recipe_trains_all_weights_of_each_family(plan, tiny_folder, family):
    base = tiny_folder(family, "meaning")
    recipe = replace(get_recipe("paper", "mbert"), epochs=1, batch=8, selections=1, learning_rate=1e-3)
    train(replace(plan, recipe=recipe, model=str(base)))
    before, after = load_file(base / "model.safetensors"), load_file(plan.output / "model.safetensors")
    changed = {name for name, values in after.items() if name.split(".", 1)[-1] in before or name in before}
    assert len(changed) >= len(before) - 2
    assert evaluate(load_model(str(plan.output)), load_rows("xnli", "en", "test", plan.source)).means()


def test_question_answering_trains(plan, data):
    for split in ("train", "validation"):
        write_split(data, "squad-en", split, {"en": qa_columns("en", copies=4)})
    card = train(replace(plan, task="qa", recipe=replace(FAST, epochs=1, selections=1)))
    assert card is not None
    assert set(card.dev_scores["en"]) == {"f1", "exact_match"}
    assert load_model(str(plan.output)).task == "qa"


def test_part_of_the_validation_split_is_held_out(plan, data):
    columns = {"sentence1": [f"the boat {i}" for i in range(10)], "sentence2": [f"boat {i}" for i in range(10)]}
    write_split(data, "paws-x", "validation", {code: columns | {"label": [0, 1] * 5} for code in ("en", "de")})
    card = train(replace(plan, task="paraphrase", split="validation", held_out=0.3, report_rows=9))
    assert card is not None
    assert (card.rows, card.dev_rows) == (7, 3)
    with pytest.raises(OptionError, match="leaves no rows"):
        train(replace(plan, output=plan.output.with_name("b"), task="paraphrase", split="validation", held_out=0.0))


def test_no_row_is_trained_on_and_held_out_where_a_language_lacks_labels(plan, data):
    columns = {"sentence1": [f"the boat {i}" for i in range(10)], "sentence2": [f"boat {i}" for i in range(10)]}
    labels = {"en": [0, 1] * 5, "de": [-1, -1, 0, 1, -1, 1, 0, 1, 0, 1]}
    write_split(data, "paws-x", "validation", {code: columns | {"label": own} for code, own in labels.items()})
    for language, n_labelled in (("en", 10), ("de", 7)):
        found = read_data(replace(plan, task="paraphrase", split="validation", language=language, held_out=0.3))
        held_out = found.dev["en"].rows
        assert found.dev["de"].rows == held_out
        assert not set(held_out) & set(found.train.rows)
        assert len(held_out) + len(found.train) == n_labelled
        assert "" not in found.train.labels


def command(plan: TrainingPlan, **more: object) -> list[str]:
    options = more | {
        "task": plan.task,
        "language": plan.language,
        "data": plan.source,
        "output": plan.output,
        "model": plan.model,
        "epochs": 40,
        "batch": 4,
        "selections": 20,
    }
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


@pytest.mark.parametrize("more", [{}, {"dropout": 0.2, "rdrop": 1}], ids=["plain", "rdrop"])
@pytest.mark.slow
def test_a_killed_training_continues_to_the_same_weights(plan, tmp_path, more):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "train", *command(plan, **more)], env=environment, stderr=subprocess.DEVNULL
    )
    work = Workspace(plan.output).folder
    while len(list(work.glob(f"checkpoint-*/{STATE}"))) < 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert work.is_dir(), "the training was over before it could be killed"
    assert not plan.output.exists()

    assert run(["train", *command(plan, **more)]) == 0
    whole = replace(plan, output=tmp_path / "whole")
    assert run(["train", *command(whole, **more)]) == 0
    ours, theirs = load_file(plan.output / WEIGHTS), load_file(whole.output / WEIGHTS)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert torch.equal(values, theirs[name]), name


def test_an_interrupted_training_is_continued_only_with_its_settings(plan):
    workspace = Workspace(plan.output)
    workspace.open({"seed": 0, "rows": 4}, 0)
    with pytest.raises(OptionError, match=r"another seed \(0, not 1\)"):
        workspace.open({"seed": 1, "rows": 4}, 0)
    half = workspace.folder / "checkpoint-9"
    half.mkdir()
    whole = workspace.folder / "checkpoint-5"
    whole.mkdir()
    (whole / STATE).write_text('{"global_step": 5}', encoding="utf-8")
    assert workspace.open({"seed": 0, "rows": 4}, 0) == whole
    assert not half.exists()


def test_a_finished_checkpoint_is_not_overwritten(plan, capsys):
    plan.output.mkdir()
    (plan.output / "mine.txt").write_text("kept", encoding="utf-8")
    assert run(["train", *command(plan)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (plan.output / "mine.txt").read_text(encoding="utf-8") == "kept"
    assert not Workspace(plan.output).folder.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--language", "ko"], "no language 'ko'; it has en es zh"),
        (["--data", "/nowhere"], "no data set folder"),
        (["--task", "meaning"], "no head to train"),
        (["--recipe", "fancy"], "Unknown recipe"),
        (["--epochs", "0"], "epochs 0.0 is out of range"),
        (["--model", "nobody"], "Unknown model"),
        (["--dataset", "xquad"], "task qa, not nli"),
        (["--longest", "3"], "No row has at most 3 tokens"),
    ],
)
def test_what_cannot_be_trained_is_one_line_and_leaves_nothing(plan, capsys, options, said):
    assert run(["train", *command(plan), *options]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in last
    assert not Workspace(plan.output).folder.exists()
    assert not plan.output.exists()


def test_damaged_data_leave_nothing(plan, data):
    (data / "xnli" / "en" / "validation.parquet").write_bytes(b"PAR1 not a table")
    with pytest.raises(DataError, match="cannot be read"):
        train(plan)
    assert not Workspace(plan.output).folder.exists()


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_same_command_continues(plan):
    """A limit on the size of a file fails writes as a full disk does."""
    limit = 20_000
    found = subprocess.run(
        [sys.executable, "-m", "core", "train", *command(plan)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "cannot be written" in found.stderr.strip().splitlines()[-1]
    assert "Traceback" not in found.stderr
    assert not plan.output.exists()
    assert run(["train", *command(plan)]) == 0
    assert (plan.output / WEIGHTS).is_file()


def test_too_little_space_is_said_before_the_training(plan):
    with pytest.raises(TrainingError, match="MB free"):
        Workspace(plan.output).open({}, needed_bytes=10**18)


def test_other_failures_are_not_taken_for_a_full_disk(tmp_path):
    with pytest.raises(RuntimeError, match="shape"), writing(tmp_path):
        raise RuntimeError("shape mismatch")


def test_a_loss_that_is_not_a_number_stops_the_training(plan, tmp_path, tiny_folder):
    broken = shutil.copytree(tiny_folder("bert", "meaning"), tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][0] = float("nan")
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TrainingError, match="learning-rate"):
        train(replace(plan, model=str(broken)))
    assert not plan.output.exists()
