"""The coordinator's end of the fork server: starts it, asks it for workers, hears how they ended. It must never see a message."""

from __future__ import annotations

import os
import select
import signal
import sys
from _socket import SCM_RIGHTS, SOL_SOCKET, socket, socketpair
from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from pipekit.parallel.pools import fate, server, wire
from pipekit.parallel.pools.launch import launch


class Exited(Struct, frozen=True):
    """A worker process ended, and its process group with it. `cause` is empty where the status says it all."""

    serial: int
    status: int | None
    cause: str = ""


class Skipped(Struct, frozen=True):
    """A module could not be preloaded."""

    name: str
    cause: str


class Ended(Struct, frozen=True):
    """No worker can come from here any more; none of those that did is left, but perhaps what they started."""

    cause: str


Report: TypeAlias = Exited | Skipped | Ended


class Nursery(Protocol):
    """Where worker processes come from. A serial is never used twice."""

    def fileno(self) -> int:
        """Readable when `reports` has something."""
        ...

    def start(self, serial: int, end: socket) -> None:
        """Make a worker at this end of its socket, which is closed here. Never blocks for long. Raises PoolError."""
        ...

    def kill(self, serial: int) -> None:
        """Kill the worker's process group; `Exited` follows."""
        ...

    def push(self) -> bool:
        """Write what could not be written; whether some of it still waits."""
        ...

    def reports(self) -> list[Report]:
        """What happened."""
        ...

    def close(self, timeout: float) -> bool:
        """End all workers within `timeout` seconds; those that end by themselves have a moment to do so.

        False if what the workers started may still be there.
        """
        ...

    def forsake(self) -> None:
        """Close this process's copies: it is a fork of the coordinator, and must keep no worker alive."""
        ...


class ForkServer:
    """A nursery whose workers are forks of one process, which has `env` and `cwd` and imports `preload`."""

    def __init__(self, *, path: Sequence[str], env: Mapping[str, str], cwd: str, preload: Sequence[str]) -> None:
        self.env, self.cwd = env, cwd
        self._asked = False
        self._control, theirs = socketpair()
        try:
            arguments = f"{cwd!r}, {list(preload)!r}"
            self.pid = launch(server.__name__, arguments, path=path, env=env, fds=[theirs.fileno()])
        finally:
            theirs.close()
        self._control.setblocking(False)
        self._inbox = wire.Inbox()
        self._waiting: deque[tuple[bytes, socket | None]] = deque()

    def fileno(self) -> int:
        return self._control.fileno()

    def prepare(self, path: Sequence[str], preload: Sequence[str]) -> None:
        """From now on workers have this `sys.path`; these modules are imported before any of them is there."""
        told = os.fsencode("\0".join(map(os.path.abspath, path)) + "\0\0" + "\0".join(preload))
        self._waiting.append((server.REQUEST.pack(server.PREPARE, len(told)) + told, None))
        self.push()

    def start(self, serial: int, end: socket) -> None:
        self._asked = True
        self._ask(server.START, serial, end)

    def kill(self, serial: int) -> None:
        self._ask(server.KILL, serial, None)

    def push(self) -> bool:
        try:
            while self._waiting:
                request, end = self._waiting[0]
                rights = [(SOL_SOCKET, SCM_RIGHTS, end.fileno().to_bytes(4, sys.byteorder))] if end else []
                sent = self._control.sendmsg([request], rights)
                self._waiting.popleft()
                if sent < len(request):
                    self._waiting.appendleft((request[sent:], None))
                if end:
                    end.close()
        except BlockingIOError:
            return True
        except OSError:  # the server is gone; `reports` says so
            self._forget()
        return False

    def reports(self) -> list[Report]:
        try:
            came = self._inbox.fill(self._control)
        except BlockingIOError:
            return []
        except OSError:
            came = 0
        told: list[Report] = []
        while (frame := self._inbox.take()) is not None:
            told.append(_report(frame[0], wire.loads(frame[1])))
        if not came:
            told.append(Ended(f"the fork server is gone: {fate.words(self._reap())}"))
            self._control.close()
        return told

    def close(self, timeout: float) -> bool:
        if self._control.fileno() < 0:
            return True
        if not self._asked:
            self._kill()
            return True
        self._ask(server.CLOSE, 0, None)
        self._forget()
        deadline = monotonic() + timeout
        poller = select.poll()
        poller.register(self._control.fileno(), select.POLLIN)
        while self._control.fileno() >= 0 and (left := deadline - monotonic()) > 0:
            if poller.poll(left * 1000):
                self.reports()
        if self._control.fileno() < 0:
            return True
        self._kill()
        return False

    def forsake(self) -> None:
        self._control.close()

    def _kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._reap()
        self._control.close()

    def _ask(self, operation: int, serial: int, end: socket | None) -> None:
        self._waiting.append((server.REQUEST.pack(operation, serial), end))
        self.push()

    def _forget(self) -> None:
        for _, end in self._waiting:
            if end:
                end.close()
        self._waiting.clear()

    def _reap(self) -> int | None:
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:  # somebody else in this process waited for it
            return None


def _report(kind: int, body: tuple[Any, ...]) -> Report:
    return Exited(*body) if kind == wire.EXITED else Skipped(*body)
