"""Writing into a store: what is missing, who may write, and what is refused."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.errors import StoreError
from core.store import PairRecord, RunIdentity, WorkUnit, blocks, open_store
from core.store.check import check
from core.store.compact import compact
from core.store.layout import KINDS
from core.store.row_ranges import format_rows, parse_rows
from tests.world.records import LABELS, ROWS, identity, records
from tests.world.stores import fill, plan, shard_files

ROOT = Path(__file__).parents[3]


def writer_process(folder, body, **environment):
    """A process of its own that runs `body` with `store`, `run` and `plan()` of these cases at hand."""
    start = f"""
    import sys
    sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "core")!r}]
    from tests.world.stores import fill, plan
    from tests.world.records import identity, records
    from core.store import open_store
    store = open_store({str(folder)!r}, create=True)
    run = store.run(identity())
    """
    code = textwrap.dedent(start) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    reader = fill(tmp_path).read()
    (run,) = reader.runs
    units = {kind: [unit for unit in plan() if unit.kind == kind] for kind in KINDS}
    attributions = reader.attributions(run, rows=ROWS)
    written = {
        (unit.languages[0], record.row, "", record.target_index): record
        for unit in units["attributions"]
        for record in records(unit)
    }
    assert attributions == written
    # -0.0 == 0.0, so the bits are compared as well.
    for key, record in written.items():
        assert [score.hex() for score in attributions[key].scores] == [score.hex() for score in record.scores]
    written = {(unit.languages[0], record.row): record for unit in units["predictions"] for record in records(unit)}
    assert reader.predictions(run, rows=ROWS) == written
    assert reader.predictions(run, rows=[5, 99], languages=["zh"]) == {("zh", 5): written["zh", 5]}


def test_nothing_is_missing_once_it_is_written_and_more_rows_continue_the_run(tmp_path):
    store = fill(tmp_path)
    run = store.run(identity())
    assert list(run.missing(plan())) == []
    files = shard_files(tmp_path)
    longer = plan(rows=(*ROWS, 21, 34, 3), size=4)
    left = list(run.missing(longer))
    assert {row for unit in left for row in unit.rows} == {3, 21, 34}
    assert Counter(unit.kind for unit in left) == {"predictions": 6, "attributions": 6, "pairs": 6, "flows": 6}
    fill(tmp_path, units=longer)
    assert list(run.missing(longer)) == []
    assert set(files) < set(shard_files(tmp_path))


def test_kinds_that_are_computed_together_are_missing_together(tmp_path):
    run = open_store(tmp_path, create=True).run(identity())
    pairs, flows = (WorkUnit(kind, ("en", "es"), tuple(range(6))) for kind in ("pairs", "flows"))
    assert list(run.missing_together([(pairs, flows)])) == [(pairs, flows)]
    for unit, rows in ((pairs, (1, 2, 4)), (flows, (2, 3))):
        part = replace(unit, rows=rows)
        assert run.write(part, records(part))
    assert list(run.missing_together([(pairs, flows)])) == [
        (replace(pairs, rows=(0, 5)), replace(flows, rows=(0, 5))),
        (replace(flows, rows=(1, 4)),),
        (replace(pairs, rows=(3,)),),
    ]
    left = run.missing_together([(pairs, flows)])
    assert next(left)[0].rows == (0, 5)
    # Another worker writes the next part before its turn comes.
    part = replace(flows, rows=(1, 4))
    assert run.write(part, records(part))
    assert next(left) == (replace(pairs, rows=(3,)),)


def test_a_unit_is_written_once(tmp_path):
    store = open_store(tmp_path, create=True)
    run = store.run(identity())
    unit = plan()[0]
    assert run.write(unit, records(unit))
    (file,) = shard_files(tmp_path)
    before = (file.read_bytes(), file.stat().st_ino)
    assert not run.write(unit, records(unit))
    assert (file.read_bytes(), file.stat().st_ino) == before
    assert not list(tmp_path.rglob(".*"))


def test_the_name_of_a_shard_depends_on_all_of_its_work_and_nothing_else():
    unit = WorkUnit("pairs", ("en", "de"), (1, 2))
    other = [
        WorkUnit("pairs", ("de", "en"), (1, 2)),
        WorkUnit("pairs", ("en", "de"), (1, 3)),
        WorkUnit("pairs", ("en", "de"), (1, 2), "2"),
        WorkUnit("pairs", ("en", "de"), (1,)),
    ]
    run = identity().run_id
    assert unit.name(run) == WorkUnit("pairs", ("en", "de"), (1, 2)).name(run)
    assert len({entry.name(run) for entry in [unit, *other]} | {unit.name("another")}) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"revision": "rev2"},
        {"data_fingerprint": "abd"},
        {"seed": 1},
        {"settings": {"steps": "auto", "tolerance": 0.02}},
        {"labels": LABELS[::-1]},
        {"split": "validation"},
        {"checkpoint": "tiny-nli-es"},
    ],
)
def test_changed_settings_are_another_run(change, tmp_path):
    first, second = identity(), identity(**change)
    assert first.run_id != second.run_id
    assert (first.group == second.group) == (set(change) <= {"checkpoint", "revision", "labels"})
    fill(tmp_path)
    both = fill(tmp_path, run=second)
    assert set(both.read().runs) == {first.run_id, second.run_id}
    assert list(both.run(first).missing(plan())) == []


def test_the_order_of_settings_is_no_difference():
    settings = {"a": 1, "b": [1, 2], "c": {"x": None, "y": 0.1}}
    turned = {"c": {"y": 0.1, "x": None}, "b": (1, 2), "a": 1}
    assert identity(settings=settings).run_id == identity(settings=turned).run_id
    again = RunIdentity.from_json(identity(settings=settings).to_json())
    assert again == identity(settings=settings)


@pytest.mark.parametrize("wait", [0.0, pytest.param(0.02, marks=pytest.mark.slow)])
def test_a_killed_writer_leaves_whole_shards_and_the_same_command_continues(tmp_path, wait):
    endless = """
    import os, time
    real = os.fsync
    def slow(descriptor):
        real(descriptor)
        print("synced", flush=True)
        time.sleep(0.02)
    os.fsync = slow
    for unit in run.missing(plan(size=1)):
        run.write(unit, records(unit))
    """
    process = writer_process(tmp_path / "killed", endless)
    for _ in range(12):
        process.stdout.readline()
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    store = open_store(tmp_path / "killed")
    done = shard_files(tmp_path / "killed")
    assert 0 < len(done) < len(plan(size=1))
    assert all(pq.read_table(file, page_checksum_verification=True).num_rows == 1 for file in done)
    assert store.read().notices == ()
    left = list(store.run(identity()).missing(plan(size=1)))
    assert len(left) == len(plan(size=1)) - len(done)
    fill(tmp_path / "killed", units=plan(size=1))
    fill(tmp_path / "whole")
    assert check(store).total == check(open_store(tmp_path / "whole")).total


def test_two_processes_never_write_the_same_rows_twice(tmp_path):
    body = """
    written = [unit.name(run.run_id) for unit in plan(size=1) if run.write(unit, records(unit))]
    print(len(written))
    print("\\n".join(written))
    """
    racing = [writer_process(tmp_path, body) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in racing]
    assert [process.returncode for process in racing] == [0, 0], outputs
    written = [line for out, _ in outputs for line in out.splitlines()[1:] if line]
    assert sorted(written) == sorted(unit.name(identity().run_id) for unit in plan(size=1))
    assert len(shard_files(tmp_path)) == len(written)


def test_writers_a_compactor_and_a_reader_at_once_agree_in_the_end(tmp_path):
    body = """
    import random
    units = plan(rows=tuple(range(8)), size={size})
    random.Random({size}).shuffle(units)
    for unit in run.missing(units):
        run.write(unit, records(unit))
    """
    writers = [writer_process(tmp_path / "busy", body.format(size=size)) for size in (1, 3)]
    store, seen = open_store(tmp_path / "busy", create=True), [0]
    reader = store.read()
    while any(process.poll() is None for process in writers):
        reader.refresh()
        grid = reader.grid()
        seen.append(int(grid["n"].sum() + grid["problems"].sum()))
        assert reader.notices == ()
        compact(store)
        time.sleep(0.05)
    assert [process.communicate()[1] for process in writers] == ["", ""]
    assert seen == sorted(seen) and seen[-1] <= 24
    whole = fill(tmp_path / "whole", units=plan(rows=tuple(range(8))))
    assert check(store).total == check(whole).total


def test_two_plans_that_overlap_are_read_once(tmp_path):
    store = fill(tmp_path / "one")
    rows = (0, 1, 2, 5)
    store = open_store(tmp_path / "two", create=True)
    run = store.run(identity())
    # Both workers looked before the other wrote: their units overlap in rows, not in names.
    for unit in plan() + plan(rows=rows, size=3):
        run.write(unit, records(unit))
    assert len(store.snapshot().overlapping) > 2
    one, two = open_store(tmp_path / "one").read(), store.read()
    assert two.grid().equals(one.grid())
    assert two.performance().equals(one.performance())
    assert check(store).total == check(open_store(tmp_path / "one")).total


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda found: found[:-1], "not those of its rows"),
        (lambda found: [*found, found[0]], "repeat a key"),
        (lambda found: [replace(found[0], predicted="a whole sentence"), *found[1:]], "predicted of row"),
        (lambda found: [replace(found[0], problem="the text was: x"), *found[1:]], "problem of row"),
        (lambda found: [replace(found[0], probabilities=(0.5, float("nan"), 0.5)), *found[1:]], "probabilities of"),
        (lambda found: [replace(found[0], f1=float("inf")), *found[1:]], "f1 of"),
        (lambda found: [PairRecord(row.row, 1, 1, 0.5) for row in found], "takes PredictionRecord only"),
    ],
)
def test_records_that_do_not_fit_are_refused(tmp_path, wrong, message):
    run = open_store(tmp_path, create=True).run(identity())
    unit = plan()[0]
    with pytest.raises(ValueError, match=message):
        run.write(unit, wrong(records(unit)))
    assert shard_files(tmp_path) == []


@pytest.mark.parametrize("rows", [(), (2, 1), (1, 1), (-1, 0)])
def test_a_unit_without_proper_rows_is_refused(rows):
    with pytest.raises(ValueError, match="ascending"):
        WorkUnit("predictions", ("en",), rows)


def test_blocks_follow_the_given_order_so_that_a_longer_sample_keeps_them():
    short = blocks("predictions", ["en"], [9, 2, 7, 1], size=2)
    longer = blocks("predictions", ["en"], [9, 2, 7, 1, 30], size=2)
    assert [unit.rows for unit in longer] == [(2, 9), (1, 7), (30,)]
    assert longer[:2] == short


@pytest.mark.parametrize("rows", [(0,), (0, 1, 2), (3, 5, 6, 7, 20), tuple(range(0, 50, 2))])
def test_rows_survive_their_short_form(rows):
    assert parse_rows(format_rows(rows)) == rows


def test_every_kind_names_its_columns_once():
    for kind in KINDS.values():
        names = kind.schema().names
        assert len(set(names)) == len(names)
        assert set(kind.key) <= set(kind.science)
        assert set(kind.schema(scores_only=True).names) == set(names) - set(kind.local)


def test_a_store_that_is_not_there_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(StoreError, match="There is no store at"):
        open_store(tmp_path / "none")
    monkeypatch.delenv("CCTA_STORE", raising=False)
    with pytest.raises(StoreError, match="set CCTA_STORE"):
        open_store()
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        open_store(tmp_path / "file", create=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store("nosuchprotocol://bucket/x")
