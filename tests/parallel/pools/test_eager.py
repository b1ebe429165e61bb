"""Workers that are made before anybody asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pools import ask, gone, make, until, up

from pipekit.parallel.pools.eager import Eager
from pipekit.parallel.pools.inline import InlinePool
from pipekit.parallel.pools.protocol import Event, Lost, Pool, Said, Up


class Early(InlinePool):
    """Notes who is started; workers named in `failing` are lost at once."""

    def __init__(self, failing: set[int]) -> None:
        super().__init__("support.pool_mains:obey")
        self.started: list[int] = []
        self.failing = failing

    def start(self, worker: int) -> None:
        self.started.append(worker)
        super().start(worker)
        if worker in self.failing:
            self.failing.discard(worker)
            self.kill(worker)


def drained(pool: Pool) -> list[Event]:
    return until(pool, bool)


def test_nothing_is_told_of_a_worker_until_somebody_asks() -> None:
    inner = Early(set())
    pool = Eager(inner, 2)
    assert inner.started == [0, 1] and pool.wait(0.0) == []
    pool.start(1)
    assert [type(one) for one in drained(pool)] == [Up] and inner.started == [0, 1]
    pool.send(1, ("echo", "x"))
    assert drained(pool) == [Said(1, "x")]
    pool.start(2)
    assert [one.worker for one in drained(pool)] == [2] and inner.started == [0, 1, 2]
    pool.close()


def test_one_that_was_lost_before_is_made_again() -> None:
    inner = Early({0})
    pool = Eager(inner, 1)
    pool.wait(0.0)
    pool.start(0)
    found = until(pool, lambda events: any(isinstance(one, Up) for one in events))
    assert not any(isinstance(one, Lost) for one in found) and inner.started == [0, 0]
    pool.close()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="nobody tells of children here")
def test_workers_that_nobody_asked_for_end_with_the_pool() -> None:
    pool = make("eager")
    up(pool, 0)
    server = ask(pool, 0, "look", "os.getppid()")
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    assert len(children) == 2
    pool.close()
    assert all(gone(int(child)) for child in children)
