"""`python -m core run`: the same bits in the end, whatever stopped it or damaged what it had written."""

import errno
import json
import multiprocessing
import os
import resource
import shutil
import signal
from concurrent.futures import wait

import pytest

from core.cli.app import run
from core.consistency.references import references
from core.runs import engines
from core.runs import jobs as jobs_module
from core.store import Run, open_store
from core.store.check import check
from tests.world.runs import content, frame, until
from tests.world.stores import shard_files, spoil

pytestmark = pytest.mark.usefixtures("run_cache")


@pytest.fixture
def referenced(monkeypatch):
    """The plans whose references were computed."""
    plans = []

    def counted(plan, **options):
        plans.append(plan)
        return references(plan, **options)

    monkeypatch.setattr("core.consistency.compare.references", counted)
    return plans


# killed, and stopped


@pytest.mark.parametrize(("workers", "kills"), [("1", (1, 5, 8)), ("2", (4,))])
@pytest.mark.slow
def test_killed_anywhere_it_ends_like_one_that_was_not(command, begin, tmp_path, workers, kills, whole):
    for written in kills:
        process = begin("killed", "--workers", workers)
        until(process, lambda n=written: len(shard_files(tmp_path / "killed")) >= n)
        assert process.poll() is None
        process.kill()
        process.wait()
    assert run(command("killed")) == 0
    assert content(tmp_path / "killed") == content(whole)


def test_ctrl_c_finishes_what_has_begun_and_says_how_to_go_on(command, tmp_path, capsys, monkeypatch):
    compute = jobs_module.AttributeJob.compute

    def interrupted(self, model):
        os.kill(os.getpid(), signal.SIGINT)
        return compute(self, model)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(jobs_module.AttributeJob, "compute", interrupted)
    capsys.readouterr()
    assert run(command("stopped")) == 130
    assert "the same command continues" in capsys.readouterr().err.strip().splitlines()[-1]
    kept = content(tmp_path / "stopped").rows
    assert kept["predictions"] == 36
    assert 0 < kept["attributions"] < 36
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()


def test_a_second_ctrl_c_stops_at_once_and_the_same_command_continues(command, tmp_path, capsys, monkeypatch, whole):
    compute, begun = jobs_module.AttributeJob.compute, []

    def interrupted(self, model):
        begun.append(self.unit)
        if len(begun) == 2:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return compute(self, model)

    before = signal.getsignal(signal.SIGINT)
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(jobs_module.AttributeJob, "compute", interrupted)
        assert run(command("stopped")) == 130
    said = capsys.readouterr().err
    assert "Ctrl-C once more stops at once" in said
    assert said.splitlines()[-1].startswith("Stopped at once") and "the same command continues" in said
    assert signal.getsignal(signal.SIGINT) is before
    # The first of the two units was written; of the second, which had begun, nothing.
    kept = {"predictions": 36, "attributions": len(begun[0].rows), "pairs": 0, "flows": 0}
    assert content(tmp_path / "stopped").rows == kept
    assert open_store(tmp_path / "stopped").read().notices == ()
    assert run(command("stopped")) == 0
    assert content(tmp_path / "stopped") == content(whole)


@pytest.mark.slow
def test_a_second_ctrl_c_ends_the_workers_in_the_middle_of_their_jobs(command, tmp_path, monkeypatch, whole):
    workers = []

    def interrupted(running, **options):
        if shard_files(tmp_path / "stopped", "attributions"):
            workers.extend(multiprocessing.active_children())
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return wait(running, **options)

    with monkeypatch.context() as patched:
        patched.setattr(engines, "wait", interrupted)
        assert run(command("stopped", "--workers", "2")) == 130
    assert [worker.exitcode for worker in workers] == [-signal.SIGKILL] * 2
    assert content(tmp_path / "stopped").rows["attributions"] < 36
    assert run(command("stopped")) == 0
    assert content(tmp_path / "stopped") == content(whole)


def test_killed_between_a_pair_and_its_flows_only_the_flows_are_computed(
    command, tmp_path, referenced, monkeypatch, whole
):
    write = Run.write

    def stopped_before_flows(writer, unit, *args, **named):
        if unit.kind == "flows":
            raise KeyboardInterrupt
        return write(writer, unit, *args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "write", stopped_before_flows)
        assert run(command("killed")) == 130
    rows = content(tmp_path / "killed").rows
    # The first of three units of twelve rows was written.
    assert (rows["pairs"], rows["flows"]) == (12, 0)
    before = len(referenced)
    assert run(command("killed")) == 0
    assert len(referenced) - before == 24
    assert content(tmp_path / "killed") == content(whole)


def test_a_store_from_before_flows_gets_them_without_references(command, tmp_path, referenced, capsys, whole):
    shutil.copytree(whole, tmp_path / "store")
    for file in shard_files(tmp_path / "store", "flows"):
        file.unlink()
    kept = {file: file.read_bytes() for file in shard_files(tmp_path / "store")}
    assert run(command("store", "--dry-run")) == 0
    lines = [[cell.strip() for cell in line.split("│")] for line in capsys.readouterr().out.splitlines()]
    assert [line[3:7] for line in lines if line[2:3] == ["pairs"]] == [["36", "0", "36", "3"]]
    # The dry run computes one pair in memory, to measure its time.
    referenced.clear()
    assert run(command("store")) == 0
    assert content(tmp_path / "store") == content(whole)
    assert not referenced
    assert all(file.read_bytes() == data for file, data in kept.items())


