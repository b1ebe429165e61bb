"""Locks of the operating system, which die with their process, and folders that live as long as one. It must never know what is locked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Final
from weakref import WeakSet

from pipekit.errors import StoreError
from pipekit.store.faults import refused, telling

_SUFFIX: Final = ".lock"

if sys.platform == "win32":
    import msvcrt

    def _take(fd: int, wait: bool) -> bool:
        while True:
            try:
                msvcrt.locking(fd, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True

else:
    import fcntl

    def _take(fd: int, wait: bool) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Lock:
    """An exclusive lock on the file at `path`, which is made if it is absent; released when its process ends, however it ends.

    One object holds it at a time, in this process and in all others. A forked child does not hold what its parent holds.
    """

    __slots__ = ("__weakref__", "_fd", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without `wait` False at once when somebody holds it. StoreError when the file cannot be opened."""
        if self.held:
            raise RuntimeError(f"{self.path} is held already")
        while True:
            fd = self._try(wait)
            if fd is None:
                return False
            if _is_still(fd, self.path):
                self._fd = fd
                _HELD.add(self)
                return True
            os.close(fd)

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; with `remove` its file goes too, while it is still held."""
        if self._fd is None:
            return
        if remove:
            _unlink(self.path)
        self._forget()

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _try(self, wait: bool) -> int | None:
        with telling("lock", self.path):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
            taken = False
            try:
                taken = _take(fd, wait)
            finally:
                if not taken:
                    os.close(fd)
        return fd if taken else None

    def _forget(self) -> None:
        fd, self._fd = self._fd, None
        _HELD.discard(self)
        if fd is not None:
            os.close(fd)


_HELD: WeakSet[Lock] = WeakSet()


def _is_still(fd: int, path: Path) -> bool:
    """Between our open and our lock the file may have been removed by its last holder, and made again by somebody else."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(fd), there)


def _unlink(path: Path) -> None:
    try:
        os.unlink(path)
    except OSError:
        # A lock file that stays behind is swept by the next process that may.
        pass


def _let_go_in_child() -> None:
    # A child's copy of the descriptor would keep the lock after its parent's death; closing it leaves the parent's alone.
    for lock in list(_HELD):
        lock._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)


class OwnFolder:
    """A folder below `parent` that belongs to this process alone: made when first asked for, removed by `close`, swept when the process died."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._lock: Lock | None = None
        self._pid = 0
        self._made: Path | None = None

    @property
    def path(self) -> Path:
        """The folder. A forked child gets one of its own."""
        if self._made is None or self._pid != os.getpid():
            self._make()
        assert self._made is not None
        return self._made

    def close(self) -> None:
        """Remove the folder and all in it. May be called twice."""
        made, self._made = self._made, None
        if made is not None and self._lock is not None and self._pid == os.getpid():
            _remove(made)
            self._lock.release(remove=True)

    def _make(self) -> None:
        self._pid = os.getpid()
        name = f"{self._pid}-{os.urandom(6).hex()}"
        with telling("make", self._parent):
            self._parent.mkdir(parents=True, exist_ok=True)
        # The lock comes first: a folder without a held lock is anybody's to sweep.
        self._lock = Lock(self._parent / (name + _SUFFIX))
        self._lock.acquire()
        made = self._parent / name
        with telling("make", made):
            made.mkdir()
        self._made = made


def sweep(parent: Path) -> int:
    """Remove from `parent` whatever no living process holds the lock of, and say how many entries that were."""
    try:
        names = {name.removesuffix(_SUFFIX) for name in os.listdir(parent)}
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise refused(error, "list", parent) from error
    return sum(_sweep_one(parent, name) for name in sorted(names))


def _sweep_one(parent: Path, name: str) -> bool:
    lock = Lock(parent / (name + _SUFFIX))
    try:
        if not _acquired(lock):
            return False
        _remove(parent / name)
        return True
    finally:
        lock.release(remove=True)


def _acquired(lock: Lock) -> bool:
    try:
        return lock.acquire(wait=False)
    except StoreError:
        # A store that we may only read is not ours to tidy.
        return False


def _remove(path: Path) -> None:
    import shutil

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        _unlink(path)
