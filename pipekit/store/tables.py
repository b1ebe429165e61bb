"""The rows of small objects, records, key preimages and segments in the pack. It must never verify an object or know what a record
claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from pipekit.store import segments as packed
from pipekit.store.index import Index
from pipekit.store.pack import Pack
from pipekit.store.records import Record, pack, unpack
from pipekit.store.segments import Segment
from pipekit.values.digest import Digest

if TYPE_CHECKING:
    from sqlite3 import Connection

_first_8 = Struct("<q").unpack_from


def prefix(digest: bytes) -> int:
    """What a digest is found by in an index: its first 8 bytes, as a number."""
    number: int = _first_8(digest)[0]
    return number


class Smalls:
    """The small objects of a pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def get(self, digest: Digest) -> bytes:
        """The bytes that are kept under `digest`, not verified. KeyError when absent."""
        for name, body in self._pack.select("SELECT digest, body FROM objects WHERE prefix = ?", _first_8(digest)):
            if name == digest:
                return body if type(body) is bytes else b""
        raise KeyError(digest)

    def present(self, digests: Collection[Digest]) -> set[Digest]:
        """Those of `digests` that are kept."""
        rows = self._pack.select_by("SELECT digest FROM objects WHERE prefix IN ({})", map(prefix, digests))
        return {name for (name,) in rows}.intersection(digests)

    def put(self, connection: Connection, bodies: Mapping[Digest, bytes]) -> None:
        """Keep those that are not kept yet, within a transaction."""
        kept = self.present(bodies.keys())
        new = ((*_first_8(name), name, body) for name, body in bodies.items() if name not in kept)
        connection.executemany("INSERT INTO objects (prefix, digest, body) VALUES (?, ?, ?)", new)

    def drop(self, digest: Digest) -> None:
        """Forget the object, in a transaction of its own."""
        with self._pack.transaction() as connection:
            connection.execute("DELETE FROM objects WHERE prefix = ? AND digest = ?", (prefix(digest), digest))


