"""Two commands `python -m core run` on one store: they share the work, and each says how far both are."""

import signal

import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.runs.session import ProgressReporter, Turns
from core.store import Run, blocks, open_store
from tests.world.runs import content, until
from tests.world.stores import shard_files


@pytest.mark.slow
def test_two_commands_at_once_end_alike_and_store_no_row_twice(begin, command, tmp_path, whole):
    first, second = begin("both"), begin("both")
    # Each is held while the other one writes, so that both have a part in it.
    second.send_signal(signal.SIGSTOP)
    until(first, lambda: shard_files(tmp_path / "both"))
    first.send_signal(signal.SIGSTOP)
    assert first.poll() is None
    alone = len(shard_files(tmp_path / "both"))
    second.send_signal(signal.SIGCONT)
    until(second, lambda: len(shard_files(tmp_path / "both")) > alone)
    first.send_signal(signal.SIGCONT)
    for process in (first, second):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert len(shard_files(tmp_path / "both")) > alone
    assert content(tmp_path / "both") == content(whole)
    rows = content(tmp_path / "both").rows
    assert rows == {
        kind: sum(pq.read_metadata(file).num_rows for file in shard_files(tmp_path / "both", kind)) for kind in rows
    }
    assert not open_store(tmp_path / "both").snapshot().overlapping


def test_two_commands_in_step_share_the_work():
    units = blocks("attributions", ["en"], range(400), size=2)
    stored, computed = set(), []
    turns = [Turns(units), Turns(units)]
    while len(stored) < len(units):
        # Both look what is missing, both compute it, and one is the first to write it.
        begun = [next((unit for unit in own if unit not in stored), None) for own in turns]
        for own, unit in zip(turns, begun, strict=True):
            if unit is None:
                continue
            computed.append(unit)
            if unit in stored:
                own.step_aside()
            stored.add(unit)
    assert len(computed) < 1.2 * len(units)


def test_a_unit_that_another_command_wrote_first_is_not_written_again(command, tmp_path, monkeypatch):
    more = ["--limit", "6"]
    assert run(command("one", *more)) == 0
    write, step_aside, aside = Run.write, Turns.step_aside, []

    def counted(turns):
        aside.append(turns)
        step_aside(turns)

    monkeypatch.setattr(Run, "write", lambda *args, **named: write(*args, **named) and write(*args, **named))
    monkeypatch.setattr(Turns, "step_aside", counted)
    assert run(command("two", *more)) == 0
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert aside


def test_what_another_command_does_counts_in_the_time_that_is_left(monkeypatch):
    now, stored, lines, heard = [0.0], set(), [], []
    monkeypatch.setattr("core.runs.session.time.monotonic", lambda: now[0])
    report = ProgressReporter("tiny", "pairs", lambda: 100 - len(stored), lines.append, heard.append)
    for row in range(20):
        stored |= {row, 99 - 2 * row, 98 - 2 * row}
        now[0] += 1.0
        report.add(1, 0)
    assert lines == [
        "tiny: pairs compared 30 of 100 (20 by another command), 3 a second, 23 s left",
        "tiny: pairs compared 60 of 100 (40 by another command), 3 a second, 13 s left",
    ]
    stored |= set(range(100))
    report.end()
    assert lines[-1] == "tiny: pairs compared 100 of 100 (80 by another command), 5 a second"
    assert (heard[0].done, heard[-1].done, heard[-1].of) == (0, 100, 100)


def test_a_slow_store_is_not_asked_all_the_time(monkeypatch):
    now, asked = [0.0], []
    monkeypatch.setattr("core.runs.session.time.monotonic", lambda: now[0])

    def missing():
        asked.append(now[0])
        now[0] += 2.0
        return 1000

    report = ProgressReporter("tiny", "pairs", missing, lambda _: None, lambda _: None)
    for _ in range(600):
        now[0] += 1.0
        report.add(1, 0)
    assert len(asked) == 4 and now[0] < 610
