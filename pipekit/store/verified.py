"""Which big objects somebody has found whole since this machine was started, for all processes: a file of marks, only ever added to. It
must never read an object."""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from pipekit.values.digest import Digest

_MARK: Final = struct.Struct("<32sQQqq")
_OLD: Final = 7 * 24 * 3600.0
"""Seconds after which the marks of another start of a machine go."""


class Verified:
    """The marks in `folder`. A mark names how a file looked (inode, bytes, times) and counts only as long as it looks so; marks that
    cannot be read or written are none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[bytes, tuple[int, ...]] = {}
        self._read = 0

    def knows(self, digest: Digest, found: os.stat_result) -> bool:
        """Has somebody looked at the object's bytes since this machine was started, and nobody changed the file since?"""
        if digest not in self._known:
            self._read_on()
        return self._known.get(digest) == _look(found)

    def note(self, digest: Digest, found: os.stat_result) -> None:
        """The object was found whole, in a file that looked so."""
        self._known[digest] = _look(found)
        path = self._path()
        if path is None:
            return
        with suppress(OSError):
            fd = self._opened(path)
            try:
                os.write(fd, _MARK.pack(digest, *_look(found)))
            finally:
                os.close(fd)

    def _opened(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        with suppress(FileNotFoundError):
            return os.open(path, flags)
        self._folder.mkdir(exist_ok=True)
        self._forget_others()
        return os.open(path, flags | os.O_CREAT, 0o600)

    def _forget_others(self) -> None:
        for other in self._folder.iterdir():
            if other.stat().st_mtime < time.time() - _OLD:
                other.unlink(missing_ok=True)

    def _read_on(self) -> None:
        path = self._path()
        if path is None:
            return
        with suppress(OSError), path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
            whole = len(data) - len(data) % _MARK.size
            self._read += whole
            for digest, *looks in _MARK.iter_unpack(data[:whole]):
                self._known[digest] = tuple(looks)

    def _path(self) -> Path | None:
        start = _start()
        return self._folder / start if start else None


def _look(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@cache
def _start() -> str:
    """What names the time since this machine was started; empty where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
