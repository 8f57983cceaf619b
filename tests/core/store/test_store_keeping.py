"""Looking after a store: the hash, compaction, damage, a full disk, lost manifests."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.store import ExampleFilter, WorkUnit, open_store
from core.store import compact as compact_module
from core.store.check import check, repair
from core.store.compact import compact
from core.store.files import LocalFiles
from core.store.layout import KINDS, LAYOUT
from core.store.records import to_table
from core.store.shards import ShardInfo, encode
from tests.world.records import ROWS, identity, records
from tests.world.stores import fill, flip, plan, shard_files

ROOT = Path(__file__).parents[3]
N_ROWS = dict.fromkeys(KINDS, 3 * len(ROWS))


def cut(file):
    """Leave half a file, as a disk without fsync would."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An undisturbed store and what `check` says of it."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, check(fill(folder))


@pytest.fixture
def copied(whole, tmp_path):
    """A copy to disturb, and what `check` said before."""
    shutil.copytree(whole[0], tmp_path / "store")
    return tmp_path / "store", whole[1].total


# the hash


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    order=st.randoms(use_true_random=False),
    compactions=st.sets(st.integers(0, 40), max_size=2),
)
def test_the_hash_sees_neither_order_nor_shards_nor_compaction(whole, tmp_path_factory, sizes, order, compactions):
    units = [unit for size in sizes for unit in plan(size=size)]
    order.shuffle(units)
    store = open_store(tmp_path_factory.mktemp("any"), create=True)
    run = store.run(identity(), {"torch": f"{sizes}"})
    # A plan of several sizes overlaps itself: `missing` cuts every unit down to what is not there yet.
    for number, unit in enumerate(units):
        for rest in run.missing([unit]):
            run.write(rest, records(rest)[:: order.choice((1, -1))], seconds=order.random())
        if number in compactions:
            compact(store)
    assert check(store).total == whole[1].total
    assert whole[1].total.rows == N_ROWS


def test_the_hash_sees_every_number_down_to_its_sign(whole, tmp_path):
    seen = {whole[1].total.hash}
    changes = [
        ("attributions", "scores", lambda value: (*value[:1], 0.0, *value[2:])),  # it was -0.0
        ("attributions", "scores", lambda value: (*value[:2], float(np.nextafter(value[2], 9)), *value[3:])),
        ("attributions", "token_error", lambda value: None),
        ("attributions", "starts", lambda value: (1, *value[1:])),
        ("attributions", "special", lambda value: (False, *value[1:])),
        ("predictions", "gold", lambda value: None),
        ("predictions", "probabilities", lambda value: value[:2]),
        ("pairs", "same_prediction", lambda value: None),
        ("pairs", "consistency", lambda value: float(np.nextafter(value, 9))),
        ("pairs", "problem", lambda value: "X"),
        ("flows", "target_units", lambda value: (1, *value[1:])),
        ("flows", "masses", lambda value: (float(np.nextafter(np.float32(value[0]), np.float32(9))), *value[1:])),
    ]
    for number, (kind, name, change) in enumerate(changes):
        store = open_store(tmp_path / str(number), create=True)
        run = store.run(identity())
        for unit in plan():
            written = records(unit)
            if unit.kind == kind and unit.rows[0] == 0 and unit.languages[-1] == "es":
                object.__setattr__(written[0], name, change(getattr(written[0], name)))
            run.write(unit, written)
        seen.add(check(store).total.hash)
    other = fill(tmp_path / "seed", run=identity(seed=7))
    seen.add(check(other).total.hash)
    assert len(seen) == len(changes) + 2


def test_the_hash_leaves_text_timing_and_versions_out(whole, tmp_path):
    store = open_store(tmp_path, create=True)
    run = store.run(identity(), {"torch": "another"})
    for unit in plan():
        written = records(unit)
        for record in written:
            if unit.kind == "attributions":
                object.__setattr__(record, "tokens", tuple("x" for _ in record.scores))
        run.write(unit, written, seconds=99.0)
    assert check(store).total == whole[1].total
    assert set(check(store).runs) == {identity().run_id}


# compaction


def test_compaction_leaves_one_shard_a_kind_and_the_same_answers(copied):
    folder, before = copied
    store = open_store(folder)
    asked = [store.read().grid(), store.read().performance(), store.read().coverage()]
    done = compact(store)
    assert (done.before, done.after, done.notices) == (len(plan()), len(KINDS), ())
    assert len(shard_files(folder)) == len(KINDS)
    again = open_store(folder)
    assert all(
        new.equals(old)
        for new, old in zip(
            [again.read().grid(), again.read().performance(), again.read().coverage()], asked, strict=True
        )
    )
    assert check(again).total == before
    assert list(again.run(identity()).missing(plan(size=1))) == []
    assert again.run(identity()).finish().seconds == len(plan())
    assert compact(again).after == len(KINDS)


