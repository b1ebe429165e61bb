"""The pack: one SQLite file for all that is small, its opening and its transactions. It must never know what lies in a table."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipekit.errors import FormatError, StoreError
from pipekit.store import schema
from pipekit.store.faults import refused_pack, telling
from pipekit.store.locks import Lock
from pipekit.store.mounts import is_network
from pipekit.values.origin import Origin

if TYPE_CHECKING:
    from sqlite3 import Connection

_AT_ONCE: Final = 500  # digests in one query
_PATIENCE: Final = 60.0  # seconds to wait for another process's transaction

_UNWRITABLE: Final = (8, 14)  # SQLite's codes for "read-only" and "cannot open"

_after_a_fork: list[Connection] = []


class Pack:
    """The SQLite file at `path`, opened when first needed; `locks` is a folder for the lock that its making takes.

    Threads may share one; of processes each has its own, and a forked child opens anew. StoreError for all that SQLite refuses.
    Nothing else in the process may open the file: closing any descriptor of it would drop SQLite's locks.
    """

    def __init__(self, path: Path, locks: Path) -> None:
        self.path = path
        self._locks = locks
        self._busy = threading.RLock()
        self._connection: Connection | None = None
        self._pid = 0

    def select(self, statement: str, given: Sequence[Any] = ()) -> list[Any]:
        """The rows of one query; none when there is no pack yet."""
        with self._busy:
            connection = self._opened() or (self._open() if os.path.exists(self.path) else None)
            if connection is None:
                return []
            with self._telling():
                return connection.execute(statement, given).fetchall()

    def select_by(self, statement: str, given: Iterable[Any], each: str = "?") -> Iterator[Any]:
        """The rows of a query whose `{}` stands for a list of values; 500 at a time are asked for, as rows are taken.

        `each` is how one of them is written, with as many `?` as it takes of `given`.
        """
        values = list(given)
        width = each.count("?")
        for start in range(0, len(values), _AT_ONCE * width):
            some = values[start : start + _AT_ONCE * width]
            yield from self.select(statement.format(",".join([each] * (len(some) // width))), some)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, begun at once so that it never fails half-way for want of the lock; undone if anything is raised within."""
        with self._busy, self._telling():
            connection = self._opened() or self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    _undo(connection)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._busy:
            connection, self._connection = self._opened(), None
            if connection is not None:
                with self._telling():
                    connection.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        from sqlite3 import Error

        try:
            yield
        except Error as error:
            raise refused_pack(error, self.path) from error

    def _opened(self) -> Connection | None:
        if self._connection is not None and self._pid != os.getpid():
            # SQLite's connections do not survive a fork, and closing one in the child would tidy up below the parent's feet.
            _after_a_fork.append(self._connection)
            self._connection = None
        return self._connection

    def _open(self) -> Connection:
        import sqlite3

        with telling("make", self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._telling():
            try:
                connection = self._connect(str(self.path), uri=False)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _UNWRITABLE or not self._is_settled():
                    raise
                # In a folder that we may only read, SQLite can have no shared memory, and needs none: all is in the file.
                connection = self._connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        self._connection, self._pid = connection, os.getpid()
        return connection

    def _connect(self, name: str, *, uri: bool) -> Connection:
        import sqlite3

        connection = sqlite3.connect(name, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, uri=uri)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -8000")
            version = self._version(connection)
            if not uri and (version < len(schema.VERSIONS) or self._is_misplaced(connection)):
                self._settle(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_settled(self) -> bool:
        """Whether all of the pack is in its one file, as after the last of its users has closed it."""
        return os.path.exists(self.path) and not os.path.exists(f"{self.path}-wal")

    def _is_misplaced(self, connection: Connection) -> bool:
        """Whether the journal needs memory that machines share, which they do not: a store that was copied to a network file system."""
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        return mode == "wal" and is_network(self.path)

    def _settle(self, connection: Connection) -> None:
        """Bring the file to the newest version, in the journal mode that its file system bears."""
        with telling("make", self._locks):
            self._locks.mkdir(parents=True, exist_ok=True)
        # Changing the journal mode does not wait for others as transactions do, so only one process at a time is let here.
        lock = Lock(self._locks / "pack.lock")
        lock.acquire()
        try:
            connection.execute(f"PRAGMA journal_mode = {'DELETE' if is_network(self.path) else 'WAL'}")
            version = self._version(connection)
            if version < len(schema.VERSIONS):
                steps = "".join(schema.VERSIONS[version:])
                marks = f"PRAGMA application_id = {schema.MARK}; PRAGMA user_version = {len(schema.VERSIONS)};"
                connection.executescript(f"BEGIN IMMEDIATE; {steps} {marks} COMMIT;")
        finally:
            lock.release(remove=True)

    def _version(self, connection: Connection) -> int:
        # In one transaction, because another process may be making the pack just now.
        connection.execute("BEGIN")
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
        place = Origin(str(self.path))
        if tables and mark != schema.MARK:
            hint = "move it out of the way, then run again"
            raise StoreError(f"{self.path} is a database of something else", where=place, hint=hint)
        if version > len(schema.VERSIONS):
            raise FormatError(f"{self.path} was made by a newer pipekit", where=place, hint="install that version")
        return int(version)


def _undo(connection: Connection) -> None:
    from sqlite3 import Error

    try:
        connection.execute("ROLLBACK")
    except Error:
        pass  # SQLite has undone it already; what went wrong is being raised
