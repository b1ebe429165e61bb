"""A worker process from its first message to its end: the port over a socket, and the loop. It must never know how it was made."""

from __future__ import annotations

import os
import sys
from _socket import socket
from _thread import allocate_lock, start_new_thread
from time import monotonic

from pipekit.parallel.pools import wire
from pipekit.parallel.pools.call import Raised, call, exit_code, resolve

TYPE_CHECKING = False  # a worker starts without `typing` and `signal`: 15 ms of imports
if TYPE_CHECKING:
    import signal
    from typing import Any, NoReturn

    from pipekit.parallel.pools.protocol import Handle
else:
    import _signal as signal

_SOCKET, _LIFELINE = 3, 4
_BURST = 1 << 16  # bytes that may wait for more


class SocketPort:
    """The worker's end of its socket; blocking."""

    streams = True

    def __init__(self, sock: socket) -> None:
        self._sock = sock
        self._inbox = wire.Inbox()
        self._outbox = wire.Outbox()
        self._lock = allocate_lock()
        self.ended = False
        """No message will come, and none can be sent."""

    def send(self, message: object, more: bool = False) -> None:
        """See `protocol.Port`."""
        chunks = wire.encode(message)
        with self._lock:
            self._outbox.put(wire.MESSAGE, chunks)
            if not more or self._outbox.size > _BURST:
                self._push()

    def recv(self) -> Any:
        """See `protocol.Port`."""
        while True:
            _, body = self.frame()
            message = call(wire.loads, body)
            if type(message) is not Raised:
                return message
            self.tell(wire.UNREAD, message.cause.encode())

    def poll(self, timeout: float = 0.0) -> bool:
        """See `protocol.Port`."""
        deadline = monotonic() + timeout
        self.flush()
        while not (self._inbox.ready or self.ended):
            if not _readable(self._sock, max(0.0, deadline - monotonic())):
                return False
            self._fill()
        return True

    def frame(self) -> tuple[int, memoryview]:
        """The next frame, whatever its kind. Raises EOFError."""
        while (frame := self._inbox.take()) is None:
            if self._outbox.size:
                self.flush()
            self._fill()
            if self.ended:
                raise EOFError("the pool is gone")
        return frame

    def tell(self, kind: int, *chunks: bytes) -> None:
        """Send a frame that is no message. Raises EOFError when the pool is gone."""
        with self._lock:
            self._outbox.put(kind, list(chunks) or [b""])
            self._push()

    def nudged(self) -> None:
        """Send what waits for more, and say so; in the midst of anything. Who is just sending is not disturbed."""
        if not self._lock.locked():
            call(self.tell, wire.STILL)

    def flush(self) -> None:
        """Send what waits for more. Raises EOFError when the pool is gone."""
        if self._outbox.size:
            with self._lock:
                self._push()

    def forsake(self) -> None:
        """Close this process's copy of the socket: a child the user forked is not the worker."""
        self.ended = True
        self._sock.close()

    def _push(self) -> None:
        try:
            while self._outbox.size:
                self._outbox.push(self._sock)
        except OSError as error:
            self.ended = True
            self._outbox.clear()
            raise EOFError("the pool is gone") from error

    def _fill(self) -> None:
        try:
            came = self._inbox.fill(self._sock)
        except OSError:
            came = 0
        if not came:
            self.ended = True


def main(cwd: str) -> NoReturn:
    """Be a worker in a fresh interpreter: its socket is descriptor 3, and 4 ends when the coordinator does."""
    for fd in (_SOCKET, _LIFELINE):
        os.set_inheritable(fd, False)
    if os.getsid(0) != os.getpid():
        os.setsid()
    signal.signal(signal.SIGINT, deaf)
    start_new_thread(_watch, (_LIFELINE,))
    if cwd:
        os.chdir(cwd)
    work(_SOCKET, alone=True)


def deaf(signum: int, frame: object) -> None:
    """Hear a signal and do nothing; a handler, not SIG_IGN: what the user's code starts then has the default."""


def work(fd: int, alone: bool = False) -> NoReturn:
    """Be the worker at the other end of the socket `fd`; the process ends here. Call it once, from a flat stack.

    `alone`: when the pool is gone, nobody is left to end this worker's process group but itself.
    """
    pid, status = os.getpid(), 1
    port = SocketPort(socket(fileno=fd))
    signal.signal(signal.SIGURG, lambda *_: port.nudged())
    try:
        port.tell(wire.HELLO, pid.to_bytes(4, "little"))
        os.register_at_fork(after_in_child=port.forsake)
        status = _status(call(_live, port), port)
    finally:
        ours = os.getpid() == pid
        _end(status, orderly=ours, group=ours and alone and port.ended)


def _live(port: SocketPort) -> None:
    _, body = port.frame()
    main, setup = wire.loads(body)
    handle: Handle = resolve(main)(port, wire.loads(setup))
    port.tell(wire.READY)
    while True:
        handle(port.recv())


def _status(outcome: object, port: SocketPort) -> int:
    if not isinstance(outcome, Raised):
        return 0
    if isinstance(outcome.error, SystemExit):
        call(port.flush)
        return exit_code(outcome.error.code)
    if isinstance(outcome.error, EOFError) and port.ended:
        return 0
    told = call(port.tell, wire.FAILED, *wire.encode((outcome.cause, outcome.detail)))
    if isinstance(told, Raised):
        print(outcome.detail, file=sys.stderr)
    return 1


def _end(status: int, orderly: bool, group: bool) -> NoReturn:
    """Leave without unwinding: the stack below may be a fork server's."""
    try:
        if orderly:
            import atexit

            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    finally:
        if group:
            os.killpg(0, signal.SIGKILL)
        os._exit(status)


def _readable(sock: socket, timeout: float) -> bool:
    import select

    poller = select.poll()
    poller.register(sock.fileno(), select.POLLIN)
    return bool(poller.poll(timeout * 1000))


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)
