"""The pool without workers: each message is handled inside `wait`. It must never start a thread or a process."""

from __future__ import annotations

import os
from collections import deque
from threading import Condition
from typing import Any

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools.call import Raised, call, exit_code, resolve
from pipekit.parallel.pools.fate import words
from pipekit.parallel.pools.protocol import Event, Handle, Lost, Said, Up


class InlinePool:
    """Workers that are no more than their `handle`; see `protocol.Pool`.

    Messages are handed over as they are, unpickled. `wait` handles messages, whatever its timeout, until one has made
    something happen; meanwhile nobody can be killed. KeyboardInterrupt comes out of `wait`.
    """

    streams = False

    def __init__(self, main: str, setup: object = None) -> None:
        self.name = "inline"
        self._main, self._setup = main, setup
        self._ports: dict[int, _InlinePort] = {}
        self._known: set[int] = set()
        self._turns: deque[_InlinePort] = deque()
        self._events: list[Event] = []
        self._changed = Condition()
        self._woken = self._closed = False

    def start(self, worker: int) -> None:
        """See `protocol.Pool`."""
        if self._closed:
            raise PoolError("the pool is closed")
        if worker in self._ports:
            raise PoolError(f"worker {worker} is already there")
        self._known.add(worker)
        self._ports[worker] = port = _InlinePort(worker, self._changed, self._events)
        self._turns.append(port)

    def send(self, worker: int, message: object) -> None:
        """See `protocol.Pool`."""
        port = self._ports.get(worker)
        if port is not None:
            port.messages.append(message)
            if port.handle is not None:
                self._turns.append(port)
        elif worker not in self._known:
            raise PoolError(f"worker {worker} was never started")

    def wait(self, timeout: float | None) -> list[Event]:
        """See `protocol.Pool`."""
        while self._turns and not self._happened():
            self._turn(self._turns.popleft())
        with self._changed:
            self._changed.wait_for(self._happened, timeout)
            self._woken = False
            events = self._events[:]
            self._events.clear()  # ports hold the same list
            return events

    def nudge(self, worker: int) -> None:
        """See `protocol.Pool`; nobody is at work while somebody could ask."""

    def kill(self, worker: int) -> None:
        """See `protocol.Pool`."""
        if worker in self._ports:
            self._lose(self._ports[worker], Lost(worker, "killed"))

    def wake(self) -> None:
        """See `protocol.Pool`."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """See `protocol.Pool`."""
        self._closed = True
        for port in self._ports.values():
            port.gone = True
        self._ports.clear()
        self._turns.clear()
        self.wake()

    def __enter__(self) -> InlinePool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _happened(self) -> bool:
        return bool(self._events) or self._woken or self._closed

    def _turn(self, port: _InlinePort) -> None:
        """Start it, or handle its next message."""
        if port.gone:
            return
        outcome = call(self._begin, port) if port.handle is None else call(port.handle, port.messages.popleft())
        if isinstance(outcome, Raised):
            self._lose(port, lost(port.worker, outcome))

    def _begin(self, port: _InlinePort) -> None:
        port.handle = resolve(self._main)(port, self._setup)
        port.tell(Up(port.worker, os.getpid()))
        self._turns.extend([port] * len(port.messages))

    def _lose(self, port: _InlinePort, event: Lost) -> None:
        port.tell(event)
        port.gone = True
        del self._ports[port.worker]


class _InlinePort:
    """The end of a worker that is called, not spoken to."""

    streams = False

    def __init__(self, worker: int, changed: Condition, events: list[Event]) -> None:
        self.worker = worker
        self.handle: Handle | None = None
        self.messages: deque[Any] = deque()
        self.gone = False
        self._changed, self._events = changed, events

    def send(self, message: object, more: bool = False) -> None:
        """See `protocol.Port`."""
        if self.gone:
            raise EOFError("the pool is gone")
        self.tell(Said(self.worker, message))

    def flush(self) -> None:
        """Nothing waits here."""

    def recv(self) -> Any:
        """Not here: a message is handled while the coordinator waits for it. Raises PoolError."""
        raise PoolError("an inline worker cannot read ahead: it works inside wait()", hint="ask port.streams first")

    def poll(self, timeout: float = 0.0) -> bool:
        """Not here; see `recv`."""
        return bool(self.recv())

    def tell(self, event: Event) -> None:
        if not self.gone:
            with self._changed:
                self._events.append(event)
                self._changed.notify_all()


def lost(worker: int, outcome: Raised) -> Lost:
    """How a worker that is no process ended."""
    if isinstance(outcome.error, SystemExit):
        status = exit_code(outcome.error.code)
        return Lost(worker, words(status), status)
    return Lost(worker, outcome.cause, 1, outcome.detail)
