"""The pool of worker processes: one socket per worker, read and written without ever blocking. It must never know how a
worker process is made, which is its nursery's business."""

from __future__ import annotations

import os
import select
import sys
from _socket import SO_SNDBUF, SOL_SOCKET, socket, socketpair
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Literal
from weakref import WeakSet

from pipekit.parallel.errors import PoolError
from pipekit.parallel.pools import fate, forks, wire
from pipekit.parallel.pools.call import Raised, call
from pipekit.parallel.pools.launch import environment
from pipekit.parallel.pools.protocol import Event, Lost, Said, Still, Unread, Up

_HOLD = 1 << 16  # bytes that may wait for `wait`; what is more is written at once
_FAIR = 1 << 22  # bytes read from one worker before the others have their turn
_BUFFER = 1 << 20  # asked of the kernel for either direction
_LINGER = 0.5  # seconds from the end of a worker's socket to the end of its process
_RETRY = 0.01  # seconds until a full control socket is tried again
_CLOSING = 0.95


class _Worker:
    """One worker: its number here, its serial in the nursery, this end of its socket."""

    __slots__ = ("cause", "detail", "inbox", "killed", "number", "open", "outbox", "pid", "serial", "sock", "stuck")

    def __init__(self, number: int, serial: int, sock: socket) -> None:
        self.number, self.serial, self.sock = number, serial, sock
        self.inbox, self.outbox = wire.Inbox(), wire.Outbox()
        self.pid = 0
        self.open = True
        self.killed = self.stuck = False
        self.cause = self.detail = ""


