"""Export without text, object stores, and the commands."""

import json
import shutil
import uuid

import fsspec
import pyarrow.parquet as pq
import pytest

from core.cli.app import run as run_command
from core.errors import StoreError
from core.paths import store_location
from core.store import open_store
from core.store.check import check, repair
from core.store.compact import compact
from core.store.export import export
from core.store.layout import KINDS
from tests.world.records import ANSWER, ROWS, WORDS, identity, records
from tests.world.stores import fill, plan, shard_files


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, check(fill(folder)).total


@pytest.fixture
def bucket():
    """The address of an empty object store in memory."""
    address = f"memory://{uuid.uuid4().hex}/results"
    yield address
    fsspec.filesystem("memory").rm(address.removeprefix("memory:/"), recursive=True)


def texts_in(value):
    """Every string in nested lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from texts_in(entry)


# export


def test_an_export_without_text_is_a_store_with_the_same_hash_and_no_text_at_all(whole, tmp_path):
    folder, before = whole
    output = open_store(tmp_path / "out", create=True)
    assert export(open_store(folder), output, scores_only=True) == {identity().run_id: len(KINDS)}
    report = check(output)
    assert (report.total, report.notices) == (before, ())
    third_party = {ANSWER, *WORDS, "[CLS]"}
    for file in shard_files(tmp_path / "out"):
        table = pq.read_table(file)
        strings = {text for column in table.columns for text in texts_in(column.to_pylist())}
        assert strings <= {
            *(identity().run_id, "xnli", "test", "tiny-nli-en", "en", "es", "zh", "source", ""),
            *(*identity().labels, "DegenerateMassError"),
        }
    # Not in footers, statistics or the manifest either; pages are compressed, names and statistics are not.
    for file in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert not [text for text in third_party if text.encode() in content]


def test_an_export_has_the_same_bytes_whatever_the_store_went_through(whole, tmp_path):
    other = fill(tmp_path / "other", units=plan(size=3), versions={"torch": "1"}, seconds=7.0)
    compact(other)
    exported = []
    for number, store in enumerate((open_store(whole[0]), other)):
        export(store, open_store(tmp_path / str(number), create=True), scores_only=True)
        exported.append({file.name: file.read_bytes() for file in shard_files(tmp_path / str(number))})
    assert exported[0] == exported[1]


def test_an_export_answers_like_the_store_and_leaves_the_local_columns_empty(whole, tmp_path):
    store, output = open_store(whole[0]), open_store(tmp_path / "out", create=True)
    export(store, output, scores_only=True)
    mixed = fill(tmp_path / "out", run=identity(checkpoint="another")).read()
    run = identity().run_id
    both = mixed.sql("SELECT run, count(tokens) AS n FROM attributions GROUP BY run ORDER BY run")
    assert dict(both.values.tolist()) == {run: 0, identity(checkpoint="another").run_id: 3 * len(ROWS)}
    reader = output.read()
    assert reader.grid().iloc[-3:].reset_index(drop=True).equals(store.read().grid())
    found = reader.attributions(run, rows=[5], languages=["zh"])
    (kept,) = store.read().attributions(run, rows=[5], languages=["zh"]).values()
    (record,) = found.values()
    assert (record.scores, record.starts, record.tokens) == (kept.scores, kept.starts, None)
    (prediction,) = reader.predictions(run, rows=[5], languages=["zh"]).values()
    assert (prediction.answer, prediction.gold_answers) == (None, None)


def test_exporting_again_replaces_and_nothing_is_computed_into_an_export(whole, tmp_path):
    store = fill(tmp_path / "store", units=plan(rows=(0, 1)))
    output = open_store(tmp_path / "out", create=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("how these were made")
    export(store, output, scores_only=True)
    fill(tmp_path / "store")
    export(store, output, scores_only=True)
    assert check(output).total == whole[1]
    assert len(shard_files(tmp_path / "out")) == len(KINDS)
    with pytest.raises(StoreError, match=r"an export without text .*name another folder"):
        output.run(identity())
    (tmp_path / "out" / identity().run_id / "manifest.json").unlink()
    repair(output, check(output))
    with pytest.raises(StoreError, match="an export without text"):
        output.run(identity())


def test_a_full_copy_keeps_the_text(whole, tmp_path):
    output = open_store(tmp_path / "out", create=True)
    export(open_store(whole[0]), output, scores_only=False)
    (record,) = output.read().attributions(identity().run_id, rows=[5], languages=["zh"]).values()
    assert record.tokens[0] == "[CLS]"
    assert check(output).total == whole[1]
    assert list(output.run(identity()).missing(plan())) == []


def test_what_cannot_be_exported_is_one_line(whole, tmp_path):
    store = open_store(whole[0])
    with pytest.raises(StoreError, match=f"holds no run nothing: it holds {identity().run_id}"):
        export(store, open_store(tmp_path / "out", create=True), scores_only=True, runs=["nothing"])
    with pytest.raises(StoreError, match="in full: name another folder"):
        export(store, store, scores_only=True)
    shutil.copytree(whole[0], tmp_path / "damaged")
    file = shard_files(tmp_path / "damaged")[3]
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(StoreError, match="Nothing is exported: Shard 4 cannot be read"):
        export(open_store(tmp_path / "damaged"), open_store(tmp_path / "out", create=True), scores_only=True)
    with pytest.raises(StoreError, match="is full"):
        export(store, _Full(open_store(tmp_path / "full", create=True)), scores_only=True)


class _Full:
    """A store whose disk is full."""

    def __init__(self, store):
        self.files, self.location, self.snapshot = self, store.location, store.snapshot

    def create(self, *_):
        raise StoreError("The store is full")


# object stores


def test_an_object_store_works_like_a_folder(whole, bucket, tmp_path):
    store = fill(bucket, units=plan(size=3))
    run = store.run(identity())
    assert list(run.missing(plan())) == []
    unit = plan(size=3)[0]
    assert not run.write(unit, records(unit))
    assert check(store).total == whole[1]
    reader = store.read()
    assert reader.grid().equals(open_store(whole[0]).read().grid())
    assert compact(store).after == len(KINDS)
    assert reader.performance()["n"].tolist() == [len(ROWS)] * 3
    assert check(open_store(bucket)).total == whole[1]
    export(store, open_store(tmp_path / "out", create=True), scores_only=True)
    assert check(open_store(tmp_path / "out")).total == whole[1]
    export(open_store(whole[0]), open_store(f"{bucket}/copy", create=True), scores_only=False)
    assert check(open_store(f"{bucket}/copy")).total == whole[1]


def test_damage_in_an_object_store_is_named_and_mended(whole, bucket):
    store = fill(bucket)
    path = next(shard.path for shard in store.snapshot().shards if shard.kind == "pairs")
    store.files.replace(path, b"PAR1 not really PAR1")
    store.files.delete(f"{identity().run_id}/manifest.json")
    store = open_store(bucket)
    assert "cannot be read" in store.read().notices[0]
    assert len(repair(store, check(store))) == 2
    assert check(fill(bucket)).total == whole[1]
    assert store.read().notices == ()


def test_an_object_store_that_is_full_or_closed_is_one_line(bucket, monkeypatch):
    run = fill(bucket).run(identity())

    def refused(*_, **__):
        raise PermissionError(13, "AccessDenied")

    monkeypatch.setattr(type(run.store.files.system), "pipe_file", refused)
    (unit,) = [unit for unit in plan(rows=(77,), languages=("en",)) if unit.kind == "pairs"]
    with pytest.raises(StoreError, match=r"cannot be written \(AccessDenied\): check its address and rights"):
        run.write(unit, records(unit))


def test_a_file_address_is_a_folder(whole):
    assert check(open_store(f"file://{whole[0]}")).total == whole[1]


# commands


def command(capsys, *words, code=0):
    assert run_command(["store", *map(str, words)]) == code
    return capsys.readouterr()


def test_check_prints_rows_and_hash(whole, capsys, monkeypatch):
    folder, total = whole
    found = json.loads(command(capsys, "check", "--store", folder, "--json").out)
    assert (found["rows"], found["hash"]) == (total.rows, total.hash)
    assert list(found)[:2] == ["rows", "hash"]
    assert json.loads(command(capsys, "check", folder, "--json").out) == found
    monkeypatch.setenv("CCTA_STORE", str(folder))
    shown = command(capsys, "check").out
    assert total.hash in shown and "18 attributions" in shown


def test_check_fails_in_one_line_where_something_is_damaged_and_repair_mends(whole, capsys, tmp_path):
    shutil.copytree(whole[0], tmp_path / "store")
    shard_files(tmp_path / "store")[0].write_bytes(b"x")
    found = command(capsys, "check", tmp_path / "store", "--json", code=1)
    assert json.loads(found.out)["unreadable"]
    assert found.err.count("\n") == 1 and "Shard 1 cannot be read" in found.err
    repaired = command(capsys, "check", tmp_path / "store", "--repair")
    assert "is set aside" in repaired.err
    assert command(capsys, "check", tmp_path / "store").err == ""


def test_compact_and_export_say_what_they_did(whole, capsys, tmp_path):
    shutil.copytree(whole[0], tmp_path / "store")
    assert command(capsys, "compact", "--store", tmp_path / "store").out == "36 shards before, 4 now.\n"
    shown = command(capsys, "export", tmp_path / "store", "--scores-only", "--output", tmp_path / "out").out
    assert shown == f"{identity().run_id}: 4 shards\nWritten to {tmp_path / 'out'}\n"
    found = command(capsys, "check", tmp_path / "out", "--json").out
    assert json.loads(found)["hash"] == whole[1].hash


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["check", "/nowhere/at/all"], 2, "There is no store at /nowhere/at/all"),
        (["compact", "s3x://bucket"], 2, "cannot be opened"),
        (["check", "a", "--store", "b"], 2, "Two stores are given"),
        (["export"], 2, "--output"),
        (["mend"], 2, "mend"),
        (["check"], 2, "set CCTA_STORE"),
    ],
)
def test_what_a_command_cannot_do_is_one_line(capsys, monkeypatch, words, code, line):
    monkeypatch.delenv("CCTA_STORE", raising=False)
    found = command(capsys, *words, code=code)
    assert line in found.err and found.out == ""
    assert found.err.count("\n") == 1


def test_doctor_looks_into_the_store(whole, bucket, capsys, monkeypatch, tiny_folder):
    def doctor(location, code=0):
        monkeypatch.setenv("CCTA_STORE", str(location))
        assert store_location() == str(location)
        assert run_command(["doctor", "--model", str(tiny_folder("bert", "nli"))]) == code
        return " ".join(capsys.readouterr().out.split())

    assert "store ok" in doctor(whole[0])
    store = fill(bucket)
    assert f"{bucket}, 1 runs, 36 shards" in doctor(bucket)
    store.files.delete(f"{identity().run_id}/manifest.json")
    assert "store failed The manifest of" in doctor(bucket, code=1)
    monkeypatch.setenv("CCTA_STORE", "")
    assert store_location() is None
