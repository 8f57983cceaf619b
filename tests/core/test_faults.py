"""What a computer may do to a command: each fault is one clear line, never a traceback, and loses nothing."""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.data.files import read_parallel_file
from core.data.load import load_rows
from core.errors import CatalogueError, DataError, ModelError
from core.models.catalogue import load_catalogue
from core.models.loader import load_model
from core.store import open_store
from core.store.check import check
from core.store.row_ranges import parse_rows
from tests.world.sentences import write_xnli
from tests.world.stores import fill, plan, shard_files
from tests.world.tiny import save_tiny

ROOT = Path(__file__).resolve().parents[2]
LONG = "/tmp/" + "/".join(["x" * 200] * 30)
LONG_NAME = "/tmp/" + "x" * 5000
DEEP = "[" * 100_000 + "]" * 100_000
SOMEBODY = 12345
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def line_of(capsys, words, codes=(1, 2)):
    """The only line that a command says when it fails."""
    capsys.readouterr()
    assert run([str(word) for word in words]) in codes
    said = capsys.readouterr().err.strip().splitlines()
    assert said and "Traceback" not in "\n".join(said)
    return said[-1]


# paths that are too long


@pytest.mark.parametrize("path", [LONG, LONG_NAME], ids=["path", "name"])
@pytest.mark.parametrize(
    "words",
    [
        ["store", "check", "{}"],
        ["store", "export", "--output", "{}"],
        ["run", "--dataset", "{}.csv", "--model", "multilingual-e5-small", "--store", "s"],
        ["run", "--dataset", "xnli", "--model", "multilingual-e5-small", "--data", "{}", "--store", "s"],
        ["run", "--dataset", "xnli", "--model", "multilingual-e5-small", "--data", "hub", "--store", "{}"],
        ["evaluate", "--dataset", "xnli", "--data", "{}", "--model", "multilingual-e5-small"],
        ["train", "--task", "nli", "--language", "en", "--data", "{}", "--output", "o"],
        ["analyze", "--source", "a", "--target", "b", "--source-lang", "en", "--target-lang", "es", "--model", "{}"],
        ["tables", "--table", "1", "--store", "{}"],
    ],
    ids=lambda words: " ".join(words[:6])[:60],
)
def test_a_path_that_is_too_long_is_one_line(capsys, tmp_path, monkeypatch, words, path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CCTA_STORE", str(fill(tmp_path / "store").location))
    assert len(line_of(capsys, [word.replace("{}", path) for word in words])) > 10


@pytest.mark.parametrize("variable", ["CCTA_CACHE", "CCTA_DATA", "CCTA_STORE", "CCTA_CONFIG"])
@pytest.mark.parametrize("path", [LONG, LONG_NAME], ids=["path", "name"])
def test_a_variable_that_is_too_long_is_one_line(capsys, monkeypatch, tiny_folder, variable, path):
    monkeypatch.setenv(variable, path)
    capsys.readouterr()
    assert run(["doctor", "--model", str(tiny_folder("bert", "nli"))]) in (1, 2)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "failed" in said.out or said.err.count("\n") == 1


# CCTA_DATA names nothing


@pytest.mark.parametrize("command", ["run", "evaluate"])
def test_a_data_folder_that_is_missing_is_not_called_the_network(capsys, monkeypatch, tmp_path, tiny_folder, command):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path / "moved-away"))
    store = ["--store", tmp_path / "store"]
    line = line_of(capsys, [command, "--dataset", "xnli", "--model", tiny_folder("bert", "nli"), *store])
    assert f"CCTA_DATA names {tmp_path / 'moved-away'}, which is no folder" in line
    assert "network" not in line


def test_doctor_names_a_data_folder_that_is_missing(capsys, monkeypatch, tmp_path, tiny_folder):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path / "moved-away"))
    assert run(["doctor", "--model", str(tiny_folder("bert", "nli"))]) == 1
    assert "which is no folder" in " ".join(capsys.readouterr().out.split())


# files that unpack into more than there is


def bomb(path, column="premise"):
    """A Parquet file of some kilobytes with 60 million rows."""
    table = pa.table({column: pa.array(np.zeros(1_000_000, dtype=np.int8))})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(table)
    assert path.stat().st_size < 1_000_000


def test_a_data_set_that_announces_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    data = write_xnli(tmp_path / "data", splits=["test"])
    bomb(data / "xnli" / "en" / "test.parquet")
    with pytest.raises(DataError, match=r"test\.parquet announces 60,000,000 rows"):
        load_rows("xnli", "en", "test", data)
    assert not (tmp_path / "cache").exists()


def test_a_shard_that_announces_too_much_is_named_and_mended(tmp_path, capsys):
    total = check(fill(tmp_path / "store")).total
    shard = shard_files(tmp_path / "store", "pairs")[0]
    bomb(shard)
    line = line_of(capsys, ["store", "check", tmp_path / "store"], codes=(1,))
    assert "Shard 19 cannot be read; the other 35 are shown" in line
    assert run(["store", "check", str(tmp_path / "store"), "--repair"]) == 0
    assert check(fill(tmp_path / "store")).total == total


