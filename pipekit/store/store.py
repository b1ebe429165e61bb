"""The store: what every store does, and the one that is a folder on disk. It must never know a task, a value or a codec."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipekit import canon
from pipekit.errors import CorruptObject, StoreError
from pipekit.store.format import settle
from pipekit.store.history import Duration, History, Ran
from pipekit.store.locks import sweep
from pipekit.store.notes import Notes
from pipekit.store.objects import BIG, Objects
from pipekit.store.pack import Pack
from pipekit.store.quarantine import Quarantine
from pipekit.store.records import Record
from pipekit.store.segments import Segment
from pipekit.store.stats import Stat, Stats
from pipekit.store.tables import Records, Segments, Smalls
from pipekit.values.digest import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Store(Protocol):
    """Bytes named by their digest, and records that claim which key produced which. Safe to share between threads.

    Every method raises StoreError when the machine refuses.
    """

    root: Path
    """Workers write big objects below it by themselves, with `Objects(root)`."""

    def record(self, key: Digest) -> Record | None:
        """The record of `key`."""
        ...

    def records(self, keys: Sequence[Digest]) -> dict[Digest, Record]:
        """The record of each of `keys` that has one."""
        ...

    def statics(self, statics: Sequence[Digest]) -> dict[Digest, Record]:
        """The newest record of each static part that has one: by `created`, then by what was recorded last."""
        ...

    def latest(self, tasks: Sequence[str]) -> dict[str, Record]:
        """The newest record of each task that has one, in the same order."""
        ...

    def recent(self, task: str, count: int) -> list[Record]:
        """The last `count` records of a task, newest first, in the same order."""
        ...

    def segments(self, prefix: Digest) -> list[Segment]:
        """The segments whose item keys begin with `prefix`, in the order in which they were recorded: of equal keys the last row counts.

        Neighbours may have been merged meanwhile.
        """
        ...

    def preimage(self, key: Digest) -> bytes | None:
        """What `key` was made from, or None."""
        ...

    def explained(self, keys: Iterable[Digest]) -> set[Digest]:
        """Those of `keys` that have a preimage."""
        ...

    def read(self, digest: Digest) -> Buffer:
        """The bytes of an object, never to be written to: small ones bytes, big ones mapped.

        KeyError when absent; CorruptObject when damaged, and then they are in quarantine and the object is absent.
        """
        ...

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Those of `digests` that are there; their bytes are not looked at."""
        ...

    def put(self, bodies: Mapping[Digest, Buffer]) -> None:
        """Make objects readable at once and durable at the next commit. CorruptObject when big bytes have another digest."""
        ...

    def commit(
        self,
        records: Sequence[Record],
        preimages: Mapping[Digest, bytes] = ...,
        objects: Iterable[Digest] = ...,
        segments: Sequence[Segment] = ...,
    ) -> None:
        """Make durable what was put, then record, in one transaction: all of it or, when StoreError is raised, none.

        `objects` are further big ones, written by workers, that no product in `records` lists (the items of a stream).
        """
        ...

    def stats(self, paths: Sequence[str]) -> dict[str, Stat]:
        """The stat cache's entry of each path that has one."""
        ...

    def put_stats(self, stats: Iterable[Stat]) -> None:
        """Keep entries of the stat cache, durable at once."""
        ...

    def notes(self, keys: Sequence[Digest]) -> dict[Digest, bytes]:
        """What was worked out before under each of `keys` that has a note."""
        ...

    def put_notes(self, notes: Mapping[Digest, bytes]) -> None:
        """Keep what was worked out, durable at once; it may go at any time."""
        ...

    def durations(self, tasks: Sequence[str]) -> dict[str, Duration]:
        """What is known of each task that ran before."""
        ...

    def put_durations(self, durations: Iterable[Duration]) -> None:
        """Keep what is known of tasks, durable at once."""
        ...

    def written(self) -> tuple[int, float]:
        """Bytes of big objects that were made durable since the store was opened, and seconds that this took."""
        ...

    def runs(self, count: int) -> list[Ran]:
        """The last `count` runs, newest first."""
        ...

    def put_run(self, ran: Ran) -> None:
        """Keep what is known of a run, durable at once."""
        ...

    def close(self) -> None:
        """Let go of files. What was put and never committed is forgotten, big objects apart."""
        ...


