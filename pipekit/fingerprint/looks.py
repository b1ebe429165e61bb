"""How files look without being read: what a cache keeps of them, and whether anything looks different now. It must never
read a file, and imports nothing that takes time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct

from pipekit.values.digest import Digest

Look = tuple[int, int, int, int]
"""Of a file or a folder: bytes, mtime_ns, inode, ctime_ns. Where two agree and the first was settled, nothing changed."""


class Seen(NamedTuple):
    """How the file at `path` looked (bytes; nanoseconds since 1970; the inode's number) when its content had `digest`."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int
    digest: Digest


class Kept(Protocol):
    """An entry of the cache, as it is looked up: a Seen, or anything that has its fields."""

    @property
    def size(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def inode(self) -> int: ...
    @property
    def ctime_ns(self) -> int: ...
    @property
    def digest(self) -> Digest: ...


class Survey(Struct, frozen=True):
    """What stood at some paths: the identity of each (None: nothing), and what those identities rest on.

    `looks` has every path given, and every folder and file below it (None: nothing there). While all of these look the
    same the identities hold, which `unchanged` says with stats alone. It is None where something was touched so lately
    that its next change might not show.
    """

    identities: Mapping[str, Digest | None]
    looks: Mapping[str, Look | None] | None


def look_of(found: os.stat_result) -> Look:
    """What is compared of a stat."""
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns


def unchanged(looks: Mapping[str, Look | None]) -> bool:
    """Does everything that a survey's identities rest on still look the same?"""
    ask = os.stat
    for path, was in looks.items():
        try:
            found = ask(path)
        except (OSError, ValueError):
            if was is not None:
                return False
            continue
        if was is None or (found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns) != was:
            return False
    return True
