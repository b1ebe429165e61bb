"""The pool of threads: messages go by queue, as they are. It must never pickle, and cannot kill."""

from __future__ import annotations

import os
from _queue import Empty, SimpleQueue
from collections import deque
from threading import Thread
from time import monotonic
from typing import Any

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools.call import call, resolve
from pipekit.parallel.pools.inline import lost
from pipekit.parallel.pools.protocol import Event, Handle, Lost, Said, Still, Up

_CLOSING = 0.9


class ThreadPool:
    """Workers that are threads of this process; see `protocol.Pool`.

    Messages are handed over as they are, unpickled. A thread cannot be killed: `kill` abandons it. It works on until it
    next asks for a message, but all that it says is dropped, and its number may be started again at once. So `close`
    too leaves behind what does not end within a second (daemon threads, which do not keep the process alive).
    """

    streams = True

    def __init__(self, main: str, setup: object = None) -> None:
        self.name = "threads"
        self._main, self._setup = main, setup
        self._ports: dict[int, _ThreadPort] = {}
        self._known: set[int] = set()
        self._threads: list[Thread] = []
        self._told: SimpleQueue[tuple[_ThreadPort | None, Event | None]] = SimpleQueue()
        self._closed = False

    def start(self, worker: int) -> None:
        """See `protocol.Pool`."""
        if self._closed:
            raise PoolError("the pool is closed")
        if worker in self._ports:
            raise PoolError(f"worker {worker} is already there")
        self._known.add(worker)
        self._ports[worker] = port = _ThreadPort(worker, self._told)
        thread = Thread(target=_work, args=(port, self._main, self._setup), name=f"worker {worker}", daemon=True)
        self._threads = [*(thread for thread in self._threads if thread.is_alive()), thread]
        thread.start()

    def send(self, worker: int, message: object) -> None:
        """See `protocol.Pool`."""
        port = self._ports.get(worker)
        if port is not None:
            port.inbox.put((message,))
        elif worker not in self._known:
            raise PoolError(f"worker {worker} was never started")

    def wait(self, timeout: float | None) -> list[Event]:
        """See `protocol.Pool`."""
        deadline = None if timeout is None else monotonic() + timeout
        events: list[Event] = []
        while not self._closed:
            left = None if deadline is None else max(0.0, deadline - monotonic())
            try:
                woken = self._take(events, *self._told.get(timeout=left))
                for _ in range(self._told.qsize()):
                    woken |= self._take(events, *self._told.get())
            except Empty:
                break
            if events or woken:
                break
        return events

    def nudge(self, worker: int) -> None:
        """See `protocol.Pool`; threads hold nothing back."""
        port = self._ports.get(worker)
        if port is not None:
            self._told.put((port, Still(worker)))

    def kill(self, worker: int) -> None:
        """See `protocol.Pool`; the thread is abandoned, see the class."""
        port = self._ports.get(worker)
        if port is not None:
            port.end()
            self._told.put((port, Lost(worker, "abandoned")))

    def wake(self) -> None:
        """See `protocol.Pool`."""
        self._told.put((None, None))

    def close(self) -> None:
        """See `protocol.Pool`; threads that are busy for longer are left behind, see the class."""
        self._closed = True
        for port in self._ports.values():
            port.end()
        self.wake()
        deadline = monotonic() + _CLOSING
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        self._ports.clear()

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _take(self, events: list[Event], port: _ThreadPort | None, event: Event | None) -> bool:
        """Keep what a worker that is still there said; whether it was `wake`."""
        if port is None or event is None:
            return True
        if self._ports.get(port.worker) is port and (not port.ended or isinstance(event, Lost)):
            events.append(event)
            if isinstance(event, Lost):
                port.end()
                del self._ports[port.worker]
        return False


class _ThreadPort:
    """The worker's end of two queues."""

    streams = True

    def __init__(self, worker: int, told: SimpleQueue[tuple[_ThreadPort | None, Event | None]]) -> None:
        self.worker = worker
        self.inbox: SimpleQueue[tuple[Any] | None] = SimpleQueue()
        self.ended = False
        self._ahead: deque[tuple[Any] | None] = deque()
        self._told = told

    def send(self, message: object, more: bool = False) -> None:
        """See `protocol.Port`."""
        if self.ended:
            raise EOFError("the pool is gone")
        self.tell(Said(self.worker, message))

    def flush(self) -> None:
        """Nothing waits here."""

    def recv(self) -> Any:
        """See `protocol.Port`."""
        came = self._ahead.popleft() if self._ahead else self.inbox.get()
        if came is None or self.ended:
            self._ahead.append(None)
            raise EOFError("the pool is gone")
        return came[0]

    def poll(self, timeout: float = 0.0) -> bool:
        """See `protocol.Port`."""
        if not self._ahead:
            try:
                self._ahead.append(self.inbox.get(timeout=timeout) if timeout > 0 else self.inbox.get_nowait())
            except Empty:
                return False
        return True

    def tell(self, event: Event) -> None:
        self._told.put((self, event))

    def end(self) -> None:
        """Let it have no more messages."""
        self.ended = True
        self.inbox.put(None)


def _work(port: _ThreadPort, main: str, setup: object) -> None:
    outcome = call(_live, port, main, setup)
    if isinstance(outcome.error, EOFError) and port.ended:
        port.tell(Lost(port.worker, "exit 0", 0))
    else:
        port.tell(lost(port.worker, outcome))


def _live(port: _ThreadPort, main: str, setup: object) -> None:
    handle: Handle = resolve(main)(port, setup)
    port.tell(Up(port.worker, os.getpid()))
    while True:
        handle(port.recv())