class DiskStore:
    """The store in the folder `root`, which `open_store` has settled. Several processes may have it open at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects = Objects(root)
        self.pack = Pack(root / "objects" / "pack.db", root / "tmp")
        self._smalls = Smalls(self.pack)
        self._records = Records(self.pack)
        self._segments = Segments(self.pack)
        self._stats = Stats(self.pack)
        self._notes = Notes(self.pack)
        self._history = History(self.pack)
        self._quarantine = Quarantine(root / "quarantine")
        self._pending: dict[Digest, bytes] = {}
        self._committing = threading.Lock()

    def record(self, key: Digest) -> Record | None:
        return self._records.of((key,)).get(key)

    def records(self, keys: Sequence[Digest]) -> dict[Digest, Record]:
        return self._records.of(keys)

    def statics(self, statics: Sequence[Digest]) -> dict[Digest, Record]:
        return self._records.newest_by_static(statics)

    def latest(self, tasks: Sequence[str]) -> dict[str, Record]:
        return self._records.newest_by_task(tasks)

    def recent(self, task: str, count: int) -> list[Record]:
        return self._records.recent(task, count)

    def segments(self, prefix: Digest) -> list[Segment]:
        return self._segments.of(prefix)

    def preimage(self, key: Digest) -> bytes | None:
        return self._records.preimage(key)

    def explained(self, keys: Iterable[Digest]) -> set[Digest]:
        return self._records.explained(set(keys))

    def read(self, digest: Digest) -> Buffer:
        pending = self._pending.get(digest)
        if pending is not None:
            return pending
        try:
            return self.objects.open(digest)
        except KeyError:
            return self._read_small(digest)

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        asked = set(digests)
        there = {digest for digest in asked if digest in self._pending}
        there |= self._smalls.present(asked - there)
        return there | {digest for digest in asked - there if self.objects.has(digest)}

    def put(self, bodies: Mapping[Digest, Buffer]) -> None:
        for digest, body in bodies.items():
            if type(body) is bytes and len(body) < BIG:
                self._pending[digest] = body
            elif memoryview(body).nbytes < BIG:
                self._pending[digest] = bytes(body)
            else:
                self._put_big(digest, body)

    def commit(
        self,
        records: Sequence[Record],
        preimages: Mapping[Digest, bytes] = {},
        objects: Iterable[Digest] = (),
        segments: Sequence[Segment] = (),
    ) -> None:
        with self._committing:
            pending = dict(self._pending)
            named = {digest for segment in segments for digest in segment.objects(BIG)}
            self.objects.sync([*objects, *self._big(records), *(named - pending.keys())])
            if pending or records or preimages or segments:
                with self.pack.transaction() as connection:
                    self._smalls.put(connection, pending)
                    self._records.put_preimages(connection, preimages)
                    self._records.put(connection, records)
                    self._segments.put(connection, segments)
            for digest in pending:
                self._pending.pop(digest, None)

    def stats(self, paths: Sequence[str]) -> dict[str, Stat]:
        return self._stats.of(paths)

    def put_stats(self, stats: Iterable[Stat]) -> None:
        self._stats.put(stats)

    def notes(self, keys: Sequence[Digest]) -> dict[Digest, bytes]:
        return self._notes.of(keys)

    def put_notes(self, notes: Mapping[Digest, bytes]) -> None:
        self._notes.put(notes)

    def durations(self, tasks: Sequence[str]) -> dict[str, Duration]:
        return self._history.durations(tasks)

    def put_durations(self, durations: Iterable[Duration]) -> None:
        self._history.put_durations(durations)

    def written(self) -> tuple[int, float]:
        return self.objects.written

    def runs(self, count: int) -> list[Ran]:
        return self._history.runs(count)

    def put_run(self, ran: Ran) -> None:
        self._history.put_run(ran)

    def close(self) -> None:
        self._pending.clear()
        self.pack.close()
        self.objects.close()

    def _read_small(self, digest: Digest) -> bytes:
        body = self._smalls.get(digest)
        if canon.digest(body) != digest:
            error = self._quarantine.keep(digest, body)
            self._smalls.drop(digest)
            raise error
        return body

    def _put_big(self, digest: Digest, body: Buffer) -> None:
        named = self.objects.put(body)
        if named != digest:
            message = f"object {digest.hex()} was given bytes whose digest is {named.hex()}"
            raise CorruptObject(message, hint="run again; if it happens again, look at this machine's memory")

    def _big(self, records: Sequence[Record]) -> Iterable[Digest]:
        """Those objects of the records that may be files, and files of workers, which nobody has made durable yet."""
        for record in records:
            claimed = record.product.objects if record.product.size >= BIG else ()
            for digest in (*claimed, record.log):
                if digest is not None and digest not in self._pending:
                    yield digest


def open_store(root: Path) -> DiskStore:
    """The store in the folder `root`, which is made if it is absent; what dead processes left in its `tmp/` is removed.

    FormatError when a newer pipekit made it, StoreError when it is no store or cannot be used; nothing in it is changed then.
    """
    settle(root)
    store = DiskStore(root)
    try:
        sweep(root / "tmp")
    except StoreError:
        pass  # a store that may only be read is left as it is
    return store
