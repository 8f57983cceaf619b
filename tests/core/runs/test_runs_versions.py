"""Pairs that an earlier version wrote: they are left out, named, and computed again from the attributions."""

import json

import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.runs import estimate
from core.store import open_store
from core.store.check import check, repair
from core.store.layout import LAYOUT
from tests.world.runs import content, frame

pytestmark = pytest.mark.usefixtures("run_cache")


def shards(folder, kind):
    return sorted(folder.glob(f"*/{kind}/*.parquet"))


def make_old(folder):
    """Turn the pairs and flows of a store into those of the first version: without later columns and without a mark."""
    for kind in ("pairs", "flows"):
        for shard in shards(folder, kind):
            table = pq.read_table(shard)
            footer = json.loads(table.schema.metadata[LAYOUT.footer])
            assert footer.pop("layout") == 2
            del footer["data"], footer["seal"]
            later = {"carried", "cluster", "shuffled_low", "shuffled_high"} & set(table.column_names)
            metadata = {LAYOUT.footer: json.dumps(footer).encode()}
            old = table.drop_columns(sorted(later)).replace_schema_metadata(metadata)
            shard.unlink()
            pq.write_table(old, shard.with_name(f"old-{shard.name}"))


@pytest.fixture
def old_store(command, tmp_path):
    assert run(command("store", "--limit", "4")) == 0
    make_old(tmp_path / "store")
    return tmp_path / "store"


def test_old_pairs_are_left_out_and_named(old_store, capsys):
    assert frame(old_store).empty
    assert run(["store", "check", str(old_store)]) == 1
    printed = capsys.readouterr()
    assert "earlier version" in printed.out + printed.err


def test_the_same_run_computes_them_from_the_stored_attributions(command, old_store, attributed, tmp_path):
    before = sum(attributed.values())
    assert run(command("store", "--limit", "4")) == 0
    assert sum(attributed.values()) == before
    assert run(command("fresh", "--limit", "4")) == 0
    assert content(old_store) == content(tmp_path / "fresh")
    repair(open_store(old_store), check(open_store(old_store)))
    assert not open_store(old_store).snapshot().outdated
    assert content(old_store) == content(tmp_path / "fresh")


def test_a_run_says_how_long_its_pairs_will_take(command, capsys, monkeypatch):
    monkeypatch.setattr(estimate, "MANY_PAIRS", 4)
    assert run(command("store", "--limit", "4")) == 0
    assert "from the stored attributions" not in capsys.readouterr().err
    assert run(command("store", "--limit", "4", "--pairs", "all")) == 0
    assert "4 pairs to compare from the stored attributions, about" in capsys.readouterr().err
