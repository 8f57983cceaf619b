"""What a form asks for: which runs of a store it computes, how far they are, and why rows have no C."""

from dataclasses import replace

import pytest

from core.report.problems import reason
from core.runs.data import load_run_data
from core.runs.estimate import cost_at_stored_rates
from core.runs.identity import identify
from core.runs.jobs import ROW_PROBLEMS
from core.runs.progress import Pace, Step, pace, read_progress, step_of, write_progress
from core.runs.request import RunRequest
from core.runs.session import RunProgress, rate_words
from core.settings import Settings
from core.store.manifest import Manifest
from tests.world.sentences import write_xnli
from tests.world.stores import fill
from tests.world.tiny import write_catalogue

REQUEST = RunRequest("xnli", "nli", ("tiny-nli-en", "tiny-nli-es"), ("en", "es", "zh"), 6, 0, "results")


@pytest.fixture
def ours(tiny_model, tmp_path, monkeypatch):
    """The identity that the command itself gives a run without further options."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    data = load_run_data("xnli", "en,es", None, write_xnli(tmp_path / "data", splits=["test"]), limit=2, seed=0)
    return identify(tiny_model("bert", "nli"), data, Settings(task="nli"), threads=1)


def stored(*entries):
    return {one.run_id: Manifest(one, created=created) for one, created in entries}


def test_a_request_computes_the_run_with_its_own_settings(ours):
    request = replace(REQUEST, checkpoints=(ours.checkpoint,))
    others = [
        replace(ours, settings=ours.settings | {"steps": 8}),
        replace(ours, settings=ours.settings | {"threads": 2}),
        replace(ours, settings={"precision": "fp32", "evaluation": "accuracy"}),
        replace(ours, seed=1),
        replace(ours, split="validation"),
        replace(ours, dataset="paws-x"),
        replace(ours, checkpoint="another"),
    ]
    runs = stored((ours, "2026-01-01"), *((other, "2026-02-02") for other in others))
    assert len(runs) == 8
    assert request.computed(runs) == {ours.run_id}
    assert request.computed(stored((others[0], "2026-02-02"))) == set()


def test_of_runs_that_differ_in_data_or_weights_it_is_the_latest(ours):
    older, other = replace(ours, data_fingerprint="before"), replace(ours, checkpoint="second")
    runs = stored((ours, "2026-02-02"), (older, "2026-01-01"), (other, "2025-12-12"))
    request = replace(REQUEST, checkpoints=(ours.checkpoint, "second"))
    assert request.computed(runs) == {ours.run_id, other.run_id}


def test_a_file_is_known_by_its_name(ours):
    own = replace(ours, dataset="pairs", split="file")
    request = replace(REQUEST, dataset="/cache/files/abc/pairs.csv", checkpoints=(own.checkpoint,))
    assert request.computed(stored((own, "2026-01-01"), (ours, "2026-02-02"))) == {own.run_id}


def test_the_size_is_rows_times_languages_times_checkpoints():
    assert REQUEST.n_pairs == 6 * 3 * 2


def test_all_pairs_are_every_two_languages_and_the_training_language_with_itself(monkeypatch, tmp_path):
    models = [
        {"name": "tiny-nli-en", "title": "t", "task": "nli", "location": "a", "train_language": "en"},
        {"name": "tiny-nli-es", "title": "t", "task": "nli", "location": "b"},
    ]
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(tmp_path / "models.toml", models)))
    every = replace(REQUEST, languages=("es", "zh"), pairs="all")
    assert every.sources == {"tiny-nli-en": "en", "tiny-nli-es": None}
    assert every.language_pairs == {
        "tiny-nli-en": (("en", "es"), ("en", "zh"), ("es", "zh")),
        "tiny-nli-es": (("es", "es"), ("es", "zh")),
    }
    assert (every.n_pairs, every.n_texts) == (6 * 5, 6 * 5)
    assert replace(every, languages=("en", "es", "zh", "ar")).n_pairs == 6 * 2 * (4 + 3)
    assert every.arguments()[-4:] == ["--pairs", "all", "--store", "results"]
    assert "--pairs" not in REQUEST.arguments()


def test_pace_counts_what_is_left_of_one_step():
    assert pace(RunProgress("a", "pairs", 3, 12, 0, 6.0)) == Pace(0.25, 0.5, 18.0)
    assert pace(RunProgress("a", "pairs", 0, 12, 0, 6.0)) == Pace(0.0, None, None)
    assert pace(RunProgress("a", "pairs", 12, 12, 0, 6.0)) == Pace(1.0, 2.0, None)
    assert pace(RunProgress("a", "pairs", 0, 0, 0, 0.0)) == Pace(1.0, None, None)


def test_a_rate_is_written_without_powers_of_ten():
    assert [rate_words(rate) for rate in (0.0412, 2.46, 9.99, 10.0, 183.2, 1234.5)] == [
        "0.041",
        "2.5",
        "10",
        "10",
        "183",
        "1,234",
    ]


@pytest.mark.parametrize(
    ("task", "checkpoint", "kind", "step"),
    [
        ("nli", "tiny-nli-en", "predictions", Step(1, 2, 1, 3)),
        ("nli", "tiny-nli-es", "pairs", Step(2, 2, 3, 3)),
        ("meaning", "tiny-nli-es", "predictions", Step(2, 2, 1, 2)),
        ("meaning", "tiny-nli-es", "attributions", Step(2, 2, 1, 2)),
        ("meaning", "tiny-nli-es", "pairs", Step(2, 2, 2, 2)),
    ],
)
def test_a_step_is_a_kind_of_work_on_a_checkpoint(task, checkpoint, kind, step):
    assert step_of(RunProgress(checkpoint, kind, 1, 2, 0, 1.0), replace(REQUEST, task=task)) == step


def test_every_problem_of_a_row_has_a_sentence():
    sentences = {reason(error.__name__) for error in ROW_PROBLEMS}
    assert len(sentences) == len(ROW_PROBLEMS)
    assert all(sentence.endswith(".") and "Error" not in sentence for sentence in sentences)
    assert reason("AnotherError") == "AnotherError"


def test_progress_is_read_back_and_a_half_written_file_is_none(tmp_path):
    told = RunProgress("tiny", "pairs", 3, 12, 1, 4.5)
    assert read_progress(tmp_path / "p.json") is None
    write_progress(tmp_path / "p.json", told)
    assert read_progress(tmp_path / "p.json") == told
    (tmp_path / "p.json").write_text('{"checkpoint": "tiny"')
    assert read_progress(tmp_path / "p.json") is None


def test_a_runs_cost_is_what_stored_rows_took(tmp_path):
    shards = fill(tmp_path / "store", seconds=1.0).snapshot()
    tasks = {run: manifest.identity.task for run, manifest in shards.runs.items()}
    # Every shard of two rows took a second: half a second a row and kind.
    hundred = {"n_texts": 100, "n_pairs": 100}
    cost = cost_at_stored_rates(shards.shards, tasks, "nli", **hundred)
    assert cost.seconds == pytest.approx(200)
    twice = cost_at_stored_rates(shards.shards, tasks, "nli", n_texts=100, n_pairs=200)
    assert twice.seconds == pytest.approx(300), "texts are predicted and attributed once, however often compared"
    from_before = [shard for shard in shards.shards if shard.kind != "flows"]
    assert cost_at_stored_rates(from_before, tasks, "nli", **hundred).seconds == pytest.approx(150)
    without_pairs = [shard for shard in shards.shards if shard.kind != "pairs"]
    assert cost_at_stored_rates(without_pairs, tasks, "nli", **hundred) is None
    assert cost_at_stored_rates(shards.shards, tasks, "qa", **hundred) is None