_BY_KEY: Final = "SELECT key, static, task, body FROM records WHERE key_prefix IN ({})"
_INSERT: Final = (
    "INSERT INTO records (key_prefix, static_prefix, created, key, static, task, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
# The newest is sought by itself for each asked one, because a task of many items has as many records of one static part.
_NEWEST: Final = (
    "SELECT key, static, task, body FROM records WHERE id IN (SELECT (SELECT id FROM records WHERE %s "
    "ORDER BY created DESC, id DESC LIMIT 1) FROM (VALUES {}) AS asked)"
)
_NEWEST_BY_STATIC: Final = _NEWEST % "static_prefix = asked.column1 AND static = asked.column2"
_RECENT: Final = "SELECT key, static, task, body FROM records WHERE task = ? ORDER BY created DESC, id DESC LIMIT ?"
_NEWEST_BY_TASK: Final = _NEWEST % "task = asked.column1"


class Records:
    """The records and key preimages of a pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def of(self, keys: Collection[Digest]) -> dict[Digest, Record]:
        """The record of each of `keys` that has one."""
        rows = self._pack.select_by(_BY_KEY, [_first_8(key)[0] for key in keys])
        found = {row[0]: made for row in rows if (made := unpack(*row)) is not None}
        return {key: found[key] for key in keys if key in found}

    def newest_by_static(self, statics: Sequence[Digest]) -> dict[Digest, Record]:
        """The newest record of each static part that has one."""
        pairs = [part for one in statics for part in (prefix(one), one)]
        rows = self._pack.select_by(_NEWEST_BY_STATIC, pairs, "(?,?)")
        return {made.static: made for row in rows if (made := unpack(*row)) is not None}

    def newest_by_task(self, tasks: Sequence[str]) -> dict[str, Record]:
        """The newest record of each task that has one."""
        rows = self._pack.select_by(_NEWEST_BY_TASK, [task.encode() for task in tasks], "(?)")
        return {made.task: made for row in rows if (made := unpack(*row)) is not None}

    def recent(self, task: str, count: int) -> list[Record]:
        """The last `count` records of a task, newest first."""
        rows = self._pack.select(_RECENT, (task.encode(), count))
        return [made for row in rows if (made := unpack(*row)) is not None]

    def preimage(self, key: Digest) -> bytes | None:
        """What `key` is the digest of, as it was given; None when it was not kept."""
        rows = self._pack.select("SELECT key, body FROM preimages WHERE prefix = ?", _first_8(key))
        return next((body for name, body in rows if name == key), None)

    def explained(self, keys: Collection[Digest]) -> set[Digest]:
        """Those of `keys` whose preimage is kept."""
        return {key for _, key in self._kept("id, key FROM preimages WHERE prefix", keys)}

    def put(self, connection: Connection, records: Iterable[Record]) -> None:
        """Record, within a transaction. A key that has a record gets the new one in its place; of equal keys the last counts."""
        last: dict[Digest, Record] = {}
        for record in records:
            last.pop(record.key, None)
            last[record.key] = record
        old = self._kept("id, key FROM records WHERE key_prefix", last.keys())
        connection.executemany("DELETE FROM records WHERE id = ?", [(number,) for number, _ in old])
        connection.executemany(_INSERT, map(_row, last.values()))

    def put_preimages(self, connection: Connection, preimages: Mapping[Digest, bytes]) -> None:
        """Keep what keys were made from, within a transaction."""
        kept = self.explained(preimages.keys())
        new = ((*_first_8(key), key, body) for key, body in preimages.items() if key not in kept)
        connection.executemany("INSERT INTO preimages (prefix, key, body) VALUES (?, ?, ?)", new)

    def _kept(self, columns: str, keys: Collection[Digest]) -> list[tuple[int, Digest]]:
        rows = self._pack.select_by(f"SELECT {columns} IN ({{}})", map(prefix, keys))
        return [(number, key) for number, key in rows if key in keys]


def _row(record: Record) -> tuple[Any, ...]:
    key, static = record.key, record.static
    return *_first_8(key), *_first_8(static), record.created, key, static, record.task.encode(), pack(record)


MANY: Final = 64
"""With more small segments of one prefix than this, those that follow each other are merged."""
_SMALL: Final = 32 * 1024  # bytes of the largest small one
_MERGED: Final = 256 * 1024  # bytes that are merged into one

_OF_PREFIX: Final = "FROM segments WHERE prefix = ? AND static = ? ORDER BY id"
_COLUMNS: Final = "static, created, count, body"


class Segments:
    """The segments of a pack, by the prefix of their keys."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def of(self, asked: Digest) -> list[Segment]:
        """Those of a prefix in the order in which they were recorded; damaged ones are left out."""
        rows = self._pack.select(f"SELECT {_COLUMNS} {_OF_PREFIX}", (prefix(asked), asked))
        rows.reverse()
        found: list[Segment] = []
        while rows:  # one by one, so that no body stays beside what was made of it
            made = packed.unpack(*rows.pop())
            found += () if made is None else (made,)
        return found

    def put(self, connection: Connection, segments: Iterable[Segment]) -> None:
        """Record, within a transaction, and merge what has become too many."""
        prefixes = {}
        for one in segments:
            row = prefix(one.prefix), one.prefix, one.created, len(one), packed.pack(one)
            connection.execute(
                "INSERT INTO segments (prefix, static, created, count, body) VALUES (?, ?, ?, ?, ?)", row
            )
            prefixes[one.prefix] = row[0]
        for name, first in prefixes.items():
            sizes = connection.execute(f"SELECT id, length(body) {_OF_PREFIX}", (first, name)).fetchall()
            if sum(size < _SMALL for _, size in sizes) > MANY:
                for ids in _neighbours(sizes):
                    _merge(connection, ids)


def _neighbours(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Small segments that follow each other: only those may be merged without changing which row is the last of its key."""
    found: list[int] = []
    total = 0
    for number, size in sizes:
        if found and (size >= _SMALL or total + size > _MERGED):
            yield found
            found, total = [], 0
        if size < _SMALL:
            found.append(number)
            total += size
    yield found


def _merge(connection: Connection, ids: Sequence[int]) -> None:
    rows = [connection.execute(f"SELECT {_COLUMNS} FROM segments WHERE id = ?", (one,)).fetchone() for one in ids]
    whole = [(number, made) for number, row in zip(ids, rows) if (made := packed.unpack(*row)) is not None]
    if len(whole) > 1:
        made = Index(segment for _, segment in whole).whole()
        row = made.created, len(made), packed.pack(made), whole[0][0]
        connection.execute("UPDATE segments SET created = ?, count = ?, body = ? WHERE id = ?", row)
        connection.executemany("DELETE FROM segments WHERE id = ?", [(number,) for number, _ in whole[1:]])
