"""The queue of analyses: order, places, limits, and what ends early. Time is a number that a test sets."""

import threading
import time

import pytest

from core.errors import Cancelled, CctaError
from dashboard.service import queue as queue_module
from dashboard.service.jobs import BackgroundTask
from dashboard.service.limits import ServiceLimits
from dashboard.service.queue import BusyError, JobQueue, TimeLimitError, VisitorGoneError

SOON = 10.0


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(queue_module, "LOOK_EVERY", 3600.0)  # a test looks itself
    return Clock()


class Held:
    """A task that works until it is let go or cancelled."""

    def __init__(self):
        self.go = threading.Event()
        self.at_work = threading.Event()
        self.task = BackgroundTask(self.work)

    def work(self, progress, should_cancel):
        self.at_work.set()
        while not self.go.wait(0.005):
            if should_cancel():
                raise Cancelled("Cancelled.")
        return "result"

    def end(self):
        self.go.set()
        assert self.task.wait(SOON)


def submit(queue, n, visitor=None, **options):
    held = [Held() for _ in range(n)]
    for at, each in enumerate(held):
        queue.submit(each.task, visitor or f"visitor {at}", **options)
    return held


def test_tasks_begin_in_the_order_in_which_they_came_and_know_their_place(clock):
    queue = JobQueue(ServiceLimits(jobs=2), clock=clock)
    held = submit(queue, 5)
    assert [each.task.begun for each in held] == [True, True, False, False, False]
    assert [queue.place(each.task) for each in held] == [None, None, 1, 2, 3]
    held[1].end()
    assert held[2].at_work.wait(SOON)
    assert [queue.place(each.task) for each in held[2:]] == [None, 1, 2]
    for each in held:
        each.go.set()
    assert all(each.task.wait(SOON) and each.task.result == "result" for each in held)


def test_no_more_than_the_limit_are_computed_at_once(clock):
    queue = JobQueue(ServiceLimits(jobs=3, waiting=100), clock=clock)
    at_once, most, lock = [0], [0], threading.Lock()

    def work(progress, should_cancel):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.01)
        with lock:
            at_once[0] -= 1
        return True

    tasks = [BackgroundTask(work) for _ in range(40)]
    for at, task in enumerate(tasks):
        queue.submit(task, f"visitor {at}")
    assert all(task.wait(SOON) for task in tasks)
    assert most == [3]


def test_a_full_queue_refuses_and_keeps_nothing(clock):
    queue = JobQueue(ServiceLimits(jobs=1, waiting=2, waiting_per_visitor=5), clock=clock)
    held = submit(queue, 3)
    refused = Held()
    with pytest.raises(BusyError, match="its queue is full: try again in a few minutes"):
        queue.submit(refused.task, "another")
    assert queue.place(refused.task) is None
    assert not refused.task.begun
    for each in held:
        each.end()


def test_one_visitor_cannot_fill_the_queue(clock):
    queue = JobQueue(ServiceLimits(jobs=1, waiting=10, waiting_per_visitor=2), clock=clock)
    held = submit(queue, 3, visitor="eager")
    with pytest.raises(BusyError, match="your other analyses are waiting"):
        queue.submit(Held().task, "eager")
    other = Held()
    queue.submit(other.task, "other")
    assert queue.place(other.task) == 3
    for each in [*held, other]:
        each.end()


def test_the_rate_of_a_visitor_is_limited_and_recovers(clock):
    queue = JobQueue(ServiceLimits(jobs=8, analyses_a_minute=3), clock=clock)
    for each in submit(queue, 3, visitor="eager"):
        each.end()
    with pytest.raises(BusyError, match="3 analyses a minute"):
        queue.submit(Held().task, "eager")
    submit(queue, 1, visitor="other")[0].end()
    clock.now += 61
    submit(queue, 1, visitor="eager")[0].end()


def test_a_task_whose_visitor_is_gone_ends_and_gives_way(clock):
    queue = JobQueue(ServiceLimits(jobs=1), clock=clock)
    here = {"gone": True, "stays": True}
    gone, waiting_gone, stays = Held(), Held(), Held()
    queue.submit(gone.task, "a", lambda: here["gone"])
    queue.submit(waiting_gone.task, "b", lambda: here["gone"])
    queue.submit(stays.task, "c", lambda: here["stays"])
    here["gone"] = False
    queue.look()
    clock.now += 2.9
    queue.look()
    assert not gone.task.finished  # a lost connection comes back
    clock.now += 0.2
    queue.look()
    assert gone.task.wait(SOON)
    assert isinstance(gone.task.error, VisitorGoneError)
    assert isinstance(waiting_gone.task.error, VisitorGoneError)
    assert stays.at_work.wait(SOON)
    stays.end()


def test_a_visitor_who_comes_back_keeps_the_task(clock):
    queue = JobQueue(ServiceLimits(jobs=1), clock=clock)
    here = [False]
    held = Held()
    queue.submit(held.task, "a", lambda: here[0])
    queue.look()
    clock.now += 2
    here[0] = True
    queue.look()
    clock.now += 60
    here[0] = False
    queue.look()
    assert not held.task.cancelling
    held.end()
    assert held.task.result == "result"


def test_a_task_that_takes_too_long_is_stopped_with_the_limit_named(clock, monkeypatch):
    queue = JobQueue(ServiceLimits(job_seconds=2), clock=clock)
    held = Held()
    queue.submit(held.task, "a")
    assert held.at_work.wait(SOON)
    monkeypatch.setattr(held.task, "_begun", held.task._begun - 3)
    queue.look()
    assert held.task.wait(SOON)
    assert isinstance(held.task.error, TimeLimitError)
    assert "this server allows 2 s" in str(held.task.error)


def test_cancelling_a_waiting_task_frees_its_place(clock):
    queue = JobQueue(ServiceLimits(jobs=1), clock=clock)
    first, second, third = submit(queue, 3)
    second.task.cancel()
    assert second.task.cancelled
    assert second.task.finished
    assert queue.place(third.task) == 1
    first.end()
    assert third.at_work.wait(SOON)
    third.end()
    assert not second.at_work.is_set()


def test_a_task_that_fails_does_not_hold_its_place(clock):
    queue = JobQueue(ServiceLimits(jobs=1), clock=clock)

    def failing(progress, should_cancel):
        raise CctaError("no")

    tasks = [BackgroundTask(failing) for _ in range(4)]
    for at, task in enumerate(tasks):
        queue.submit(task, f"visitor {at}")
    assert all(task.wait(SOON) for task in tasks)


def test_the_queue_looks_after_itself(monkeypatch):
    monkeypatch.setattr(queue_module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(queue_module, "GONE_AFTER", 0.02)
    queue = JobQueue(ServiceLimits(jobs=1))
    held = Held()
    queue.submit(held.task, "a", lambda: False)
    assert held.task.wait(SOON)
    assert isinstance(held.task.error, VisitorGoneError)


def test_the_end_of_every_task_is_told_once(clock):
    """Of one that ran, one that was cancelled while it waited, and not of one that was refused."""
    queue, ended = JobQueue(ServiceLimits(jobs=1, waiting=1), clock=clock), []
    first, second, refused = Held(), Held(), Held()
    queue.submit(first.task, "a", at_end=ended.append)
    queue.submit(second.task, "b", at_end=ended.append)
    with pytest.raises(BusyError):
        queue.submit(refused.task, "c", at_end=ended.append)
    second.task.cancel()
    queue.look()
    first.end()
    until = time.monotonic() + SOON
    while len(ended) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    queue.look()
    assert ended == [second.task, first.task]
