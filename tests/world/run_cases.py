"""What the tests of `python -m core run` share: its usual options, and what it left in a store."""

import time

from core.data.load import load_parallel
from core.store import open_store
from core.store.check import check
from tests.world.small_data import write_split

QUICK = ["--steps", "8", "--permutations", "5", "--space", "static", "--workers", "1", "--device", "cpu"]


def content(tmp_path, name):
    return check(open_store(tmp_path / name)).total


def frame(tmp_path, name, kind="pairs"):
    return open_store(tmp_path / name).read().sql(f"SELECT * FROM {kind} ORDER BY ALL")


def shards(tmp_path, name, kind="*"):
    return sorted((tmp_path / name).glob(f"*/{kind}/*.parquet"))


def until(process, condition, seconds=120):
    """Wait for something, as long as the process that does it runs."""
    end = time.monotonic() + seconds
    while process.poll() is None and not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def other_texts(data, code, **changes):
    rows = load_parallel("xnli", [code], "test", data)[code]
    columns = {
        "premise": [a for a, _ in rows.texts],
        "hypothesis": [b for _, b in rows.texts],
        "label": [0, 2, 0, 1] * 3,
    }
    write_split(data, "xnli", "test", {code: columns | changes})
