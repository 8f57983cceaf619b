"""Bits flipped at random in the store of a run: each is reported and not read; repair and the same run mend all."""

import random

import pytest

from core.cli.app import run
from core.store import open_store
from tests.world.runs import content

FLIPS, TOGETHER = 200, 8


def flips(folder, draw):
    """A (file, byte, bit) in each of `TOGETHER` files, a large file more likely than a small one."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    while len(chosen := set(draw.choices(files, [path.stat().st_size for path in files], k=TOGETHER + 2))) < TOGETHER:
        continue
    return [(file, draw.randrange(file.stat().st_size), draw.randrange(8)) for file in sorted(chosen)[:TOGETHER]]


def flip(file, byte, bit):
    raw = bytearray(file.read_bytes())
    raw[byte] ^= 1 << bit
    file.write_bytes(raw)


@pytest.mark.slow
def test_every_flipped_bit_is_reported_unread_and_mended(command, tmp_path, capsys):
    words, store = command("store"), tmp_path / "store"
    assert run(words) == 0
    first, grid = content(store), open_store(store).read().grid()
    draw = random.Random(0)
    for _ in range(FLIPS // TOGETHER):
        places = flips(store, draw)
        for place in places:
            whole = place[0].read_bytes()
            flip(*place)
            capsys.readouterr()
            assert run(["store", "check", str(store)]) == 1, place
            said = capsys.readouterr().err
            assert str(place[0].relative_to(store)) in said or place[0].parent.name in said, place
            read = open_store(store).read().grid()
            assert set(map(tuple, read.to_numpy().tolist())) <= set(map(tuple, grid.to_numpy().tolist())), place
            place[0].write_bytes(whole)
        for place in places:
            flip(*place)
        assert run(["store", "check", str(store), "--repair"]) in (0, 1)
        assert run(words) == 0
        assert content(store) == first, places
        assert run(["store", "check", str(store)]) == 0
        for damaged in store.rglob("*.damaged"):
            damaged.unlink()