def test_large_shards_are_left_alone_and_none_grows_beyond_the_limit(copied, monkeypatch):
    folder, before = copied
    monkeypatch.setattr("core.store.merge.LAYOUT", type(LAYOUT)(compact_rows=7))
    monkeypatch.setattr("core.store.compact.LAYOUT", type(LAYOUT)(compact_rows=7))
    store = open_store(folder)
    compact(store)
    sizes = [shard.info.n_rows for shard in store.snapshot().shards]
    assert max(sizes) <= 7 and sum(sizes) == sum(N_ROWS.values())
    left = shard_files(folder)
    compact(store)
    assert shard_files(folder) == left
    assert check(store).total == before


def test_a_listing_that_passed_a_merged_shard_too_early_is_taken_again(copied, monkeypatch):
    folder, before = copied
    compact(open_store(folder))
    real, listings = LocalFiles.list, []

    def torn(self):
        """The first listing saw neither the merged shards, which came later, nor the old ones, gone by then."""
        listings.append(real(self))
        return {path: size for path, size in listings[-1].items() if len(listings) > 1 or "compact." not in path}

    monkeypatch.setattr(LocalFiles, "list", torn)
    assert len(open_store(folder).snapshot().shards) == len(KINDS)
    assert len(listings) == 3
    assert check(open_store(folder)).total == before


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_a_compaction_killed_before_it_deleted_is_seen_as_finished(copied, monkeypatch, kept):
    folder, before = copied
    real, deleted = LocalFiles.delete, []

    def dying(self, path):
        if len(deleted) == kept:
            raise KeyboardInterrupt
        deleted.append(path)
        real(self, path)

    monkeypatch.setattr(LocalFiles, "delete", dying)
    with pytest.raises(KeyboardInterrupt):
        compact(open_store(folder))
    monkeypatch.undo()
    store = open_store(folder)
    assert store.snapshot().superseded
    assert store.read().grid()["n"].tolist() == [len(ROWS) - 1] * 3
    assert check(store).total == before
    assert compact(store).after == len(KINDS)
    assert len(shard_files(folder)) == len(KINDS)
    assert check(store).total == before


def test_a_late_writer_of_rows_that_were_compacted_meanwhile_counts_once(copied):
    folder, before = copied
    store = open_store(folder)
    compact(store)
    unit = plan()[-1]
    store.run(identity()).write(unit, records(unit))
    assert store.read().examples(where=ExampleFilter(target_language="zh")).total == len(ROWS)
    assert check(store).total == before
    compact(store)
    assert len(shard_files(folder)) == len(KINDS)
    assert check(store).total == before


def test_what_cannot_be_read_back_is_set_aside_before_anything_is_deleted(copied, monkeypatch):
    folder, before = copied
    real = compact_module.encode
    monkeypatch.setattr(compact_module, "encode", lambda table, info: bytes(real(table, info))[:-9])
    with pytest.raises(StoreError, match="could not be read back"):
        compact(open_store(folder))
    assert check(open_store(folder)).total == before
    assert len(shard_files(folder)) == len(plan())


# damage


@pytest.mark.parametrize("damage", [flip, cut, lambda file: file.write_bytes(b"")])
def test_one_damaged_shard_leaves_the_others_readable_and_the_same_command_mends(copied, damage):
    folder, before = copied
    target = shard_files(folder, "pairs")[4]
    damage(target)
    store = open_store(folder)
    reader = store.read()
    assert reader.grid()["n"].sum() < 3 * (len(ROWS) - 1)
    number = shard_files(folder).index(target) + 1
    assert f"Shard {number} cannot be read; the other {len(plan()) - 1} are shown." in reader.notices[0]
    assert "--repair" in reader.notices[0]
    report = check(store)
    assert report.unreadable == (str(target.relative_to(folder)),)
    assert report.total.hash != before.hash
    assert report.total.rows["pairs"] == N_ROWS["pairs"] - 2
    (line,) = repair(store, report)
    assert "is set aside" in line
    assert target.with_name(target.name + ".damaged").exists()
    assert check(store).notices == ()
    missing = list(store.run(identity()).missing(plan()))
    assert [len(unit.rows) for unit in missing] == [2]
    fill(folder)
    assert check(open_store(folder)).total == before


def test_a_shard_cut_short_is_written_anew_without_repair(copied):
    folder, before = copied
    target = shard_files(folder, "attributions")[0]
    cut(target)
    fill(folder)
    assert check(open_store(folder)).total == before
    assert target.with_name(target.name + ".damaged").exists()


def test_several_damaged_shards_are_named_in_one_line(copied):
    folder, _ = copied
    for file in shard_files(folder, "predictions")[:7]:
        cut(file)
    (line,) = open_store(folder).read().notices
    assert line.count("\n") == 0
    assert " and 2 more cannot be read; the other 29 are shown." in line


