"""The stat cache: which content a file had when it looked so. It must never look at a file; when to trust an entry is the asker's."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from pipekit.store.pack import Pack
from pipekit.values.digest import Digest


class Stat(Struct, frozen=True):
    """How the file at `path` looked (bytes; nanoseconds since 1970; the inode's number) when its content had `digest`."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int
    digest: Digest


_BODY: Final = struct.Struct("<QqQq32s")
_PUT: Final = "INSERT OR REPLACE INTO stats (path, body) VALUES (?, ?)"


class Stats:
    """The stat cache of a pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def of(self, paths: Sequence[str]) -> dict[str, Stat]:
        """The entry of each of `paths` that has one."""
        names = {_name(path): path for path in paths}
        rows = self._pack.select_by("SELECT path, body FROM stats WHERE path IN ({})", names.keys())
        whole = (row for row in rows if _is_whole(row))
        return {names[name]: Stat(names[name], *_BODY.unpack(body)) for name, body in whole if name in names}

    def put(self, stats: Iterable[Stat]) -> None:
        """Keep the entries, in one transaction; an older entry of the same path goes."""
        rows = [(_name(s.path), _BODY.pack(s.size, s.mtime_ns, s.inode, s.ctime_ns, s.digest)) for s in stats]
        if rows:
            with self._pack.transaction() as connection:
                connection.executemany(_PUT, rows)


def _name(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _is_whole(row: tuple[Any, Any]) -> bool:
    return type(row[1]) is bytes and len(row[1]) == _BODY.size