def test_rows_of_a_footer_are_bounded():
    with pytest.raises(ValueError, match="more than"):
        parse_rows("0-99999999999")


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
@pytest.mark.parametrize("content", [DEEP, f'[{{"en": {DEEP}, "es": "a"}}]', '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_json_that_is_nested_without_end_is_one_line(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_parallel_file(tmp_path / name)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_manifest_that_is_nested_without_end_is_named_and_mended(tmp_path):
    total = check(fill(tmp_path / "store")).total
    (manifest,) = (tmp_path / "store").glob("*/manifest.json")
    manifest.write_text(DEEP, encoding="utf-8")
    assert open_store(tmp_path / "store").snapshot().notices()
    assert run(["store", "check", str(tmp_path / "store"), "--repair"]) == 0
    assert check(open_store(tmp_path / "store")).total == total


@pytest.mark.parametrize("file", ["config.json", "ccta.json", "tokenizer.json", "tokenizer_config.json"])
def test_a_model_whose_files_are_nested_without_end_is_one_line(tmp_path, file):
    folder = save_tiny(tmp_path / "model", "bert", "nli")
    (folder / file).write_text(f'{{"a": {DEEP}}}', encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)


def test_an_operators_file_that_is_nested_without_end_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "operator.toml").write_text(f"a = {DEEP}", encoding="utf-8")
    monkeypatch.setenv("CCTA_CONFIG", str(tmp_path / "operator.toml"))
    with pytest.raises(CatalogueError) as caught:
        load_catalogue()
    assert "\n" not in str(caught.value)


# a clock that goes backwards


def test_a_clock_that_goes_backwards_loses_no_rows_and_deletes_nothing_in_work(tmp_path, monkeypatch):
    total = check(fill(tmp_path / "whole")).total
    now = time.time()
    units = plan()
    fill(tmp_path / "store", units=units[: len(units) // 2])
    (tmp_path / "store" / ".half.parquet.1-a.tmp").write_bytes(b"being written")
    monkeypatch.setattr(time, "time", lambda: now - 400 * 86_400)
    store = fill(tmp_path / "store")
    assert check(store).total == total
    assert store.files.sweep() == 0


# folders of others


def drop_privileges():
    """Be an ordinary user in what concerns files: root reads and writes everything otherwise."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def of_somebody(folder):
    """Make a folder somebody else's, who lets everybody read it."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        if os.geteuid() == 0:
            os.chown(path, SOMEBODY, SOMEBODY)
        elif path.is_dir():
            path.chmod(0o555)


def command(*words, **options):
    """Run a command in a process without root's rights."""
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **({"preexec_fn": drop_privileges} | options),
    )


def can_drop(folder):
    """Whether a process can give up root's rights here."""
    of_somebody(folder)
    touch = ["touch", str(folder / "probe")]
    return subprocess.run(touch, preexec_fn=drop_privileges, capture_output=True, check=False).returncode != 0


@pytest.fixture
def foreign(tmp_path):
    """A folder that belongs to somebody else."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    if not can_drop(folder):
        pytest.skip("this computer lets the tests write everywhere")
    return folder


ANALYZE = ("analyze", "--task", "meaning", "--source-lang", "en", "--target-lang", "es")
TEXTS = ("--source", "the ferry was cancelled", "--target", "el ferri fue cancelado", "--json", "-")


@pytest.mark.slow
def test_a_cache_of_another_user_is_read_and_never_needed_for_writing(foreign, tiny_folder, tmp_path):
    words = (*ANALYZE, "--model", tiny_folder("bert", "meaning"), *TEXTS)
    environment = os.environ | {"CCTA_CACHE": str(tmp_path / "own")}
    usual = command(*words, env=environment)
    assert usual.returncode == 0, usual.stderr
    found = command(*words, env=os.environ | {"CCTA_CACHE": str(foreign)})
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["consistency"] == json.loads(usual.stdout)["consistency"]
    assert list(foreign.iterdir()) == []


@pytest.mark.slow
def test_a_store_or_cache_without_rights_is_one_line(foreign, tmp_path):
    fill(tmp_path / "store")
    of_somebody(tmp_path / "store")
    found = command("store", "compact", tmp_path / "store")
    assert found.returncode == 1
    assert "cannot be written (Permission denied): check its address and rights" in found.stderr.splitlines()[-1]
    assert "Traceback" not in found.stderr
    found = command("doctor", env=os.environ | {"CCTA_CACHE": str(foreign)})
    assert found.returncode == 1
    said = " ".join(found.stdout.split())
    assert f"{foreign} cannot be written" in said and "Permission denied. Free some space" in said
    assert "Traceback" not in found.stdout + found.stderr


@pytest.mark.slow
@pytest.mark.model
def test_a_full_disk_at_the_first_conversion_is_one_line_and_leaves_nothing_half(tmp_path):
    limit = 20_000_000

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = os.environ | {"CCTA_CACHE": str(tmp_path / "cache")}
    found = command(*ANALYZE, "--model", "multilingual-e5-small", *TEXTS, env=environment, preexec_fn=full)
    assert found.returncode == 1
    assert "cannot be written" in found.stderr.splitlines()[-1] and "Free some space" in found.stderr.splitlines()[-1]
    assert "Traceback" not in found.stderr
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.slow
@pytest.mark.model
def test_two_servers_that_convert_into_one_cache_at_once_both_begin(tmp_path):
    environment = os.environ | {"CCTA_CACHE": str(tmp_path / "cache"), "CCTA_DATA": str(tmp_path), "CCTA_STORE": ""}
    words = [sys.executable, "-m", "core", "doctor"]
    both = [subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
    (models,) = (tmp_path / "cache" / "models").iterdir()
    assert models.is_dir()
