"""What the machine said no to, told as a StoreError: what, where and what to do. It must never know which object or record it was for."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipekit.errors import StoreError
from pipekit.values.origin import Origin

if TYPE_CHECKING:
    import sqlite3

_ROOM = "make room on this disk, then run again: what is recorded is kept, the rest is computed again"
_RIGHTS = "look at the owner and mode of this folder, or at how its disk is mounted"
_SHAPE = "move it out of the way, then run again"
_DISK = "the disk failed or a limit on file sizes was reached; look at `dmesg` and `ulimit -f`, then run again"
_DAMAGED = (
    "move pack.db and its neighbours pack.db-wal and pack.db-shm to another folder, "
    "then run again: small results and what is recorded are computed anew, big objects stay"
)

_HINTS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _DISK,
    errno.EIO: _DISK,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOTDIR: _SHAPE,
    errno.EEXIST: _SHAPE,
    errno.EISDIR: _SHAPE,
    errno.EMFILE: "raise the limit on open files (`ulimit -n`), or run fewer jobs",
    errno.ENFILE: "the machine has too many open files; close other programs",
}
_WORDS = {
    errno.ENOTDIR: "a file stands where a folder should be",
    errno.EEXIST: "a file stands where a folder should be",
    errno.EISDIR: "a folder stands where a file should be",
}
# SQLite's primary result codes, which are part of its file format's promises and never change.
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_PACK = {
    _BUSY: ("another process is writing to it and did not end in time", "wait for the other run, then run again"),
    _LOCKED: ("another process is writing to it and did not end in time", "wait for the other run, then run again"),
    _READONLY: ("it may not be written", _RIGHTS),
    _IOERR: ("the disk did not do what was asked", _DISK),
    _CORRUPT: ("its pages are damaged", _DAMAGED),
    _FULL: ("the disk is full", _ROOM),
    _CANTOPEN: ("it cannot be opened", _RIGHTS),
    _NOTADB: ("it is not a pack", _DAMAGED),
}


def refused(error: OSError, doing: str, path: str | os.PathLike[str]) -> StoreError:
    """The StoreError for an OSError met while `doing` something (a verb: "write") at `path`."""
    number = error.errno or 0
    said = _WORDS.get(number) or (os.strerror(number) if number else str(error)).lower()
    place = Origin(os.fspath(path))
    return StoreError(f"cannot {doing} {os.fspath(path)}: {said}", where=place, hint=_HINTS.get(number, _RIGHTS))


def refused_pack(error: sqlite3.Error, path: Path) -> StoreError:
    """The StoreError for what SQLite said about the pack at `path`."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    said, hint = _PACK.get(code & 0xFF, (str(error), _DAMAGED))
    return StoreError(f"cannot use the pack {path}: {said}", where=Origin(str(path)), hint=hint)


@contextmanager
def telling(doing: str, path: str | os.PathLike[str]) -> Iterator[None]:
    """Within, an OSError becomes a StoreError that says that we were `doing` (a verb) something at `path`."""
    try:
        yield
    except OSError as error:
        raise refused(error, doing, path) from error
