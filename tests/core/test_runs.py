"""`python -m core run`: equal results whatever is interrupted, added, or computed where; every text attributed once."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from deadly import DeadlyJob
from small_data import qa_columns, write_split, write_xnli
from store_cases import spoil
from tiny import save_tiny

from core.analysis import TextInput, analyze_pair
from core.attribution.lig import integrated_gradients
from core.cli.app import run
from core.data.load import load_parallel, load_rows
from core.data.local import local_rows
from core.errors import WorkerError
from core.models.catalogue import find_model
from core.models.loader import load_model
from core.runs import jobs as jobs_module
from core.runs.data import load_run_data
from core.runs.engines import ProcessEngine
from core.runs.jobs import Checkpoint
from core.runs.session import Report, Turns
from core.settings import Settings
from core.spaces.base import find_space_model, revision_of
from core.spaces.maps import SpaceMaps, learned_folder, maps_file, save_maps
from core.spaces.sources import StaticSource
from core.store import Run, Scope, blocks, open_store
from core.store.check import check
from core.stored_example import read_example

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--steps", "8", "--permutations", "5", "--space", "static", "--workers", "1", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""
    jobs_module.load.cache_clear()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return write_xnli(tmp_path / "data", splits=["test"], copies=3)


@pytest.fixture
def command(tiny_folder, data, tmp_path):
    """The words of a run on 12 rows of XNLI in three languages."""

    def words(store, *more, model=None, dataset="xnli", languages="en,es,zh"):
        model = model or tiny_folder("bert", "nli")
        given = ["--dataset", dataset, "--model", model, "--data", data, "--languages", languages]
        return [str(word) for word in ["run", *given, "--store", tmp_path / store, *QUICK, *more]]

    return words


def content(tmp_path, name):
    return check(open_store(tmp_path / name)).total


def frame(tmp_path, name, kind="pairs"):
    return open_store(tmp_path / name).read().sql(f"SELECT * FROM {kind} ORDER BY ALL")


# what is computed


def test_pairs_are_what_a_single_analysis_gives(command, tiny_model, data, tmp_path):
    assert run(command("store", "--limit", "3", "--space", "isolated")) == 0
    pairs = frame(tmp_path, "store")
    assert content(tmp_path, "store").rows == {"predictions": 9, "attributions": 9, "pairs": 9}
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
    pairs = frame(tmp_path, "store")
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


@pytest.fixture
def attributed(monkeypatch):
    """(language, fields, explained target) -> how often it was integrated."""
    counted = Counter()

    def count(model, texts, targets, **options):
        counted.update((text.language, text.fields, target) for text, target in zip(texts, targets, strict=True))
        return integrated_gradients(model, texts, targets, **options)

    monkeypatch.setattr("core.attribution.methods.integrated_gradients", count)
    return counted


def test_no_text_is_attributed_twice_for_one_class(command, attributed, data, tmp_path):
    # Every text of four rows once; each must serve nine pairs, and the mismatched ones.
    assert run(command("store", "--limit", "4", "--pairs", "all")) == 0
    predictions = frame(tmp_path, "store", "predictions")
    classes = predictions.groupby("row").predicted.nunique()
    assert sum(attributed.values()) == content(tmp_path, "store").rows["attributions"] == 3 * classes.sum()
    assert content(tmp_path, "store").rows["pairs"] == 36
    assert frame(tmp_path, "store").consistency.notna().all()
    before = sum(attributed.values())
    assert run(command("store", "--limit", "4", "--pairs", "all")) == 0
    assert sum(attributed.values()) == before


def test_more_rows_and_languages_continue_the_run_and_end_alike(command, attributed, tmp_path):
    assert run(command("grown", "--limit", "3", languages="en,zh")) == 0
    assert run(command("grown", "--limit", "7", languages="zh,es,en")) == 0
    grown = sum(attributed.values())
    assert run(command("at-once", "--limit", "7")) == 0
    assert sum(attributed.values()) == 2 * grown == 2 * 21
    assert content(tmp_path, "grown") == content(tmp_path, "at-once")
    assert len(open_store(tmp_path / "grown").read().runs) == 1


def test_a_checkpoint_trained_again_under_its_name_is_loaded_anew(command, tmp_path):
    folder = save_tiny(tmp_path / "mine", "bert", "nli")
    assert run(command("before", model=folder)) == 0
    save_tiny(folder, "bert", "nli", seed=1)
    assert run(command("after", model=folder)) == 0
    jobs_module.load.cache_clear()
    assert run(command("fresh", model=folder)) == 0
    assert content(tmp_path, "after") == content(tmp_path, "fresh") != content(tmp_path, "before")


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
    predictions = frame(tmp_path, "store", "predictions").set_index(["language", "row"])
    for found in frame(tmp_path, "store", "attributions").itertuples():
        prediction = predictions.loc[(found.language, found.row)]
        wanted = {"own": prediction.predicted, "gold": prediction.gold}.get(explain, explain)
        assert (found.target_label, found.explain) == (wanted, explain)


def test_answers_have_a_start_and_an_end(command, tiny_folder, data, tmp_path):
    write_split(data, "xquad", "validation", {code: qa_columns(code) for code in ("en", "es")})
    words = command("store", model=tiny_folder("xlm-roberta", "qa"), dataset="xquad", languages="en,es")
    assert run(words) == 0
    assert content(tmp_path, "store").rows == {"predictions": 4, "attributions": 8, "pairs": 8}
    pairs = frame(tmp_path, "store")
    assert set(pairs.end) == {"start", "end"}
    assert pairs.consistency.between(0, 1).all()
    predictions = frame(tmp_path, "store", "predictions")
    assert predictions.f1.between(0, 1).all()


def test_a_row_that_cannot_be_computed_is_recorded_and_the_rest_goes_on(command, data, tmp_path, monkeypatch):
    rows = load_parallel("xnli", ["es"], "test", data)["es"]
    columns = {"premise": [a for a, _ in rows.texts], "hypothesis": [b for _, b in rows.texts]}
    columns["hypothesis"][5] = "..."
    write_split(data, "xnli", "test", {"es": columns | {"label": [0, 2, 0, 1] * 3}})
    assert run(command("store")) == 0
    reader = open_store(tmp_path / "store").read()
    assert reader.problems("attributions")[["language", "row", "problem"]].values.tolist() == [["es", 5, "TextError"]]
    assert reader.problems("pairs")[["target_language", "row", "problem"]].values.tolist() == [["es", 5, "TextError"]]
    pairs = frame(tmp_path, "store")
    assert pairs.consistency.isna().sum() == 1
    # The row that should have been set against it has no mismatched translation, and its own C all the same.
    assert pairs[pairs.problem == ""].mismatched.isna().sum() == 1


# the same bits, whatever happens


@pytest.mark.parametrize(("workers", "kills"), [("1", (1, 5, 8)), ("2", (4,))])
def test_killed_anywhere_it_ends_like_one_that_was_not(command, data, tmp_path, workers, kills):
    assert run(command("whole")) == 0
    words = [sys.executable, "-m", "core", *command("killed", "--workers", workers)]
    environment = os.environ | {"HF_DATASETS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    for shards in kills:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        until(process, lambda n=shards: len(list((tmp_path / "killed").rglob("*.parquet"))) >= n)
        assert process.poll() is None
        process.kill()
        process.wait()
    assert run(command("killed")) == 0
    assert content(tmp_path, "killed") == content(tmp_path, "whole")


@pytest.mark.parametrize("damaged", ["predictions", "attributions"])
def test_wrong_bytes_in_what_a_run_needs_are_named_and_mended(command, tmp_path, capsys, damaged):
    assert run(command("store")) == 0
    whole = content(tmp_path, "store")
    for file in list((tmp_path / "store").rglob("*/pairs/*.parquet")):
        file.unlink()
    spoil(next((tmp_path / "store").rglob(f"*/{damaged}/*.parquet")))
    capsys.readouterr()
    assert run(command("store")) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"{damaged.removesuffix('s')} of row" in last and "store check --repair" in last
    assert (frame(tmp_path, "store").problem == "").all()
    run(["store", "check", str(tmp_path / "store"), "--repair"])
    assert run(command("store")) == 0
    assert content(tmp_path, "store") == whole


def test_a_cut_shard_is_named_and_computed_anew(command, tmp_path, capsys):
    assert run(command("store")) == 0
    whole = content(tmp_path, "store")
    file = next((tmp_path / "store").rglob("*/attributions/*.parquet"))
    file.write_bytes(file.read_bytes()[:-20])
    capsys.readouterr()
    assert run(command("store")) == 0
    assert "cannot be read" in capsys.readouterr().err
    assert content(tmp_path, "store") == whole


def test_two_workers_give_the_bits_of_one(command, tmp_path, monkeypatch):
    more = ["--limit", "6", "--space", "isolated"]
    assert run(command("one", *more)) == 0
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "another cache"))
    assert run(command("two", *more, "--workers", "2", languages="zh,es,en")) == 0
    assert content(tmp_path, "one") == content(tmp_path, "two")


def test_two_commands_in_step_share_the_work():
    units = blocks("attributions", ["en"], range(400), size=2)
    stored, computed = set(), []
    turns = [Turns(units), Turns(units)]
    while len(stored) < len(units):
        # Both look what is missing, both compute it, and one is the first to write it.
        begun = [next((unit for unit in own if unit not in stored), None) for own in turns]
        for own, unit in zip(turns, begun, strict=True):
            if unit is None:
                continue
            computed.append(unit)
            if unit in stored:
                own.step_aside()
            stored.add(unit)
    assert len(computed) < 1.2 * len(units)


def test_what_another_command_does_counts_in_the_time_that_is_left(monkeypatch):
    now, stored, lines, heard = [0.0], set(), [], []
    monkeypatch.setattr("core.runs.session.time.monotonic", lambda: now[0])
    report = Report("tiny", "pairs", lambda: 100 - len(stored), lines.append, heard.append)
    for row in range(20):
        stored |= {row, 99 - 2 * row, 98 - 2 * row}
        now[0] += 1.0
        report.add(1, 0)
    assert lines == [
        "tiny: pairs compared 30 of 100 (20 by another command), 3 a second, 23 s left",
        "tiny: pairs compared 60 of 100 (40 by another command), 3 a second, 13 s left",
    ]
    stored |= set(range(100))
    report.end()
    assert lines[-1] == "tiny: pairs compared 100 of 100 (80 by another command), 5 a second"
    assert (heard[0].done, heard[-1].done, heard[-1].of) == (0, 100, 100)


def test_a_slow_store_is_not_asked_all_the_time(monkeypatch):
    now, asked = [0.0], []
    monkeypatch.setattr("core.runs.session.time.monotonic", lambda: now[0])

    def missing():
        asked.append(now[0])
        now[0] += 2.0
        return 1000

    report = Report("tiny", "pairs", missing, lambda _: None, lambda _: None)
    for _ in range(600):
        now[0] += 1.0
        report.add(1, 0)
    assert len(asked) == 4 and now[0] < 610


def test_a_unit_that_another_command_wrote_first_is_not_written_again(command, tmp_path, monkeypatch):
    more = ["--limit", "6"]
    assert run(command("one", *more)) == 0
    write, step_aside, aside = Run.write, Turns.step_aside, []

    def counted(turns):
        aside.append(turns)
        step_aside(turns)

    monkeypatch.setattr(Run, "write", lambda *args, **named: write(*args, **named) and write(*args, **named))
    monkeypatch.setattr(Turns, "step_aside", counted)
    assert run(command("two", *more)) == 0
    assert content(tmp_path, "one") == content(tmp_path, "two")
    assert aside


def test_ctrl_c_finishes_what_has_begun_and_says_how_to_go_on(command, tmp_path, capsys, monkeypatch):
    assert run(command("whole")) == 0
    compute = jobs_module.AttributeJob.compute

    def interrupted(self, model):
        os.kill(os.getpid(), signal.SIGINT)
        return compute(self, model)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(jobs_module.AttributeJob, "compute", interrupted)
    capsys.readouterr()
    assert run(command("stopped")) == 130
    assert "the same command continues" in capsys.readouterr().err.strip().splitlines()[-1]
    kept = content(tmp_path, "stopped").rows
    assert kept["predictions"] == 36
    assert 0 < kept["attributions"] < 36
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()


def test_ray_gives_the_bits_of_one_process_even_when_a_worker_is_killed(command, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    from core.runs.ray_engine import RayEngine

    assert run(command("local")) == 0
    killed = []
    results = RayEngine.results

    def kill_all_once(self, jobs, should_stop):
        # One actor has just given its job, the other one is at work.
        processes = self._ray.get([actor.process.remote() for actor in self.actors])
        for done in results(self, jobs, should_stop):
            yield done
            while len(killed) < len(processes):
                killed.append(processes[len(killed)])
                os.kill(killed[-1], signal.SIGKILL)

    monkeypatch.setattr(RayEngine, "results", kill_all_once)
    assert run(command("ray", "--engine", "ray", "--workers", "2")) == 0
    assert len(set(killed)) == 2
    assert content(tmp_path, "local") == content(tmp_path, "ray")


def test_processes_that_are_killed_are_replaced(command, tmp_path, monkeypatch):
    assert run(command("one")) == 0
    results, killed = ProcessEngine.results, []

    def kill_all_once(self, jobs, should_stop):
        for done in results(self, jobs, should_stop):
            yield done
            if not killed:
                killed.extend(multiprocessing.active_children())
                for process in killed:
                    process.kill()
                    process.join()

    monkeypatch.setattr(ProcessEngine, "results", kill_all_once)
    assert run(command("two", "--workers", "2")) == 0
    assert len(killed) == 2
    assert content(tmp_path, "one") == content(tmp_path, "two")


def test_a_job_that_ends_every_worker_ends_the_run_with_its_name(tiny_folder, monkeypatch):
    path = str(tiny_folder("bert", "nli"))
    (unit,) = blocks("predictions", ["es"], [1], size=4)
    job = DeadlyJob(Checkpoint(path, "cpu", "fp32", 1, ""), unit)
    with ProcessEngine([None]) as engine, pytest.raises(WorkerError, match=r"lost 3 times at predictions es of .*nli"):
        list(engine.results(iter([job]), lambda: False))


def test_pairs_can_have_workers_of_their_own(command, tmp_path):
    assert run(command("one")) == 0
    assert run(command("other", "--pair-workers", "2")) == 0
    assert content(tmp_path, "one") == content(tmp_path, "other")


def until(process, condition, seconds=120):
    """Wait for something, as long as the process that does it runs."""
    end = time.monotonic() + seconds
    while process.poll() is None and not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_file_of_ones_own_is_run_and_its_texts_are_found_again(command, tiny_folder, tmp_path):
    file = tmp_path / "weather.csv"
    file.write_text("en,es\nIt is raining.,Está lloviendo.\nThe sun shines.,Brilla el sol.\n", encoding="utf-8")
    words = command("store", dataset=str(file), model=tiny_folder("bert", "meaning"), languages="all")
    assert run(words) == 0
    reader = open_store(tmp_path / "store").read()
    (name,) = reader.runs
    pairs = frame(tmp_path, "store")
    assert set(zip(pairs.source_language, pairs.target_language, strict=True)) == {("en", "en"), ("en", "es")}
    assert len(pairs) == 4 and pairs.consistency.notna().all()
    file.unlink()
    rows = local_rows(reader.runs[name].identity, "es")
    assert rows.texts == (("Está lloviendo.",), ("Brilla el sol.",))
    assert read_example(reader, name, 1, "en", "es").pairs[0].consistency is not None


# which run it is


def other_texts(data, code, **changes):
    rows = load_parallel("xnli", [code], "test", data)[code]
    columns = {
        "premise": [a for a, _ in rows.texts],
        "hypothesis": [b for _, b in rows.texts],
        "label": [0, 2, 0, 1] * 3,
    }
    write_split(data, "xnli", "test", {code: columns | changes})


def test_a_run_does_not_go_on_with_other_texts_in_one_language(command, data, tmp_path, capsys):
    assert run(command("store", "--limit", "4", languages="en,es")) == 0
    before = content(tmp_path, "store")
    other_texts(data, "es", hypothesis=["Todo es otra cosa."] * 12)
    assert run(command("store", "--limit", "6")) == 1
    assert "computed on other texts in es" in capsys.readouterr().err.strip().splitlines()[-1]
    assert content(tmp_path, "store") == before
    assert run(command("store", "--limit", "6", languages="en,zh")) == 0


def test_a_run_does_not_go_on_with_other_rows(command, data, tmp_path, capsys):
    assert run(command("store", "--limit", "4", languages="en,es")) == 0
    other_texts(data, "zh", label=[0, 2, -1, 1] * 3)
    assert run(command("store", "--limit", "4", languages="en,es")) == 1
    assert "computed on other texts in en es" in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_language_without_the_split_matters_only_where_it_is_asked_for(command, data, capsys):
    (data / "xnli" / "zh" / "test.parquet").rename(data / "xnli" / "zh" / "validation.parquet")
    write_split(data, "xnli", "validation", {})
    assert load_run_data("xnli", "en,es", "test", data, limit=2, seed=0).languages == ("en", "es")
    assert load_run_data("xnli", "all", "test", data, limit=2, seed=0).languages == ("en", "es")
    assert run(command("store", languages="en,zh")) == 2
    assert "(zh) cannot be read" in capsys.readouterr().err.strip().splitlines()[-1]


def test_data_without_english_are_named_by_another_language(data):
    shutil.rmtree(data / "xnli" / "en")
    write_split(data, "xnli", "test", {})
    found = load_run_data("xnli", "zh", "test", data, limit=2, seed=0)
    assert found.fingerprint == load_rows("xnli", "es", "test", data).fingerprint


def test_maps_of_ones_own_are_another_run(command, tiny_folder, tmp_path, monkeypatch):
    more = ["--limit", "2", "--space", "static"]
    assert run(command("store", *more)) == 0
    model = load_model(tiny_folder("bert", "nli"))
    base, embed = find_space_model(model), model.module.get_input_embeddings().weight.shape[1]
    known = {"revision": base.revision, "pooling": StaticSource.pooling}
    mean = np.full(embed, 0.01, dtype=np.float32)
    save_maps(maps_file(learned_folder(), base.name, "static", "token"), SpaceMaps({"en": mean}, {}, known))
    assert run(command("store", *more)) == 0
    first, second = open_store(tmp_path / "store").read().runs.values()
    assert [("maps" in one.identity.settings) for one in (first, second)].count(True) == 1
    assert run(command("store", *more, "--no-centred", "--no-procrustes")) == 0
    assert sum("maps" in one.identity.settings for one in open_store(tmp_path / "store").read().runs.values()) == 1


# plan and errors


def test_a_dry_run_counts_what_is_left_and_writes_nothing(command, tmp_path, capsys):
    assert run(command("store", "--dry-run", "--pair-workers", "3")) == 0
    planned = capsys.readouterr().out
    assert "With 1 workers on cpu and 3 for pairs" in planned
    assert "xnli test" in planned.lower() and "36" in planned
    assert not (tmp_path / "store").exists()
    assert run(command("store", "--limit", "4")) == 0
    before = content(tmp_path, "store")
    capsys.readouterr()
    assert run(command("store", "--dry-run")) == 0
    lines = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    cells = {line[2].strip(): [cell.strip() for cell in line[3:6]] for line in lines if len(line) > 5}
    assert {kind: cells[kind] for kind in ("predictions", "attributions", "pairs")} == {
        kind: ["36", "12", "24"] for kind in ("predictions", "attributions", "pairs")
    }
    assert content(tmp_path, "store") == before


def test_other_settings_are_another_run_and_said_so(command, tmp_path, capsys):
    assert run(command("store", "--limit", "2")) == 0
    assert run(command("store", "--limit", "2", "--mass", "positive")) == 0
    assert "with other settings (mass abs, here positive): both are kept" in capsys.readouterr().err
    assert len(open_store(tmp_path / "store").read().runs) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--languages", "en,ko"], "no language 'ko'"),
        (["--languages", "tlh"], "Unknown language"),
        (["--limit", "0"], "takes no rows"),
        (["--dataset", "xquad"], "no data set folder"),
        (["--model", "nobody"], "Unknown model"),
        (["--explain", "maybe"], "Choose one of source, own, gold, entailment"),
        (["--pairs", "some"], "Choose one of train, all"),
        (["--engine", "slurm"], "Choose one of local, ray"),
        (["--workers", "0"], "--workers 0 computes nothing"),
        (["--pair-workers", "0"], "--pair-workers 0 computes nothing"),
        (["--dataset", "nowhere.csv"], "cannot be read"),
    ],
)
def test_bad_input_is_one_line(command, capsys, more, said):
    assert run([*command("store"), *more]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_model_without_the_head_is_refused(command, tiny_folder, tmp_path, capsys):
    assert run(command("store", model=tiny_folder("bert", "meaning"))) == 2
    assert "no classification head" in capsys.readouterr().err
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_one_line(command, tmp_path, capsys):
    (tmp_path / "store").write_text("a file, not a folder")
    assert run(command("store", "--limit", "2")) == 2
    assert "is a file" in capsys.readouterr().err.strip().splitlines()[-1]


def test_performance_is_that_of_the_same_rows(command, tmp_path):
    assert run(command("store", "--limit", "5")) == 0
    performance = open_store(tmp_path / "store").read().performance(Scope(dataset="xnli"))
    assert performance.n.tolist() == [5, 5, 5]
    predictions = frame(tmp_path, "store", "predictions")
    np.testing.assert_allclose(performance.accuracy, predictions.groupby("language").correct.mean())
    assert json.loads(predictions.to_json())
