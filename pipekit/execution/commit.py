"""Records on their way to the store, in groups: what is available at once becomes durable a little later. It must never
decide what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Thread
from typing import NamedTuple

from pipekit.errors import PipekitError
from pipekit.execution import preimages
from pipekit.execution.given import Given
from pipekit.execution.keys import Static
from pipekit.fingerprint.code.symbols import Code
from pipekit.store.records import Record
from pipekit.store.segments import Segment, join
from pipekit.store.store import Store
from pipekit.values import Digest

MOST = 1024
ROWS = 16_384
BYTES = 32 << 20
SECONDS = 0.2
"""A group is committed when it has this many records or rows of items, when this many bytes wait for it, or when its oldest has waited
this long: a transaction takes some milliseconds, however little is in it."""


class _Group(NamedTuple):
    records: list[Record]
    codes: dict[Digest, Code]
    objects: set[Digest]
    segments: list[list[Segment]]


class Committer:
    """Collects records, and the code they were made with, for one store; `clock` gives seconds. `behind`: a group is committed while the next one is collected,
    which waits for it only when it becomes too large."""

    def __init__(self, store: Store, clock: Callable[[], float], *, behind: bool = False) -> None:
        self._behind = behind
        self._thread: Thread | None = None
        self._error: PipekitError | None = None
        self.store = store
        self.clock = clock
        self._objects: set[Digest] = set()
        self._records: list[Record] = []
        self._codes: dict[Digest, Code] = {}
        self._written: set[Digest] = set()
        self._segments: dict[Digest, list[Segment]] = {}
        self._rows = self._bytes = 0
        self._since = 0.0
        self._urgent = False  # is there a record whose bytes should be on their way to the disk by now?

    @property
    def _waits(self) -> bool:
        return bool(self._records or self._segments or self._bytes or self._objects)

    def _begin(self) -> None:
        if not self._waits:
            self._since = self.clock()

    def add(self, record: Record, static: Static | None = None, deps: Sequence[Given] = ()) -> None:
        """The claim of `record`; with the code that its key was made from, unless that is kept already."""
        self._begin()
        self._records.append(record)
        self._urgent = self._urgent or record.product.size >= BYTES
        if static is not None:
            self._explain(static, deps)
        self._look(len(self._records), MOST)

    def add_items(self, segment: Segment) -> None:
        """What items gave."""
        self._begin()
        self._segments.setdefault(segment.prefix, []).append(segment)
        self._rows += len(segment)
        self._look(self._rows, ROWS)

    def add_objects(self, objects: Iterable[Digest]) -> None:
        """Big objects that workers have written, and that are to be durable."""
        self._begin()
        self._objects.update(objects)

    def put(self, size: int) -> None:
        """So many bytes were put into the store, which keeps them in memory until they are committed."""
        if size:
            self._begin()
            self._bytes += size
            self._look(self._bytes, BYTES)

    def _explain(self, static: Static, deps: Sequence[Given]) -> None:
        self._codes[static.code.digest] = static.code
        for name in static.facts.classes:
            found = static.classes(name)
            self._codes[found.digest] = found
        for dep in deps:
            for name, code in dep.classes:
                self._codes[code] = static.classes(name)

    def _look(self, count: int, most: int) -> None:
        """Commit the group if it is large, or so large that it has to wait for the one before."""
        if count >= most and (count >= 4 * most or not self._is_busy):
            self.flush()

    @property
    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def due(self) -> float | None:
        """Seconds until the group must be committed; None if there is none."""
        if not self._waits:
            return None
        wait = 0.0 if self._urgent else self._since + SECONDS - self.clock()
        return SECONDS if self._is_busy else max(0.0, wait)

    def tick(self) -> None:
        """Commit the group if it is due."""
        if self.due() == 0.0:
            self.flush()

    def flush(self) -> None:
        """Commit what there is, in one transaction. Raises StoreError, also for the group before, where that went on behind."""
        self._wait()
        if not self._waits:
            return
        group = _Group(self._records, self._codes, self._objects, list(self._segments.values()))
        self._records, self._codes, self._objects = [], {}, set()
        self._segments, self._rows, self._bytes, self._urgent = {}, 0, 0, False
        if not self._behind:
            self._commit(group)
            return
        self._thread = Thread(target=self._try, args=(group,), name="pipekit commit")
        self._thread.start()

    def settle(self) -> None:
        """Commit what there is, and see all of it done. Raises StoreError."""
        self.flush()
        self._wait()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _try(self, group: _Group) -> None:
        try:
            self._commit(group)
        except PipekitError as error:
            self._error = error

    def _commit(self, group: _Group) -> None:
        segments = [join(some) for some in group.segments]
        self.store.commit(group.records, self._of_codes(group.codes), group.objects, segments)

    def _of_codes(self, codes: Mapping[Digest, Code]) -> dict[Digest, bytes]:
        """What code that the store has not met consists of."""
        new = {digest: code for digest, code in codes.items() if digest not in self._written}
        self._written.update(new)
        kept = self.store.explained(new)
        return dict(pair for digest, code in new.items() if digest not in kept for pair in preimages.pack_code(code))
