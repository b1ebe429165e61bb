"""What every pool keeps to."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from support.pools import KINDS, PATIENCE, ask, lost, make, said, until, up

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools.protocol import Event, Lost, Pool, Said, Still, Up


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pool(kind: str) -> Iterator[Pool]:
    pool = make(kind, setup={"a": [1, 2]})
    yield pool
    pool.close()


def test_a_worker_gets_the_setup_and_answers_in_order(pool: Pool) -> None:
    pids = up(pool, 7)
    assert pids[7] == (ask(pool, 7, "look", "os.getpid()"))
    for i in range(100):
        pool.send(7, ("echo", i))
    assert said(pool, 100) == list(range(100))
    assert ask(pool, 7, "setup") == {"a": [1, 2]}


def test_messages_may_be_sent_before_the_worker_is_up(pool: Pool) -> None:
    pool.start(1)
    pool.send(1, ("echo", "early"))
    assert [type(event) for event in until(pool, lambda events: len(events) == 2)] == [Up, Said]


def test_a_worker_may_speak_before_it_is_up(kind: str) -> None:
    if kind == "inline":
        pytest.skip("reads ahead")
    pool = make(kind, main="support.pool_mains:early")
    pool.start(1)
    pool.send(1, "order")
    assert until(pool, lambda events: len(events) == 2)[0] == Said(1, ("first", "order"))
    pool.close()


def test_two_workers_at_ten_thousand_messages(pool: Pool) -> None:
    up(pool, 1, 2)
    for i in range(5000):
        pool.send(1, ("echo", i))
        pool.send(2, ("echo", -i))
    events = until(pool, lambda events: len(events) == 10_000)
    for worker, sign in ((1, 1), (2, -1)):
        heard = [event.message for event in events if isinstance(event, Said) and event.worker == worker]
        assert heard == [sign * i for i in range(5000)]


def test_many_messages_for_one(pool: Pool) -> None:
    up(pool, 1)
    pool.send(1, ("many", 1000))
    assert said(pool, 1000) == list(range(1000))


def test_what_may_wait_for_more_does_not_wait_for_ever(pool: Pool) -> None:
    up(pool, 1)
    assert ask(pool, 1, "held", "text") == "text"


def test_who_is_nudged_sends_what_it_holds_back_and_works_on(pool: Pool, kind: str, tmp_path: Path) -> None:
    if kind == "inline":
        pool.nudge(1)
        return  # nobody is at work while somebody could ask
    up(pool, 1)
    os.mkfifo(tmp_path / "fifo")
    pool.send(1, ("held and busy", str(tmp_path / "fifo")))  # it is busy until somebody writes
    pool.send(1, ("echo", "next"))
    pool.nudge(9)
    writer = os.open(tmp_path / "fifo", os.O_RDWR)  # both ends, so that nobody waits for the other
    events: list[Event] = []
    deadline = monotonic() + PATIENCE
    while (Said(1, "held") not in events or events[-1] != Still(1)) and monotonic() < deadline:
        pool.nudge(1)  # it hears nothing while it is just sending
        events += pool.wait(0.05)
    assert set(events) == {Said(1, "held"), Still(1)} and events.count(Said(1, "held")) == 1
    os.write(writer, b"go on")
    assert Said(1, "next") in until(pool, lambda events: Said(1, "next") in events)
    os.close(writer)


def test_reading_ahead_or_saying_that_it_cannot(pool: Pool) -> None:
    up(pool, 1)
    pool.send(1, ("ahead", None))
    if pool.streams:
        pool.send(1, "the next one")
        assert said(pool) == [("ahead", "the next one")]
        pool.send(1, ("poll", 60.0))
        pool.send(1, ("echo", "after"))
        assert said(pool, 2) == [True, "after"]
        assert ask(pool, 1, "poll", 0.0) is False
    else:
        [(verdict, words)] = said(pool)
        assert verdict == "refused" and "inline" in words


@pytest.mark.parametrize(
    ("code", "cause", "status"), [(0, "exit 0", 0), (3, "exit 3", 3), (None, "exit 0", 0), ("bye", "exit 1", 1)]
)
def test_a_worker_that_exits(pool: Pool, code: object, cause: str, status: int) -> None:
    up(pool, 1)
    pool.send(1, ("echo", "last words"))
    pool.send(1, ("exit", code))
    events = until(pool, lambda events: len(events) == 2)
    assert events == [Said(1, "last words"), Lost(1, cause, status)]


def test_a_worker_whose_handle_raises(pool: Pool) -> None:
    up(pool, 1, 2)
    pool.send(1, ("raise", "of its own"))
    gone = lost(pool)
    assert (gone.worker, gone.cause, gone.status) == (1, "ValueError: of its own", 1)
    assert "in _raise" in gone.detail
    assert ask(pool, 2, "echo", "the other lives") == "the other lives"


def test_a_worker_that_cannot_begin(kind: str) -> None:
    for main, cause in (
        ("support.pool_mains:fail", "RuntimeError: no worker for 5"),
        ("support.absent:main", "ModuleNotFoundError: No module named 'support.absent'"),
        ("support.pool_mains:absent", "AttributeError: module 'support.pool_mains' has no attribute 'absent'"),
    ):
        pool = make(kind, main=main, setup=5)
        pool.start(1)
        gone = lost(pool)
        assert (gone.cause, gone.status) == (cause, 1)
        pool.close()


def test_a_number_is_free_again_once_its_worker_is_lost(pool: Pool) -> None:
    up(pool, 1)
    pool.send(1, ("exit", 0))
    lost(pool)
    pool.send(1, ("echo", "to nobody"))
    up(pool, 1)
    assert ask(pool, 1, "echo", "to the new one") == "to the new one"


def test_numbers_in_use_and_numbers_never_used(pool: Pool) -> None:
    up(pool, 1)
    with pytest.raises(PoolError, match="worker 1 is already there"):
        pool.start(1)
    with pytest.raises(PoolError, match="worker 2 was never started"):
        pool.send(2, ("echo", 1))
    pool.kill(2)
    assert pool.wait(0.0) == []


def test_kill_drops_what_was_not_said(pool: Pool) -> None:
    up(pool, 1)
    for i in range(10):
        pool.send(1, ("echo", i))
    pool.kill(1)
    gone = lost(pool)
    assert gone.worker == 1 and gone.cause in ("killed", "abandoned")
    assert pool.wait(0.01) == []
    up(pool, 1)
    assert ask(pool, 1, "echo", "new") == "new"


def test_kill_before_it_is_up(pool: Pool) -> None:
    pool.start(1)
    pool.kill(1)
    assert lost(pool).worker == 1


def test_wait_returns_when_the_time_is_up(pool: Pool) -> None:
    up(pool, 1)
    before = monotonic()
    assert pool.wait(0.05) == []
    assert 0.045 <= monotonic() - before < 5


def test_wake_from_another_thread_ends_a_wait(pool: Pool) -> None:
    up(pool, 1)
    waker = threading.Timer(0.02, pool.wake)
    waker.start()
    assert pool.wait(None) == []
    waker.join()


def test_a_wake_before_the_wait_counts_once(pool: Pool) -> None:
    pool.wake()
    pool.wake()
    before = monotonic()
    assert pool.wait(60.0) == []
    assert monotonic() - before < 5
    while pool.wait(0.02):
        pass
    assert pool.wait(0.0) == []


def test_closing_is_final_and_may_be_repeated(pool: Pool) -> None:
    up(pool, 1, 2)
    before = monotonic()
    pool.close()
    assert monotonic() - before < 1
    pool.close()
    pool.wake()
    assert pool.wait(None) == []
    with pytest.raises(PoolError, match="closed"):
        pool.start(3)


def test_closing_while_they_work(pool: Pool) -> None:
    up(pool, 1, 2)
    for i in range(1000):
        pool.send(1 + i % 2, ("echo", "x" * 100))
    pool.wait(None)
    before = monotonic()
    pool.close()
    assert monotonic() - before < 1


def test_a_pool_that_never_started_anything_closes(kind: str) -> None:
    pool = make(kind)
    pool.close()
    assert pool.wait(0) == []


def test_workers_are_processes_only_where_that_is_said(pool: Pool, kind: str) -> None:
    pids = up(pool, 1, 2)
    assert (os.getpid() in pids.values()) is (kind in ("inline", "threads"))
    assert pool.name == {"inline": "inline", "threads": "threads"}.get(kind, "processes")