@pytest.mark.parametrize("lost", ["pairs", "flows"])
def test_more_rows_of_a_store_that_lacks_one_of_both_end_alike(command, tmp_path, lost, whole):
    assert run(command("store", "--limit", "4")) == 0
    for file in shard_files(tmp_path / "store", lost):
        file.unlink()
    kept = {file: file.read_bytes() for file in shard_files(tmp_path / "store")}
    assert run(command("store")) == 0
    assert content(tmp_path / "store") == content(whole)
    assert all(file.read_bytes() == data for file, data in kept.items())
    assert not open_store(tmp_path / "store").snapshot().overlapping


# damage


@pytest.mark.parametrize("damaged", ["predictions", "attributions"])
def test_wrong_bytes_in_what_a_run_needs_are_named_and_mended(command, tmp_path, capsys, damaged, whole):
    shutil.copytree(whole, tmp_path / "store")
    for file in list((tmp_path / "store").rglob("*/pairs/*.parquet")):
        file.unlink()
    spoil(next((tmp_path / "store").rglob(f"*/{damaged}/*.parquet")))
    capsys.readouterr()
    assert run(command("store")) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"{damaged.removesuffix('s')} of row" in last and "store check --repair" in last
    assert (frame(tmp_path / "store").problem == "").all()
    run(["store", "check", str(tmp_path / "store"), "--repair"])
    assert run(command("store")) == 0
    assert content(tmp_path / "store") == content(whole)


def test_a_cut_shard_is_named_and_computed_anew(command, tmp_path, capsys, whole):
    shutil.copytree(whole, tmp_path / "store")
    file = next((tmp_path / "store").rglob("*/attributions/*.parquet"))
    file.write_bytes(file.read_bytes()[:-20])
    capsys.readouterr()
    assert run(command("store")) == 0
    assert "cannot be read" in capsys.readouterr().err
    assert content(tmp_path / "store") == content(whole)


def other_steps(manifest):
    """A manifest that somebody edited: its settings are no longer those of its run."""
    plain = json.loads(manifest)
    plain["identity"]["settings"]["steps"] += 1
    return json.dumps(plain).encode()


@pytest.mark.parametrize("damage", [None, lambda _: b"", other_steps], ids=["deleted", "emptied", "edited"])
def test_a_lost_manifest_is_named_and_mended_and_nothing_is_computed_again(
    command, attributed, tmp_path, capsys, damage, whole
):
    assert run(command("store", "--limit", "4")) == 0
    (manifest,) = (tmp_path / "store").glob("*/manifest.json")
    original = json.loads(manifest.read_bytes())
    manifest.unlink() if damage is None else manifest.write_bytes(damage(manifest.read_bytes()))
    capsys.readouterr()
    assert run(command("store")) == 0
    (named,) = [line for line in capsys.readouterr().err.splitlines() if "missing or damaged" in line]
    assert original["run"] in named and "so does the same `run`" in named
    # 12 rows in three languages, once.
    assert sum(attributed.values()) == 36
    assert content(tmp_path / "store") == content(whole)
    assert json.loads(manifest.read_bytes())["identity"] == original["identity"]
    assert open_store(tmp_path / "store").read().notices == ()


# a full disk


@pytest.mark.parametrize("room", [0, 2, 5])
def test_a_full_disk_is_one_line_and_the_same_command_continues(command, tmp_path, capsys, monkeypatch, room, whole):
    fsync = os.fsync

    def full(descriptor):
        if len(shard_files(tmp_path / "store")) >= room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert run(command("store")) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"is full ({os.strerror(errno.ENOSPC)})" in last and "the same command" in last
    kept = {file: file.read_bytes() for file in shard_files(tmp_path / "store")}
    assert len(kept) == room
    assert not [file for file in (tmp_path / "store").rglob("*") if file.suffix == ".tmp"]
    assert check(open_store(tmp_path / "store")).unreadable == ()
    assert run(command("store")) == 0
    assert content(tmp_path / "store") == content(whole)
    assert all(file.read_bytes() == data for file, data in kept.items())


@pytest.mark.slow
def test_a_limit_of_the_operating_system_is_met_like_a_full_disk(command, begin, tmp_path, whole):
    sizes = {
        kind: [file.stat().st_size for file in shard_files(whole, kind)] for kind in ("predictions", "attributions")
    }
    # Between the two: a shard's footer has its seconds in it, so that its size differs by some bytes from run to run.
    limit = (max(sizes["predictions"]) + max(sizes["attributions"])) // 2
    assert max(sizes["predictions"]) + 100 < limit < max(sizes["attributions"])
    process = begin(
        "store",
        "--workers",
        "2",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    last = said.splitlines()[-1]
    assert f"is full ({os.strerror(errno.EFBIG)})" in last and "the same command" in last
    assert "Traceback" not in said
    kept = content(tmp_path / "store").rows
    assert kept["predictions"] == 36
    assert kept["attributions"] < 36
    assert run(command("store")) == 0
    assert content(tmp_path / "store") == content(whole)
