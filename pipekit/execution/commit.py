"""Records on their way to the store, in groups: what is available at once becomes durable a little later. It must never
decide what is recorded."""

from __future__ import annotations

from collections.abc import Callable

from pipekit.store.records import Record
from pipekit.store.store import Store
from pipekit.values import Digest

MOST = 1024
SECONDS = 0.2
"""A group is committed when it has this many records or its oldest has waited this long."""


class Committer:
    """Collects records and preimages for one store; `clock` gives seconds. `objects` are big ones made meanwhile."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.store = store
        self.clock = clock
        self.objects: set[Digest] = set()
        self._records: list[Record] = []
        self._preimages: dict[Digest, bytes] = {}
        self._written: set[Digest] = set()
        self._since = 0.0

    def add(self, record: Record, static: bytes, key: bytes = b"") -> None:
        """The claim of `record`, with its static part's preimage and, where there is one, its key's."""
        if not self._records:
            self._since = self.clock()
        self._records.append(record)
        if record.static not in self._written:
            self._written.add(record.static)
            self._preimages[record.static] = static
        if key:
            self._preimages[record.key] = key
        if len(self._records) >= MOST:
            self.flush()

    def due(self) -> float | None:
        """Seconds until the group must be committed; None if there is none."""
        return max(0.0, self._since + SECONDS - self.clock()) if self._records else None

    def tick(self) -> None:
        """Commit the group if it is due."""
        if self._records and self.clock() - self._since >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what there is, in one transaction."""
        if self._records:
            self.store.commit(self._records, self._preimages, self.objects)
            self._records, self._preimages, self.objects = [], {}, set()