class ProcessPool:
    """Worker processes on this machine; see `protocol.Pool`.

    `main`, `setup`: see `protocol`. `env`: the whole environment of the workers (PYTHONHASHSEED is 0 in any case);
    `threads`: a limit for numeric libraries, where `env` sets none. `cwd`: their working directory, else this one's.
    `path`: their `sys.path`, else this one's. `preload`: modules imported once, before workers are forked;
    `skipped` tells which could not be. `method`: "fork" (a server that forks; the default on Linux) or "spawn". `server`: one that was
    started and prepared before; it is the pool's from now on, and serves if it has the same `env` and `cwd`.
    Raises Unpicklable if `setup` cannot be pickled, PoolError if there are no worker processes on this platform.
    """

    streams = True

    def __init__(
        self,
        main: str,
        setup: object = None,
        *,
        env: Mapping[str, str],
        cwd: str = "",
        path: Sequence[str] | None = None,
        preload: Sequence[str] = (),
        threads: int | None = None,
        method: Literal["fork", "spawn"] | None = None,
        server: forks.ForkServer | None = None,
    ) -> None:
        self.name = "processes"
        self.skipped: dict[str, str] = {}
        self._method = method or ("fork" if sys.platform == "linux" else "spawn")
        self._setup = wire.encode((main, b"".join(wire.encode(setup))))
        self._env, self._cwd, self._preload = environment(env, threads), cwd, tuple(preload)
        self._path, self._server = path, server
        self._nursery: forks.Nursery | None = None
        self._workers: dict[int, _Worker] = {}
        self._serials: dict[int, _Worker] = {}
        self._fds: dict[int, _Worker] = {}
        self._known: set[int] = set()
        self._dirty: set[_Worker] = set()
        self._lingering: dict[int, float] = {}
        self._events: list[Event] = []
        self._closed = self._woken = False
        self._next = 1
        self._oom = fate.out_of_memory_kills()
        self._rope, self._bell = socketpair()
        self._rope.setblocking(False)
        self._bell.setblocking(False)
        self._poller = select.poll()
        self._poller.register(self._bell.fileno(), select.POLLIN)
        _POOLS.add(self)

    def start(self, worker: int) -> None:
        """See `protocol.Pool`."""
        if self._closed:
            raise PoolError("the pool is closed")
        if worker in self._workers:
            raise PoolError(f"worker {worker} is already there")
        nursery = self._nursery or self._new_nursery()
        ours, theirs = socketpair()
        ours.setblocking(False)
        for end in (ours, theirs):
            end.setsockopt(SOL_SOCKET, SO_SNDBUF, _BUFFER)
        made = _Worker(worker, self._next, ours)
        self._next += 1
        try:
            nursery.start(made.serial, theirs)
        except PoolError:
            ours.close()
            theirs.close()
            raise
        self._known.add(worker)
        self._workers[worker] = self._serials[made.serial] = self._fds[ours.fileno()] = made
        self._poller.register(ours.fileno(), select.POLLIN)
        made.outbox.put(wire.SETUP, self._setup)
        self._dirty.add(made)

    def send(self, worker: int, message: object) -> None:
        """See `protocol.Pool`."""
        there = self._workers.get(worker)
        if there is None and worker not in self._known:
            raise PoolError(f"worker {worker} was never started")
        chunks = wire.encode(message)
        if there is None or not there.open:
            return
        there.outbox.put(wire.MESSAGE, chunks)
        if not there.stuck:
            self._dirty.add(there)
            if there.outbox.size > _HOLD:
                self._push(there)

    def wait(self, timeout: float | None) -> list[Event]:
        """See `protocol.Pool`."""
        deadline = None if timeout is None else monotonic() + timeout
        while not (self._closed or self._events or self._woken):
            self._look(self._patience(deadline, self._flush()))
            if deadline is not None and monotonic() >= deadline:
                break
        self._woken = False
        events, self._events = self._events, []
        return events

    def nudge(self, worker: int) -> None:
        """See `protocol.Pool`."""
        import signal

        there = self._workers.get(worker)
        if there is not None and there.pid and there.open:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(there.pid, signal.SIGURG)

    def kill(self, worker: int) -> None:
        """See `protocol.Pool`."""
        there = self._workers.get(worker)
        if there is None or self._nursery is None:
            return
        there.killed = True
        self._nursery.kill(there.serial)
        self._mute(there)  # not closed: it must not take this for the end of its messages

    def wake(self) -> None:
        """See `protocol.Pool`."""
        try:
            self._rope.send(b"!")
        except OSError:  # full, so wait() returns anyway; or closed
            pass

    def close(self) -> None:
        """See `protocol.Pool`."""
        if self._closed:
            return
        self._closed = True
        for worker in self._workers.values():
            worker.sock.close()
        if self._server is not None:
            self._server.close(0.0)
        if self._nursery is not None and not self._nursery.close(_CLOSING):
            for worker in self._workers.values():
                _kill_group(worker.pid)
        self._rope.close()
        self._bell.close()
        self._workers.clear()
        self._serials.clear()

    def forsake(self) -> None:
        """Close this process's copies: it is a fork of the coordinator, and must keep no worker alive."""
        self._closed = True
        for end in (self._rope, self._bell, *(worker.sock for worker in self._workers.values())):
            end.close()
        for nursery in (self._nursery, self._server):
            if nursery is not None:
                nursery.forsake()

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _new_nursery(self) -> forks.Nursery:
        path = sys.path if self._path is None else self._path
        made: forks.Nursery
        ahead, self._server = self._server, None
        if ahead is not None and ahead.env == self._env and ahead.cwd == self._cwd:
            made = ahead
        elif self._method == "fork":
            made = forks.ForkServer(path=path, env=self._env, cwd=self._cwd, preload=self._preload)
        else:
            from pipekit.parallel.pools.spawns import Spawner

            made = Spawner(path=path, env=self._env, cwd=self._cwd)
        if ahead is not None and made is not ahead:
            ahead.close(0.0)
        self._poller.register(made.fileno(), select.POLLIN)
        self._nursery = made
        return made

    # -- moving bytes

    def _flush(self) -> bool:
        if self._dirty:
            for worker in list(self._dirty):
                self._push(worker)
        return self._nursery is not None and self._nursery.push()

    def _push(self, worker: _Worker) -> None:
        self._dirty.discard(worker)
        outbox = worker.outbox
        try:
            while outbox.size:
                outbox.push(worker.sock)
        except BlockingIOError:
            if not worker.stuck:
                worker.stuck = True
                self._poller.modify(worker.sock.fileno(), select.POLLIN | select.POLLOUT)
        except OSError:  # it ended; what it said is still to be read
            outbox.clear()

    def _patience(self, deadline: float | None, pending: bool) -> int | None:
        """How many milliseconds to look for something."""
        if deadline is None and not pending and not self._lingering:
            return None
        now = monotonic()
        until = [*self._lingering.values()]
        if deadline is not None:
            until.append(deadline)
        if pending:
            until.append(now + _RETRY)
        return max(0, int((min(until) - now) * 1000 + 0.999))

    def _look(self, patience: int | None) -> None:
        for fd, mask in self._poller.poll(patience):
            worker = self._fds.get(fd)
            if worker is not None:
                if mask & select.POLLOUT:
                    worker.stuck = False
                    self._poller.modify(fd, select.POLLIN)
                    self._push(worker)
                if mask & ~select.POLLOUT:
                    self._read(worker)
            elif self._nursery is not None and fd == self._nursery.fileno():
                self._listen(self._nursery, fd)
            elif fd == self._bell.fileno():
                self._woken = bool(self._bell.recv(4096))
        if self._lingering:
            self._hurry()

    def _read(self, worker: _Worker, budget: int = _FAIR) -> None:
        """Read until nothing is left, or the budget is used up."""
        inbox = worker.inbox
        try:
            while budget > 0:
                came = inbox.fill(worker.sock)
                while (frame := inbox.take()) is not None:
                    self._take(worker, frame[0], frame[1])
                if not came:
                    self._no_more(worker, _LINGER)
                    return
                budget -= came
                if came < wire.ROOM and not inbox.amid:
                    return
        except BlockingIOError:
            return
        except ConnectionResetError:
            self._no_more(worker, _LINGER)
        except ValueError as error:
            worker.cause = str(error)
            self._no_more(worker, 0.0)

    def _take(self, worker: _Worker, kind: int, body: memoryview) -> None:
        if kind == wire.MESSAGE:
            message = call(wire.loads, body)
            if type(message) is Raised:
                self._events.append(Unread(worker.number, message.cause, "pool"))
            else:
                self._events.append(Said(worker.number, message))
        elif kind == wire.HELLO:
            worker.pid = int.from_bytes(body, "little")
        elif kind == wire.READY:
            self._events.append(Up(worker.number, worker.pid))
        elif kind == wire.STILL:
            self._events.append(Still(worker.number))
        elif kind == wire.UNREAD:
            self._events.append(Unread(worker.number, str(body, "utf-8", "replace"), "worker"))
        elif kind == wire.FAILED:
            worker.cause, worker.detail = wire.loads(body)

    def _no_more(self, worker: _Worker, seconds: float) -> None:
        """Its socket has ended; so will it, by then."""
        self._lingering[worker.serial] = monotonic() + seconds
        self._mute(worker)

    def _mute(self, worker: _Worker) -> None:
        """No more bytes to or from it."""
        if worker.open:
            worker.open = False
            self._poller.unregister(worker.sock.fileno())
            del self._fds[worker.sock.fileno()]
            worker.outbox.clear()
            self._dirty.discard(worker)

    # -- what became of them

    def _listen(self, nursery: forks.Nursery, fd: int) -> None:
        for report in nursery.reports():
            if isinstance(report, forks.Skipped):
                self.skipped[report.name] = report.cause
            elif isinstance(report, forks.Exited):
                self._exited(report)
            else:
                self._poller.unregister(fd)
                self._ended(report.cause)

    def _exited(self, report: forks.Exited) -> None:
        worker = self._serials.get(report.serial)
        if worker is not None:
            self._lose(worker, report.status, report.cause or self._cause(worker, report.status))

    def _ended(self, cause: str) -> None:
        self._nursery = None
        for worker in list(self._serials.values()):
            self._lose(worker, None, cause)
            _kill_group(worker.pid)

    def _lose(self, worker: _Worker, status: int | None, cause: str) -> None:
        if worker.open:
            self._read(worker, sys.maxsize)
        self._mute(worker)
        worker.sock.close()
        self._lingering.pop(worker.serial, None)
        del self._workers[worker.number], self._serials[worker.serial]
        self._events.append(Lost(worker.number, worker.cause or cause, status, worker.detail))

    def _cause(self, worker: _Worker, status: int | None) -> str:
        if worker.killed:
            return "killed"
        return fate.words(status) + self._memory(status)

    def _memory(self, status: int | None) -> str:
        if status != -9:
            return ""
        before, self._oom = self._oom, fate.out_of_memory_kills()
        return " (out of memory?)" if self._oom > before else ""

    def _hurry(self) -> None:
        """A worker that closed its socket and stays is of no use."""
        now = monotonic()
        for serial in [serial for serial, deadline in self._lingering.items() if deadline <= now]:
            del self._lingering[serial]
            if self._nursery is not None:
                self._nursery.kill(serial)


_POOLS: WeakSet[ProcessPool] = WeakSet()


def _forsake_all() -> None:
    for pool in list(_POOLS):
        pool.forsake()


def _kill_group(pid: int) -> None:
    import signal

    try:
        if pid:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forsake_all)
