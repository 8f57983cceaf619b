import threading

import pytest

from core.errors import Cancelled, CctaError, TextError
from dashboard.service.jobs import BackgroundTask, Stage

SOON = 10.0


def ended(work):
    job = BackgroundTask(work).start()
    assert job.wait(SOON)
    assert job.finished
    # Exactly one of the two is set.
    assert (job.result is None) != (job.error is None)
    return job


def test_a_result_and_the_last_stage_are_kept():
    def work(report, cancelled):
        assert not cancelled()
        report("attributing", 14, 40)
        return "result"

    job = ended(work)
    assert (job.result, job.error, job.cancelled) == ("result", None, False)
    assert job.stage == Stage("attributing", 14, 40)
    assert job.elapsed == job.seconds > 0


def test_a_typed_error_is_kept_as_it_is():
    def work(report, cancelled):
        raise TextError("There is no word in this text.")

    job = ended(work)
    assert isinstance(job.error, TextError)
    assert str(job.error) == "There is no word in this text."
    assert not job.cancelled


def test_cancel_reaches_the_worker():
    begun = threading.Event()

    def work(report, cancelled):
        begun.set()
        waiting = threading.Event()
        while not cancelled():
            waiting.wait(0.005)
        raise Cancelled("Cancelled.")

    job = BackgroundTask(work).start()
    assert begun.wait(SOON)
    assert not job.finished
    assert not job.wait(0.02)
    job.cancel()
    assert job.wait(SOON)
    assert job.cancelled
    assert job.result is None


def test_a_result_that_came_before_the_cancel_counts():
    job = ended(lambda report, cancelled: 1)
    job.cancel()
    assert (job.result, job.cancelled) == (1, False)


def test_an_unexpected_exception_ends_the_job_with_one_line(monkeypatch):
    logged = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda arguments: logged.set())
    job = ended(lambda report, cancelled: 1 / 0)
    assert logged.wait(SOON)
    assert isinstance(job.error, CctaError)
    assert "the server's log says why" in str(job.error)
    assert "\n" not in str(job.error)


def test_running_out_of_memory_names_the_remedy():
    def work(report, cancelled):
        raise MemoryError

    assert "Shorten the texts" in str(ended(work).error)


def test_time_runs_until_the_end_and_then_stands():
    go = threading.Event()
    job = BackgroundTask(lambda report, cancelled: go.wait(SOON)).start()
    first = job.elapsed
    assert not job.wait(0.01)
    assert job.elapsed > first
    go.set()
    assert job.wait(SOON)
    assert job.elapsed == job.elapsed == job.seconds


@pytest.mark.parametrize(("done", "expected", "share"), [(0, 0, 0.0), (7, 0, 0.0), (1, 4, 0.25), (9, 4, 1.0)])
def test_the_share_done_stays_between_0_and_1(done, expected, share):
    assert Stage("attributing", done, expected).share == share
