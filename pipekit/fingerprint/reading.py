"""The content of one file, or of many at once, as digests: stat, read, stat again. It must never know what is kept of it."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from pipekit import canon
from pipekit.errors import FingerprintError
from pipekit.values import Digest

_PIECE: Final = 1 << 20
_SMALL: Final = 1 << 16
_WORTH_THREADS: Final = 8 << 20  # bytes below which starting threads costs more than they save
_TRIES: Final = 5
# A file may have become a pipe since it was looked at: opening that must not wait for somebody to write into it.
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

Look = Callable[["str | int"], os.stat_result]


class Content(Struct, frozen=True):
    """What one reading found: `found` is how the file looked before and after, `began` when (nanoseconds since 1970).

    `whole`: it did not move meanwhile, and had as many bytes as it says (files of `/proc` do not).
    """

    digest: Digest
    found: os.stat_result
    began: int
    whole: bool


def same(one: os.stat_result, other: os.stat_result) -> bool:
    """Do the two looks show the same file, untouched in between?"""
    return (
        one.st_mtime_ns == other.st_mtime_ns
        and one.st_ctime_ns == other.st_ctime_ns
        and one.st_size == other.st_size
        and one.st_ino == other.st_ino
        and one.st_mode == other.st_mode
    )


def read(path: str, look: Look, now: Callable[[], int]) -> Content:
    """The content of the file at `path`, read again while it moves; after five times, as it was last read.

    Raises OSError, and FingerprintError where `path` is no file any more.
    """
    for _ in range(_TRIES):
        began = now()
        descriptor = os.open(path, _OPEN)
        try:
            found = look(descriptor)
            refuse_special(path, found.st_mode)
            digest, length = _digest(descriptor, found, look)
        finally:
            os.close(descriptor)
        still = same(found, look(path))
        if still:
            break
    return Content(digest, found, began, still and length == found.st_size)


def read_all(
    files: Sequence[tuple[str, int]], reader: Callable[[str], Content], threads: int
) -> Iterator[tuple[str, Content | OSError | FingerprintError]]:
    """What `reader` finds in each of `files` (path, and about how many bytes); with enough to read, in several threads.

    What cannot be read comes as the error, so that one file does not hide the others.
    """
    count = min(threads, len(files)) if sum(size for _, size in files) >= _WORTH_THREADS else 1
    found: list[tuple[str, Content | OSError | FingerprintError]] = []
    # The largest first, so that none of the threads is left alone with it at the end.
    waiting = iter(sorted(files, key=lambda file: -file[1]) if count > 1 else files)
    others = [threading.Thread(target=_work, args=(waiting, reader, found), daemon=True) for _ in range(count - 1)]
    for other in others:
        other.start()
    _work(waiting, reader, found)
    for other in others:
        other.join()
    yield from found


def refuse_special(path: str, mode: int) -> None:
    """Raise FingerprintError where `mode` is not that of an ordinary file."""
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _SPECIAL if test(mode)), "neither a file nor a folder")
        raise FingerprintError(f"{path} is {kind}, which has no content", hint="copy what it yields into a file")


_SPECIAL: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _work(
    waiting: Iterable[tuple[str, int]],
    reader: Callable[[str], Content],
    found: list[tuple[str, Content | OSError | FingerprintError]],
) -> None:
    for path, _ in waiting:
        try:
            found.append((path, reader(path)))
        except (OSError, FingerprintError) as error:
            found.append((path, error))


def _digest(descriptor: int, found: os.stat_result, look: Look) -> tuple[Digest, int]:
    made, length = canon.hasher(), 0
    if found.st_size <= _SMALL:
        while piece := os.read(descriptor, found.st_size + 1 if length == 0 else _SMALL):
            made.update(piece)
            length += len(piece)
            if length > found.st_size and not same(found, look(descriptor)):
                break  # it grows as fast as it is read
        return made.digest(), length
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        view = memoryview(bytearray(_PIECE))
        while size := file.readinto(view):
            made.update(view[:size])
            length += size
            if length > found.st_size and not same(found, look(descriptor)):
                break
    return made.digest(), length
