"""The nursery without a fork: a fresh interpreter for every worker, and a thread that waits for its end. For platforms where
forking is unsafe. It must never see a message."""

from __future__ import annotations

import os
import signal
from _socket import socket, socketpair
from _thread import allocate_lock, start_new_thread
from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic, sleep

from pipekit.parallel.pools import child
from pipekit.parallel.pools.forks import Exited, Report
from pipekit.parallel.pools.launch import launch

_GRACE = 0.2  # seconds an idle worker has to end by itself


class Spawner:
    """A nursery whose workers share nothing but a lifeline: a pipe that ends with the coordinator, and they with it."""

    def __init__(self, *, path: Sequence[str], env: Mapping[str, str], cwd: str) -> None:
        self._path, self._env, self._cwd = path, env, cwd
        self._lock = allocate_lock()
        self._pids: dict[int, int] = {}
        self._told: deque[Report] = deque()
        self._bell, self._rope = socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._lifeline, self._held = os.pipe()

    def fileno(self) -> int:
        return self._bell.fileno()

    def start(self, serial: int, end: socket) -> None:
        fds = [end.fileno(), self._lifeline]
        pid = launch(child.__name__, repr(self._cwd), path=self._path, env=self._env, fds=fds)
        end.close()
        with self._lock:
            self._pids[serial] = pid
        start_new_thread(self._await, (serial, pid))

    def kill(self, serial: int) -> None:
        with self._lock:
            if serial in self._pids:
                _kill(self._pids[serial])

    def push(self) -> bool:
        return False

    def reports(self) -> list[Report]:
        try:
            self._bell.recv(4096)
        except BlockingIOError:
            pass
        return [self._told.popleft() for _ in range(len(self._told))]

    def close(self, timeout: float) -> bool:
        start = monotonic()
        while self._pids and monotonic() < start + _GRACE:
            sleep(0.002)
        for serial in list(self._pids):
            self.kill(serial)
        while self._pids and monotonic() < start + timeout:
            sleep(0.002)
        self.forsake()
        return not self._pids

    def forsake(self) -> None:
        os.close(self._held)
        os.close(self._lifeline)
        self._bell.close()
        self._rope.close()

    def _await(self, serial: int, pid: int) -> None:
        status = _ended(pid)
        with self._lock:
            del self._pids[serial]
        _kill(pid)
        self._told.append(Exited(serial, status))
        try:
            self._rope.send(b"!")
        except OSError:  # full, so it will be read; or closed
            pass


def _ended(pid: int) -> int | None:
    """How it ended, once it has."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # somebody else in this process waited for it
        return None


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
