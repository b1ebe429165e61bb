"""The fork server: one fresh interpreter that imports the preloads, forks workers on request, reaps them and tells how they
ended; when its control socket ends, everything is killed. It must never run the coordinator's `__main__`, nor unpickle
anything: what it holds, every worker would hold.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from _socket import socket
from struct import Struct
from time import monotonic

from pipekit.parallel.pools import wire
from pipekit.parallel.pools.call import Raised, call
from pipekit.parallel.pools.child import deaf, work

TYPE_CHECKING = False  # a worker starts without `typing` and `signal`: 15 ms of imports
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import NoReturn
else:
    import _signal as signal

START, KILL, CLOSE, PREPARE = 1, 2, 3, 4
REQUEST = Struct("<BI")
"""What comes on the control socket: an operation and a serial; with START, the worker's end of its socket; with PREPARE, instead of a
serial the length of what follows: places for `sys.path`, an empty one, names of modules, with zeros between them."""

CONTROL = 3
"""The descriptor that the coordinator's control socket has here."""

_GRACE = 0.2  # seconds an idle worker has to end by itself
_CLEAR = 0.7  # seconds to see everything gone that was killed
_SUBREAPER, _DEATHSIG = 36, 1


def main(cwd: str, preload: list[str]) -> NoReturn:
    """Serve until the control socket ends; in each fork, be a worker. The process ends here."""
    os.set_inheritable(CONTROL, False)
    server = _Server(socket(fileno=CONTROL))
    status = 1
    try:
        if cwd:
            os.chdir(cwd)
        if os.getsid(0) != os.getpid():
            os.setsid()
        server.preload(preload)
        worker = server.serve()
        if worker is not None:
            server.leave()
            work(worker)
        status = 0
    finally:
        if (error := sys.exception()) is not None:
            sys.excepthook(type(error), error, error.__traceback__)
        os._exit(status)


class _Server:
    def __init__(self, control: socket) -> None:
        self.pid = os.getpid()
        self._control = control
        self._workers: dict[int, int] = {}  # pid -> serial
        self._pids: dict[int, int] = {}
        self._closing: float | None = None
        self._prctl = _prctl()
        self._prctl(_SUBREAPER, 1)
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)
        os.set_blocking(self._bell, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, deaf)
        signal.set_wakeup_fd(self._rope, warn_on_full_buffer=False)

    def preload(self, names: list[str]) -> None:
        for name in names:
            done = call(__import__, name)
            if isinstance(done, Raised):
                self._report(wire.SKIPPED, (name, done.cause))
        gc.freeze()
        sys.stdout.flush()  # or every fork would write it again

    def serve(self) -> int | None:
        """Answer requests. In a fork: the worker's socket; in the server: None, when everything is gone."""
        poller = select.poll()
        poller.register(self._control.fileno(), select.POLLIN)
        poller.register(self._bell, select.POLLIN)
        while self._closing is None or (self._workers and monotonic() < self._closing):
            ready = dict(poller.poll(None if self._closing is None else 10))
            if self._bell in ready:
                self._reap()
            if self._control.fileno() in ready:
                worker = self._answer()
                if worker is not None:
                    return worker
        self._end()
        return None

    def leave(self) -> None:
        """Become a worker: leader of its own group, dying with the server, deaf to Ctrl-C, nothing of the server's kept."""
        os.setpgid(0, 0)
        self._prctl(_DEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, deaf)
        for fd in (self._bell, self._rope):
            os.close(fd)
        self._control.close()
        import atexit

        atexit._clear()

    def _answer(self) -> int | None:
        try:
            data, extra, _, _ = self._control.recvmsg(REQUEST.size, 64)
        except ConnectionResetError:
            data, extra = b"", []
        if not data:
            self._closing = 0.0
            return None
        operation, serial = REQUEST.unpack(data)
        if operation == START and self._closing is None:
            return self._fork(serial, int.from_bytes(extra[0][2][:4], sys.byteorder))
        if operation == KILL:
            _kill_group(self._pids.get(serial))
        elif operation == CLOSE:
            self._closing = monotonic() + _GRACE
        elif operation == PREPARE:
            self._prepare(serial)
        return None

    def _prepare(self, length: int) -> None:
        told = b""
        while len(told) < length and (more := self._control.recv(length - len(told))):
            told += more
        path, _, names = os.fsdecode(told).partition("\0\0")
        sys.path[:] = path.split("\0")
        self.preload(names.split("\0") if names else [])

    def _fork(self, serial: int, fd: int) -> int | None:
        os.set_inheritable(fd, False)
        try:
            pid = os.fork()
        except OSError as error:
            self._report(wire.EXITED, (serial, None, f"cannot fork: {error.strerror}"))
            pid = -1
        if pid == 0:
            return fd
        os.close(fd)
        if pid > 0:
            self._workers[pid], self._pids[serial] = serial, pid
            try:
                os.setpgid(pid, pid)  # so that it can be killed before it got to do so itself
            except (ProcessLookupError, PermissionError):
                pass
        return None

    def _reap(self) -> None:
        try:
            os.read(self._bell, 4096)
        except BlockingIOError:
            pass
        while (gone := _wait()) is not None:
            pid, status = gone
            serial = self._workers.pop(pid, None)
            if serial is not None:
                del self._pids[serial]
                _kill_group(pid)
                self._report(wire.EXITED, (serial, os.waitstatus_to_exitcode(status), ""))

    def _report(self, kind: int, body: tuple[object, ...]) -> None:
        outbox = wire.Outbox()
        outbox.put(kind, wire.encode(body))
        try:
            while outbox.size:
                outbox.push(self._control)
        except (BrokenPipeError, ConnectionResetError):
            self._closing = 0.0

    def _end(self) -> None:
        """Kill the groups, then whatever of theirs left its group: as its subreaper the server inherits it."""
        for pid in self._workers:
            _kill_group(pid)
        deadline = monotonic() + _CLEAR
        while monotonic() < deadline:
            for pid in _children(self.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            select.select([], [], [], 0.002)


def _wait() -> tuple[int, int] | None:
    """A child that ended, as (pid, status); None when none has."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _kill_group(pid: int | None) -> None:
    if pid is not None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # gone, or on macOS: only its zombie is left
            pass


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def _prctl() -> Callable[[int, int], None]:
    """Linux's prctl(option, argument); elsewhere something that does nothing."""
    if sys.platform != "linux":
        return lambda option, argument: None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda option, argument: prctl(
        option, ctypes.c_ulong(argument), ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
    )
