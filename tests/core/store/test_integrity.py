"""One flipped bit anywhere in a store is reported, is not read, and is mended by `check --repair` and the same run."""

import random

import pytest

from core.store import open_store
from core.store.check import check, repair
from core.store.shards import UNREADABLE, read_info, verify
from tests.world.stores import fill, shard_files

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
