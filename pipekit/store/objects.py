"""Big objects: files below `objects/`, named by the BLAKE3 of their bytes, read-only, mapped when read. It must never know the pack, a record or a codec."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipekit import canon
from pipekit.canon.digests import flat
from pipekit.errors import CorruptObject
from pipekit.store.faults import refused, telling
from pipekit.store.locks import OwnFolder
from pipekit.store.quarantine import Quarantine
from pipekit.store.verified import Verified
from pipekit.store.writing import copy_hashed, sync_behind, sync_files, write_all, write_hashed
from pipekit.values.digest import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer

BIG: Final = 64 * 1024
"""Bytes from which on an object is a file of its own."""

_MAPPED: Final = 256 * 1024  # below, a copy is cheaper than a mapping and its descriptor
_BESIDE: Final = 16 * 1024 * 1024  # from here on a thread that hashes beside the write pays for itself
_MARKED: Final = _BESIDE  # from here on it is worth telling other processes that the bytes were found whole


class Objects:
    """The big objects of the store at `root`. Any process may have its own; they meet in the file system alone. `in_memory`: it is one that
    never lies on a disk, and what is read there need not be checked; `lasting`: somebody will sync what is put here, so that very big
    bytes set out for the disk at once."""

    def __init__(self, root: Path, *, in_memory: bool = False, lasting: bool = False) -> None:
        self.folder = root / "objects"
        self._lasting = lasting
        self._in_memory = in_memory
        self._own = OwnFolder(root / "tmp")
        self._quarantine = Quarantine(root / "quarantine")
        self._verified: set[Digest] = set()
        self._marks = Verified(root / "verified")
        self._written: set[Digest] = set()
        self._synced: set[Digest] = set()
        self.written = 0, 0.0  # bytes that this process has made durable, and the seconds it took

    def path(self, digest: Digest) -> Path:
        """Where the object lies, or would."""
        name = digest.hex()
        return self.folder / name[:2] / name[2:]

    def has(self, digest: Digest) -> bool:
        """Whether the object is there; its bytes are not looked at."""
        return os.path.exists(self._name(digest))

    def put(self, *pieces: Buffer) -> Digest:
        """Keep bytes, whole or in pieces, and say how they are named. They are readable at once, by all processes, and durable after
        `sync`."""
        views = [flat(piece) for piece in pieces]
        if sum(view.nbytes for view in views) >= _BESIDE:
            return self._put_beside(views)
        digest = canon.digest(*views)
        if not self._sound(digest):
            with NewFile(self) as new, telling("write", new.path):
                for view in views:
                    write_all(new.fd, view)
                new.publish(digest)
        return digest

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of the file at `path`, hashed while it is copied, and say how it is named. StoreError if it cannot be read."""
        with NewFile(self) as new, telling("write", new.path):
            digest = copy_hashed(path, new.fd)
            if not self._sound(digest):
                new.publish(digest)
        return digest

    def open(self, digest: Digest) -> memoryview:
        """The object's bytes, read-only and mapped. KeyError when absent; CorruptObject when damaged, and then it is in quarantine."""
        body, found = self._load(digest)
        if digest not in self._verified and not self._in_memory:
            self._verify(digest, body, found)
        return body

    def delete(self, digest: Digest) -> None:
        """Remove the object; what is absent already is fine."""
        self._verified.discard(digest)
        self._synced.discard(digest)
        try:
            os.unlink(self._name(digest))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise refused(error, "remove", self._name(digest)) from error

    def sync(self, digests: Iterable[Digest] = ()) -> None:
        """Make the objects durable that this process has written, and those of `digests`, whoever wrote them; absent ones are passed over.

        A file that cannot be made durable is removed, because nobody knows any more what of it is on the disk: StoreError.
        """
        todo = [digest for digest in {*self._written, *digests} if digest not in self._synced]
        if todo:
            began, paths = time.perf_counter(), [self.path(digest) for digest in todo]
            synced = sync_files(paths)
            size, seconds = self.written
            more = sum(os.stat(path).st_size for path, done in zip(paths, synced) if done)
            self.written = size + more, seconds + time.perf_counter() - began
            self._synced.update(digest for digest, done in zip(todo, synced) if done)
            self._written.difference_update(todo)

    def close(self) -> None:
        """Remove this process's folder for unfinished files. Mapped objects stay valid."""
        self._own.close()

    def _name(self, digest: Digest) -> str:
        name = digest.hex()
        return f"{self.folder}{os.sep}{name[:2]}{os.sep}{name[2:]}"

    def _put_beside(self, views: Sequence[memoryview]) -> Digest:
        with NewFile(self) as new, telling("write", new.path):
            set_out = (lambda: sync_behind(new.fd, new.discard)) if self._lasting else (lambda: None)
            digest, written = write_hashed(new.fd, views, known=self._sound, written=set_out)
            if written and not self._sound(digest):
                new.publish(digest)
        return digest

    def _sound(self, digest: Digest) -> bool:
        """Whether the object is there and whole. After a crash a file may have its name and not its bytes, so a name alone proves nothing."""
        if not self.has(digest):
            return False
        try:
            self.open(digest)
        except (KeyError, CorruptObject):
            return False
        return True

    def _load(self, digest: Digest) -> tuple[memoryview, os.stat_result]:
        name = self._name(digest)
        try:
            fd = os.open(name, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise KeyError(digest) from None
        except OSError as error:
            raise refused(error, "read", name) from error
        try:
            found = os.fstat(fd)
            return _contents(fd, found.st_size), found
        except OSError as error:
            raise refused(error, "read", name) from error
        finally:
            os.close(fd)

    def _verify(self, digest: Digest, body: memoryview, found: os.stat_result) -> None:
        marked = len(body) >= _MARKED
        if not (marked and self._marks.knows(digest, found)):
            if canon.digest(body) != digest:
                self._quarantine.move(digest, self.path(digest))
            if marked:
                self._marks.note(digest, found)
        self._verified.add(digest)

    def _published(self, digest: Digest, size: int) -> None:
        self._verified.add(digest)
        if size >= _MARKED and not self._in_memory:
            self._marks.note(digest, os.stat(self._name(digest)))
        self._written.add(digest)
        self._synced.discard(digest)


class NewFile:
    """A file in the making: in this process's own folder until it is published under its digest, gone if it never is."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.path = objects._own.path / os.urandom(8).hex()
        self.fd = -1
        self._published = self._failed = False

    def publish(self, digest: Digest) -> None:
        """Name the file by `digest`, read-only; from now on everybody sees it."""
        there = self._objects.path(digest)
        with telling("write", there):
            os.chmod(self.path, 0o444)
            try:
                os.replace(self.path, there)
            except FileNotFoundError:
                there.parent.mkdir(parents=True, exist_ok=True)
                os.replace(self.path, there)
        self._published, self.path = True, there
        if self._failed:
            self.discard()
        with telling("read", there):
            self._objects._published(digest, os.fstat(self.fd).st_size)

    def discard(self) -> None:
        """Take it away, whatever its name is by now: nobody knows what of it is on the disk. Any thread."""
        self._failed = True
        with suppress(OSError):
            os.unlink(self.path)

    def __enter__(self) -> NewFile:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        with telling("write", self.path):
            self.fd = os.open(self.path, flags, 0o600)
        return self

    def __exit__(self, *raised: object) -> None:
        os.close(self.fd)
        if not self._published:
            try:
                os.unlink(self.path)
            except OSError:
                pass  # swept with the folder


def _contents(fd: int, size: int) -> memoryview:
    if size < _MAPPED:
        return memoryview(_read_all(fd, size))
    import mmap

    return memoryview(mmap.mmap(fd, size, access=mmap.ACCESS_READ))


def _read_all(fd: int, size: int) -> bytes:
    parts = []
    while part := os.read(fd, max(size, 1)):
        parts.append(part)
    return b"".join(parts)
