"""The audit log: who, when, what kind, sizes and outcome; never a text; files of bounded size."""

import json
import stat
import threading

import pytest

from core.errors import TextError
from dashboard.service import visitors
from dashboard.service.audit import MEGABYTE, AuditLog, Deed
from dashboard.service.jobs import BackgroundTask
from dashboard.service.limits import ServiceLimits
from dashboard.service.queue import BusyError, JobQueue

SECRET = "The merger will be announced on Monday."
DEED = Deed("analysis", "meaning", ("e5",), texts=2, characters=80)


def lines(folder, name="audit.jsonl"):
    path = folder / name
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()] if path.exists() else []


def test_a_line_says_who_when_what_and_how_it_ended(tmp_path):
    log = AuditLog(tmp_path, ServiceLimits(audit=True), clock=lambda: 1_800_000_000.0)
    log.write("ada@example.org", DEED, "done", 1.23456)
    assert lines(tmp_path) == [
        {
            "time": "2027-01-15T08:00:00.000+00:00",
            "visitor": "ada@example.org",
            "kind": "analysis",
            "task": "meaning",
            "models": ["e5"],
            "texts": 2,
            "characters": 80,
            "outcome": "done",
            "seconds": 1.235,
        }
    ]
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_there_is_no_log_unless_it_is_wanted(tmp_path):
    AuditLog(tmp_path / "audit", ServiceLimits()).write("ada", DEED, "done")
    assert not (tmp_path / "audit").exists()


def test_files_are_of_bounded_size_and_number(tmp_path, monkeypatch):
    monkeypatch.setattr("dashboard.service.audit.MEGABYTE", 1000)
    log = AuditLog(tmp_path, ServiceLimits(audit=True, audit_megabytes=1, audit_files=3))
    for number in range(60):
        log.write(f"visitor {number}", DEED, "done")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    kept = [
        entry["visitor"]
        for name in ("audit.jsonl.2", "audit.jsonl.1", "audit.jsonl")
        for entry in lines(tmp_path, name)
    ]
    assert kept == [f"visitor {number}" for number in range(60 - len(kept), 60)], "the latest, in order"


def test_lines_of_many_threads_stay_whole(tmp_path):
    log = AuditLog(tmp_path, ServiceLimits(audit=True))
    threads = [threading.Thread(target=log.write, args=(f"{at}", DEED, "done")) for at in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(entry["visitor"]) for entry in lines(tmp_path)) == list(range(40))


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    AuditLog(tmp_path / "file", ServiceLimits(audit=True)).write("ada", DEED, "done")
    assert "cannot be written" in caplog.text
    assert MEGABYTE == 1_000_000


@pytest.fixture
def audited(tmp_path, monkeypatch):
    """A queue of one place with a log."""
    limits = ServiceLimits(audit=True, jobs=1, waiting=0)
    queue, log = JobQueue(limits), AuditLog(tmp_path, limits)
    monkeypatch.setattr(visitors, "job_queue", lambda: queue)
    monkeypatch.setattr(visitors, "audit_log", lambda: log)
    return tmp_path


def test_an_analysis_is_logged_with_its_outcome_and_without_its_texts(audited):
    def fails(progress, should_cancel):
        raise TextError(f"{SECRET!r} has no word.")

    go = threading.Event()
    held = BackgroundTask(lambda progress, should_cancel: go.wait(10))
    visitors.submit(held, DEED)
    with pytest.raises(BusyError):
        visitors.submit(BackgroundTask(fails), DEED)
    go.set()
    assert held.wait(10)
    failing = BackgroundTask(fails)
    # The place is free once the queue has heard of the end.
    for _ in range(1000):
        try:
            visitors.submit(failing, DEED)
            break
        except BusyError:
            threading.Event().wait(0.01)
    assert failing.wait(10)
    for _ in range(1000):
        if lines(audited) and lines(audited)[-1]["outcome"] == "TextError":
            break
        threading.Event().wait(0.01)
    outcomes = {entry["outcome"] for entry in lines(audited)}
    assert {"done", "BusyError", "TextError"} <= outcomes
    assert "merger" not in (audited / "audit.jsonl").read_text()
