"""Objects of products that are not stored, as long as somebody may read them. It must never keep what somebody stores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pipekit.execution.messages import DISK, MEMORY
from pipekit.store.objects import Objects
from pipekit.values import Digest


class Passing:
    """Big objects lie where workers put them: in shared memory, of which `most` bytes are for them, or in files. Small ones lie in this
    process, up to `most` bytes of them too, and then in files. What several steps make is there until the last of them lets go."""

    def __init__(self, files: Objects, shared: Objects | None, most: int) -> None:
        self.files, self.shared = files, shared
        self._most = most
        self._size = self._shared_size = 0
        self._bodies: dict[Digest, bytes] = {}
        self._sizes: dict[Digest, int] = {}  # of what is in shared memory
        self._of: dict[int, set[Digest]] = {}
        self._holders: dict[Digest, int] = {}

    @property
    def place(self) -> int:
        """Where a worker is to put what it makes next."""
        return MEMORY if self.shared is not None and self._shared_size < self._most else DISK

    @property
    def size(self) -> int:
        """Bytes that these take in memory."""
        return self._size + self._shared_size

    def put(self, bodies: Mapping[Digest, Any]) -> None:
        """Small objects that were made."""
        for digest, body in bodies.items():
            if digest in self._bodies:
                continue
            size = memoryview(body).nbytes
            if self._size + size > self._most:
                self.files.put(body)
            else:
                self._bodies[digest] = bytes(body)
                self._size += size

    def hold(self, step: int, objects: Iterable[Digest]) -> None:
        """A step needs these until it lets go."""
        held = self._of.setdefault(step, set())
        for digest in objects:
            if digest not in held:
                held.add(digest)
                self._holders[digest] = self._holders.get(digest, 0) + 1
                self._measure(digest)

    def _measure(self, digest: Digest) -> None:
        if self.shared is not None and digest not in self._bodies and digest not in self._sizes:
            with suppress(OSError):
                self._sizes[digest] = size = os.stat(self.shared.path(digest)).st_size
                self._shared_size += size

    def free(self, step: int) -> None:
        """The step lets go of all that it held."""
        for digest in self._of.pop(step, ()):
            others = self._holders.pop(digest) - 1
            if others:
                self._holders[digest] = others
            else:
                self._delete(digest)

    def _delete(self, digest: Digest) -> None:
        body, size = self._bodies.pop(digest, None), self._sizes.pop(digest, None)
        if body is not None:
            self._size -= len(body)
        elif size is not None and self.shared is not None:
            self._shared_size -= size
            self.shared.delete(digest)
        elif self.files.has(digest):
            self.files.delete(digest)

    def __contains__(self, digest: Digest) -> bool:
        return digest in self._bodies or digest in self._sizes or self.files.has(digest)

    def is_small(self, digest: Digest) -> bool:
        """Is it in memory, where workers cannot read it?"""
        return digest in self._bodies

    def read(self, digest: Digest) -> Any:
        """The bytes of one that is there. Raises KeyError and CorruptObject."""
        found = self._bodies.get(digest)
        if found is not None:
            return found
        if digest in self._sizes and self.shared is not None:
            return self.shared.open(digest)
        return self.files.open(digest)
