"""A pool some of whose workers are made before anybody asks for them. It must never tell of a worker that nobody has asked for."""

from __future__ import annotations

from time import monotonic

from pipekit.parallel.pools.protocol import Event, Lost, Pool, Up


class Eager:
    """`pool` with the workers 0 to `count` - 1 on their way; see `protocol.Pool`. Those that nobody asks for end when it is closed."""

    def __init__(self, pool: Pool, count: int) -> None:
        self._pool = pool
        self._unasked = dict[int, Up | None]()
        self._events: list[Event] = []
        self.name, self.streams = pool.name, pool.streams
        self.send, self.nudge, self.kill, self.wake, self.close = (
            pool.send,
            pool.nudge,
            pool.kill,
            pool.wake,
            pool.close,
        )
        for worker in range(count):
            pool.start(worker)
            self._unasked[worker] = None
        self._take(pool.wait(0.0))  # what they need to begin is on its way

    def start(self, worker: int) -> None:
        """See `protocol.Pool`."""
        if worker not in self._unasked:
            self._pool.start(worker)
            return
        up = self._unasked.pop(worker)
        if up is not None:
            self._events.append(up)

    def wait(self, timeout: float | None) -> list[Event]:
        """See `protocol.Pool`."""
        deadline = None if timeout is None else monotonic() + timeout
        while self._take(self._pool.wait(0.0 if self._events else timeout)) and not self._events:
            timeout = None if deadline is None else max(0.0, deadline - monotonic())
        found, self._events = self._events, []
        return found

    def _take(self, came: list[Event]) -> bool:
        """Sort out what came; whether anything did."""
        for event in came:
            if event.worker not in self._unasked:
                self._events.append(event)
            elif isinstance(event, Up):
                self._unasked[event.worker] = event
            elif isinstance(event, Lost):
                del self._unasked[event.worker]  # whoever asks for it has it made again, and hears why it cannot be
        return bool(came)
