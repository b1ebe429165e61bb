"""What the pool without workers does differently."""

from __future__ import annotations

import pytest
from support.pools import OBEY, ask, until, up

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools.inline import InlinePool
from pipekit.parallel.pools.protocol import Handle, Port, Said


def interrupted(port: Port, setup: list[object]) -> Handle:
    def handle(message: object) -> None:
        setup.append(message)
        raise KeyboardInterrupt

    return handle


def test_nothing_is_handled_before_wait_and_one_message_after_another() -> None:
    with InlinePool(OBEY) as pool:
        up(pool, 1, 2)
        pool.send(1, ("many", 3))
        pool.send(2, ("echo", "b"))
        assert pool.wait(0) == [Said(1, 0), Said(1, 1), Said(1, 2)]
        assert pool.wait(0) == [Said(2, "b")]


def test_messages_are_handed_over_as_they_are() -> None:
    with InlinePool(OBEY) as pool:
        up(pool, 1)
        unpicklable = lambda: None  # noqa: E731
        assert ask(pool, 1, "echo", unpicklable) is unpicklable


def test_it_cannot_read_ahead() -> None:
    with InlinePool(OBEY) as pool:
        up(pool, 1)
        assert not pool.streams
        assert ask(pool, 1, "ahead")[0] == "refused"
        pool.send(1, ("poll", 0.0))
        [event] = until(pool, bool)
        assert "cannot read ahead" in str(event)


def test_ctrl_c_comes_out_of_wait_and_the_worker_lives() -> None:
    heard: list[object] = []
    with InlinePool(f"{__name__}:interrupted", heard) as pool:
        up(pool, 1)
        pool.send(1, "a")
        with pytest.raises(KeyboardInterrupt):
            pool.wait(None)
        assert heard == ["a"] and pool.wait(0) == []


def test_what_is_closed_starts_nothing() -> None:
    pool = InlinePool(OBEY)
    up(pool, 1)
    pool.close()
    with pytest.raises(PoolError):
        pool.start(2)
