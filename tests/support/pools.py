"""Pools for tests: made by name, and listened to with a deadline."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from pipekit.parallel.pools.eager import Eager
from pipekit.parallel.pools.inline import InlinePool
from pipekit.parallel.pools.processes import ProcessPool
from pipekit.parallel.pools.protocol import Event, Lost, Pool, Said, Up
from pipekit.parallel.pools.threads import ThreadPool

PATIENCE = 20.0
OBEY = "support.pool_mains:obey"
KINDS = ("inline", "threads", "fork", "spawn", "eager")


def make(kind: str, main: str = OBEY, setup: object = None, **how: Any) -> Pool:
    if kind == "inline":
        return InlinePool(main, setup)
    if kind == "threads":
        return ThreadPool(main, setup)
    how = {"env": os.environ, "preload": ["support.pool_mains"], **how}
    pool = ProcessPool(main, setup, method="spawn" if kind == "spawn" else "fork", **how)
    return Eager(pool, 2) if kind == "eager" else pool


def until(pool: Pool, enough: Callable[[list[Event]], bool]) -> list[Event]:
    """Everything that happens until it is enough."""
    events: list[Event] = []
    deadline = monotonic() + PATIENCE
    while not enough(events):
        left = deadline - monotonic()
        assert left > 0, f"not enough happened: {events}"
        events += pool.wait(left)
    return events


def up(pool: Pool, *workers: int) -> dict[int, int]:
    """Start them all; their pids."""
    for worker in workers:
        pool.start(worker)
    events = until(pool, lambda events: len(events) >= len(workers))
    assert {type(event) for event in events} == {Up}, events
    return {event.worker: event.pid for event in events if isinstance(event, Up)}


def said(pool: Pool, count: int = 1) -> list[Any]:
    """The next messages, of whichever worker."""
    events = until(pool, lambda events: len(events) >= count)
    assert {type(event) for event in events} == {Said}, events
    return [event.message for event in events if isinstance(event, Said)]


def ask(pool: Pool, worker: int, verb: str, argument: object = None) -> Any:
    pool.send(worker, (verb, argument))
    return said(pool)[0]


def lost(pool: Pool) -> Lost:
    """The next loss, and nothing else."""
    events = until(pool, bool)
    assert len(events) == 1 and isinstance(events[0], Lost), events
    return events[0]


def gone(pid: int) -> bool:
    """Whether the process ends before the deadline (a zombie has ended)."""
    deadline = monotonic() + PATIENCE
    while _alive(pid):
        if monotonic() > deadline:
            return False
        os.sched_yield()
    return True


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
