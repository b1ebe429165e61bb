"""What a task prints, kept apart per task: by descriptor in a worker process, by stream and thread elsewhere."""

from __future__ import annotations

import io
import os
import sys
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TextIO

MOST = 1 << 20
"""Bytes of one call's log that are kept; of a longer one, its end."""


class Capture(Protocol):
    """`begin` before the user's code, `end` after it: what was printed in between. `at_once`: no time has passed since the last end."""

    def begin(self, at_once: bool = False) -> None: ...
    def end(self) -> bytes: ...


class Descriptors:
    """Points descriptors 1 and 2 of this process at a file, so that subprocesses and C code are captured too."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
        os.dup2(self._fd, 1)
        os.dup2(self._fd, 2)
        sys.stdout = _text(1)
        sys.stderr = _text(2)
        self._start = self._end = 0

    def begin(self, at_once: bool = False) -> None:
        self._start = self._end if at_once else os.fstat(self._fd).st_size

    def end(self) -> bytes:
        sys.stdout.flush()
        sys.stderr.flush()
        self._end = size = os.fstat(self._fd).st_size
        if size == self._start:
            return b""
        start = max(self._start, size - MOST)
        return os.pread(self._fd, size - start, start)


def _text(fd: int) -> TextIO:
    raw = open(fd, "wb", buffering=0, closefd=False)  # noqa: SIM115 - it lives as long as the process
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=True)


_sink: ContextVar[io.StringIO | None] = ContextVar("pipekit output", default=None)


class _Split(io.TextIOBase):
    """Stands in for a stream of this process: what a task's thread writes goes to its own log."""

    def __init__(self, real: TextIO) -> None:
        self.real = real

    def write(self, text: str) -> int:
        sink = _sink.get()
        return (self.real if sink is None else sink).write(text)

    def flush(self) -> None:
        self.real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Streams:
    """Captures by stream and thread; while any task runs, sys.stdout and sys.stderr are split."""

    _users = 0
    _lock = Lock()

    def begin(self, at_once: bool = False) -> None:
        with Streams._lock:
            if not isinstance(sys.stdout, _Split):
                sys.stdout = _Split(sys.stdout)
            if not isinstance(sys.stderr, _Split):
                sys.stderr = _Split(sys.stderr)
            Streams._users += 1
        _sink.set(io.StringIO())

    def end(self) -> bytes:
        sink = _sink.get()
        _sink.set(None)
        with Streams._lock:
            Streams._users -= 1
            if not Streams._users and isinstance(sys.stdout, _Split) and isinstance(sys.stderr, _Split):
                sys.stdout, sys.stderr = sys.stdout.real, sys.stderr.real
        return b"" if sink is None else sink.getvalue().encode("utf-8", "backslashreplace")[-MOST:]