def test_a_shard_in_the_wrong_place_is_not_taken_for_another(copied):
    folder, before = copied
    fill(folder.parent / "other", run=identity(seed=3))
    moved = shard_files(folder.parent / "other", "pairs")[0]
    target = shard_files(folder, "pairs")[0]
    shutil.copy(moved, target)
    assert check(open_store(folder)).unreadable == (str(target.relative_to(folder)),)
    fill(folder)
    assert check(open_store(folder)).total == before


def test_a_newer_schema_asks_for_an_update_and_leaves_the_rest_readable(copied, monkeypatch):
    folder, before = copied
    monkeypatch.setattr("core.store.work.SCHEMA_VERSION", 2)
    unit = WorkUnit("predictions", ("en",), (99,))
    newer = encode(to_table(identity(), unit, records(unit)), ShardInfo(identity(), unit.kind, (unit,)))
    place = folder / identity().run_id / "predictions"
    place.mkdir(parents=True)
    (place / "en.x.parquet").write_bytes(newer)
    monkeypatch.undo()
    report = check(open_store(folder))
    assert report.total == before
    assert report.unreadable == ()
    (line,) = report.notices
    assert "has schema version 2, this program reads 1: update" in line
    assert repair(open_store(folder), report) == []
    assert (place / "en.x.parquet").read_bytes() == newer


@pytest.mark.parametrize("wrong", [None, b"", b"{}", b'{"identity": 3}'])
def test_a_lost_manifest_is_named_and_written_anew_from_the_shards(copied, wrong):
    folder, before = copied
    (manifest,) = folder.glob("*/manifest.json")
    original = manifest.read_bytes()
    manifest.unlink() if wrong is None else manifest.write_bytes(wrong)
    store = open_store(folder)
    reader = store.read()
    assert len(reader.grid()) == 3
    assert "manifest of xnli-test-tiny-nli-en" in reader.notices[0]
    report = check(store)
    assert report.total == before
    assert "is rewritten from its shards" in repair(store, report)[0]
    assert open_store(folder).read().notices == ()
    assert json.loads(manifest.read_bytes())["identity"] == json.loads(original)["identity"]
    assert list(open_store(folder).run(identity()).missing(plan())) == []


def test_the_same_command_writes_a_lost_manifest_too(copied):
    folder, _ = copied
    (manifest,) = folder.glob("*/manifest.json")
    manifest.unlink()
    run = open_store(folder).run(identity())
    assert manifest.exists()
    assert list(run.missing(plan())) == []


def test_a_lost_manifest_without_shards_is_a_run_that_nobody_began(tmp_path):
    (tmp_path / "something").mkdir()
    (tmp_path / "something" / "manifest.json").write_text("{}")
    reader = open_store(tmp_path).read()
    assert reader.runs == {}
    assert "manifest of something" in reader.notices[0]


# a full disk


def test_a_full_disk_is_one_line_and_loses_nothing(copied, monkeypatch):
    folder, before = copied
    unit = WorkUnit("predictions", ("en",), (77,))
    real = os.fsync

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    store = open_store(folder)
    run = store.run(identity())
    with pytest.raises(StoreError, match=r"is full \(No space left on device\): free some space and run the same"):
        run.write(unit, records(unit))
    with pytest.raises(StoreError, match="is full"):
        compact(store)
    with pytest.raises(StoreError, match="is full"):
        run.finish()
    monkeypatch.setattr(os, "fsync", real)
    assert not list(folder.rglob(f"*{LAYOUT.temporary}"))
    assert check(store).total == before
    assert run.write(unit, records(unit))


def test_a_limit_of_the_operating_system_is_one_line_too(tmp_path):
    code = f"""
import resource, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "core")!r}]
from tests.world.stores import fill, plan
from tests.world.records import identity, records
from core.errors import StoreError
from core.store import open_store
run = open_store({str(tmp_path)!r}, create=True).run(identity())
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    run.write(plan()[0], records(plan()[0]))
except StoreError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "is full (File too large)" in done.stdout and "the same command" in done.stdout
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["manifest.json"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, number):
    def refused(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(StoreError) as error:
        open_store(tmp_path, create=True).run(identity())
    assert f"cannot be written ({os.strerror(number)}): check its address and rights." in str(error.value)


def test_leftovers_of_dead_writers_are_swept_and_those_of_living_ones_kept(copied):
    folder, before = copied
    place = shard_files(folder)[0].parent
    old, new = place / ".x.parquet.1-a.tmp", place / ".x.parquet.2-b.tmp"
    for file in (old, new):
        file.write_bytes(b"half a shard")
    os.utime(old, (0, 0))
    store = open_store(folder)
    assert check(store).total == before
    assert repair(store, check(store)) == ["1 temporary files of stopped writers are deleted."]
    assert not old.exists() and new.exists()


def test_shards_are_plain_parquet_with_known_columns(copied):
    folder, _ = copied
    for kind in KINDS.values():
        table = pa.parquet.read_table(shard_files(folder, kind.name)[0])
        assert table.schema.remove_metadata() == kind.schema()
        assert table.schema.metadata.keys() == {LAYOUT.footer}
