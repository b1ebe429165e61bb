"""How bytes get to the disk: whole, hashed beside the write, and durable when asked. It must never know how a file is named or why it is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from pipekit import canon
from pipekit.store.faults import refused, telling
from pipekit.values.digest import Digest

if TYPE_CHECKING:
    import threading

T = TypeVar("T")

_CHUNK: Final = 4 * 1024 * 1024


def write_all(fd: int, view: memoryview) -> None:
    """Write all of `view`, however little the system takes at a time. OSError when it takes no more."""
    while view.nbytes:
        view = view[os.write(fd, view[:_CHUNK]) :]


def write_hashed(
    fd: int,
    views: Sequence[memoryview],
    *,
    known: Callable[[Digest], bool],
    written: Callable[[], object] = lambda: None,
) -> tuple[Digest, bool]:
    """Write `views` while another thread hashes them, which goes on when all is `written`: the digest, and whether all was.

    Writing stops early when the digest turns out to be `known`. OSError when the system takes no more.
    """
    import threading

    found: list[Digest] = []
    hashing = threading.Thread(target=lambda: found.append(canon.digest(*views)), daemon=True)
    hashing.start()
    chunks = [view[start : start + _CHUNK] for view in views for start in range(0, view.nbytes, _CHUNK)]
    while chunks and not (found and known(found[0])):
        write_all(fd, chunks.pop(0))
    if not chunks:
        written()
    hashing.join()
    return found[0], not chunks


def sync_behind(fd: int, failed: Callable[[], object]) -> threading.Thread:
    """Have what was written to `fd` go to the disk while others work; if that fails `failed` is called, since nobody hears of it a second
    time. Who must know that it lies there syncs it too, and has to wait for little."""
    import threading

    copy = os.dup(fd)

    def work() -> None:
        try:
            os.fsync(copy)
        except OSError:
            failed()
        finally:
            os.close(copy)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def copy_hashed(source: Path, fd: int) -> Digest:
    """Write what the file `source` holds and give the digest of just the bytes that were written. OSError when it cannot be written."""
    hasher = canon.hasher()
    buffer = memoryview(bytearray(_CHUNK))
    with _opened(source) as file:
        while count := _read(file, buffer, source):
            hasher.update(buffer[:count])
            write_all(fd, buffer[:count])
    return hasher.digest()


def sync_files(paths: Sequence[Path]) -> list[bool]:
    """Make the files and their names durable; False for those that are absent. StoreError, and the file is gone, if one cannot be."""
    done = _many(_sync_file, paths)
    folders = {path.parent for path, synced in zip(paths, done) if synced}
    _many(sync_folder, sorted(folders | {folder.parent for folder in folders}))
    return done


def _many(sync: Callable[[Path], T], paths: Sequence[Path]) -> list[T]:
    """Sync them all: the file system commits what waits together, so that many at once cost little more than one."""
    if len(paths) < 2:
        return [sync(path) for path in paths]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(paths), 8)) as threads:
        return list(threads.map(sync, paths))


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can."""
    if os.name == "nt":
        return
    with telling("sync", folder):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _sync_file(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise refused(error, "sync", path) from error
    try:
        os.fsync(fd)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise refused(error, "sync", path) from error
    finally:
        os.close(fd)
    return True


def _opened(source: Path) -> FileIO:
    try:
        return open(source, "rb", buffering=0)
    except OSError as error:
        raise refused(error, "read", source) from error


def _read(file: FileIO, buffer: memoryview, source: Path) -> int:
    try:
        return file.readinto(buffer) or 0
    except OSError as error:
        raise refused(error, "read", source) from error
