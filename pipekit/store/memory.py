"""The same store in memory: a fake with the real contract, and the store of runs that leave nothing behind. It must never write a file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipekit import canon
from pipekit.errors import CorruptObject
from pipekit.store.history import Duration, Ran
from pipekit.store.objects import BIG, Objects
from pipekit.store.records import Record
from pipekit.store.segments import Segment
from pipekit.store.stats import Stat
from pipekit.values.digest import Digest

if TYPE_CHECKING:
    from typing_extensions import Buffer

K = TypeVar("K")


class MemoryStore:
    """A store that ends with the process. With a `root`, big objects that workers wrote below it with `Objects(root)` are found too."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(os.devnull)
        self.bodies: dict[Digest, bytes] = {}
        self.quarantine: dict[Digest, bytes] = {}
        self._files = Objects(root) if root else None
        self._kept: set[Digest] = set()
        self._records: dict[Digest, Record] = {}
        self._segments: dict[Digest, list[Segment]] = {}
        self._preimages: dict[Digest, bytes] = {}
        self._stats: dict[str, Stat] = {}
        self._notes: dict[Digest, bytes] = {}
        self._durations: dict[str, Duration] = {}
        self._runs: dict[str, Ran] = {}
        self._busy = threading.RLock()

    def record(self, key: Digest) -> Record | None:
        return self._records.get(key)

    def records(self, keys: Sequence[Digest]) -> dict[Digest, Record]:
        return {key: self._records[key] for key in keys if key in self._records}

    def statics(self, statics: Sequence[Digest]) -> dict[Digest, Record]:
        return self._newest(statics, lambda record: record.static)

    def latest(self, tasks: Sequence[str]) -> dict[str, Record]:
        return self._newest(tasks, lambda record: record.task)

    def recent(self, task: str, count: int) -> list[Record]:
        with self._busy:
            found = [record for record in self._records.values() if record.task == task]
        found.reverse()
        return sorted(found, key=lambda record: record.created, reverse=True)[:count]

    def segments(self, prefix: Digest) -> list[Segment]:
        return list(self._segments.get(prefix, ()))

    def preimage(self, key: Digest) -> bytes | None:
        return self._preimages.get(key)

    def explained(self, keys: Iterable[Digest]) -> set[Digest]:
        return {key for key in keys if key in self._preimages}

    def read(self, digest: Digest) -> Buffer:
        body = self.bodies.get(digest)
        if body is None:
            if self._files is None:
                raise KeyError(digest)
            return self._files.open(digest)
        if canon.digest(body) != digest:
            self.quarantine[digest] = self.bodies.pop(digest)
            message = f"object {digest.hex()} is damaged: its bytes do not have this digest"
            raise CorruptObject(message, hint="run again, and what needs the object computes it anew")
        return body

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        return {digest for digest in digests if digest in self.bodies or (self._files and self._files.has(digest))}

    def put(self, bodies: Mapping[Digest, Buffer]) -> None:
        for digest, body in bodies.items():
            taken = bytes(body)
            if len(taken) >= BIG and canon.digest(taken) != digest:
                raise CorruptObject(f"object {digest.hex()} was given bytes of another digest", hint="run again")
            self.bodies[digest] = taken

    def commit(
        self,
        records: Sequence[Record],
        preimages: Mapping[Digest, bytes] = {},
        objects: Iterable[Digest] = (),
        segments: Sequence[Segment] = (),
    ) -> None:
        with self._busy:
            self._kept.update(self.bodies)
            for key, preimage in preimages.items():
                self._preimages.setdefault(key, preimage)
            for record in records:
                # Taken out first, so that what is recorded again is the last again.
                self._records.pop(record.key, None)
                self._records[record.key] = record
            for segment in segments:
                self._segments.setdefault(segment.prefix, []).append(segment)

    def stats(self, paths: Sequence[str]) -> dict[str, Stat]:
        return {path: self._stats[path] for path in paths if path in self._stats}

    def put_stats(self, stats: Iterable[Stat]) -> None:
        self._stats.update((stat.path, stat) for stat in stats)

    def notes(self, keys: Sequence[Digest]) -> dict[Digest, bytes]:
        return {key: self._notes[key] for key in keys if key in self._notes}

    def put_notes(self, notes: Mapping[Digest, bytes]) -> None:
        self._notes.update(notes)

    def durations(self, tasks: Sequence[str]) -> dict[str, Duration]:
        return {task: self._durations[task] for task in tasks if task in self._durations}

    def put_durations(self, durations: Iterable[Duration]) -> None:
        self._durations.update((duration.task, duration) for duration in durations)

    def written(self) -> tuple[int, float]:
        return 0, 0.0

    def runs(self, count: int) -> list[Ran]:
        return sorted(self._runs.values(), key=lambda ran: (ran.started, ran.run), reverse=True)[:count]

    def put_run(self, ran: Ran) -> None:
        self._runs[ran.run] = ran

    def close(self) -> None:
        # As on disk, big objects stay whether they were committed or not.
        self.bodies = {d: body for d, body in self.bodies.items() if d in self._kept or len(body) >= BIG}

    def _newest(self, names: Sequence[K], name_of: Callable[[Record], K]) -> dict[K, Record]:
        asked, found = set(names), dict[K, Record]()
        with self._busy:
            for record in self._records.values():
                name = name_of(record)
                if name in asked and (name not in found or record.created >= found[name].created):
                    found[name] = record
        return found
