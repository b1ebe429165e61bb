"""What threads cannot do as processes do."""

from __future__ import annotations

import threading
from time import monotonic

from support.pools import OBEY, ask, lost, said, until, up

from pipekit.parallel.pools.protocol import Lost
from pipekit.parallel.pools.threads import ThreadPool


def test_messages_are_handed_over_as_they_are() -> None:
    with ThreadPool(OBEY) as pool:
        up(pool, 1)
        lock = threading.Lock()
        assert ask(pool, 1, "echo", lock) is lock


def test_an_abandoned_worker_says_nothing_more_and_its_number_is_free() -> None:
    with ThreadPool(OBEY) as pool:
        up(pool, 1)
        started, go = threading.Event(), threading.Event()
        pool.send(1, ("sleep", Waiting(started, go)))
        pool.send(1, ("echo", "too late"))
        assert started.wait(20)
        pool.kill(1)
        assert lost(pool) == Lost(1, "abandoned")
        up(pool, 1)
        go.set()
        assert ask(pool, 1, "echo", "new") == "new"
        assert pool.wait(0.0) == []


def test_a_busy_thread_is_left_behind_within_a_second() -> None:
    pool = ThreadPool(OBEY)
    up(pool, 1)
    started, go = threading.Event(), threading.Event()
    pool.send(1, ("sleep", Waiting(started, go)))
    assert started.wait(20)
    before = monotonic()
    pool.close()
    assert monotonic() - before < 1.2
    go.set()


def test_reading_ahead_ends_with_the_pool() -> None:
    pool = ThreadPool(OBEY)
    up(pool, 1)
    pool.send(1, ("echo", "on"))
    assert said(pool) == ["on"]
    pool.send(1, ("ahead", None))
    pool.close()
    assert until(pool, lambda events: True) == []


class Waiting:
    """Seconds that last until they are told to go."""

    def __init__(self, started: threading.Event, go: threading.Event) -> None:
        self.started, self.go = started, go

    def __index__(self) -> int:
        self.started.set()
        self.go.wait(20)
        return 0
