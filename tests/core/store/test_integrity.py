"""One flipped bit anywhere in a store is reported, is not read, and is mended by `check --repair` and the same run."""

import random

import pyarrow.parquet as pq
import pytest

from core.store import database, open_store
from core.store.check import check, repair
from core.store.layout import LAYOUT
from core.store.shards import UNREADABLE, is_sealed, read_info, verify
from tests.world.records import identity
from tests.world.stores import fill, shard_files, without_seals

FLIPS = 200


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    return folder, check(open_store(folder)).total


def places(folder, n, seed=0):
    """Random (file, byte, bit) of a store, each byte of it as likely as any other."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    draw = random.Random(seed)
    for _ in range(n):
        file = draw.choices(files, weights=[path.stat().st_size for path in files])[0]
        yield file, draw.randrange(file.stat().st_size), draw.randrange(8)


def flipped(file, byte, bit):
    raw = bytearray(file.read_bytes())
    raw[byte] ^= 1 << bit
    return bytes(raw)


def test_no_flipped_bit_of_a_store_is_read(filled):
    folder, _ = filled
    for file, byte, bit in places(folder, FLIPS):
        whole = file.read_bytes()
        file.write_bytes(flipped(file, byte, bit))
        store = open_store(folder)
        name = str(file.relative_to(folder))
        try:
            if file.name == "manifest.json":
                assert store.snapshot().lost_manifests, (name, byte, bit)
            else:
                with pytest.raises(UNREADABLE):
                    read_info(store.files, name)
                    verify(store.files, name)
                store.read().grid()
        finally:
            file.write_bytes(whole)


@pytest.mark.parametrize("where", ["first byte", "middle", "footer", "last byte", "manifest"])
def test_check_names_it_and_repair_and_the_same_run_give_the_first_hash_again(tmp_path, where):
    store = fill(tmp_path)
    before = check(store).total
    target = shard_files(tmp_path, "pairs")[1]
    size = target.stat().st_size
    byte = {"first byte": 0, "middle": size // 2, "footer": size - 300, "last byte": size - 1}.get(where, 60)
    if where == "manifest":
        (target,) = tmp_path.rglob("manifest.json")
    target.write_bytes(flipped(target, byte, 3))
    report = check(open_store(tmp_path))
    assert str(target.relative_to(tmp_path)) in report.unreadable or where == "manifest"
    assert report.notices
    # The other shards are read, and the damaged one is not.
    assert report.total.rows["predictions"] == before.rows["predictions"]
    assert report.total.rows["pairs"] == before.rows["pairs"] - (0 if where == "manifest" else 2)
    repair(open_store(tmp_path), report)
    assert check(open_store(tmp_path)).notices == ()
    fill(tmp_path)
    assert check(open_store(tmp_path)).total == before


@pytest.fixture
def earlier(tmp_path):
    """A store as earlier versions wrote it: no byte of a footer or a manifest is under a checksum."""
    fill(tmp_path)
    for file in shard_files(tmp_path):
        pq.write_table(without_seals(pq.read_table(file)), file, write_page_checksum=True)
    return tmp_path


def replaced(file, old, new):
    raw = file.read_bytes()
    assert raw.count(old) == 1 and len(old) == len(new)
    file.write_bytes(raw.replace(old, new))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("pairs", b'"schema_version": 1', b'"schema_version": 3'),
        ("pairs", b'"0-1"', b'"0-3"'),
        ("predictions", b'[["es"], "0-1"', b'[["el"], "0-1"'),
        ("attributions", b'"seed": 0', b'"seed": 8'),
    ],
)
def test_one_wrong_footer_of_an_earlier_version_does_not_block_the_rest(earlier, kind, old, new):
    target = next(file for file in shard_files(earlier, kind) if old in file.read_bytes())
    before = check(open_store(earlier)).total
    replaced(target, old, new)
    store = open_store(earlier)
    report = check(store)
    assert report.unreadable == (str(target.relative_to(earlier)),)
    assert sum(report.total.rows.values()) == sum(before.rows.values()) - 2
    reader = store.read()
    assert sum(len(reader.sql(f"SELECT * FROM {name}")) for name in before.rows) == sum(report.total.rows.values())
    repair(store, report)
    fill(earlier)
    assert check(open_store(earlier)).total == before


def test_repair_gives_shards_of_earlier_versions_checksums_of_every_byte(earlier):
    store = open_store(earlier)
    before = check(store)
    assert repair(store, before) == ["36 shards of an earlier version have checksums of every byte now."]
    assert all(is_sealed(store.files, str(file.relative_to(earlier))) for file in shard_files(earlier))
    assert check(open_store(earlier)).total == before.total
    assert repair(store, before) == []


def test_a_manifest_of_a_later_version_is_named_and_the_other_runs_are_read(tmp_path, monkeypatch):
    fill(tmp_path)
    monkeypatch.setattr("core.store.work.SCHEMA_VERSION", 2)
    newer = open_store(tmp_path / "newer", create=True)
    newer.run(identity(seed=5))
    monkeypatch.undo()
    (folder,) = newer.files.root.iterdir()
    folder.rename(tmp_path / folder.name)
    (tmp_path / "newer").rmdir()
    store = open_store(tmp_path)
    reader = store.read()
    assert len(reader.runs) == 1 and len(reader.grid()) == 3
    assert reader.notices == (
        f"{LAYOUT.manifest_path(folder.name)} has schema version 2, this program reads 1: update CCTA Explorer.",
    )
    assert check(store).notices == reader.notices
    assert repair(store, check(store)) == []


def test_a_shard_is_verified_once_a_process(tmp_path, monkeypatch):
    fill(tmp_path)
    verified = []
    monkeypatch.setattr(database, "verify", lambda files, path: (verified.append(path), verify(files, path)))
    for _ in range(2):
        open_store(tmp_path).read().grid()
    assert sorted(verified) == [str(file.relative_to(tmp_path)) for file in shard_files(tmp_path, "pairs")]
    target = shard_files(tmp_path, "pairs")[0]
    target.write_bytes(flipped(target, 100, 1))
    reader = open_store(tmp_path).read()
    reader.grid()
    assert len(verified) == len(set(verified)) + 1
    assert str(target.relative_to(tmp_path)) in reader.notices[0]
