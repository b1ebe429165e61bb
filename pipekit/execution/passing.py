"""Objects of products that are not stored, as long as somebody may read them. It must never keep what somebody stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipekit.store.objects import Objects
from pipekit.values import Digest


class Passing:
    """Big objects lie in files, where workers put them; small ones in memory, up to `most` bytes of them, and then in files too. What
    several steps make is there until the last of them lets go."""

    def __init__(self, files: Objects, most: int) -> None:
        self.files = files
        self._most = most
        self._size = 0
        self._bodies: dict[Digest, bytes] = {}
        self._of: dict[int, set[Digest]] = {}
        self._holders: dict[Digest, int] = {}

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

    def free(self, step: int) -> None:
        """The step lets go of all that it held."""
        for digest in self._of.pop(step, ()):
            others = self._holders.pop(digest) - 1
            if others:
                self._holders[digest] = others
                continue
            body = self._bodies.pop(digest, None)
            if body is not None:
                self._size -= len(body)
            elif self.files.has(digest):
                self.files.delete(digest)

    def __contains__(self, digest: Digest) -> bool:
        return digest in self._bodies or self.files.has(digest)

    def is_small(self, digest: Digest) -> bool:
        """Is it in memory, where workers cannot read it?"""
        return digest in self._bodies

    def read(self, digest: Digest) -> Any:
        """The bytes of one that is there. Raises KeyError and CorruptObject."""
        found = self._bodies.get(digest)
        return found if found is not None else self.files.open(digest)
