"""Child processes of a test: what they return or raise, children that permissions count for, and children to be killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522


def start(do: Callable[[], str]) -> Callable[[], str]:
    """Begin `do` in a forked child; calling what is returned waits for it and gives what it returned, or fails with its traceback."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            said = do()
            code = 0
        except BaseException:
            said = traceback.format_exc()
        os.write(writing, said.encode("utf-8", "backslashreplace"))
        os._exit(code)
    os.close(writing)

    def wait() -> str:
        with os.fdopen(reading, encoding="utf-8") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        assert status == 0, said or f"status {status}"
        return said

    return wait


def as_ordinary(do: Callable[[], str]) -> str:
    """What `do` returns in a child that may not override the file system's permissions, whoever runs the tests."""

    def ordinary() -> str:
        _drop_powers()
        return do()

    return start(ordinary)()


def can_be_ordinary() -> bool:
    """Whether this system lets us lay powers down, or has given us none."""
    return sys.platform == "linux" or (hasattr(os, "geteuid") and os.geteuid() != 0)


@contextmanager
def alive(prepare: Callable[[], object]) -> Iterator[int]:
    """A forked child that has done `prepare` and then waits, by its pid; killed with SIGKILL at the end, unless it was before."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        held = None
        try:
            held = prepare()
            os.write(writing, b"ready")
            while True:
                signal.pause()
        finally:
            del held
            os._exit(1)
    os.close(writing)
    try:
        ready = os.read(reading, 5)
        os.close(reading)
        assert ready == b"ready"
        yield child
    finally:
        kill(child)


def kill(child: int) -> None:
    """Kill the child and wait until it is gone; one that is gone already is fine."""
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def _drop_powers() -> None:
    if os.geteuid() != 0:
        return
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")
